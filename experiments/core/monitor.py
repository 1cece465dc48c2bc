"""What a training shows of itself: metrics.jsonl and TensorBoard event files.

Nothing here can stop a training: whatever fails is said once, and the training goes on. What
a training cannot do without, its checkpoints, is not written here.
"""

import json
import sys
import time

import cv2
import lasagne
import numpy as np
import theano
from tqdm import tqdm

from common.output import write_file
from experiments.core.plots import confusion_picture, filters_picture, sheet_picture
from nets.functions import input_of
from nets.input import network_input

SHARE = 0.02  # of the time, for pictures and histograms: they wait until they may
ACTIVATIONS = 64  # windows whose activations are drawn


class Guard:
    """Context that turns an error into a warning on stderr, one for each kind of it.

    Parameters
    ----------
    what : str
        What may fail.
    """

    def __init__(self, what):
        self.what, self.warned = what, set()

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if kind is None or not issubclass(kind, Exception):
            return False
        why = getattr(error, "strerror", None) or f"{kind.__name__}: {error}".splitlines()[0]
        if why not in self.warned:
            self.warned.add(why)
            text = f"warning: {self.what} failed ({why}); the training goes on without"
            tqdm.write(text, file=sys.stderr)
        return True


class MetricsFile:
    """A JSON line an epoch, appended; after a failure, all lines anew as soon as that works.

    Parameters
    ----------
    path : pathlib.Path
    history : list of dict
        Epochs that a resumed training has behind it: the file holds these and no others.
    guard : Guard
    """

    def __init__(self, path, history, guard):
        self.path, self.guard = path, guard
        self.whole = False
        with guard:
            self.rewrite(history)

    def rewrite(self, history):
        """Put a file of these lines in the place of what there is."""
        write_file(self.path, "".join(json.dumps(metrics) + "\n" for metrics in history))
        self.whole = True

    def write(self, history):
        """Append the last epoch's line."""
        with self.guard:
            if not self.whole:
                self.rewrite(history)
                return
            self.whole = False
            self.append(history[-1])
            self.whole = True

    def append(self, metrics):
        """Add one line."""
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(json.dumps(metrics) + "\n")


class NoMonitor:
    """Shows nothing: for the many arms of a comparison.

    Attributes
    ----------
    guard : Guard
        One for all that shows a training.
    """

    def __init__(self):
        self.guard = Guard("monitoring")

    def start(self, history):
        """Begin, or go on after the epochs of ``history``."""

    def before_step(self, trainer):
        """Look at the trainer before the last step of an epoch."""

    def epoch(self, metrics, trainer, images):
        """Show an epoch; ``images`` is its last batch, uint8 (N, H, W, 3)."""

    def close(self):
        """End."""


