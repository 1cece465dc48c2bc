"""The vote's measures against naive statements, and the script on drawn faces."""

import json

import cv2
import numpy as np
import pytest

from common.cli import UserError
from common.crops import Mipmap, crop
from experiments import eval_vote
from experiments.vote import measures
from experiments.vote.measures import read_truth, smooth_shares, winners
from experiments.vote.report import by_person
from experiments.vote.variants import ARTICLE, SETS, VARIANTS, SmileyNet, Variant, perturb_box
from pipeline import cascade, run_video
from pipeline.windows import neighbours
from tests.common.clips import write_clip

from tests.conftest import CLASSES, drawn_face, write_video  # isort: skip
from common.tables import read_csv

pytestmark = pytest.mark.slow

RNG = np.random.default_rng(0)
PLAIN, MIRRORED = RNG.normal(size=(2, 125, 4))


def softmax(logits):
    return np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)


@pytest.mark.parametrize("count", SETS)
def test_each_set_lies_in_the_largest(count):
    box = (10.0, 20.0, 30.0, 30.0)
    largest = neighbours(box, *SETS[125])
    np.testing.assert_allclose(largest[Variant(count).chosen()], Variant(count).boxes(box))
    assert len(set(Variant(count).chosen())) == count


def test_the_articles_way_is_the_pipelines():
    box = (10.0, 20.0, 30.0, 40.0)
    np.testing.assert_array_equal(ARTICLE.boxes(box), neighbours(box))
    # "a vector sum over all windows, divided by the sum over all smileys"
    chosen = ARTICLE.chosen()
    sums = np.zeros(4)
    for logits in PLAIN[chosen]:
        sums += np.exp(logits) / np.exp(logits).sum()
    np.testing.assert_allclose(ARTICLE.shares(PLAIN, MIRRORED), sums / sums.sum())


def test_ways_average_what_they_say():
    index = Variant(9).chosen()
    both = np.concatenate([PLAIN[index], MIRRORED[index]])
    shares = Variant(9, mirror="both").shares(PLAIN, MIRRORED)
    np.testing.assert_allclose(shares, softmax(both).mean(axis=0))
    half = [MIRRORED[i] if k % 2 else PLAIN[i] for k, i in enumerate(index)]
    shares = Variant(9, mirror="half").shares(PLAIN, MIRRORED)
    np.testing.assert_allclose(shares, softmax(np.array(half)).mean(axis=0))
    # The mean of logits is the geometric mean of probabilities, made to add up to 1.
    geometric = np.exp(np.log(softmax(PLAIN[index])).mean(axis=0))
    shares = Variant(9, "logits").shares(PLAIN, MIRRORED)
    np.testing.assert_allclose(shares, geometric / geometric.sum())
    for variant in VARIANTS:
        assert variant.shares(PLAIN, MIRRORED).sum() == pytest.approx(1)
    assert Variant(9, mirror="both").cost == 18


def test_a_moved_box():
    assert perturb_box((10, 20, 40, 40), 0.25, -0.5, 1.5) == (10, -10, 60, 60)


def test_smoothing_against_a_naive_sum():
    shares = RNG.dirichlet(np.ones(3), size=7)
    shares[3] = np.nan  # no face
    found = smooth_shares(shares, [False] * 7, 2)
    for k in range(7):
        if k == 3:
            assert np.isnan(found[k]).all()
            continue
        ages = [(j, k - j) for j in range(k + 1) if j != 3]
        expected = sum(shares[j] * 0.5 ** (age / 2) for j, age in ages)
        np.testing.assert_allclose(found[k], expected / expected.sum())
    np.testing.assert_allclose(smooth_shares(shares, [False] * 7, 0), shares)
    anew = smooth_shares(shares, [k == 4 for k in range(7)], 2)
    np.testing.assert_allclose(anew[:4], found[:4])
    np.testing.assert_allclose(anew[4:], smooth_shares(shares[4:], [False] * 3, 2))
    best = winners(shares)
    assert best[3] == -1
    assert (np.delete(best, 3) == np.delete(shares, 3, axis=0).argmax(axis=1)).all()


def test_people_count_alike():
    rows = [{"person": p} for p in "aab"]
    assert by_person(rows, [1, 0, 1]) == [0.5, 1.0]


def test_the_net_sees_what_the_pipelines_voter_sees(compiled):
    net = SmileyNet(compiled.folder / "smiles.npz")
    picture, box = Mipmap(drawn_face()), (30, 20, 50, 50)
    vote = compiled.voter.vote(picture, box)
    shares = ARTICLE.shares(*net.largest(picture, box))
    np.testing.assert_allclose(shares, vote.shares, atol=1e-5)
    mirrored = net.logits(picture, box, [box], mirror=True)
    window = crop(picture, [box])[0][:, ::-1]
    np.testing.assert_allclose(
        mirrored,
        net.logits(np.ascontiguousarray(window), (0, 0, 48, 48), [(0, 0, 48, 48)]),
        atol=1e-5,
    )


