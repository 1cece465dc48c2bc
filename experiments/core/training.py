"""One loop that trains any network: measured every epoch, watchable, stoppable, resumable."""

import io
import json
import math
import threading
import zipfile
from dataclasses import dataclass, field

import lasagne
import numpy as np
import theano
import theano.tensor as T
from tqdm import tqdm

from augment.stream import Stream
from common.cli import UserError
from common.interrupt import Stopped
from common.output import atomic_write
from experiments.core.monitor import MetricsFile, NoMonitor
from nets.functions import input_of
from nets.input import network_input

RATE = 3e-3  # first step size of Adam, falling to 0 along half a cosine
CHECKPOINT = "checkpoint.npz"
RNG_LOCK = threading.Lock()  # Lasagne's random numbers are the process's: one training at a time


def set_seed(seed):
    """Seed what Lasagne draws: initial weights and dropout. Call it before building a network."""
    lasagne.random.set_rng(np.random.RandomState(seed))


def cosine(first, progress):
    """Learning rate that falls from ``first`` to 0 along half a cosine; progress from 0 to 1."""
    return first * (1 + math.cos(math.pi * progress)) / 2


def late(first, progress):
    """Learning rate that stays ``first`` for half the training, then falls like `cosine`."""
    return cosine(first, max(0.0, 2 * progress - 1))


SCHEDULES = {"cosine": cosine, "late": late}


class CrossEntropy:
    """The loss of faces whose class is known, from outputs before the softmax.

    Attributes
    ----------
    labels : Theano vector of int32 (N,)
        The batch's class numbers.
    """

    def __init__(self):
        self.labels = T.ivector("labels")

    def __call__(self, outputs):
        """Outputs (N, classes) to (loss, accuracy), the batch's means."""
        loss = T.nnet.categorical_crossentropy(T.nnet.softmax(outputs), self.labels).mean()
        return loss, T.mean(T.eq(T.argmax(outputs, axis=1), self.labels), dtype="float32")


class Trainer:
    """Adam (Kingma & Ba, 2014) on the loss of a network with a linear last layer.

    Parameters
    ----------
    network : lasagne.layers.Layer
        Its output is (N, classes), before the softmax.
    l2 : float
        Weight of the squared weights in the loss.
    objective : callable, optional
        Outputs to (loss, accuracy), with the variable ``labels`` that it compares them with;
        by default `CrossEntropy`.

    Attributes
    ----------
    step : callable
        (inputs float32 (N, ...), the objective's labels) to [loss, accuracy in training
        mode]; updates the network.
    moments : list of (parameter, shared variable)
        Adam's running mean of each trainable parameter's gradient.
    """

    BETA = 0.9  # of Adam's running mean: the share of it that a step keeps

    def __init__(self, network, l2=1e-4, objective=None):
        self.network = network
        self._rate = theano.shared(np.float32(1e-3), "learning_rate")
        objective = objective or CrossEntropy()
        loss, accuracy = objective(lasagne.layers.get_output(network))
        penalty = lasagne.regularization.regularize_network_params(
            network, lasagne.regularization.l2
        )
        params = lasagne.layers.get_all_params(network, trainable=True)
        updates = lasagne.updates.adam(loss + l2 * penalty, params, self._rate, beta1=self.BETA)
        # Lasagne puts both moments of a parameter before the parameter itself.
        order = list(updates)
        self.moments = [(param, order[order.index(param) - 2]) for param in params]
        self.step = theano.function(
            [input_of(network), objective.labels], [loss, accuracy], updates=updates
        )

    @property
    def learning_rate(self):
        """Step size of Adam."""
        return float(self._rate.get_value())

    @learning_rate.setter
    def learning_rate(self, rate):
        self._rate.set_value(np.float32(rate))

    def state(self):
        """Everything the next step depends on: weights, Adam's moments, dropout's generators."""
        return [variable.get_value() for variable in self.step.get_shared()]

    def set_state(self, arrays):
        """Continue where `state` was taken; the network must be of the same shape."""
        variables = self.step.get_shared()
        shapes = [variable.get_value(borrow=True).shape for variable in variables]
        if [np.shape(array) for array in arrays] != shapes:
            raise UserError("the checkpoint is of another network or another training")
        for variable, array in zip(variables, arrays):
            variable.set_value(array)


