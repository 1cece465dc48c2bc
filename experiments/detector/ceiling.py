"""What the big net could hold: the same net twice as wide, and windows to be learnt by heart."""

from dataclasses import replace

import lasagne
import numpy as np

from augment.transforms import Augmentation, augment
from common.crops import Mipmap
from common.tables import read_picture
from experiments.core.results import table_head
from experiments.detector.sealed import resampled
from experiments.detector.stages import STAGES, stage_of
from nets import batchnorm
from nets.layers import DenseLayer, conv, linear, max_pool, relu
from pipeline.light import brighten
from pipeline.suppression import overlaps

FACE, NO_FACE = 0.5, 0.3  # IoU of a window that counts as a face; as none; between: left out
# The cascade's vote looks at windows a tenth of the side away; nothing else may help or hinder.
BY_HEART = replace(Augmentation(), shift=0.1, scale=0.1).only("shift", "scale", "flip")


def build_net_wide(input=None, times=2):
    """`nets.detector.build_net_big` with so many times the filters and units in each layer.

    Takes (N, 3, 48, 48) float32, gives (N, 2), linear.
    """
    network = lasagne.layers.InputLayer(shape=(None, 3, 48, 48), input_var=input)
    network = lasagne.layers.dropout(network, p=0.1)
    for side in (5, 5, 3, 3):
        network = conv(network, num_filters=64 * times, filter_size=(side, side), nolin=relu)
        network = max_pool(batchnorm.batch_norm(network))
    network = DenseLayer(lasagne.layers.dropout(network, p=0.3), 256 * times, nolin=relu)
    network = batchnorm.batch_norm(network)
    return DenseLayer(lasagne.layers.dropout(network, p=0.3), num_units=2, nolin=linear)


def widened(network, seed):
    """A net twice as wide that computes what ``network``, a big net, does.

    Each unit is there twice, and a random share of each weight that leaves it goes to the one,
    the rest to the other (Chen, Goodfellow & Shlens, 2016, "Net2Net"): so the two learn
    different things from the first step on.

    Parameters
    ----------
    network : lasagne.layers.Layer
    seed : int
        Of the shares.

    Returns
    -------
    lasagne.layers.Layer
    """
    rng = np.random.default_rng(seed)
    wide = build_net_wide()
    params = lasagne.layers.get_all_params(network)
    weights = [param for param in params if param.name == "W"]
    for param, target in zip(params, lasagne.layers.get_all_params(wide)):
        value = param.get_value()
        last = param is weights[-1] or param is params[-1]
        if param.name == "W":
            into, out = (1, 0) if value.ndim == 4 else (0, 1)
            if not last:
                value = np.concatenate([value, value], axis=out)
            if param is not weights[0]:
                share = rng.uniform(0, 1, value.shape)
                value = np.concatenate([value * share, value * (1 - share)], axis=into)
        elif not last:
            value = np.concatenate([value, value])
        target.set_value(value.astype(np.float32))
    return wide


class ByHeart:
    """Batches of the very windows that the big net is shown in some pictures, half of them faces.

    Parameters
    ----------
    pictures : list of truth.Picture
        All of whose faces are boxed, or that show none.
    found : list of pipeline.cascade.Detection
        Of the same pictures: their survivors are the windows, beside the true faces.
    batch : int
    """

    def __init__(self, pictures, found, batch=64):
        self.batch = batch
        self.windows = {0: [], 1: []}  # (mipmap, box) of no face, of a face
        for picture, one in zip(pictures, found):
            mipmap = brighten(Mipmap(read_picture(picture.path)))
            self.windows[1] += [(mipmap, box) for box in picture.boxes]
            for box in one.survivors:
                near = overlaps(box, picture.truth).max(initial=0)
                if near >= FACE or near < NO_FACE:
                    self.windows[int(near >= FACE)].append((mipmap, box))

    def __call__(self, rng):
        """One batch: (windows uint8 (N, 48, 48, 3), labels int32 (N,); 1 is a face)."""
        labels = rng.integers(2, size=self.batch).astype(np.int32)
        windows = []
        for label in labels:
            among = self.windows[label]
            windows.append(augment(rng, *among[rng.integers(len(among))], BY_HEART))
        return np.stack(windows), labels


class Judged:
    """What one detector found on the pictures, at rates of false squares.

    Parameters
    ----------
    run : runs.Run
    found : list of pipeline.cascade.Detection
        Of threshold 0.
    shown : list of sealed.Sealed
    iou : float
    """

    def __init__(self, run, found, shown, iou):
        self.run, self.found, self.shown, self.iou = run, found, shown, iou
        self.pictures = [one.picture for one in shown]
        self.assigned = run.assigned(self.pictures, iou)
        self.results = run.results(self.pictures, self.assigned, range(len(shown)))

    def row(self, rate):
        """Recall and threshold at a rate, and how many faces are lost in which stage there."""
        recall, threshold = self.results.recall_at(rate)
        above = np.nextafter(np.float32(threshold), np.float32(1))  # a false square scores it
        stages = [
            stage_of(box, one, above, self.iou)
            for picture, one in zip(self.pictures, self.found)
            for box in picture.boxes
        ]
        counts = {stage: stages.count(stage) for stage in STAGES}
        return {
            "rate": rate, "pictures": len(self.shown), "faces": len(stages), "recall": recall,
            "threshold": threshold, **counts,
        }  # fmt: skip

    def drawn(self, rate, seed):
        """Recall at a rate, people and scenes drawn with replacement; alike for equal seeds."""
        scores = [scores for _, scores in self.run.found]
        return resampled(self.shown, self.assigned, scores, rate, seed)


def difference(first, second, rate, seed):
    """Recall of the second `Judged` less that of the first, with its 95 % interval: a dict."""
    low, high = np.percentile(second.drawn(rate, seed) - first.drawn(rate, seed), (2.5, 97.5))
    gain = second.results.recall_at(rate)[0] - first.results.recall_at(rate)[0]
    return {"rate": rate, "difference": gain, "low": low, "high": high}


def report(rows, differences, command, said):
    """REPORT.md as text.

    Parameters
    ----------
    rows : list of dict
        As of `Judged.row`, with ``net``, ``batches``, ``parameters`` and ``accuracy``.
    differences : list of dict
        As of `difference`, with ``nets``.
    command : str
    said : str
        What was trained, in words.
    """
    lines = ["# What the detector's big net can hold", "", f"`{command}`", "", said, ""]
    lines += table_head(
        "| net | parameters | batches | right in training | false squares a picture | recall | "
        + " | ".join(STAGES)
        + " |"
    )
    for row in rows:
        accuracy = f"{row['accuracy']:.3f}" if row["accuracy"] != "" else ""
        lines.append(
            f"| {row['net']} | {row['parameters']:,} | {row['batches']} | {accuracy} "
            f"| {row['rate']:g} | {row['recall']:.3f} | "
            + " | ".join(str(row[stage]) for stage in STAGES)
            + " |"
        )
    lines += ["", "Paired differences of recall, 95 % over people and scenes:", ""]
    lines += table_head("| nets | false squares a picture | difference | 95 % |")
    for row in differences:
        lines.append(
            f"| {row['nets']} | {row['rate']:g} | {row['difference']:+.3f} "
            f"| {row['low']:+.3f} to {row['high']:+.3f} |"
        )
    return "\n".join([*lines, ""])
