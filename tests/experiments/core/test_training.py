"""The loop: interrupted trainings against one that was not, monitoring that fails, choice."""

import errno
import json
import os
import signal
import struct
import subprocess
import sys
from pathlib import Path

import cv2
import lasagne
import numpy as np
import pytest
import theano

from augment.drawn import drawn_face
from augment.stream import Stream
from common.cli import ROOT, UserError
from common.interrupt import Stopped
from experiments.core import monitor as monitoring
from experiments.core import training as core
from experiments.core.monitor import Guard, MetricsFile, Monitor
from experiments.core.training import (
    Trainer,
    check_unfinished,
    chosen_epoch,
    set_seed,
    take_steps,
    train,
)
from nets.detector import build_net_small
from nets.input import network_input
from tests.waiting import until

pytestmark = pytest.mark.slow

EPOCHS = 14
SCRIPT = str(ROOT / "experiments" / "train_smiles.py")


@pytest.fixture(scope="module")
def faces(tmp_path_factory):
    """Two smileys of four people: faces the right way up and on their heads."""
    folder = tmp_path_factory.mktemp("faces")
    lines = ["path,person,smiley,clip,frame,x,y,w,h"]
    for number in range(32):
        image = drawn_face(96)
        image = np.ascontiguousarray(image if number % 2 else image[::-1])
        cv2.imwrite(str(folder / f"{number}.png"), cv2.add(image, (number, 0, 2 * number, 0)))
        box, smiley = ("25,23,45,45", "sad") if number % 2 else ("25,28,45,45", "smile")
        lines.append(f"{number}.png,p{number // 2 % 4},{smiley},c{number // 8},{number},{box}")
    (folder / "manifest.csv").write_text("\n".join(lines) + "\n")
    return folder


def start(faces, out, *argv):
    command = [sys.executable, SCRIPT, "--data", faces, "--out", out, "--batch", 8]
    command += ["--epochs", EPOCHS, *argv]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen([str(word) for word in command], text=True, **pipes)


def epochs_in(out):
    try:
        return [
            json.loads(line)["epoch"] for line in (out / "metrics.jsonl").read_text().splitlines()
        ]
    except (FileNotFoundError, ValueError):  # not there yet, or a line half written
        return []


def signal_after(process, out, epoch, what):
    until(lambda: process.poll() is not None or (epochs_in(out) or [0])[-1] >= epoch)
    process.send_signal(what)
    said = process.communicate(timeout=300)[1]
    return process.returncode, said


def test_steps_taken_in_rounds_share_one_cosine():
    class Told:
        learning_rate = None

        def step(self, inputs, labels):
            assert inputs.shape == (2, 3, 12, 12)
            return [self.learning_rate, labels.sum()]

    batches = ((np.zeros((2, 12, 12, 3), np.uint8), np.int32([k, k])) for k in range(4))
    rounds = [list(take_steps(Told(), batches, 2.0, steps, 4)) for steps in ([0, 1], [2, 3])]
    half = np.sqrt(0.5)  # of 45 and 135 degrees
    assert [rate for rate, _ in rounds[0] + rounds[1]] == pytest.approx([2, 1 + half, 1, 1 - half])
    assert [labels for _, labels in rounds[0] + rounds[1]] == [0, 2, 4, 6]


def test_stopped_and_killed_and_resumed_is_the_same_to_the_bit(faces, tmp_path):
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    undisturbed = start(faces, whole)
    code, said = signal_after(start(faces, broken), broken, 2, signal.SIGINT)
    assert code == 130, said
    assert "go on with --resume" in said
    assert "Traceback" not in said
    first = epochs_in(broken)[-1]
    code, said = signal_after(start(faces, broken, "--resume"), broken, first + 2, signal.SIGKILL)
    assert code == -signal.SIGKILL, said
    killed = epochs_in(broken)[-1]
    assert first < killed < EPOCHS
    # A kill may also hit in the middle of a line.
    with open(broken / "metrics.jsonl", "a") as file:
        file.write('{"epoch": ')
    last = start(faces, broken, "--resume")
    assert last.wait(timeout=300) == 0, last.stderr.read()
    assert undisturbed.wait(timeout=300) == 0, undisturbed.stderr.read()
    assert epochs_in(broken) == list(range(1, EPOCHS + 1))
    assert (whole / "metrics.jsonl").read_text() == (broken / "metrics.jsonl").read_text()
    with np.load(whole / "smiles.npz") as a, np.load(broken / "smiles.npz") as b:
        for name in set(a.files) - {"meta.json"}:
            np.testing.assert_array_equal(a[name], b[name])
    # What the killed training wrote for TensorBoard of epochs it did again is taken back.
    runs = sorted(events_in(broken), key=lambda events: events[0].wall_time)
    assert len(runs) == 3
    assert runs[2][1].session_log.status == 1
    assert runs[2][1].step in (killed, killed + 1)
    card = (broken / "smiles.md").read_text()
    assert "--resume" not in card
    assert "32 pictures of 4 people. 22 pictures trained, 3 chose the epoch, 7 tested" in card


