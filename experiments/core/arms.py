"""Many trainings that are compared: what is finished is kept, what is not is trained.

An arm whose ``result.json`` is there is not trained again, one that was stopped or
killed goes on at its checkpoint: a comparison can be ended at any time and called again.
"""

import contextlib
import hashlib
import json
import re
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from common.cli import UserError
from common.interrupt import Stopped
from common.output import make_folder, write_file
from experiments.core.job_runner import run_jobs
from experiments.core.provenance import COUNTED, changed
from experiments.core.training import CHECKPOINT

RESULT, SECONDS = "result.json", "seconds.json"
FOLDER = "arms"  # in the folder of the results


def digest(result):
    """Twelve digits of a result, without its own."""
    rest = {name: value for name, value in result.items() if name != "digest"}
    return hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()[:12]


def write_result(folder, result, seconds):
    """Write what an arm has found, with its digest; what it took beside it, since that varies."""
    result = {**result, "digest": digest(result)}
    write_file(folder / SECONDS, json.dumps(round(seconds, 1)))
    write_file(folder / RESULT, json.dumps(result))
    (folder / CHECKPOINT).unlink(missing_ok=True)
    return result


def read_result(folder, settings):
    """A finished arm's result, None if there is none; refuse one of other settings, or edited."""
    path = folder / RESULT
    settings = json.loads(json.dumps(settings))
    try:
        result = json.loads(path.read_text())
        before = result["settings"]
        other = sorted(name for name in settings if before.get(name) != settings[name])
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise UserError(f"{path} is damaged: remove it, and it is trained anew") from None
    if other:
        raise UserError(
            f"{folder} is of another {', '.join(other)}: choose another --out, or remove the folder"
        )
    if "code" in result and result.get("digest") != digest(result):
        raise UserError(f"{path} is not as it was written: remove it, and it is trained anew")
    return result


def read_results(arms, data_hash, out, stale="refuse", counted=COUNTED):
    """Results of the arms that are finished, by name, and the modules that have changed since.

    ``counted`` names the modules on which a result depends.

    Raises
    ------
    UserError
        For arms of other settings or edited ones; for stale ones unless ``stale`` says what
        to do with them.
    """
    found, old = {}, {}
    for arm in arms:
        result = read_result(out / FOLDER / arm.name, arm.settings(data_hash))
        if result is None:
            continue
        modules = changed(result.get("code"), counted)
        if modules:
            old[arm.name] = modules
        if not modules or stale == "keep":
            found[arm.name] = result
    modules = sorted({module for names in old.values() for module in names})
    if old and stale == "refuse":
        raise UserError(
            f"finished arms in {out} were made by other code ({', '.join(modules)}): "
            f"{in_words(old)}; --stale train trains them anew, --stale keep takes them as they are"
        )
    return found, modules


def in_words(names, shown=10):
    """Names of arms, those that differ in their seed together: 'person-plain (5 seeds), ...'."""
    counts = Counter(re.sub("-seed[0-9]+$", "", name) for name in sorted(names))
    groups = [f"{name} ({n} seeds)" if n > 1 else name for name, n in counts.items()]
    more = [f"{len(groups) - shown} others"] if len(groups) > shown else []
    return ", ".join([*groups[:shown], *more])


def read_seconds(arms, out):
    """What each arm took, as far as it is known: list of float."""
    found = []
    for arm in arms:
        with contextlib.suppress(OSError, ValueError, TypeError):  # nothing else depends on it
            found.append(float(json.loads((out / FOLDER / arm.name / SECONDS).read_text())))
    return found


def timing(seconds):
    """What `read_seconds` found, in words that follow a count of arms."""
    if not seconds:
        return ""
    return f", {len(seconds)} of them timed: {sum(seconds) / 3600:.1f} hours of one thread"


@dataclass(frozen=True)
class Work:
    """What the arms of a comparison are made of.

    Parameters
    ----------
    read : callable
        A process of this machine calls it with its ``source``, and gets the data.
    train : callable
        ``train(arm, data_hash, data, folder, stop, tick)`` gives a result, JSON.
    counted : tuple of str
        Modules on which a result depends.
    """

    read: Callable
    train: Callable
    counted: tuple


def run_arms(arms, work, data, source, out, *, processes=1, scheduler=None, stale="refuse"):
    """Train all arms that are not finished.

    Parameters
    ----------
    arms : list
        Each with a ``name``, ``settings(data_hash)``, ``epochs`` and ``steps``.
    work : Work
    data : object
        With ``hash()``; a cluster gets it.
    source : object
        From which every process of this machine reads the same data.
    out : pathlib.Path
        Folder of the results; it is made.
    processes, scheduler : as for `experiments.core.job_runner.run_jobs`
    stale : {'refuse', 'train', 'keep'}
        What to do with finished arms of other code.

    Returns
    -------
    (dict of str to dict, list of str)
        What ``work.train`` gives, by the arm's name, and modules that have changed since.

    Raises
    ------
    Stopped
        After Ctrl-C, once the running arms are saved.
    """
    data_hash = data.hash()
    make_folder(out, parents=True)
    results, modules = read_results(arms, data_hash, out, stale, work.counted)
    pending = {arm.name: (arm, data_hash) for arm in arms if arm.name not in results}
    if not pending:
        return results, modules
    if modules:
        print(f"other code since the finished arms: {', '.join(modules)}", file=sys.stderr)
    sizes = {arm.name: arm.epochs * arm.steps for arm in arms}

    def finish(name, result, seconds):
        results[name] = write_result(out / FOLDER / name, result, seconds)

    try:
        run_jobs(
            pending,
            work.train,
            (work.read, source),
            data,
            lambda name: out / FOLDER / name,
            finish,
            processes=processes,
            scheduler=scheduler,
            sizes=sizes,
            done=sum(sizes[name] for name in results),
            counted=work.counted,
        )
    except Stopped as stopped:
        raise Stopped(
            f"stopped with {stopped} finished, the others saved in {out}: the same command goes on"
        ) from None
    return results, modules