class Monitor(NoMonitor):
    """Writes a training's curves, pictures and histograms for TensorBoard.

    Curves are written every epoch; confusion matrices, augmented samples, the first
    layer's filters, activations and gradients at most once an epoch, and only as often
    as they take less than `SHARE` of the time; those of the last epoch in any case.

    Parameters
    ----------
    folder : pathlib.Path
        For the event files.
    classes : list of str
    samples : ndarray of uint8 (N, H, W, 3)
        Windows whose activations are shown.
    """

    def __init__(self, folder, classes, samples):
        super().__init__()
        self.folder, self.classes = folder, classes
        self.inputs = network_input(samples[:ACTIVATIONS])
        self.writer = self.layers = self.before = self.waiting = None
        self.begun, self.spent = time.perf_counter(), 0.0

    def start(self, history):
        """Open an event file."""
        with self.guard:
            from tensorboardX.event_file_writer import EventsWriter
            from tensorboardX.proto.event_pb2 import SessionLog

            self.folder.mkdir(parents=True, exist_ok=True)
            # Not SummaryWriter: its thread, once dead, would block whoever writes.
            self.writer = EventsWriter(str(self.folder / "events"))
            if history:
                # TensorBoard forgets what a killed training wrote of later epochs, and
                # the last one is said again, since its events may not have been written.
                step = history[-1]["epoch"]
                self.write(step, session_log=SessionLog(status=SessionLog.START))
                self.scalars(history[-1])
            self.writer.flush()
        self.begun = time.perf_counter()

    def before_step(self, trainer):
        """Note Adam's running means, of whose change the gradient follows."""
        with self.guard:
            self.before = [moment.get_value() for _, moment in trainer.moments]

    def epoch(self, metrics, trainer, images):
        """Write an epoch's events."""
        if self.writer is None:
            return
        start = time.perf_counter()
        with self.guard:
            self.scalars(metrics)
            self.waiting = metrics, trainer, images
            if self.spent <= SHARE * (start - self.begun):
                self.waiting = None
                self.heavy(metrics, trainer, images)
            self.writer.flush()
        self.spent += time.perf_counter() - start

    def close(self):
        """Show the last epoch's pictures if they had to wait; close the event file."""
        if self.writer is None:
            return
        with self.guard:
            if self.waiting:
                self.heavy(*self.waiting)
            self.writer.close()

    def scalars(self, metrics):
        """All numbers of an epoch: ``val_loss`` becomes loss/val, and so on."""
        from tensorboardX import summary

        step = metrics["epoch"]
        for name, value in metrics.items():
            part, _, what = name.partition("_")
            if isinstance(value, (int, float)) and name != "epoch":
                self.write(step, summary=summary.scalar(f"{what or name}/{part}", value))
            elif what == "recall" and part == "val":
                for slug, share in zip(self.classes, value):
                    if share is not None:
                        self.write(step, summary=summary.scalar(f"recall/{slug}", share))

    def heavy(self, metrics, trainer, images):
        """Pictures and histograms."""
        step = metrics["epoch"]
        for part in ("train", "val"):
            if f"{part}_confusion" in metrics:
                picture = confusion_picture(metrics[f"{part}_confusion"], self.classes)
                self.picture(step, f"confusion/{part}", picture)
        self.picture(step, "augmented", sheet_picture(images[:64]))
        first = next(p for p, _ in trainer.moments if p.ndim == 4)
        self.picture(step, "filters", filters_picture(first.get_value()))
        for number, ((param, moment), before) in enumerate(zip(trainer.moments, self.before)):
            # What the last step added to Adam's running mean is its gradient.
            gradient = (moment.get_value() - trainer.BETA * before) / (1 - trainer.BETA)
            self.histogram(step, f"gradients/{number:02d}.{param.name}", gradient)
            self.histogram(step, f"weights/{number:02d}.{param.name}", param.get_value())
        for name, values in zip(*self.activations(trainer.network)):
            self.histogram(step, f"activations/{name}", values)

    def activations(self, network):
        """Names and outputs of the pooling and the fully connected layers."""
        if self.layers is None:
            start = time.perf_counter()
            layers = lasagne.layers.get_all_layers(network)
            # Of a chain (normalisation, pooling) only the end: the rest is one fused kernel.
            ends = [
                layer
                for layer, after in zip(layers, [*layers[1:], None])
                if isinstance(layer, lasagne.layers.MaxPool2DLayer)
                or after is None
                or (
                    hasattr(layer, "nonlinearity")
                    and isinstance(after, lasagne.layers.DropoutLayer)
                )
            ]
            names = [f"{layers.index(layer):02d}.{type(layer).__name__}" for layer in ends]
            outputs = lasagne.layers.get_output(ends, deterministic=True)
            self.layers = names, theano.function([input_of(network)], outputs)
            self.begun += time.perf_counter() - start  # compiled once: not part of the share
        names, function = self.layers
        return names, function(self.inputs)

    def histogram(self, step, tag, values):
        """Sixty bins of all elements of an array; none where one is not finite."""
        from tensorboardX import summary

        values = np.asarray(values)
        if np.isfinite(values).all():
            self.write(step, summary=summary.histogram(tag, values, bins=60))

    def picture(self, step, tag, image):
        """A picture, uint8 BGR (H, W, 3)."""
        from tensorboardX.proto.summary_pb2 import Summary

        data = cv2.imencode(".png", image)[1].tobytes()
        height, width = image.shape[:2]
        value = Summary.Image(height=height, width=width, colorspace=3, encoded_image_string=data)
        self.write(step, summary=Summary(value=[Summary.Value(tag=tag, image=value)]))

    def write(self, step, **what):
        """One event."""
        from tensorboardX.proto.event_pb2 import Event

        self.writer.write_event(Event(wall_time=time.time(), step=step, **what))
