"""Processes that work side by side, a core each."""

import contextlib
import os
from multiprocessing import get_context

NAMES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")


@contextlib.contextmanager
def one_thread():
    """Context in which child processes begin with one thread each for their arithmetic."""
    before = {name: os.environ.get(name) for name in NAMES}
    os.environ.update(dict.fromkeys(NAMES, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextlib.contextmanager
def worker_pool(count):
    """A pool of so many new processes, one thread each: a `multiprocessing.pool.Pool`."""
    with one_thread(), get_context("spawn").Pool(count) as pool:
        yield pool
