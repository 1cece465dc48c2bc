"""Data sets made of folders, and several made one."""

import cv2
import numpy as np
import pytest

from common.smileys import read_smileys
from common.tables import box_of
from dataset import convert, merge
from dataset.manifest import read_manifest


def picture(path, shape=(20, 30, 3)):
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.full(shape, 90, np.uint8))


@pytest.fixture
def tree(tmp_path):
    for name in ("ann/smile/10.png", "ann/smile/9.png", "ann/sad/x.png", "bea/smile/two/1.png"):
        picture(tmp_path / "tree" / name)
    return tmp_path / "tree"


def keys(rows):
    return [(r["path"], r["person"], r["smiley"], r["clip"], r["frame"]) for r in rows]


def test_a_tree_becomes_a_set(tree, call):
    (tree / "notes.txt").touch()
    code, out, err = call(convert.main, tree)
    assert code == 0
    assert "4 pictures, 2 people" in out
    assert err == "note: 1 files are no pictures by their names: notes.txt\n"
    rows = read_manifest(tree, read_smileys(), pictures=True)
    assert keys(rows) == [
        ("ann/sad/x.png", "ann", "sad", "sad", "0"),
        ("ann/smile/9.png", "ann", "smile", "smile", "0"),
        ("ann/smile/10.png", "ann", "smile", "smile", "1"),
        ("bea/smile/two/1.png", "bea", "smile", "smile/two", "0"),
    ]
    assert box_of(rows[0]) == (0, 0, 30, 20)


def test_what_is_no_tree_is_refused_and_nothing_written(tree, refused):
    assert "no folder" in refused(convert.main, tree / "none")
    (tree / "empty").mkdir()
    assert "holds no pictures" in refused(convert.main, tree / "empty")
    picture(tree / "high.png")
    picture(tree / "ann" / "high.png")
    assert "not in a folder person/smiley: ann/high.png, high.png" in refused(convert.main, tree)
    (tree / "high.png").unlink()
    (tree / "ann" / "high.png").unlink()
    picture(tree / "ann" / "smlie" / "a.png")
    assert "no smileys of common/smileys.csv" in refused(convert.main, tree)
    (tree / "ann" / "smlie" / "a.png").write_text("no picture")
    assert "mend or remove them: ann/smlie/a.png" in refused(convert.main, tree, "--any-smiley")
    assert not (tree / "manifest.csv").exists()
    (tree / "ann" / "smlie" / "a.png").unlink()
    convert.main([str(tree)])
    assert "exists already" in refused(convert.main, tree)


class Faces:
    """Stands in for the detector: a face in wide pictures only, partly beside them."""

    def detect(self, picture, min_face):
        boxes = np.array([[-5.0, 4, 20, 20]]) if picture.shape[1] > 25 else np.zeros((0, 4))
        return boxes, np.ones(len(boxes))


def test_faces_are_looked_for_and_pictures_without_are_left_out(tree, call, monkeypatch):
    from pipeline.cascade import Detector

    monkeypatch.setattr(Detector, "load", lambda folder: Faces())
    picture(tree / "ann" / "smile" / "8.png", (20, 20, 3))
    code, _, err = call(convert.main, tree, "--detect")
    assert code == 0
    assert "no face found in 1 pictures, left out: ann/smile/8.png" in err
    rows = read_manifest(tree, pictures=True)
    assert {box_of(row) for row in rows} == {(0, 0, 20, 20)}


def test_a_square_is_moved_into_the_picture():
    assert convert.inside((-5, 4, 20, 20), (20, 30)) == (0, 0, 20, 20)
    assert convert.inside((25, 3, 10, 10), (20, 30)) == (20, 3, 10, 10)
    assert convert.inside((0, 0, 50, 50), (20, 30)) == (10, 0, 20, 20)


@pytest.fixture
def sets(tree, tmp_path):
    """Three sets: two that share people, clips and paths, one made elsewhere."""
    convert.main([str(tree)])
    other = tmp_path / "more" / "tree"
    for name in ("ann/smile/1.png", "ann/smile/9.png"):
        picture(other / name, (24, 24, 3))
    convert.main([str(other)])
    picture(tmp_path / "elsewhere" / "1.png")
    picture(tmp_path / "elsewhere" / "2.png")
    (tmp_path / "elsewhere" / "list.csv").write_text(
        "path,person,label,serial,x,y,w,h\n2.png,ann,smile,b,1,1,5,5\n1.png,ann,smile,b,0,0,9,9\n"
    )
    return tree, other, tmp_path / "elsewhere" / "list.csv"