def take_steps(trainer, batches, rate, steps, total):
    """Train without measuring, the rate falling from ``rate`` along a cosine over ``total`` steps.

    Parameters
    ----------
    trainer : Trainer
    batches : iterator of (uint8 (N, H, W, 3), labels int32 (N,)), as `augment.stream.Stream`
    rate : float
    steps : iterable of int
        Numbers of the steps to take, of ``total``; a bar over them shows how far it is.
    total : int

    Yields
    ------
    list
        Loss and accuracy of each batch, as from `Trainer.step`.
    """
    for step in steps:
        trainer.learning_rate = cosine(rate, step / total)
        images, labels = next(batches)
        yield trainer.step(network_input(images), labels)


def save_checkpoint(path, state, **extra):
    """Write `Trainer.state` and named arrays beside ``path``, then rename."""
    data = io.BytesIO()  # a full disk leaves a half-open archive behind that complains later
    np.savez(data, **{f"state{k:03d}": array for k, array in enumerate(state)}, **extra)
    with atomic_write(path) as temporary:
        temporary.write_bytes(data.getbuffer())


def load_checkpoint(path):
    """Read what `save_checkpoint` wrote: (state, dict of extra arrays)."""
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile):
        raise UserError(f"{path} is no checkpoint, or it is damaged: start anew") from None
    names = sorted(name for name in arrays if name.startswith("state"))
    return [arrays.pop(name) for name in names], arrays


@dataclass
class Progress:
    """How far a training is; with `Trainer.state` all that is needed to go on."""

    step: int = 0  # batches done
    losses: list = field(default_factory=list)  # of this epoch's batches
    history: list = field(default_factory=list)  # metrics, a dict an epoch
    best: list = None  # parameters of the chosen epoch
    best_epoch: int = 0

    def end_epoch(self, number, trainer, measured):
        """Add an epoch's metrics to the history and return them; keep its parameters if chosen."""
        loss, accuracy = np.mean(self.losses, axis=0)
        metrics = {
            "epoch": number,
            "rate": trainer.learning_rate,
            "batch_loss": float(loss),
            "batch_accuracy": float(accuracy),
            **measured,
        }
        self.losses = []
        self.history.append(metrics)
        if chosen_epoch(self.history) == number:
            params = lasagne.layers.get_all_params(trainer.network)
            self.best = [param.get_value() for param in params]
            self.best_epoch = number
        return metrics

    def save(self, path, trainer, settings):
        """Write everything, beside and renamed.

        Raises
        ------
        UserError
            If that fails: a training that cannot be saved would be hours lost.
        """
        note = {
            "step": self.step,
            "losses": self.losses,
            "history": self.history,
            "best_epoch": self.best_epoch,
            "settings": settings,
        }
        best = {f"best{k:03d}": array for k, array in enumerate(self.best or [])}
        text = np.frombuffer(json.dumps(note).encode(), np.uint8)
        try:
            save_checkpoint(path, trainer.state(), note=text, **best)
        except OSError as error:
            raise UserError(
                f"cannot save the training to {path}: {error.strerror}; it has ended, and goes on "
                "from its last checkpoint by --resume"
            ) from None

    @classmethod
    def load(cls, path, trainer, settings):
        """Read what `save` wrote, into the trainer too; refuse another training's."""
        state, extra = load_checkpoint(path)
        note = read_note(path, extra)
        check_settings(path.parent, note.pop("settings"), settings)
        trainer.set_state(state)
        best = [extra[name] for name in sorted(extra) if name.startswith("best")]
        return cls(best=best or None, **note)


def read_note(path, extra):
    """The JSON inside a checkpoint."""
    try:
        return json.loads(extra["note"].tobytes().decode())
    except (KeyError, ValueError):
        raise UserError(f"{path} is no checkpoint of a training: start anew") from None


def forget_other(path, settings):
    """Remove a checkpoint of other settings or code: the training would be half of each."""
    if path.exists():
        before = read_note(path, load_checkpoint(path)[1])["settings"]
        if any(before.get(name) != value for name, value in settings.items()):
            path.unlink()


def check_settings(folder, before, now):
    """Refuse to go on with a training that was begun with other settings."""
    now = json.loads(json.dumps(now))
    other = [name for name in {**before, **now} if before.get(name) != now.get(name)]
    if other:
        said = ", ".join(
            name
            if isinstance(before.get(name) or now.get(name), (dict, list))
            else f"{name} ({before.get(name)} then, {now.get(name)} now)"
            for name in other
        )
        raise UserError(
            f"{folder} holds a training of other settings: {said}; choose another --out"
        )


