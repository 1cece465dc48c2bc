"""Training batches against the pictures they are made of."""

import numpy as np

from augment.drawn import BOX
from common.crops import Mipmap
from experiments.smileys.data import SmileyBatches, labelled_squares, labels_of


def test_smiley_batches_without_augmentation_show_the_labelled_squares():
    rows = [{"smiley": name, **dict(zip("xywh", BOX))} for name in ("b", "a", "b")]
    pictures = [Mipmap(np.full((192, 192, 3), value, np.uint8)) for value in (10, 20, 30)]
    assert labels_of(rows, ["a", "b"]).tolist() == [1, 0, 1]
    assert labelled_squares(rows, pictures)[:, 0, 0, 0].tolist() == [10, 20, 30]
    windows, labels = SmileyBatches(rows, pictures, ["a", "b"], None, 64)(np.random.default_rng(0))
    value = {10: 1, 20: 0, 30: 1}
    assert {value[int(window[5, 5, 0])] == label for window, label in zip(windows, labels)} == {
        True
    }
    assert len(set(windows[:, 0, 0, 0])) == 3