def events_in(folder):
    """The events of each event file, read by TensorBoard's format and not by its code."""
    from tensorboardX.proto.event_pb2 import Event

    for path in folder.glob("events.out.tfevents.*"):
        data, events = path.read_bytes(), []
        while len(data) >= 12:
            (size,) = struct.unpack("<Q", data[:8])
            if len(data) < 16 + size:
                break  # killed in the middle of a record
            events.append(Event.FromString(data[12 : 12 + size]))
            data = data[16 + size :]
        yield events


def tiny(folder, epochs=4, monitor=None, seed=0, **options):
    """Train the small net, without processes, on pictures that are bright or dark."""
    set_seed(3)
    network = build_net_small()
    trainer = Trainer(network)

    def make_batch(rng):
        labels = rng.integers(2, size=16).astype(np.int32)
        noise = rng.integers(0, 100, (16, 12, 12, 3))
        return (noise + 100 * labels[:, None, None, None]).astype(np.uint8), labels

    def evaluate():
        values = lasagne.layers.get_all_param_values(network)
        total = sum(float(np.abs(value).sum()) for value in values)
        return {"choose_accuracy": 0.5, "choose_loss": total, "val_accuracy": 0.25}

    settings = {"seed": seed, "epochs": epochs}
    more = {"epochs": epochs, "steps": 3, "seed": seed, "workers": 0, "quiet": True}
    progress = train(
        trainer, make_batch, evaluate, folder, settings, monitor=monitor, **more, **options
    )
    return progress, trainer


def weights(trainer):
    return lasagne.layers.get_all_param_values(trainer.network)


def assert_same(a, b):
    for x, y in zip(a, b):
        np.testing.assert_array_equal(x, y)


SAMPLES = np.random.default_rng(0).integers(0, 255, (8, 12, 12, 3)).astype(np.uint8)


