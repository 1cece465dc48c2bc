"""A cluster on this machine, for the tests of what runs on one."""

import importlib.util
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from common.cli import ROOT


def free_port():
    """A port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@pytest.fixture
def cluster():
    """Address of a scheduler with two workers, in processes of their own."""
    if not importlib.util.find_spec("distributed"):
        pytest.skip("make cluster installs distributed")
    address = f"tcp://127.0.0.1:{free_port()}"
    port = address.rpartition(":")[2]
    dask = str(Path(sys.executable).with_name("dask"))
    commands = [
        [dask, "scheduler", "--host", "127.0.0.1", "--port", port, "--no-dashboard"],
        [dask, "worker", address, "--nworkers", "2", "--nthreads", "1", "--no-dashboard"],
    ]
    # The rest as it is here: OpenBLAS, say, takes other kernels where it is told to.
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    processes = [
        subprocess.Popen(
            command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        for command in commands
    ]
    from distributed import Client

    with Client(address, timeout=60) as client:
        client.wait_for_workers(2, timeout=60)
    yield address
    for process in reversed(processes):
        process.terminate()
        process.wait()
