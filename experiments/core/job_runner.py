"""Many long jobs side by side: in processes of this machine, or on a cluster of Dask.

Both are `concurrent.futures` executors, and whatever a job computes is the same on either. A
job whose process is killed is given to another one, and goes on at its checkpoint where that
one can reach it.
"""

import contextlib
import multiprocessing
import os
import pickle
import signal
import tempfile
import threading
import time
import uuid
import warnings
from concurrent.futures import FIRST_COMPLETED, CancelledError, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import cv2
from tqdm import tqdm

from common.cli import UserError
from common.interrupt import Interrupt, Stopped
from common.workers import one_thread
from experiments.core.provenance import code_hashes
from experiments.core.training import CHECKPOINT

MAX_CRASHES = 3  # of a job's processes in a row, without a new checkpoint, before it is given up
STARTED = "begun"  # file in the folder of a job that a process has taken up
POLL_SECONDS = 2.0  # between two questions of a worker of the cluster whether to stop


def run_jobs(jobs, function, source, data, folder, finish, *, processes, scheduler, sizes, done):
    """Run jobs until all are finished.

    Parameters
    ----------
    jobs : dict of str to tuple
        By name, what ``function`` is called with.
    function : callable
        Of a module: ``function(*job, data, folder, stop, tick)`` gives a result, JSON. It writes
        its checkpoint into ``folder``, calls ``tick()`` after each step, and raises `Stopped`
        soon after ``stop()`` is true.
    source : tuple
        (callable of a module, its argument): how a process of this machine reads the data.
    data : object
        The same, for a cluster, to which it is sent.
    folder : callable
        Name of a job to its folder, a pathlib.Path.
    finish : callable
        (name, result, seconds) of each job that has ended; called in this process.
    processes : int
    scheduler : str or None
    sizes : dict of str to int
        Steps of each job, for the bar.
    done : int
        Steps that earlier calls have done.

    Raises
    ------
    Stopped
        After Ctrl-C, once the running jobs are saved.
    UserError
        If a job has ended its process too often, or the cluster cannot be used.
    """
    for name in jobs:
        folder(name).mkdir(parents=True, exist_ok=True)
    left, crashes = dict(jobs), {}
    total = done + sum(sizes[name] for name in jobs)
    count = len(jobs)
    if scheduler:
        runner = DaskRunner(scheduler, function, data, folder)
    else:
        runner = LocalRunner(min(processes, len(jobs)), function, source, folder)
    with (
        Interrupt() as interrupt,
        tqdm(total=total, initial=done, unit=" steps", smoothing=0.02) as bar,
        runner,
    ):
        futures = {runner.submit(name, job): name for name, job in left.items()}
        while futures:
            bar.set_description(f"{count - len(left)} of {count} jobs", refresh=False)
            finished = runner.wait(futures)
            finished_steps = sum(sizes[name] for name in jobs if name not in left)
            bar.update(done + max(finished_steps, runner.steps()) - bar.n)
            crashed = []
            for future in finished:
                name = futures.pop(future)
                try:
                    ended = future.result()
                except runner.CRASHES:
                    crashed.append(name)
                    continue
                if ended is not None:
                    finish(name, *ended)
                    del left[name]
            if crashed and not interrupt.wanted:
                for name in runner.restart(crashed, futures):
                    if (folder(name) / STARTED).exists():
                        count_crash(crashes, name, folder(name))
                    futures[runner.submit(name, left[name])] = name
            if interrupt.wanted:
                runner.stop(futures)
    if left:
        raise Stopped(f"{count - len(left)} of {count} jobs")


def count_crash(crashes, name, folder):
    """Note that a job has lost its process; raise where that happens without any progress."""
    (folder / STARTED).unlink()
    path = folder / CHECKPOINT
    mark = path.stat().st_mtime_ns if path.exists() else None
    times, before = crashes.get(name, (0, mark))
    times = times + 1 if mark == before else 1
    crashes[name] = times, mark
    if times >= MAX_CRASHES:
        raise UserError(
            f"{name} has lost its process {times} times without getting on: is the memory too "
            "small? What is finished is kept; the same command goes on"
        )


class LocalRunner:
    """Processes of this machine, one thread each; a context manager.

    Parameters
    ----------
    count : int
    function, source, folder : as for `run_jobs`
    """

    CRASHES = (BrokenProcessPool,)

    def __init__(self, count, function, source, folder):
        self.count, self.function, self.source, self.folder = count, function, source, folder
        context = multiprocessing.get_context("spawn")
        self.context, self.stopping, self.counted = context, context.Event(), context.Value("q", 0)

    def __enter__(self):
        self.threads = one_thread()
        self.threads.__enter__()
        self.start_pool()
        return self

    def start_pool(self):
        """Start the pool."""
        self.pool = ProcessPoolExecutor(
            self.count,
            mp_context=self.context,
            initializer=init_worker,
            initargs=(*self.source, self.stopping, self.counted, os.getpid()),
        )

    def submit(self, name, job):
        """Future of one job; see `timed`."""
        return self.pool.submit(run_local, self.function, job, self.folder(name))

    def wait(self, futures):
        """Those that have ended."""
        return wait(futures, timeout=0.5, return_when=FIRST_COMPLETED)[0]

    def steps(self):
        """Steps done by all processes."""
        return self.counted.value

    def restart(self, crashed, futures):
        """Start anew after a process was killed, which ends them all; names of what to submit."""
        self.pool.shutdown(wait=True)
        self.start_pool()
        names = [*crashed, *futures.values()]
        futures.clear()
        return names

    def stop(self, futures):
        """Let the running jobs save themselves, and begin no other."""
        self.stopping.set()
        for future in list(futures):
            if future.cancel():
                del futures[future]

    def __exit__(self, *_):
        self.stopping.set()
        self.pool.shutdown(wait=True, cancel_futures=True)
        self.threads.__exit__()


worker = {}  # what a process of `LocalRunner` knows


def init_worker(read, argument, stopping, counted, parent):
    """Prepare a process: read the data once for all its jobs."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent tells by ``stopping``
    cv2.setNumThreads(0)
    threading.Thread(target=exit_with_parent, args=(parent,), daemon=True).start()
    worker.update(data=read(argument), stopping=stopping, counted=counted)


def exit_with_parent(parent):
    """End this process soon after its parent has, however that was."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


def run_local(function, job, folder):
    """Run one job in a process that `init_worker` has prepared; see `timed`."""
    if worker["stopping"].is_set():
        return None

    def tick():
        with worker["counted"].get_lock():
            worker["counted"].value += 1

    return timed(function, job, worker["data"], folder, worker["stopping"].is_set, tick)


class DaskRunner:
    """Workers of Dask's distributed, one thread each; a context manager.

    Parameters
    ----------
    address : str
        Of the scheduler.
    function, data, folder : as for `run_jobs`
    """

    def __init__(self, address, function, data, folder):
        try:
            import distributed
        except ImportError:
            raise UserError("--scheduler needs Dask: run 'make cluster' first") from None
        self.function, self.data, self.folder = function, data, folder
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
                run_remote, self.function, job, self.packed, str(folder), self.token, code_hashes(),
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

    if code_hashes() != code:
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


def timed(function, job, data, folder, stop, tick):
    """Run one job: (result, seconds), or None if it was stopped."""
    (folder / STARTED).touch()
    begun = time.time()
    try:
        result = function(*job, data, folder, stop, tick)
    except Stopped:  # to Dask it would be a Ctrl-C
        return None
    (folder / STARTED).unlink()
    return result, time.time() - begun