def test_sets_are_copied_into_one(sets, tmp_path, call):
    code, out, _ = call(merge.main, *sets, "--out", tmp_path / "all")
    assert code == 0
    assert "8 pictures, 2 people" in out
    rows = read_manifest(tmp_path / "all", read_smileys(), pictures=True)
    assert keys(rows)[3:] == [
        ("tree/bea/smile/two/1.png", "bea", "smile", "smile/two", "0"),
        ("tree-2/ann/smile/1.png", "ann", "smile", "tree-2/smile", "0"),
        ("tree-2/ann/smile/9.png", "ann", "smile", "tree-2/smile", "1"),
        ("list/2.png", "ann", "smile", "ann/smile", "1"),
        ("list/1.png", "ann", "smile", "ann/smile", "0"),
    ]
    assert cv2.imread(str(tmp_path / "all" / "tree-2" / "ann" / "smile" / "9.png")).shape[0] == 24
    assert not list(tmp_path.glob("*.part"))
    again = merge.merge([tmp_path / "all"], tmp_path / "again")
    assert [key[1:] for key in keys(again)] == [key[1:] for key in keys(rows)]


def test_people_are_kept_apart_on_request(sets, tmp_path):
    rows = merge.merge(sets, tmp_path / "all", apart=True)
    assert [row["person"] for row in rows] == [
        "ann", "ann", "ann", "bea", "tree-2-ann", "tree-2-ann", "list-ann", "list-ann",
    ]  # fmt: skip
    assert {row["clip"] for row in rows} == {"sad", "smile", "smile/two", "ann/smile"}


def test_made_names_do_not_clash_in_turn():
    def row(person, clip, frame="0"):
        return {"path": "a", "person": person, "clip": clip, "frame": frame}

    first, second = [row("a", "c")], [row("a", "c"), row("t-a", "c"), row("a", "t/c")]
    found = merge.merge_rows({"s": first, "t": second}, apart=True)
    assert [r["person"] for r in found] == ["a", "t-a-2", "t-a", "t-a-2"]
    found = merge.merge_rows({"s": first, "t": second})
    assert [r["clip"] for r in found] == ["c", "t/c-2", "c", "t/c"]


def test_sets_are_merged_where_they_are(sets, tmp_path, refused, unchanged):
    rows = merge.merge(sets, tmp_path / "all.csv")
    assert read_manifest(tmp_path / "all.csv", pictures=True)
    assert {row["path"].rpartition("/")[0] for row in rows} >= {"elsewhere", "tree/ann/sad"}
    with unchanged(tmp_path):
        out = tmp_path / "more" / "all.csv"
        assert "is not below" in refused(merge.main, *sets, "--out", out)
        assert "named twice" in refused(merge.main, sets[0], sets[0], "--out", tmp_path / "new")
        assert "exists already" in refused(merge.main, *sets, "--out", tmp_path / "tree")
        assert "no folder" in refused(merge.main, *sets, "--out", tmp_path / "none" / "a.csv")
        assert "cannot write" in refused(merge.main, *sets, "--out", tmp_path / "none" / "a")
        (sets[0] / "ann" / "sad" / "x.png").write_text("broken")
        assert "no readable picture" in refused(merge.main, *sets, "--out", tmp_path / "new")


def test_linked_folders_are_followed_and_hidden_files_are_not(tree, tmp_path, call):
    for name in ("wink/1.png", "wink/2.png"):
        picture(tmp_path / "elsewhere" / name)
    (tree / "cat").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "wink" / "._1.png").write_bytes(b"what a Mac writes beside it")
    (tmp_path / "elsewhere" / "wink" / "round").symlink_to(tmp_path / "elsewhere")
    code, out, err = call(convert.main, tree)
    assert (code, err) == (0, "")
    assert "6 pictures, 3 people" in out
