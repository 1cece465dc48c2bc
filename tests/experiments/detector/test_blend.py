"""The blend of two big nets."""

import lasagne
import numpy as np
import pytest

from common.cli import UserError
from experiments import blend_detector
from nets.detector import build_net_big
from nets.weights import blended, load_network, save_weights


def test_by_hand():
    before, after = [np.float32([1, 2]), np.float32([[4]])], [np.float32([3, 2]), np.float32([[0]])]
    first, second = blended(before, after, 0.25)
    assert first.tolist() == [1.5, 2]
    assert second.tolist() == [[3]]
    assert first.dtype == np.float32
    with pytest.raises(UserError, match="not of one shape"):
        blended(before, after[::-1], 0.5)


def test_end_to_end(call, compiled, tmp_path):
    after = tmp_path / "after"
    after.mkdir()
    network = build_net_big()
    save_weights(after / "big.npz", network, "big", threshold=0.4, origin="here")
    out = tmp_path / "out"
    options = ("--before", compiled.folder, "--after", after, "--out", out)
    code, _, err = call(blend_detector.main, *options, "--share", 0.5)
    assert code == 0, err
    mean, meta = load_network(out / "big.npz", "big")
    first, _ = load_network(compiled.folder / "big.npz", "big")
    get = lasagne.layers.get_all_param_values
    for a, b, c in zip(get(first), get(network), get(mean)):
        np.testing.assert_allclose(c, (a.astype(float) + b) / 2, atol=1e-6)
    assert meta["threshold"] == 0.4
    assert meta["origin"] == "here; experiments/blend_detector.py --share 0.5"
    assert (out / "small.npz").read_bytes() == (compiled.folder / "small.npz").read_bytes()
