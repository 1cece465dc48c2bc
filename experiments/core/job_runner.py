"""Many long jobs side by side: in processes of this machine, or on a cluster of Dask.

Both are `concurrent.futures` executors, and whatever a job computes is the same on either. A
job whose process is killed is given to another one, and goes on at its checkpoint where that
one can reach it.
"""

from tqdm import tqdm

from common.cli import UserError
from common.interrupt import Interrupt, Stopped
from experiments.core.jobs import STARTED
from experiments.core.jobs_dask import DaskRunner
from experiments.core.jobs_local import LocalRunner
from experiments.core.provenance import COUNTED, code_hashes
from experiments.core.training import CHECKPOINT

MAX_CRASHES = 3  # of a job's processes in a row, without a new checkpoint, before it is given up


def run_jobs(
    jobs,
    function,
    source,
    data,
    folder,
    finish,
    *,
    processes,
    scheduler,
    sizes,
    done,
    counted=COUNTED,
):
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
    counted : tuple of str
        Modules of which a cluster's workers must have the same code.

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
        runner = DaskRunner(scheduler, function, data, folder, code_hashes(counted))
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
                    ended = runner.result(future)
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
