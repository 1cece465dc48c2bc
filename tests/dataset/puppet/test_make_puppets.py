"""The script: a valid set, the same again, and a user's mistakes."""

import cv2
import numpy as np
import pytest

from common import cli
from dataset import make_puppets
from dataset.manifest import read_manifest
from dataset.puppet.landmark_outlines import COUNT
from dataset.puppet.people import assign_smileys
from dataset.puppet.sources import read_landmarks, read_photo, read_sources
from dataset.synth.expression import recipes
from tests.dataset.puppet.conftest import Sitter


@pytest.fixture(scope="module")
def album(tmp_path_factory, sitter):
    """A user's photos: two of a person, one of another, one without landmarks."""
    folder = tmp_path_factory.mktemp("album")
    (folder / "pictures").mkdir()
    names, points, rows = [], [], ["path,person,split"]
    others = {"a": sitter, "b": sitter, "c": Sitter(8), "d": None}
    for (name, model), person in zip(others.items(), ("ann", "ann", "bea", "cas")):
        picture, found = (model or sitter).photograph({"turn": 5.0 if name == "b" else 0.0})
        path = f"pictures/{name}.png"
        cv2.imwrite(str(folder / path), picture)
        names.append(path)
        points.append(found if model else np.full((COUNT, 2), np.nan))
        rows.append(f"{path},{person},{'val' if person == 'bea' else 'train'}")
    (folder / "photos.csv").write_text("\n".join(rows) + "\n")
    np.savez(folder / "pictures" / "landmarks.npz", path=names, points=np.array(points))
    return folder


def run(album, out, *more):
    make_puppets.main(
        ["--photos", str(album / "photos.csv"), "--out", str(out), "--workers", "1", *more]
    )


def contents(folder):
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.slow
def test_it_writes_a_valid_set_of_the_train_people(album, tmp_path, capsys):
    run(album, tmp_path / "set", "--each", "9")
    rows = read_manifest(tmp_path / "set", smileys=[*recipes()], pictures=True)
    assert len(rows) == 18
    assert {row["person"] for row in rows} == {"ann"}
    assert len({row["smiley"] for row in rows}) == 17
    said = capsys.readouterr().err
    assert "1 of the other split" in said
    assert "1 no landmarks" in said


@pytest.mark.slow
def test_the_same_options_give_the_same_bytes_also_after_a_stop(album, tmp_path, monkeypatch):
    options = ("--each", "2", "--split", "all")
    run(album, tmp_path / "once", *options)
    make_person, done = make_puppets.make_person, []

    def stops(task):
        if done:
            raise KeyboardInterrupt
        done.append(task)
        return make_person(task)

    monkeypatch.setattr(make_puppets, "make_person", stops)
    with pytest.raises(KeyboardInterrupt):
        run(album, tmp_path / "twice", *options)
    assert not (tmp_path / "twice" / "manifest.csv").exists()
    monkeypatch.setattr(make_puppets, "make_person", make_person)
    run(album, tmp_path / "twice", *options)
    once = contents(tmp_path / "once")
    assert once == contents(tmp_path / "twice")
    run(album, tmp_path / "twice", *options)  # complete: nothing happens
    assert once == contents(tmp_path / "twice")
    run(album, tmp_path / "other", *options, "--seed", "1")
    other = contents(tmp_path / "other")
    assert {*other} != {*once} or any(other[name] != once[name] for name in once)


def test_smileys_are_assigned_equally_often():
    assigned = [slug for number in range(17) for slug in assign_smileys(0, number, 5)]
    assert {assigned.count(slug) for slug in recipes()} == {5}
    assert len({*assign_smileys(3, 2, 5)}) > 3


def test_a_users_mistakes_are_said_in_a_line(album, tmp_path):
    with pytest.raises(cli.UserError, match=r"no landmarks .*landmarker"):
        run(album, tmp_path / "x", "--landmarks", str(tmp_path / "none.npz"))
    wrong = tmp_path / "wrong.npz"
    np.savez(wrong, path=["a"], points=np.zeros((1, 68, 2)))
    with pytest.raises(cli.UserError, match=r"points are \(1, 68, 2\), not \(1, 478, 2\)"):
        run(album, tmp_path / "x", "--landmarks", str(wrong))
    (tmp_path / "broken.npz").write_bytes(b"PK\x03\x04 no zip")
    with pytest.raises(cli.UserError, match="cannot read the landmarks"):
        read_landmarks(tmp_path / "broken.npz")
    np.savez(wrong, path=["pictures/a.png"], points=np.full((1, COUNT, 2), np.nan))
    with pytest.raises(cli.UserError, match="no usable photo"):
        run(album, tmp_path / "x", "--landmarks", str(wrong))
    assert not (tmp_path / "x").exists()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    with pytest.raises(cli.UserError, match="holds no data set"):
        run(album, tmp_path / "full")


def test_pictures_may_lie_packed_in_one_file(album, tmp_path):
    (tmp_path / "pictures").mkdir()
    source = read_sources(album / "photos.csv")[0]
    data = cv2.imencode(".jpg", read_photo(source))[1]
    np.savez(
        tmp_path / "pictures" / "pictures.npz", path=["pictures/z.jpg", source.path],
        jpeg=np.concatenate([data[:0].ravel(), data.ravel()]), offsets=[0, 0, len(data)],
    )  # fmt: skip
    found = read_photo(source._replace(folder=tmp_path))
    assert np.abs(found.astype(int) - read_photo(source)).mean() < 5