def test_a_stop_at_any_step_changes_nothing(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    whole, trainer = tiny(tmp_path / "a")
    said = []
    while True:
        calls = iter([False, False, True])  # two steps, then Ctrl-C
        try:
            broken, other = tiny(tmp_path / "b", resume=True, stop=lambda c=calls: next(c))
            break
        except Stopped as stopped:
            said.append(str(stopped))
    place = f"saved in {tmp_path / 'b'}: go on with --resume"
    assert said == [f"stopped at step {step} of 12, {place}" for step in (2, 4, 6, 8, 10)]
    assert_same(weights(trainer), weights(other))
    assert_same(whole.best, broken.best)
    assert whole.history == broken.history
    assert (tmp_path / "a/metrics.jsonl").read_text() == (tmp_path / "b/metrics.jsonl").read_text()


def test_other_settings_are_refused(tmp_path):
    tiny(tmp_path)
    with pytest.raises(UserError, match=r"other settings: seed \(0 then, 1 now\), epochs \(4"):
        tiny(tmp_path, epochs=5, seed=1, resume=True)


def test_what_was_stopped_is_not_begun_anew_by_mistake(tmp_path):
    calls = iter([False, True])
    with pytest.raises(Stopped):
        tiny(tmp_path, stop=lambda: next(calls))
    with pytest.raises(UserError, match="stopped at step 1 of 12: go on with --resume"):
        check_unfinished(tmp_path, 12)
    tiny(tmp_path)
    check_unfinished(tmp_path, 12)


def test_a_damaged_checkpoint_is_refused(tmp_path):
    tiny(tmp_path)
    path = tmp_path / "checkpoint.npz"
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(UserError, match="damaged"):
        tiny(tmp_path, resume=True)


def test_the_epoch_is_chosen_by_accuracy_then_loss_then_age():
    history = [
        {"epoch": k + 1, "choose_accuracy": accuracy, "choose_loss": loss, "val_accuracy": val}
        for k, (accuracy, loss, val) in enumerate(
            [(0.5, 0.1, 1.0), (0.7, 0.9, 0.0), (0.7, 0.8, 0.0), (0.7, 0.8, 1.0), (0.6, 0.1, 1.0)]
        )
    ]
    assert [chosen_epoch(history[:k]) for k in range(1, 6)] == [1, 2, 3, 3, 3]


def test_the_chosen_epochs_parameters_are_kept(tmp_path):
    progress, _ = tiny(tmp_path)
    # The loss of this training is the sum of all weights: the choice can be checked.
    losses = [metrics["choose_loss"] for metrics in progress.history]
    assert progress.best_epoch == 1 + int(np.argmin(losses))
    assert sum(float(np.abs(p).sum()) for p in progress.best) == min(losses)


def test_watching_changes_nothing_and_writes_everything(tmp_path):
    (tmp_path / "a").mkdir()
    _, alone = tiny(tmp_path / "a")
    _, watched = tiny(tmp_path, monitor=Monitor(tmp_path, ["dark", "bright"], SAMPLES))
    assert_same(weights(alone), weights(watched))
    (events,) = events_in(tmp_path)
    tags = {value.tag: value for event in events for value in event.summary.value}
    steps = [e.step for e in events if any(v.tag == "accuracy/val" for v in e.summary.value)]
    assert steps == [1, 2, 3, 4]
    assert tags["accuracy/val"].simple_value == 0.25
    assert {tag.split("/")[0] for tag in tags} >= {"gradients", "weights", "activations", "filters"}
    data = np.frombuffer(tags["augmented"].image.encoded_image_string, np.uint8)
    assert cv2.imdecode(data, cv2.IMREAD_COLOR).shape == (48, 48, 3)


def test_the_gradient_shown_is_that_of_the_last_step(tmp_path, monkeypatch):
    shown = {}
    monkeypatch.setattr(Monitor, "histogram", lambda self, step, tag, v: shown.update({tag: v}))
    before = []
    note = Monitor.before_step

    def before_step(self, trainer):
        before[:] = [p.get_value() for p, _ in trainer.moments]
        note(self, trainer)

    monkeypatch.setattr(Monitor, "before_step", before_step)
    seen = {}
    epoch = Monitor.epoch
    monkeypatch.setattr(
        Monitor,
        "epoch",
        lambda self, metrics, trainer, images: (
            seen.update(images=images, trainer=trainer),
            epoch(self, metrics, trainer, images),
        ),
    )
    monkeypatch.setattr(monitoring, "SHARE", 1.0)
    tiny(tmp_path, epochs=1, monitor=Monitor(tmp_path, ["dark", "bright"], SAMPLES))
    network, images = seen["trainer"].network, seen["images"]
    params = [p for p, _ in seen["trainer"].moments]
    for param, value in zip(params, before):
        param.set_value(value)
    labels = (images.mean(axis=(1, 2, 3)) > 100).astype(np.int32)
    x, y = theano.tensor.tensor4(), theano.tensor.ivector()
    out = theano.tensor.nnet.softmax(lasagne.layers.get_output(network, x))
    loss = theano.tensor.nnet.categorical_crossentropy(out, y).mean()
    loss = loss + 1e-4 * sum(theano.tensor.sqr(p).sum() for p in params if p.ndim > 1)
    expected = theano.function([x, y], theano.grad(loss, params))(network_input(images), labels)
    for number, (param, gradient) in enumerate(zip(params, expected)):
        got = shown[f"gradients/{number:02d}.{param.name}"]
        np.testing.assert_allclose(got, gradient, atol=1e-5)


def broken_disk(*args, **kwargs):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("what", ["events", "open", "metrics", "all", "bug"])
def test_what_fails_beside_a_training_is_one_warning(tmp_path, monkeypatch, capsys, what):
    from tensorboardX.event_file_writer import EventsWriter

    (tmp_path / "a").mkdir()
    _, alone = tiny(tmp_path / "a")
    monitor = Monitor(tmp_path, ["dark", "bright"], SAMPLES)
    if what in ("events", "all"):
        monkeypatch.setattr(EventsWriter, "write_event", broken_disk)
    if what == "open":
        monkeypatch.setattr(EventsWriter, "__init__", broken_disk)
    if what in ("metrics", "all"):
        monkeypatch.setattr(MetricsFile, "append", broken_disk)
        monkeypatch.setattr(MetricsFile, "rewrite", broken_disk)
    if what == "bug":
        monkeypatch.setattr(monitoring, "filters_picture", lambda filters: 1 / 0)
    capsys.readouterr()
    progress, trainer = tiny(tmp_path, monitor=monitor)
    assert_same(weights(alone), weights(trainer))
    assert len(progress.history) == 4
    said = capsys.readouterr().err
    assert said.count("warning: ") == 1, said
    assert ("No space left" in said) == (what != "bug")


def test_a_checkpoint_that_cannot_be_saved_ends_the_training(tmp_path, monkeypatch):
    """The one before stays, and the training goes on from it to the same bits."""
    (tmp_path / "a").mkdir()
    _, alone = tiny(tmp_path / "a")
    save, saved = core.save_checkpoint, []

    def fills(path, *args, **kwargs):
        saved.append(path)
        (broken_disk if len(saved) == 3 else save)(path, *args, **kwargs)

    monkeypatch.setattr(core, "save_checkpoint", fills)
    with pytest.raises(UserError, match="No space left"):
        tiny(tmp_path)
    monkeypatch.setattr(core, "save_checkpoint", save)
    progress, trainer = tiny(tmp_path, resume=True)
    assert len(progress.history) == 4
    assert_same(weights(alone), weights(trainer))


def test_metrics_that_could_not_be_written_come_later(tmp_path, monkeypatch):
    guard = Guard("writing")
    file = MetricsFile(tmp_path / "metrics.jsonl", [], guard)
    history = [{"epoch": 1}]
    file.write(history)
    append, rewrite = MetricsFile.append, MetricsFile.rewrite
    monkeypatch.setattr(MetricsFile, "append", broken_disk)
    monkeypatch.setattr(MetricsFile, "rewrite", broken_disk)
    for epoch in (2, 3):
        history.append({"epoch": epoch})
        file.write(history)
    monkeypatch.setattr(MetricsFile, "append", append)
    monkeypatch.setattr(MetricsFile, "rewrite", rewrite)
    history.append({"epoch": 4})
    file.write(history)
    assert epochs_in(tmp_path) == [1, 2, 3, 4]


def test_heavy_monitoring_waits_until_it_may(tmp_path, monkeypatch):
    calls = []
    monkeypatch.setattr(Monitor, "heavy", lambda self, metrics, *_: calls.append(metrics["epoch"]))
    clock = iter([0.0, 0.0] + [t for k in range(1, 11) for t in (10.0 * k, 10.0 * k + 0.5)])
    monkeypatch.setattr(monitoring.time, "perf_counter", lambda: next(clock))
    monitor = Monitor(tmp_path, ["dark", "bright"], SAMPLES)
    monitor.start([])
    for epoch in range(1, 11):
        monitor.epoch({"epoch": epoch}, None, None)
    # Half a second of every ten would be 5 %.
    assert calls[0] == 1
    assert len(calls) < 6
    assert calls[-1] != 10
    monitor.close()
    assert calls[-1] == 10


def orphan(path):
    """Start a stream and die at once, as by kill -9."""
    stream = Stream(lambda rng: (rng.random(1000),), 0, workers=1, prefetch=2)
    next(stream)
    path.write_text(str(stream.processes[0].pid))
    os.kill(os.getpid(), signal.SIGKILL)


def test_workers_end_when_their_training_is_killed(tmp_path):
    path = tmp_path / "pid"
    if os.fork() == 0:
        orphan(path)
    os.wait()
    worker = int(path.read_text())

    def ended():
        try:
            return "State:\tZ" in Path(f"/proc/{worker}/status").read_text()
        except (FileNotFoundError, ProcessLookupError):
            return True

    try:
        until(ended, "a worker outlived its training")
    finally:
        if not ended():
            os.kill(worker, signal.SIGKILL)
