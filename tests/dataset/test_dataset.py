"""Tables and manifests: what is read, and that every bad row is named by its line."""

import cv2
import numpy as np
import pytest

from common.cli import UserError
from common.smileys import read_smileys
from common.tables import BOX, box_of, manifest_path, read_images, read_table, text
from dataset.manifest import classes_of, read_manifest

HEADER = "path,person,smiley,clip,frame,x,y,w,h"


def manifest(folder, *rows, header=HEADER, pictures=()):
    for name in pictures:
        cv2.imwrite(str(folder / name), np.full((20, 30, 3), 90, np.uint8))
    (folder / "manifest.csv").write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return folder


def test_a_table_is_converted(tmp_path):
    (tmp_path / "t.csv").write_text("path,x,y,w,h,note\na.jpg,1,2.5,3,4,hi\n")
    (row,) = read_table(tmp_path / "t.csv", {"path": text, **BOX}, optional=["note", "other"])
    assert row == {"line": 2, "path": "a.jpg", "x": 1, "y": 2.5, "w": 3, "h": 4, "note": "hi"}
    assert box_of(row) == (1, 2.5, 3, 4)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"path,x\n", "lacks the column y; it has path, x"),
        (b"path,x,y\n", "has no rows"),
        (b"", "lacks the column path, x, y"),
        (
            b"path,x,y\na,1,2\nb,one,2\n,3,4\nc,5\n",
            r"line 3: x is 'one'; line 4: path is ''; line 5",
        ),
        (b"path,x,y\n\xff\xfe,1,2\n", "cannot read"),
    ],
)
def test_a_bad_table_is_refused_with_all_its_lines(tmp_path, content, message):
    (tmp_path / "t.csv").write_bytes(content)
    with pytest.raises(UserError, match=message):
        read_table(tmp_path / "t.csv", {"path": text, "x": float, "y": float})


def test_a_missing_table_is_named(tmp_path):
    with pytest.raises(UserError, match="no file"):
        read_table(tmp_path / "none.csv", {})


def test_long_lists_of_problems_are_cut(tmp_path):
    (tmp_path / "t.csv").write_text("x\n" + "bad\n" * 50)
    with pytest.raises(UserError, match=r"line 2: .* and 30 more") as error:
        read_table(tmp_path / "t.csv", {"x": float})
    assert "\n" not in str(error.value)


def test_pictures_that_cannot_be_read_and_boxes_beside_them(tmp_path):
    folder = manifest(tmp_path, pictures=["a.png"])
    (folder / "b.png").write_text("no picture")
    rows = [
        {"line": 2, "path": "a.png", "x": 5, "y": 5, "w": 10, "h": 10},
        {"line": 3, "path": "b.png"},
        {"line": 4, "path": "a.png", "x": 100, "y": 5, "w": 10, "h": 10},
        {"line": 5, "path": "a.png", "x": 5, "y": 5, "w": -1, "h": 10},
    ]
    assert read_images(folder / "manifest.csv", rows[:1])[0].shape == (20, 30, 3)
    with pytest.raises(UserError, match=r"line 3: no readable .*line 4: box outside .*line 5: box"):
        read_images(folder / "manifest.csv", rows)


def test_a_manifest_is_read_by_folder_or_by_file(tmp_path):
    folder = manifest(tmp_path, "a.png,p1,smile,c1,0,1,2,3,4", pictures=["a.png"])
    expected = {"path": "a.png", "person": "p1", "smiley": "smile", "clip": "c1", "frame": "0"}
    for data in (folder, folder / "manifest.csv"):
        (row,) = read_manifest(data)
        assert {**row, **expected} == row
        assert box_of(row) == (1, 2, 3, 4)
    assert manifest_path(folder) == folder / "manifest.csv"


def test_other_sets_columns_are_understood(tmp_path):
    folder = manifest(
        tmp_path,
        "a.png,p1,happy,07,1,2,3,4",
        header="path,person,label,serial,x,y,w,h",
        pictures=["a.png"],
    )
    (row,) = read_manifest(folder)
    assert (row["smiley"], row["frame"], row["clip"]) == ("happy", "07", "p1/happy")


def test_every_bad_row_of_a_manifest_is_named(tmp_path):
    folder = manifest(
        tmp_path,
        "a.png,p1,smile,c1,0,1,2,3,4",
        "none.png,p1,smile,c1,1,1,2,3,4",
        "a.png,p1,smile,c1,2,1,2,3,4",
        "b.png,p1,smile,c1,3,1,2,0,4",
        pictures=["a.png", "b.png"],
    )
    with pytest.raises(UserError) as error:
        read_manifest(folder)
    for part in ("line 3: no picture", "line 4: a.png is on line 2 too", "line 5: the box"):
        assert part in str(error.value)


def test_classes_come_in_the_tables_order_then_by_name():
    rows = [{"smiley": name} for name in ("zebra", "laugh", "apple", "smile", "laugh")]
    assert classes_of(rows) == ["smile", "laugh", "apple", "zebra"]


def test_the_seventeen_smileys():
    smileys = read_smileys()
    assert len(smileys) == 17
    assert smileys["smile"]["emoticon"] == ":)"
    for column in ("slug", "emoticon", "emoji"):
        assert len({row[column] for row in smileys.values()}) == 17
    assert all(row["how"] for row in smileys.values())
