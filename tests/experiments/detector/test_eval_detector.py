"""The detector's evaluation: reading truth, others' processes, and the script from end to end."""

import json

import cv2
import numpy as np
import pytest

from common.cli import UserError
from experiments import eval_detector
from experiments.detector.report import side_bin
from experiments.detector.runs import run_peer
from experiments.detector.truth import read_empty, read_set, set_name

from tests.conftest import drawn_face  # isort: skip
from common.tables import read_csv


@pytest.fixture
def folder(tmp_path):
    """Two drawn faces and a picture without, in tables of both forms."""
    cv2.imwrite(str(tmp_path / "a.png"), drawn_face())
    cv2.imwrite(str(tmp_path / "b.png"), drawn_face(160, 120))
    cv2.imwrite(str(tmp_path / "none.png"), np.full((60, 80, 3), 90, np.uint8))
    (tmp_path / "boxes.csv").write_text("path,x,y,w,h,kind\na.png,30,15,60,60,plain\n")
    corners = ["path,x1,y1,x2,y2,ignore", "b.png,35,20,105,90,", "a.png,30,15,90,75,1"]
    (tmp_path / "corners.csv").write_text("\n".join([*corners, "b.png,0,0,20,30,0"]) + "\n")
    (tmp_path / "scenes.csv").write_text("path,split\nnone.png,val\na.png,train\n")
    return tmp_path


def test_both_forms_are_read(folder):
    (picture,) = read_set(folder / "boxes.csv", "one")
    assert picture.boxes == [(30, 15, 60, 60)]
    assert picture.tags == [{"kind": "plain", "pose": "", "person": ""}]
    b, a = read_set(folder / "corners.csv", "two")
    assert (b.path.name, b.boxes) == ("b.png", [(35, 20, 70, 70), (0, 0, 20, 30)])
    assert (a.boxes, a.ignored) == ([], [(30, 15, 60, 60)])
    (scene,) = read_empty(folder / "scenes.csv", "empty", "val")
    assert (scene.path.name, scene.boxes, scene.complete) == ("none.png", [], True)


def test_pose_is_told_from_landmarks_where_they_are(folder):
    head = "path,split,x,y,w,h,leye_x,leye_y,reye_x,reye_y,nose_x,nose_y"
    rows = ["a.png,val,30,15,60,60,45,38,75,38,72,48", "b.png,train,30,15,60,60,1,1,1,1,1,1"]
    (folder / "f.csv").write_text("\n".join([head, *rows]) + "\n")
    (picture,) = read_set(folder / "f.csv", "people", complete=False, split="val")
    assert picture.tags == [{"kind": "", "pose": "half profile", "person": ""}]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("path,x,y,w,h\na.png,1,2,x,4\na.png,1,2,3", "line 2: w is 'x'; line 3: h is missing"),
        ("path,x1,y1,x2,y2\na.png,9,9,5,20", "line 2: box outside the picture a.png"),
        ("path,x,y,w,h\nc.png,1,2,3,4\na.png,500,2,3,4", "line 2: no readable .*line 3: box outs"),
        ("path,x,y,w,h,ignore\na.png,1,2,3,4,maybe", "ignore is 'maybe', neither 0 nor 1"),
        ("path,x,y\na.png,1,2", "lacks the column w, h"),
    ],
)
def test_bad_rows_are_named(folder, lines, message):
    (folder / "bad.csv").write_text(lines + "\n")
    with pytest.raises(UserError, match=message):
        read_set(folder / "bad.csv", "bad")


def test_names_of_sets_and_sizes():
    assert set_name("data/smileys/frames.csv") == "smileys"
    assert set_name("some/news.csv") == "news"
    assert [side_bin(side) for side in (12, 30, 47.9, 48, 500)] == [
        "below 30", "30 to 48", "30 to 48", "48 to 80", "180 and more",
    ]  # fmt: skip


def fake_python(folder, answer="[[30, 15, 60, 60, 0.9], [0, 0, 9, 9, 0.1]]"):
    """A program in the place of a Python with detectors: one answer to all pictures, or none."""
    program = folder / "python"
    loop = f"while read name; do echo '{answer}'; echo \"$name\" >> '{folder}/asked'; done"
    fail = "echo no such detector >&2; exit 1"
    program.write_text(f"#!/bin/sh\n{loop if answer else fail}\n")
    program.chmod(0o755)
    return program


