"""However a run is computed it gives the same bits, and a worker that dies costs nothing that was finished."""

import concurrent.futures
import os
import signal

import numpy as np
import pytest

import vzmodel as vz
from vzmodel.model import _engines
from vzmodel.model._reuse import Once
from vzmodel.scenarios import Scenario

NAMES = ["status_quo", "escrow_ends", "price_normalises", "grid_failure", "relapse", "us_migrants_shock"]
RUN = {"months": 6, "draws": 8 * 1024, "block": 1024, "keep": ["production", "dollar_inflow"]}


def same(one, other):
    for name in one.data_vars:
        np.testing.assert_array_equal(one[name].values, other[name].values, err_msg=name)


@pytest.fixture(scope="module")
def serial():
    return vz.project(["status_quo", "relapse"], **RUN)


@pytest.mark.parametrize("engine", ["bigger block", "odd block", "threads", "processes"])
def test_any_block_and_any_engine_give_the_same_bits(serial, engine):
    names = ["status_quo", "relapse"]
    if "block" in engine:
        return same(serial, vz.project(names, **{**RUN, "block": {"bigger block": 8192, "odd block": 1500}[engine]}))
    pool = concurrent.futures.ThreadPoolExecutor if engine == "threads" else concurrent.futures.ProcessPoolExecutor
    with pool(3 if engine == "threads" else 2) as executor:
        same(serial, vz.project(names, **RUN, executor=executor))


def test_fewer_draws_are_the_first_of_more(serial):
    fewer = vz.project(["status_quo", "relapse"], **{**RUN, "draws": 1500})
    same(fewer, serial.isel(draw=slice(1500)))


def test_every_scenario_alone_gives_what_it_gives_in_company():
    together = vz.project(NAMES, months=14, draws=60)
    for name in NAMES:
        same(vz.project(name, months=14, draws=60), together.sel(scenario=[name]))


def test_every_past_alone_gives_what_it_gives_in_company():
    names = ["history", "no_blackouts_2019", "no_sanctions_2017"]
    together = vz.hindcast("2018-10", "2019-12", names, draws=40)
    for name in names:
        same(vz.hindcast("2018-10", "2019-12", name, draws=40), together.sel(scenario=[name]))


def test_a_switch_that_ties_oil_to_brent_or_to_migration_is_not_shared_away():
    on = {"output_brent_effect": -0.005, "oil_migration_link": 0.2}
    tied = [Scenario("tied", changes=on), Scenario("rich", changes={**on, "investment": 25})]
    p = vz.project(tied, months=30, draws=40)
    last = p.isel(month=-1)
    for name in ("brent", "migrants"):
        assert bool((last[name].sel(scenario="tied") != last[name].sel(scenario="rich")).all()), name
    same(vz.project(tied[1], months=30, draws=40), p.sel(scenario=["rich"]))


def test_a_part_is_computed_again_only_if_what_it_read_differs():
    calls = []

    def invoice(a, barrels):
        calls.append(1)
        return a["price"] * barrels

    once, price, barrels = Once(), np.full(2, 50.0), np.ones(2)
    first = once(invoice, {"price": price, "escrow": np.zeros(2)}, barrels)
    assert once(invoice, {"price": price, "escrow": np.ones(2)}, barrels) is first
    assert len(calls) == 1
    assert once(invoice, {"price": price + 1}, barrels)[0] == 51
    assert once(invoice, {"price": price}, barrels * 2)[0] == 100


def killed_once(pids):
    """Return a progress callback that ends one process after the first block."""
    left = list(pids)[:1]

    def moved(_):
        if left:
            os.kill(left.pop(), signal.SIGKILL)

    return moved


def test_a_worker_that_dies_is_told_and_the_run_taken_up_where_it_stopped(serial, tmp_path):
    pytest.importorskip("zarr")
    names, store = ["status_quo", "relapse"], tmp_path / "run"
    executor = concurrent.futures.ProcessPoolExecutor(2)
    executor.submit(os.getpid).result()
    with pytest.raises(RuntimeError, match="resume=True goes on with store"):
        vz.project(names, **RUN, executor=executor, store=store, progress=killed_once(executor._processes))
    done = []
    finished = vz.project(names, **RUN, store=store, resume=True, progress=done.append)
    assert 1 <= len(done) < 8 and done[-1] == 1
    same(serial, finished)


def test_a_store_goes_on_in_the_blocks_it_was_begun_in(tmp_path):
    pytest.importorskip("zarr")
    vz.project("status_quo", months=2, draws=3000, block=1024, store=tmp_path / "s")
    with pytest.raises(ValueError, match="begun with block=1024"):
        vz.project("status_quo", months=2, draws=3000, block=2048, store=tmp_path / "s", resume=True)


def test_a_fault_in_a_block_is_told_as_it_is():
    with concurrent.futures.ThreadPoolExecutor(2) as pool, pytest.raises(ZeroDivisionError):
        list(_engines.finished(lambda block: 1 / block[0], [(1, 1), (0, 1)], pool, "run it again"))


def test_only_so_many_blocks_wait_at_a_time():
    waiting, most = set(), []

    class Pool:
        def submit(self, task, block):
            future = concurrent.futures.Future()
            waiting.add(block)
            most.append(len(waiting))
            future.set_result(task(block))
            return future

    for block, result in _engines.finished(lambda b: b[0], [(n, 1) for n in range(500)], Pool(), ""):
        waiting.discard(block)
        assert block[0] == result
    assert max(most) <= _engines.WINDOW and not waiting


@pytest.fixture(scope="module")
def cluster():
    distributed = pytest.importorskip("dask.distributed")
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as local,
        distributed.Client(local) as client,
    ):
        yield client


@pytest.mark.slow
def test_a_cluster_gives_the_same_bits_in_memory_and_through_a_store(serial, cluster, tmp_path):
    names = ["status_quo", "relapse"]
    same(serial, vz.project(names, **RUN, executor=cluster.get_executor()))
    same(serial, vz.project(names, **RUN, executor=cluster.get_executor(), store=tmp_path / "run"))


@pytest.mark.slow
def test_a_cluster_that_loses_a_worker_in_mid_run_finishes_with_the_same_bits(serial, cluster, tmp_path):
    names, store = ["status_quo", "relapse"], tmp_path / "run"
    pids = cluster.run(os.getpid).values()
    try:
        p = vz.project(names, **RUN, executor=cluster.get_executor(), store=store, progress=killed_once(pids))
    except RuntimeError as error:
        assert "resume=True" in str(error)
        p = vz.project(names, **RUN, store=store, resume=True)
    same(serial, p)
