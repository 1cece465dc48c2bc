"""From which share on a net is sure: chosen on half of the people, told of the others, noted."""

import json

import cv2
import lasagne
import numpy as np
import pytest

from experiments import set_confidence
from experiments.real.measures import ALL, Outcome
from nets.smiles import build_net_smiles
from nets.weights import read_weights, save_weights
from tests.conftest import drawn_face


@pytest.mark.parametrize(
    ("text", "path", "half"),
    [("a.csv", "a.csv", "all"), ("a.csv:second", "a.csv", "second"), ("c:a.csv", "c:a.csv", "all")],
)
def test_names_of_sets(text, path, half):
    name, part = set_confidence.split_name(text)
    assert (str(name), part) == (path, half)


def test_people_of_different_sets_are_different_people():
    one = Outcome(
        np.array([0, 1]), np.array(["ann", "ben"]), {ALL: np.array([True, False])},
        np.array([0, 0]), np.array([0.9, 0.2]),
    )  # fmt: skip
    both = set_confidence.pooled([one, one])
    assert len(set(both.people)) == 4
    assert both.right[ALL].tolist() == [True, False] * 2
    assert both.share.tolist() == [0.9, 0.2] * 2


@pytest.mark.slow
def test_the_threshold_is_noted_in_the_weights(nets, call, tmp_path):
    """A net of random weights is never sure of forty drawn faces."""
    rows = ["path,person,label,x,y,w,h"]
    for number in range(40):
        cv2.imwrite(str(tmp_path / f"{number}.png"), drawn_face(96, 96, shift=number % 5))
        rows.append(f"{number}.png,p{number},{('sad', 'smile')[number % 2]},16,16,64,64")
    (tmp_path / "faces.csv").write_text("\n".join(rows))
    out, net = tmp_path / "noted.npz", build_net_smiles(num_classes=3)
    save_weights(tmp_path / "net.npz", net, "smiles", classes=["smile", "sad", "laugh"])
    code, said, _ = call(
        set_confidence.main, "--data", tmp_path / "faces.csv", "--weights", nets.folder,
        "--smiles", tmp_path / "net.npz", "--out", out,
    )  # fmt: skip
    assert code == 0
    arrays, meta = read_weights(out)
    assert meta["sure"] == json.loads(said)
    assert meta["sure"]["threshold"] is None
    assert meta["sure"]["people"] == 40
    kept = lasagne.layers.get_all_param_values(net)
    assert all((a == b).all() for a, b in zip(arrays.values(), kept))
