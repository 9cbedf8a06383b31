PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
REPORT ?= report
MODULES = $(patsubst vzmodel/%,vzmodel.%,$(patsubst %.py,%,$(patsubst %/__init__.py,%,$(filter-out vzmodel/_%,$(wildcard vzmodel/*.py vzmodel/*/__init__.py)))))

.PHONY: report digest docs test bench notebooks lock clean

report: $(VENV)/.ready
	@$(BIN)/vzmodel report --out $(REPORT)

# The findings and a few charts in docs/, as a code host shows them, from the same run as the report.
digest: $(VENV)/.ready
	@$(BIN)/vzmodel report --out $(REPORT) --digest docs
	@$(BIN)/vzmodel chart small_multiples status_quo relapse --variable dollar_inflow --draws 4000 --out docs/inflow.png

# One page for each public module from its docstrings, into docs/api, which is not kept.
docs: $(VENV)/.ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "pdoc>=15"
	$(BIN)/python -m pdoc -d numpy -o docs/api vzmodel $(MODULES)

test: $(VENV)/.ready
	$(BIN)/python -m pytest -n auto -m "not slow"

bench: $(VENV)/.ready
	$(BIN)/python benchmarks/run.py

# Runs every notebook again in place and keeps what it says; needed after the numbers of the model move.
notebooks: $(VENV)/.ready
	$(BIN)/python notebooks/rerun.py

# The stamp is newer than requirements.txt only when the environment holds what the file lists.
$(VENV)/.ready: requirements.txt pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@

# Needs uv; run after changing a dependency in pyproject.toml.
lock:
	uv pip compile --quiet --python-version 3.11 --no-header --no-annotate pyproject.toml \
		--extra report --extra test --extra explore --extra causal --extra eval --extra scale \
		--extra notebooks --extra docs --output-file requirements.txt

clean:
	rm -rf $(VENV) $(REPORT)
