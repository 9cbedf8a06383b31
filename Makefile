PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
REPORT ?= report

.PHONY: report test bench lock clean

report: $(VENV)/.ready
	@$(BIN)/vzmodel report --out $(REPORT)

test: $(VENV)/.ready
	$(BIN)/python -m pytest -n auto -m "not slow"

bench: $(VENV)/.ready
	$(BIN)/python benchmarks/run.py

# The stamp is newer than requirements.txt only when the environment holds what the file lists.
$(VENV)/.ready: requirements.txt pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@

# Needs uv; run after changing a dependency in pyproject.toml.
lock:
	uv pip compile --quiet --python-version 3.11 --no-header --no-annotate pyproject.toml \
		--extra report --extra test --extra explore --extra causal --extra eval --extra scale --output-file requirements.txt

clean:
	rm -rf $(VENV) $(REPORT)
