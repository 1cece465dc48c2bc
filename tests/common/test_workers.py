"""Processes with one thread each, and an environment that is as before."""

import os

from common.workers import one_thread, worker_pool


def test_new_processes_have_one_thread_and_this_one_is_left(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    with worker_pool(1) as pool:
        assert pool.map(os.getenv, ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"]) == ["1", "1"]
        assert pool.apply(os.getpid) != os.getpid()
    assert os.environ["OMP_NUM_THREADS"] == "3"
    assert "OPENBLAS_NUM_THREADS" not in os.environ


def test_an_error_inside_restores_the_environment_too(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    try:
        with one_thread():
            raise KeyboardInterrupt
    except KeyboardInterrupt:
        pass
    assert os.environ["OMP_NUM_THREADS"] == "3"
