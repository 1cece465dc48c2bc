"""Jobs whose processes are killed, in processes of this machine and on a cluster of Dask."""

import sys

import pytest

from common.cli import UserError
from experiments.core import job_runner
from experiments.core.job_runner import run_jobs
from tests.experiments.conftest import free_port
from tests.experiments.core import jobs

pytestmark = pytest.mark.slow

NAMES = [f"job{k}" for k in range(5)]


def run(folder, work, scheduler=None, processes=2, **options):
    """Results by name."""
    found = {}

    def finish(name, result, seconds):
        found[name] = result
        with open(folder / name / jobs.STARTS, "a") as file:
            file.write("finished\n")

    run_jobs(
        work,
        jobs.count,
        (jobs.read, 7),
        jobs.read(7),
        lambda name: folder / name,
        finish,
        processes=processes,
        scheduler=scheduler,
        sizes=dict.fromkeys(work, jobs.STEPS),
        done=0,
        **options,
    )
    return found


def work_of(**deaths):
    return {name: (name, deaths.get(name, ())) for name in NAMES}


def right(found):
    return {name: result["total"] for name, result in found.items()} == dict.fromkeys(NAMES, 70)


def test_a_killed_process_does_not_end_the_comparison(tmp_path):
    found = run(tmp_path, work_of(job1=(4,), job3=(7,)))
    assert right(found)
    # What was saved before was not done again.
    assert found["job1"]["resumed"]
    assert found["job3"]["resumed"]


def test_a_job_that_is_killed_again_and_again_is_named(tmp_path):
    with pytest.raises(UserError, match="job2 has lost its process 3 times without getting on"):
        run(tmp_path, work_of(job2=(0, 0, 0)), processes=1)


def test_no_scheduler_is_a_users_mistake(tmp_path):
    pytest.importorskip("distributed", reason="make cluster installs it")
    with pytest.raises(UserError, match="no scheduler answers at tcp"):
        run(tmp_path, work_of(), scheduler=f"tcp://127.0.0.1:{free_port()}")


def test_without_dask_a_scheduler_is_refused(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UserError, match="run 'make cluster' first"):
        run(tmp_path, work_of(), scheduler="tcp://127.0.0.1:1")


def test_a_cluster_whose_worker_is_killed_gives_what_one_process_gives(tmp_path, cluster):
    serial = run(tmp_path / "serial", work_of(), processes=1)
    found = run(tmp_path / "cluster", work_of(job0=(4,), job4=(0,)), scheduler=cluster)
    assert right(found)
    assert right(serial)
    assert found["job0"]["resumed"]  # the folder could be reached
    left = [path.name for path in (tmp_path / "cluster").glob("*/*")]
    assert set(left) == {"checkpoint.npz", "death0", jobs.STARTS}


def test_a_worker_that_is_killed_more_often_than_dask_allows(tmp_path, cluster):
    """Dask gives a job up after four lost workers; here it gets on each time."""
    work = {"job0": ("job0", (1, 2, 3, 4, 5, 6))}
    assert run(tmp_path, work, scheduler=cluster)["job0"]["total"] == 70


def test_what_is_finished_is_not_run_again_when_its_worker_dies(tmp_path, cluster):
    deaths = {"job4": (2, 4, 6, 8)}  # of both workers, which have run the others
    assert right(run(tmp_path, work_of(**deaths), scheduler=cluster))
    for name in NAMES:
        lines = (tmp_path / name / jobs.STARTS).read_text().splitlines()
        assert lines[-1] == "finished"
        assert lines.count("finished") == 1


def test_a_worker_with_other_code_in_a_counted_module_is_refused(tmp_path, cluster, monkeypatch):
    """Of the modules that this comparison counts, not of those that all count."""
    modules = ("experiments/real/mixture.py",)
    assert run(tmp_path / "same", {"job0": ("job0", ())}, cluster, counted=modules)
    monkeypatch.setattr(
        job_runner, "code_hashes", lambda counted: dict.fromkeys(counted, "00000000")
    )
    with pytest.raises(UserError, match="a worker has other code"):
        run(tmp_path / "other", {"job0": ("job0", ())}, cluster, counted=modules)
