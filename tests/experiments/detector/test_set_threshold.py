"""The detector's score made a probability."""

import json

import cv2
import numpy as np
import pytest

from common.cli import UserError
from experiments import set_threshold
from experiments.core.statistics import reliability
from experiments.detector.metrics import Results
from experiments.set_threshold import (
    fit,
    log_odds,
    rescale,
    scale_at_fixed_point,
    threshold_at_fixed_point,
)
from nets.detector import build_net_big
from nets.functions import compile_faces
from nets.weights import read_weights
from tests.conftest import drawn_face


def test_log_odds_by_hand():
    np.testing.assert_allclose(log_odds([0.5, 0.9, 0.1]), [0, np.log(9), -np.log(9)])
    assert np.isfinite(log_odds([0.0, 1.0])).all()


def test_fit_finds_how_scores_were_distorted():
    rng = np.random.default_rng(0)
    truth = rng.normal(0, 2, 40_000)  # log odds
    hits = rng.random(40_000) < 1 / (1 + np.exp(-truth))
    shown = 1 / (1 + np.exp(-(2 * truth + 1)))  # too sure, and too often
    a, b = fit(shown, hits)
    assert (a, b) == pytest.approx((0.5, -0.5), abs=0.03)
    fitted = 1 / (1 + np.exp(-a * log_odds(shown) - b))
    assert reliability(shown, hits)[1] > 0.05
    assert reliability(fitted, hits)[1] < 0.01


def test_fit_of_scores_that_are_far_too_sure():
    rng = np.random.default_rng(1)
    truth = rng.normal(-0.5, 1.5, 6000)
    hits = rng.random(6000) < 1 / (1 + np.exp(-truth))
    a, b = fit(1 / (1 + np.exp(-(6 * truth + 3))), hits)
    assert (a, b) == pytest.approx((1 / 6, -0.5), abs=0.05)  # Newton's whole steps leave for 1e200


def test_rescaled_network_says_the_new_probability():
    network = build_net_big()
    faces = compile_faces(network)
    windows = np.random.default_rng(0).uniform(-1, 1, (6, 3, 48, 48)).astype(np.float32)
    before = faces(windows)
    rescale(network, 0.5, -1.0)
    expected = 1 / (1 + np.exp(-0.5 * np.log(before / (1 - before)) + 1))
    np.testing.assert_allclose(faces(windows), expected, atol=1e-5)


class TwoNumbers:
    """A net that is only its scale: scores are a z + b."""

    scale = (1.0, 0.0)


def cascade(network, doubt, rounds):
    """Measures windows whose doubtful ones vote: their scores become truer by that."""
    rng = np.random.default_rng(0)
    truth = rng.normal(-0.5, 2.5, 6000)
    hits = rng.random(6000) < 1 / (1 + np.exp(-truth))
    single = 2 * truth + 1 + rng.normal(0, 3, 6000)
    voted = 2 * truth + 1 + rng.normal(0, 1, 6000)

    def measure():
        a, b = network.scale
        low, high = log_odds(doubt)
        first = a * single + b
        doubtful = (first >= low) & (first < high)
        rounds.append(doubtful)
        scores = 1 / (1 + np.exp(-np.where(doubtful, a * voted + b, first)))
        return Results(scores, hits, np.arange(6000), hits.astype(int))

    return measure


def scaling(network, a, b):
    """`rescale` on the two numbers."""
    network.scale = (a * network.scale[0], a * network.scale[1] + b)


def test_the_scale_settles_where_votes_depend_on_it(monkeypatch):
    monkeypatch.setattr(set_threshold, "rescale", scaling)
    network, doubt, votes = TwoNumbers(), (0.05, 0.9), []
    results, scales = scale_at_fixed_point(cascade(network, doubt, votes), network, doubt)
    assert len(scales) > 2
    # One fit alone leaves other windows voting than those it was fitted to.
    assert (votes[0] != votes[1]).mean() > 0.03
    assert (votes[-2] != votes[-1]).mean() < 0.02
    # What was returned was measured with the network as it is, and needs no other scale.
    again = cascade(network, doubt, votes)()
    np.testing.assert_array_equal(again.scores, results.scores)
    assert fit(results.scores, results.hits) == pytest.approx((1, 0), abs=0.05)


def test_a_scale_that_does_not_settle_is_told(monkeypatch):
    monkeypatch.setattr(set_threshold, "rescale", lambda *_: None)
    network = TwoNumbers()
    with pytest.raises(UserError, match="no fixed point in 3 rounds"):
        scale_at_fixed_point(cascade(network, (0.05, 0.9), []), network, (0.05, 0.9), rounds=3)


class Threshold:
    """A detector that is only its threshold."""

    big_threshold = 5


def test_the_threshold_is_that_of_the_last_measurement():
    detector, measured = Threshold(), []

    def measure():
        # More thumbnails are looked at twice with each higher threshold, up to 8.
        measured.append(detector.big_threshold)
        detector.big_threshold = min(8, detector.big_threshold + 1)
        return len(measured)

    assert threshold_at_fixed_point(measure, detector) == 4
    assert measured == [5, 6, 7, 8]
    detector.big_threshold = 5
    with pytest.raises(UserError, match="no fixed point in 2 rounds"):
        threshold_at_fixed_point(measure, detector, rounds=2)


def test_of_thresholds_that_call_for_each_other_the_highest_is_taken():
    detector, measured = Threshold(), []
    called = {5: 2, 2: 4, 4: 3, 3: 2}

    def measure():
        measured.append(detector.big_threshold)
        detector.big_threshold = called[detector.big_threshold]
        return len(measured)

    assert threshold_at_fixed_point(measure, detector) == 5
    assert measured == [5, 2, 4, 3, 4]
    assert detector.big_threshold == 4


def test_only_faces_give_no_meaning():
    with pytest.raises(UserError, match="only faces"):
        fit(np.array([0.5, 0.9]), np.array([True, True]))


def test_set_threshold_end_to_end(call, compiled, tmp_path):
    lines = ["path,x,y,w,h"]
    for k in range(2):
        cv2.imwrite(str(tmp_path / f"{k}.png"), drawn_face(96))
        lines.append(f"{k}.png,40,20,44,44")
    (tmp_path / "faces.csv").write_text("\n".join(lines) + "\n")
    options = ("--images", tmp_path / "faces.csv", "--weights", compiled.folder)
    code, out, err = call(
        set_threshold.main, *options, "--out", tmp_path / "new", "--iou", 0.1, "--min-face", 40
    )
    assert code == 0, err
    said = json.loads(out)
    arrays, meta = read_weights(tmp_path / "new" / "big.npz")
    assert meta["threshold"] == said["threshold"]
    assert 0 <= said["recall"] <= 1
    before, _ = read_weights(compiled.folder / "big.npz")
    code, out, err = call(
        set_threshold.main, *options, "--out", tmp_path / "kept", "--keep-scale", "--min-face", 40
    )
    assert code == 0, err
    kept, meta = read_weights(tmp_path / "kept" / "big.npz")
    assert meta["threshold"] == json.loads(out)["threshold"]
    assert all(np.array_equal(kept[name], before[name]) for name in before)
    changed = [name for name in arrays if not np.array_equal(arrays[name], before[name])]
    assert len(changed) <= 2  # the last layer's weights and bias