def test_a_peer_is_asked_once_for_each_picture(folder):
    python = fake_python(folder)
    pictures = read_set(folder / "boxes.csv", "one") + read_set(folder / "corners.csv", "two")
    first = run_peer("MTCNN", python, pictures[:1], 24, folder)
    assert first.found[0][0].tolist() == [[30, 15, 60, 60], [0, 0, 9, 9]]
    assert first.found[0][1].tolist() == [0.9, 0.1]
    # Stopped while it wrote a line.
    with open(folder / "MTCNN.jsonl", "a") as file:
        file.write('["abc", [[1,')
    run = run_peer("MTCNN", python, pictures, 24, folder)
    assert len(run.found) == 3
    asked = [line.rsplit("/", 1)[1] for line in (folder / "asked").read_text().split()]
    assert asked == ["a.png", "b.png"]  # the third is the first one again
    assert all(json.loads(line) for line in (folder / "MTCNN.jsonl").read_text().splitlines())
    run_peer("MTCNN", python, pictures, 40, folder)
    assert len((folder / "asked").read_text().split()) == 4


def test_a_peer_that_does_not_run_is_named(folder):
    pictures = read_set(folder / "boxes.csv", "one")
    with pytest.raises(UserError, match=r"MTCNN does not run under .*: no such detector"):
        run_peer("MTCNN", fake_python(folder, answer=None), pictures, 24, folder)
    with pytest.raises(UserError, match=r"cannot run .*nowhere"):
        run_peer("MTCNN", folder / "nowhere", pictures, 24, folder)


def test_from_end_to_end(call, compiled, folder):
    """A random cascade, Haar as it is, and others that always give the true box of a.png."""
    out = folder / "out"
    code, text, errors = call(
        eval_detector.main, "--images", folder / "boxes.csv", folder / "corners.csv",
        "--scenes", folder / "scenes.csv", "--faces", folder / "boxes.csv",
        "--weights", compiled.folder, "--peers", fake_python(folder), "--out", out,
    )  # fmt: skip
    assert code == 0, errors
    assert str(folder) not in text
    names = {path.name for path in out.iterdir()}
    tables = {"table.csv", "bins.csv", "localisation.csv"}
    pictures = {"curve.png", "false_positives.jpg", "missed.jpg"}
    assert names == {*tables, *pictures, "REPORT.md", "peers"}
    rows = read_csv(out / "table.csv")
    # Of the face of a.png and the two of b.png, the fixed boxes hit a's, and b's large one by
    # 0.55. False: four of 0.1 in the corners, and in the empty picture one of 0.9. The box
    # on the ignored face does not count. The fifth false one is one too many for four pictures.
    mtcnn = {row["rate"]: row for row in rows if row["detector"] == "MTCNN"}
    assert mtcnn["0.02"]["recall"] == "0.0000"  # the empty picture's box scores as well
    assert float(mtcnn["1.0"]["recall"]) == pytest.approx(2 / 3, abs=1e-4)
    assert float(mtcnn["1.0"]["threshold"]) == 0.1
    lines = (out / "localisation.csv").read_text().splitlines()
    assert "MTCNN,1,1,,,," in lines  # at 0.1 false positives per image, none is allowed
    assert "never publish them" in text


def test_without_peers_haar_stays(call, compiled, folder, monkeypatch):
    monkeypatch.setattr(eval_detector.cli, "ROOT", folder)  # where no .venv-bench is
    code, text, errors = call(
        eval_detector.main, "--images", folder / "boxes.csv",
        "--weights", compiled.folder, "--out", folder / "out", "--limit", 1,
    )  # fmt: skip
    assert code == 0, errors
    assert "MTCNN and libfacedetection are left out" in text
    assert "| Haar alt2 |" in text
    assert "| MTCNN |" not in text


def test_what_the_script_refuses(refused, folder):
    images = ["--images", folder / "boxes.csv", "--out", folder / "out"]
    for option, value in (("--iou", 1.5), ("--min-face", 3), ("--limit", 0)):
        assert option in refused(eval_detector.main, *images, option, value)
    (folder / "ignored.csv").write_text("path,x,y,w,h,ignore\na.png,30,15,60,60,1\n")
    line = refused(eval_detector.main, "--images", folder / "ignored.csv")
    assert "no face in --images that counts" in line
