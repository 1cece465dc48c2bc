import json

import lasagne
import numpy as np
import pytest

from common.cli import UserError
from nets.detector import build_net_small
from nets.smiles import build_net_smiles
from nets.weights import load_network, note, read_weights, save_weights


@pytest.fixture
def small(tmp_path):
    network = build_net_small()
    save_weights(tmp_path / "small.npz", network, "small", threshold=0.25, origin="a test")
    return network, tmp_path / "small.npz"


def test_what_is_saved_comes_back(small):
    network, path = small
    loaded, meta = load_network(path, "small")
    assert meta == {"kind": "small", "threshold": 0.25, "origin": "a test"}
    for a, b in zip(lasagne.layers.get_all_params(network), lasagne.layers.get_all_params(loaded)):
        np.testing.assert_array_equal(a.get_value(), b.get_value())
    assert [p.name for p in path.parent.iterdir()] == ["small.npz"]


def test_a_note_changes_the_meta_and_no_parameter(small, tmp_path):
    _, path = small
    note(path, tmp_path / "noted.npz", sure={"threshold": 0.5})
    before, after = read_weights(path), read_weights(tmp_path / "noted.npz")
    assert after[1] == {**before[1], "sure": {"threshold": 0.5}}
    assert before[0].keys() == after[0].keys()
    assert all(before[0][name].tobytes() == after[0][name].tobytes() for name in before[0])


def test_batch_statistics_and_classes_are_part_of_it(tmp_path):
    network = build_net_smiles(num_classes=3)
    for param in lasagne.layers.get_all_params(network, trainable=False):
        param.set_value(np.full_like(param.get_value(), 0.5))
    save_weights(tmp_path / "w.npz", network, "smiles", classes=["a", "b", "ц"])
    loaded, meta = load_network(tmp_path / "w.npz", "smiles")
    assert meta["classes"] == ["a", "b", "ц"]
    statistics = lasagne.layers.get_all_params(loaded, trainable=False)
    assert len(statistics) == 10
    assert all((param.get_value() == 0.5).all() for param in statistics)


def damaged(path, how):
    data = path.read_bytes()
    if how == "truncated":
        path.write_bytes(data[: len(data) // 2])
    elif how == "empty":
        path.write_bytes(b"")
    elif how == "text":
        path.write_text("no weights")
    elif how == "flipped":
        middle = len(data) // 3
        path.write_bytes(data[:middle] + bytes([data[middle] ^ 255]) + data[middle + 1 :])
    elif how == "array":
        np.save(path.with_suffix(""), np.zeros(3))
        path.with_suffix(".npy").rename(path)
    elif how == "foreign":
        np.savez(path, x=np.zeros(3))


@pytest.mark.parametrize("how", ["truncated", "empty", "text", "flipped", "array", "foreign"])
def test_a_damaged_file_is_refused_in_one_line(small, how):
    _, path = small
    damaged(path, how)
    with pytest.raises(UserError, match=r"small\.npz is no weights file .* or it is damaged"):
        load_network(path, "small")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UserError, match="no weights at"):
        load_network(tmp_path / "none.npz", "small")


def test_another_networks_weights_are_refused(small, tmp_path):
    _, path = small
    with pytest.raises(UserError, match="'small', not 'big'"):
        load_network(path, "big")
    arrays, _ = read_weights(path)
    first = next(iter(arrays))
    arrays[first] = arrays[first][:-1]
    meta = np.frombuffer(json.dumps({"kind": "small"}).encode(), np.uint8)
    np.savez(path, **arrays, **{"meta.json": meta})
    with pytest.raises(UserError, match=f"does not fit the network, for example in {first}"):
        load_network(path, "small")


def test_numbers_that_are_not_finite_are_refused(small):
    network, path = small
    weights = lasagne.layers.get_all_params(network)[0]
    weights.set_value(np.full_like(weights.get_value(), np.nan))
    save_weights(path, network, "small")
    with pytest.raises(UserError, match="not finite"):
        load_network(path, "small")