def check_unfinished(folder, total):
    """Refuse to begin anew where an unfinished training lies that can be resumed."""
    path = folder / CHECKPOINT
    if path.exists():
        step = read_note(path, load_checkpoint(path)[1])["step"]
        if step < total:
            raise UserError(
                f"{folder} holds a training stopped at step {step} of {total}: "
                "go on with --resume, or remove the folder"
            )


def train(
    trainer,
    make_batch,
    evaluate,
    folder,
    settings,
    *,
    epochs,
    steps,
    seed,
    rate=RATE,
    schedule="cosine",
    workers=1,
    resume=False,
    monitor=None,
    stop=lambda: False,
    tick=lambda: None,
    quiet=False,
):
    """Train a network and choose an epoch.

    Batch number i is the same whenever it is asked for (`augment.stream.Stream`), and the
    checkpoint holds all that a step depends on: a training that was stopped or
    killed and resumed ends with the same bits as one that was not, on one machine and with as
    many threads.

    Parameters
    ----------
    trainer : Trainer
        Left with the last epoch's weights.
    make_batch : callable
        Generator to (uint8 (N, H, W, 3), labels int32 (N,)), as for `Stream`.
    evaluate : callable
        No argument; metrics of the network as it is, with ``choose_accuracy`` and
        ``choose_loss``, by which the epoch is chosen.
    folder : pathlib.Path
        Gets ``metrics.jsonl``, a line an epoch, and ``checkpoint.npz``.
    settings : dict
        JSON; what must be the same for a training to be resumed.
    epochs, steps : int
        Batches in all are ``epochs * steps``.
    seed : int
        Of the batches; the network was seeded when it was built.
    rate : float
        First learning rate.
    schedule : str
        How it falls, of `SCHEDULES`.
    workers : int
        Background processes that make batches; 0 makes them here.
    resume : bool
        Go on where a checkpoint is; without one, begin.
    monitor : monitor.Monitor, optional
    stop : callable
        Asked before each step whether to save and raise `Stopped`.
    tick : callable
        Called after each step.
    quiet : bool
        No bar.

    Returns
    -------
    Progress
        With the metrics of all epochs and the chosen epoch's parameters.

    Raises
    ------
    Stopped
        After ``stop`` said so.
    UserError
        If a checkpoint cannot be saved; the one before stays.
    """
    monitor, path = monitor or NoMonitor(), folder / CHECKPOINT
    if resume and path.exists():
        progress = Progress.load(path, trainer, settings)
    else:
        path.unlink(missing_ok=True)
        progress = Progress()
    log = MetricsFile(folder / "metrics.jsonl", progress.history, monitor.guard)
    monitor.start(progress.history)
    total = epochs * steps
    with (
        Stream(make_batch, seed, workers, start=progress.step) as stream,
        tqdm(total=total, initial=progress.step, desc="training", disable=quiet) as bar,
    ):
        while progress.step < total:
            if stop():
                progress.save(path, trainer, settings)
                raise Stopped(
                    f"stopped at step {progress.step} of {total}, saved in {folder}: "
                    "go on with --resume"
                )
            trainer.learning_rate = SCHEDULES[schedule](rate, progress.step / total)
            images, labels = next(stream)
            ends = (progress.step + 1) % steps == 0
            if ends:
                monitor.before_step(trainer)
            outcome = trainer.step(network_input(images), labels)
            progress.losses.append([float(value) for value in outcome])
            progress.step += 1
            bar.update()
            tick()
            if not ends:
                continue
            metrics = progress.end_epoch(progress.step // steps, trainer, evaluate())
            # First the checkpoint: whatever is killed in between, no epoch is listed twice.
            progress.save(path, trainer, settings)
            log.write(progress.history)
            monitor.epoch(metrics, trainer, images)
            bar.set_postfix(
                {name: f"{metrics[name]:.3f}" for name in ("val_accuracy", "choose_accuracy")
                 if name in metrics}
            )  # fmt: skip
    monitor.close()
    return progress


def chosen_epoch(history):
    """The epoch of highest ``choose_accuracy``; among equals the one of lowest ``choose_loss``."""
    best = max(history, key=lambda m: (m["choose_accuracy"], -m["choose_loss"]))
    return best["epoch"]
