"""Jobs on workers of Dask's distributed, one thread each."""

import contextlib
import os
import pickle
import tempfile
import time
import uuid
import warnings
from concurrent.futures import CancelledError
from pathlib import Path

import cv2

from common.cli import UserError
from experiments.core.jobs import timed
from experiments.core.provenance import code_hashes

POLL_SECONDS = 2.0  # between two questions of a worker of the cluster whether to stop


class DaskRunner:
    """Workers of Dask's distributed, one thread each; a context manager.

    Parameters
    ----------
    address : str
        Of the scheduler.
    function, data, folder : as for `run_jobs`
    code : dict of str to str
        Hashes of modules, as from `experiments.core.provenance.code_hashes`, that workers must
        have the same.
    """

    def __init__(self, address, function, data, folder, code):
        try:
            import distributed
        except ImportError:
            raise UserError("--scheduler needs Dask: run 'make cluster' first") from None
        self.function, self.data, self.folder, self.code = function, data, folder, code
        try:
            self.client = distributed.Client(address, timeout=10)
        except (OSError, ValueError):
            raise UserError(f"no scheduler answers at {address}: start 'dask scheduler'") from None
        # A worker that is killed takes its jobs with it more often than Dask expects.
        self.CRASHES = (distributed.scheduler.KilledWorker, CancelledError)
        self.token, self.marked = uuid.uuid4().hex, []
        self.event = distributed.Event(self.token, client=self.client)
        self.distributed = distributed

    def __enter__(self):
        self.send_data()
        return self

    def send_data(self):
        """Send the data."""
        # A task, not scattered: where its last copy dies with a worker, the scheduler makes it
        # anew. Workers fetch it once, from each other.
        self.packed = self.client.submit(
            pickle.loads, pickle.dumps(self.data), pure=False, key=f"data-{uuid.uuid4().hex}"
        )

    def submit(self, name, job):
        """Future of one job; see `timed`."""
        folder = self.folder(name).resolve()
        self.marked.append(folder / self.token)
        self.marked[-1].touch()  # by which a worker knows the folder for the same
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Sending large graph")
            return self.client.submit(
                run_remote, self.function, job, self.packed, str(folder), self.token, self.code,
                pure=False, key=f"{name}-{uuid.uuid4().hex}",
            )  # fmt: skip

    def wait(self, futures):
        """Those that have ended."""
        ended = [future for future in futures if future.done()]
        if ended:
            return ended
        with contextlib.suppress(self.distributed.TimeoutError):
            self.distributed.wait(list(futures), timeout=0.5, return_when="FIRST_COMPLETED")
        if self.client.status not in ("running", "connecting"):
            raise UserError("the scheduler is gone: what is finished is kept; start it again")
        return [future for future in futures if future.done()]

    def result(self, future):
        """What an ended job has given; raise what it has raised."""
        try:
            return future.result()
        finally:
            # Else the cluster keeps the result, and runs the job again when its worker dies.
            future.release()

    def steps(self):
        """Unknown here: the bar counts whole jobs."""
        return 0

    def restart(self, crashed, futures):
        """The crashed jobs only: the scheduler has given the lost worker's others away."""
        if self.packed.status in ("cancelled", "lost", "error"):
            self.send_data()
        return crashed

    def stop(self, futures):
        """Let the running jobs save themselves, and begin no other."""
        if not self.event.is_set():
            self.event.set()

    def __exit__(self, *_):
        with contextlib.suppress(Exception):  # a scheduler that is gone has forgotten it all
            self.event.set()
            self.client.close()
        for path in self.marked:
            path.unlink(missing_ok=True)


def run_remote(function, job, data, folder, token, code):
    """Run one job in a worker of the cluster; see `timed`."""
    import distributed

    if code_hashes(tuple(code)) != code:
        raise UserError("a worker has other code than this program: start it in the same checkout")
    if os.environ.get("OMP_NUM_THREADS") != "1":
        raise UserError("start workers with OMP_NUM_THREADS=1: results depend on it")
    cv2.setNumThreads(0)
    event = distributed.Event(token)
    if event.is_set():
        return None
    polled = [time.monotonic() - POLL_SECONDS, False]

    def stop():
        if time.monotonic() - polled[0] > POLL_SECONDS:
            polled[:] = time.monotonic(), event.is_set()
        return polled[1]

    with contextlib.ExitStack() as stack:
        if not (Path(folder) / token).exists():  # no shared disk
            folder = stack.enter_context(tempfile.TemporaryDirectory())
        return timed(function, job, data, Path(folder), stop, lambda: None)
