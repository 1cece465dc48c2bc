"""Many trainings that are compared: arms, side by side in processes of one thread each.

An arm whose ``result.json`` is there is not trained again, one that was stopped or
killed goes on at its checkpoint: a comparison can be ended at any time and called again.
"""

import json
import multiprocessing
import os
import threading
import time
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
from tqdm import tqdm

from augment.transforms import Augmentation
from common.cli import UserError
from common.interrupt import Interrupt
from common.output import written
from common.workers import one_thread
from experiments.core.training import CHECKPOINT, Stopped
from experiments.smileys.data import SmileyData
from experiments.smileys.splits import parts_of, subset
from experiments.smileys.training import train_smileys

RESULT = "result.json"
FOLDER = "arms"  # in the folder of the results
SHOWN = 256  # training pictures measured after an epoch
CURVES = ("loss", "accuracy")


@dataclass(frozen=True)
class Arm:
    """All that an arm's result depends on, beside the data.

    Parameters
    ----------
    name : str
        Of its folder; part of no result.
    split : {'person', 'clip', 'image'}
    folds, fold, deal : int
        Which part judges; ``deal`` seeds who shares a fold.
    seed : int
        Of weights, batches and dropout.
    augmentation : Augmentation or None
    epochs, steps, batch : int
        The budget: ``epochs * steps`` batches.
    share : float
        Of the training people, clips or pictures, how many the network learns from.
    """

    name: str
    split: str
    folds: int
    fold: int
    deal: int
    seed: int
    augmentation: Augmentation
    epochs: int
    steps: int
    batch: int
    share: float = 1.0

    def settings(self, data_hash):
        """As JSON, with the data."""
        settings = {"data": data_hash, **asdict(self)}
        del settings["name"]
        return settings

    def parts(self, rows):
        """Which pictures train, choose and judge."""
        parts = parts_of(rows, self.split, self.folds, self.fold, self.deal)
        if self.share < 1:
            parts.fit = subset(rows, parts.fit, self.split, self.share, self.seed)
        return parts


def read_results(arms, data_hash, out):
    """Results of the arms that are finished, by name; refuse those of other settings."""
    found = {}
    for arm in arms:
        path = out / FOLDER / arm.name / RESULT
        try:
            result = json.loads(path.read_text())
        except FileNotFoundError:
            continue
        except ValueError:
            raise UserError(f"{path} is damaged: remove it") from None
        now = arm.settings(data_hash)
        other = sorted(name for name in now if result["settings"].get(name) != now[name])
        if other:
            raise UserError(
                f"{path.parent} is of another {', '.join(other)}: choose another --out, or "
                "remove the folder"
            )
        found[arm.name] = result
    return found


def run_arms(arms, source, data_hash, out, processes):
    """Train all arms that are not finished.

    Parameters
    ----------
    arms : list of Arm
    source : path-like
        The data set: every process reads it.
    data_hash : str
    out : pathlib.Path
    processes : int

    Returns
    -------
    dict of str to dict
        What `run_arm` writes, by the arm's name.

    Raises
    ------
    Stopped
        After Ctrl-C, once the running arms are saved.
    """
    results = read_results(arms, data_hash, out)
    pending = [arm for arm in arms if arm.name not in results]
    if not pending:
        return results
    size = {arm.name: arm.epochs * arm.steps for arm in arms}
    done = sum(size[name] for name in results)
    context = multiprocessing.get_context("spawn")
    stop, steps = context.Event(), context.Value("q", 0)
    with (
        one_thread(),
        Interrupt() as interrupt,
        ProcessPoolExecutor(
            min(processes, len(pending)),
            mp_context=context,
            initializer=begin,
            initargs=(source, stop, steps, os.getpid()),
        ) as pool,
        tqdm(total=sum(size.values()), initial=done, unit=" steps", smoothing=0.02) as bar,
    ):
        futures = {pool.submit(run_arm, arm, data_hash, out): arm for arm in pending}
        try:
            while futures:
                bar.set_description(f"{len(results)} of {len(arms)} arms", refresh=False)
                finished, _ = wait(futures, timeout=0.5, return_when=FIRST_COMPLETED)
                bar.update(done + steps.value - bar.n)
                for future in finished:
                    results[futures.pop(future).name] = future.result()
                if interrupt.wanted and not stop.is_set():
                    stop.set()
                    for future in list(futures):
                        if future.cancel():
                            del futures[future]
        except Stopped:
            pass
        except BrokenProcessPool:
            raise UserError("a process of the comparison was killed: call it again") from None
        finally:
            stop.set()
            pool.shutdown(wait=True)
    if interrupt.wanted:
        raise Stopped(f"{len(results)} of {len(arms)} arms")
    return results


worker = {}  # what a process that trains arms knows


def begin(source, stop, steps, parent):
    """Prepare a process: read the data once for all its arms."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent tells by ``stop``
    cv2.setNumThreads(0)
    threading.Thread(target=end_with, args=(parent,), daemon=True).start()
    worker.update(data=SmileyData.read(source), stop=stop, steps=steps)


def end_with(parent):
    """End this process soon after its parent has, however that was."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


def run_arm(arm, data_hash, out):
    """Train one arm in a process that `begin` has prepared; write and return its result."""
    data, stop, steps = worker["data"], worker["stop"], worker["steps"]
    if stop.is_set():
        raise Stopped
    folder = Path(out) / FOLDER / arm.name
    folder.mkdir(parents=True, exist_ok=True)
    parts = arm.parts(data.rows)
    ticks = 0

    def tick():
        nonlocal ticks
        ticks += 1
        with steps.get_lock():
            steps.value += 1

    begun = time.time()
    trained = train_smileys(
        data,
        parts,
        folder,
        augmentation=arm.augmentation,
        epochs=arm.epochs,
        steps=arm.steps,
        batch=arm.batch,
        seed=arm.seed,
        settings=arm.settings(data_hash),
        shown=SHOWN,
        watch=False,
        workers=0,
        resume=True,
        stop=stop.is_set,
        tick=tick,
        quiet=True,
    )
    result = {
        "settings": arm.settings(data_hash),
        "pictures": len(parts.fit),
        "people": len({data.rows[k]["person"] for k in parts.fit}),
        "chosen": trained.chosen,
        "history": {
            f"{part}_{what}": [metrics[f"{part}_{what}"] for metrics in trained.history]
            for part in ("train", "choose", "val")
            for what in CURVES
        },
        "val": parts.val.tolist(),
        "predicted": trained.predicted.argmax(axis=1).tolist(),
        "seconds": round(time.time() - begun, 1),
    }
    with written(folder / RESULT) as beside:
        beside.write_text(json.dumps(result))
    (folder / CHECKPOINT).unlink(missing_ok=True)
    with steps.get_lock():  # those that an earlier call has done
        steps.value += arm.epochs * arm.steps - ticks
    return result