@pytest.fixture
def frames(tmp_path):
    """Four frames of two people, and a video with its truth."""
    rows = ["path,person,smiley,x,y,w,h"]
    for number in range(4):
        cv2.imwrite(str(tmp_path / f"{number}.png"), drawn_face())
        rows.append(f"{number}.png,p{number % 2},{CLASSES[number]},30,15,60,60")
    (tmp_path / "frames.csv").write_text("\n".join(rows))
    write_video(tmp_path / "v.mp4", frames=6)
    phases = ["held", "held", "transition", "held", "held", "held"]
    truth = [
        {"frame": k, "smiley": "sad" if k < 5 else "x", "phase": phase, "box": [30, 15, 60, 60]}
        for k, phase in enumerate(phases)
    ]
    (tmp_path / "v.json").write_text(json.dumps({"frames": truth}))
    return tmp_path


def test_the_script_from_end_to_end(compiled, call, frames, monkeypatch):
    face = (np.array([[30.0, 15, 60, 60]]), np.array([0.9]))
    monkeypatch.setattr(measures, "REPEATS", 1)
    monkeypatch.setattr(type(compiled.detector), "detect", lambda *_: face)
    out = frames / "out"
    code, text, errors = call(
        eval_vote.main, "--frames", frames / "frames.csv", "--video", frames / "v.mp4",
        "--weights", compiled.folder, "--out", out,
    )  # fmt: skip
    assert code == 0, errors
    assert "The best square is the face in 4 of 4 frames" in text
    # Two of the six frames do not count: one on its way, one of an unknown smiley.
    assert "| v.mp4 | 4 | 45 | nothing |" in text
    assert str(frames) not in text
    names = {path.name for path in out.iterdir()}
    tables = {"errors.csv", "boxes.csv", "variants.csv", "reliability.csv", "video.csv"}
    assert names == {*tables, "errors.png", "reliability.png", "REPORT.md"}
    assert len((out / "variants.csv").read_text().splitlines()) == 1 + len(VARIANTS)
    assert len((out / "errors.csv").read_text().splitlines()) == 1 + 5 * 5
    whole = read_csv(out / "boxes.csv")[-1]
    cells = [float(row["vote"]) for row in read_csv(out / "errors.csv")]
    assert whole["box"] == "all of the map"
    assert float(whole["vote"]) - float(whole["one_window"]) == pytest.approx(
        float(whole["gain"]), abs=1e-3
    )
    assert 0 <= min(cells) <= float(whole["vote"]) <= max(cells) <= 1


def test_a_video_without_truth_is_refused(refused, compiled, frames):
    (frames / "v.json").unlink()
    argv = ["--frames", frames / "frames.csv", "--video", frames / "v.mp4"]
    assert "v.json is missing" in refused(eval_vote.main, *argv, "--out", frames / "out")
    (frames / "v.json").write_text("[]")
    with pytest.raises(UserError, match="does not say what a video shows"):
        read_truth(frames / "v.mp4")


def test_its_numbers_are_those_of_run_video(compiled, call, tmp_path, monkeypatch):
    """A face that is lost for a frame, comes back, and gives way to another, in the dark."""
    boxes = [(30.0, 15, 60, 60), (32.0, 15, 60, 60), None, (34.0, 15, 60, 60), (5.0, 2, 40, 40)]
    second = (33.0, 14, 50, 50)

    class Detector:
        big_threshold, seen = 0.5, -1

        def detect(self, picture, min_face, threshold=None):
            self.seen += 1
            box = boxes[self.seen % len(boxes)]
            if box is None:
                return np.zeros((0, 4)), np.zeros(0)
            return np.array([box, second]), np.array([0.9, 0.85])

    frames = [(drawn_face(shift=3 * k) * 0.3).astype(np.uint8) for k in range(10)]
    video = write_clip(tmp_path / "v.mp4", [k / 25 for k in range(10)], frames)
    truth = [{"smiley": CLASSES[0], "phase": "held", "box": [0, 0, 1, 1]}] * 10
    net = SmileyNet(compiled.folder / "smiles.npz")
    monkeypatch.setattr(cascade.Detector, "load", lambda folder: Detector())
    for half_life in (0, 2):
        measured = measures.measure_video(net, Detector(), video, truth)
        lines = tmp_path / "lines.jsonl"
        where = ("--weights", compiled.folder, "-o", tmp_path / "o.mp4", "--json", lines)
        code, _, errors = call(run_video.main, video, *where, "--smooth", half_life)
        assert code == 0, errors
        shipped = [json.loads(line)["smiley"] for line in lines.read_text().splitlines()]
        expected = [smiley == CLASSES[0] for smiley in shipped]
        assert measured.right[str(ARTICLE), half_life].tolist() == expected
        assert measured.missed == shipped.count(None) == 2
