"""Jobs in processes of this machine, one thread each."""

import multiprocessing
import os
import signal
import threading
import time
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool

import cv2

from common.workers import one_thread
from experiments.core.jobs import timed


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

    def result(self, future):
        """What an ended job has given; raise what it has raised."""
        return future.result()

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
        self.threads.__exit__(None, None, None)


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
