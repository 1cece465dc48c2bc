"""Manifests: one message names every bad row; what is written is whole, whoever writes."""

import contextlib
import os
import signal
import subprocess
import sys

import cv2
import numpy as np
import pytest

from common.cli import ROOT, UserError
from common.smileys import read_smileys
from common.tables import read_lines
from dataset import manifest
from dataset.manifest import append, read_manifest, write_manifest

HEADER = "path,person,smiley,clip,frame,x,y,w,h"


@pytest.fixture
def folder(tmp_path):
    """A folder with pictures of 30 x 20 pixels."""
    for name in "abcdefgh":
        cv2.imwrite(str(tmp_path / f"{name}.png"), np.full((20, 30, 3), 90, np.uint8))
    (tmp_path / "dir.png").mkdir()
    (tmp_path / "broken.png").write_text("no picture")
    (tmp_path / "empty.png").touch()
    (tmp_path / "cut.png").write_bytes((tmp_path / "a.png").read_bytes()[:40])
    return tmp_path


def write(folder, *rows, header=HEADER, end="\n", start=b""):
    lines = [row if isinstance(row, bytes) else row.encode() for row in (header, *rows)]
    (folder / "manifest.csv").write_bytes(start + end.encode().join(lines) + end.encode())
    return folder


def row(path="a.png", frame=0, **values):
    known = {"person": "p1", "smiley": "smile", "clip": "c1", "x": 1, "y": 2, "w": 3, "h": 4}
    return {"path": path, "frame": str(frame), **known, **values}


BAD_ROWS = [
    ("none.png,p,smile,c,1,1,2,3,4", "no picture none.png"),
    ("broken.png,p,smile,c,2,1,2,3,4", "no readable picture broken.png"),
    ("empty.png,p,smile,c,3,1,2,3,4", "no readable picture empty.png"),
    ("cut.png,p,smile,c,4,1,2,3,4", "no readable picture cut.png"),
    ("dir.png,p,smile,c,5,1,2,3,4", "dir.png is a folder"),
    ("b.png,p,smlie,c,6,1,2,3,4", "no smiley 'smlie' (meant smile?)"),
    ("c.png,p,smile,c,7,20,2,15,4", "box outside the picture, 30x20"),
    ("d.png,p,smile,c,8,-5,2,15,4", "box outside the picture, 30x20"),
    ("e.png,p,smile,c,9,1,2,0,4", "the box has no size"),
    ("f.png,p,smile,c,10,1,2,-3,4", "the box has no size"),
    ("g.png,p,smile,c,11,one,2,3,4", "x is 'one'"),
    ("h.png,p,smile,c,12,nan,inf,3,4", "x is 'nan', y is 'inf'"),
    ("./h.png,p,smile,c,13,1,2,1_0,4", "w is '1_0'"),
    ("h2.png,p,smile,c,-1,1,2,3,4", "frame is '-1', not a number from 0 on"),
    ("h3.png,p,smile,c,1.5,1,2,3,4", "frame is '1.5'"),
    ("h4.png,p,smile,c,012,1,2,3,4", "frame 012 of clip c is on line 14 too"),
    ("a.png,p,smile,c,14,1,2,3,4", "a.png is on line 2 too"),
    ("/etc/a.png,p,smile,c,15,1,2,3,4", "path is '/etc/a.png', which is absolute"),
    (r"C:\a.png,p,smile,c,16,1,2,3,4", "which is absolute"),
    ("../a.png,p,smile,c,17,1,2,3,4", "path is '../a.png', which leaves"),
    (",p,smile,c,18,1,2,3,4", "path is ''"),
    ("a.png, ,smile,c,19,1,2,3,4", "person is ' '"),
    ("a.png,p,,,,1,2,3,4", "smiley is '', frame is ''"),
    ("a.png,p,smile,c,20,1,2,3", "h is missing"),
    ("a.png,p,smile,c,21,1,2,3,4,5", "10 values for 9 columns"),
    ('"a.png,p,smile,c,22,1,2,3,4', "cannot read the row"),
    (b"\xe4.png,p,smile,c,23,1,2,3,4", "bytes that are not UTF-8"),
    ("x" * 300 + ".png,p,smile,c,24,1,2,3,4", "no picture xxx"),
]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_one_message_names_every_bad_row_and_no_other(folder, end):
    rows = ["a.png,p,smile,c,0,1,2,3,4", *(line for line, _ in BAD_ROWS)]
    write(folder, *rows, "b.png,q,laugh,c,25,0,0,30,20", end=end)
    with pytest.raises(UserError) as error:
        read_manifest(folder, read_smileys())
    message = str(error.value)
    assert "\n" not in message
    parts = message.partition(" has bad rows: ")[2].split("; ")
    # The good picture on the last line is also on a bad one.
    assert parts.pop() == f"line {len(BAD_ROWS) + 3}: b.png is on line 8 too"
    assert len(parts) == len(BAD_ROWS)
    for number, (part, (_, expected)) in enumerate(zip(parts, BAD_ROWS), 3):
        assert part.startswith(f"line {number}: ")
        assert expected in part


def test_a_manifest_without_faults_is_read_whoever_wrote_it(folder):
    rows = ["a.png,p,smile,c,0,1,2,3,4", '"b.png","Ann, née B","sad","c 1",01,0.5,0,29.5,20']
    expected = None
    for options in ({}, {"end": "\r\n"}, {"end": "\r"}, {"start": b"\xef\xbb\xbf"}):
        found = read_manifest(write(folder, *rows, "", **options), read_smileys(), pictures=True)
        expected = expected or found
        assert found == expected
        assert [r["line"] for r in found] == [2, 3]
        assert found[1]["person"] == "Ann, née B"
        assert found[1]["frame"] == "01"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "lacks the column path, person"),
        (HEADER.encode() + b"\n", "has no rows"),
        (b"a.png,p,smile,c,0,1,2,3,4\n", "lacks the column path"),
        (HEADER.replace(",", ";").encode() + b"\na", "separated by commas"),
        (HEADER.encode() + b",x\na", "has the column x twice"),
        ((HEADER + "\n").encode("utf-16"), "no text in UTF-8"),
        (b'"path,x\n', "cannot read the first line"),
        (b"\xff\xd8\xff\xe0JFIF", "cannot read the first line"),
    ],
)
def test_a_file_that_is_no_manifest_is_refused(folder, content, message):
    (folder / "manifest.csv").write_bytes(content)
    with pytest.raises(UserError, match=message):
        read_manifest(folder)


def test_a_folder_without_a_manifest_or_in_its_place(tmp_path):
    with pytest.raises(UserError, match=r"no file .*manifest\.csv: dataset/convert\.py makes it"):
        read_manifest(tmp_path)
    (tmp_path / "manifest.csv").mkdir()
    with pytest.raises(UserError, match=r"cannot read .*manifest\.csv"):
        read_manifest(tmp_path)


def test_sets_made_elsewhere_may_repeat_serials(folder):
    header = "path,person,label,serial,x,y,w,h,more"
    write(folder, "a.png,p,happy,s2,1,2,3,4,-", "b.png,p,happy,s2,1,2,3,4,", header=header)
    assert [r["frame"] for r in read_manifest(folder)] == ["s2", "s2"]


def test_sets_made_elsewhere_may_lack_frames_and_boxes(folder):
    """Photos have no frame's number, and cut faces no box: such sets were refused."""
    header = "path,person,label"
    write(folder, "b.png,p,happy", "a.png,p,happy", "c.png,q,sad", header=header)
    found = read_manifest(folder, pictures=True)
    assert [r["frame"] for r in found] == ["2", "3", "4"]
    assert [r["clip"] for r in found] == ["p/happy", "p/happy", "q/sad"]
    assert {tuple(r[side] for side in "xywh") for r in found} == {(0, 0, 30, 20)}
    write(folder, "a.png,p,happy", "broken.png,p,sad", "none.png,p,sad", header=header)
    with pytest.raises(UserError) as told:
        read_manifest(folder)
    assert "line 3: the box has no size, no readable picture broken.png" in str(told.value)
    assert "no picture none.png" in str(told.value)
    # Half of a box is none, and what the project itself goes on with is whole.
    write(folder, "a.png,p,happy,1,2", header=header + ",x,y")
    with pytest.raises(UserError, match="lacks the column w, h"):
        read_manifest(folder)
    with pytest.raises(UserError, match="lacks the column"):
        append(folder, [row("b.png")])


def test_broken_pictures_are_named_without_other_faults_only_if_asked(folder):
    write(folder, "broken.png,p,smile,c,0,1,2,3,4")
    read_manifest(folder)
    with pytest.raises(UserError, match="no readable picture"):
        read_manifest(folder, pictures=True)


def test_what_is_written_is_read(folder):
    rows = [row("a.png", 3, x=1.5, w=np.float32(3.1)), row("b.png", 4, person='B, "x"', y=0.0004)]
    write_manifest(folder, rows)
    text = (folder / "manifest.csv").read_text()
    assert text.splitlines()[:2] == [HEADER, "a.png,p1,smile,c1,3,1.5,2,3.1,4"]
    found = read_manifest(folder)
    assert [(r["path"], r["person"], r["y"]) for r in found] == [
        ("a.png", "p1", 2),
        ("b.png", 'B, "x"', 0),
    ]
    write_manifest(folder, found)
    assert (folder / "manifest.csv").read_text() == text


def test_nothing_is_written_that_could_not_be_read(folder):
    write_manifest(folder, [row()])
    before = (folder / "manifest.csv").read_bytes()
    for bad in ([row(frame=-1)], [row(x=float("nan"))], [row(person="a\nb")], [row("../a.png")]):
        with pytest.raises(UserError, match="line 2"):
            write_manifest(folder, bad)
    for bad in (row(frame=1), row("b.png", 0)):
        with pytest.raises(UserError, match=r"line 3: .* is on line 2 too"):
            append(folder, [bad])
    assert (folder / "manifest.csv").read_bytes() == before
    with pytest.raises(UserError, match="cannot write"):
        write_manifest(folder / "none" / "manifest.csv", [])


WRITER = """
import sys
sys.path.insert(0, {root!r})
from dataset.manifest import append
name, count = sys.argv[1], int(sys.argv[2])
for k in range(count):
    append({folder!r}, [dict(zip(
        ("path", "person", "smiley", "clip", "frame", "x", "y", "w", "h"),
        (f"{{name}}-{{k}}.png", name, "smile", "c", str(k), 1, 2, 3, 4)))])
    print(k, flush=True)
"""


def writer(folder, name, count):
    code = WRITER.format(root=str(ROOT), folder=str(folder))
    return subprocess.Popen(
        [sys.executable, "-c", code, name, str(count)], stdout=subprocess.PIPE, text=True
    )


def test_many_writers_lose_nothing(tmp_path):
    processes = [writer(tmp_path, name, 15) for name in ("p", "q", "r")]
    assert [process.wait(60) for process in processes] == [0, 0, 0]
    lines = (tmp_path / "manifest.csv").read_text().splitlines()
    assert len(lines) == len(set(lines)) == 1 + 3 * 15


def test_a_killed_writer_leaves_whole_rows(tmp_path):
    (tmp_path / "manifest.part.csv").write_text("path,per")  # of a writer killed earlier
    told = 0
    for number in range(3):
        process = writer(tmp_path, f"p{number}", 10_000)
        before = [process.stdout.readline() for _ in range(1 + 3 * number)]
        os.kill(process.pid, signal.SIGKILL)
        told += len(before) + len(process.stdout.read().splitlines())
        process.wait()
        text = (tmp_path / "manifest.csv").read_text()
        assert text.endswith("\n")
        assert all(line.count(",") == 8 for line in text.splitlines())
        assert len(text.splitlines()) > told  # every row that was told of is there


def test_the_program_describes_a_set(folder, call, refused):
    write(folder, "a.png,ann,smile,c,0,1,2,3,4", "b.png,bea,laugh,c,0,1,2,3,4")
    code, out, err = call(manifest.main, folder)
    assert (code, err) == (0, "")
    assert "2 pictures, 2 people, 2 smileys, 2 clips" in out
    assert "32 of 34 combinations are missing: ann/laugh" in out
    write(folder, "a.png,ann,happy,c,0,1,2,3,4")
    assert "line 2: no smiley 'happy'" in refused(manifest.main, folder)
    code, out, _ = call(manifest.main, folder, "--any-smiley")
    assert code == 0
    assert "missing" not in out


ROW = {"person": "p", "smiley": "smile", "clip": "c", "x": 1, "y": 2, "w": 3, "h": 4}


def numbered(*frames):
    return [{**ROW, "path": f"{frame}.png", "frame": frame} for frame in frames]


def test_extending_is_appending(tmp_path):
    for way, folder in ((manifest.append, tmp_path / "a"), (manifest.extend, tmp_path / "b")):
        folder.mkdir()
        for frames in ((1,), (2, 3), ()):
            way(folder, numbered(*frames))
    assert (tmp_path / "a" / "manifest.csv").read_text() == (
        tmp_path / "b" / "manifest.csv"
    ).read_text()


@pytest.mark.parametrize("tail", ["3.png,p,smi", "x" * 9000, "3.png,p,smile,c,3,1,2,3,4"])
def test_a_line_that_a_kill_left_half_is_cut_off(tmp_path, tail):
    manifest.extend(tmp_path, numbered(1, 2))
    whole = (tmp_path / "manifest.csv").read_text()
    (tmp_path / "manifest.csv").write_text(whole + tail)
    manifest.extend(tmp_path, numbered(5))
    text = (tmp_path / "manifest.csv").read_text()
    assert text == whole + "5.png,p,smile,c,5,1,2,3,4\n"


def test_extending_a_manifest_of_other_columns(tmp_path):
    (tmp_path / "manifest.csv").write_text(
        "path,person,label,serial,x,y,w,h\n0.png,p,smile,1,1,2,3,4\n"
    )
    manifest.extend(tmp_path, numbered(5))
    lines = (tmp_path / "manifest.csv").read_text().splitlines()
    assert lines[0].startswith("path,person,smiley")
    assert len(lines) == 3


class Counted:
    """A file that counts the bytes that are read and written."""

    def __init__(self, file):
        self.file, self.used = file, 0

    def __getattr__(self, name):
        return getattr(self.file, name)

    def read(self, size):
        self.used += size
        return self.file.read(size)

    def write(self, data):
        self.used += len(data)
        return self.file.write(data)


@pytest.mark.parametrize("rows", [100, 20_000])
def test_extending_reads_no_more_of_a_long_manifest(tmp_path, monkeypatch, rows):
    """What was read and written is counted, not timed."""
    manifest.write_manifest(tmp_path, numbered(*range(rows)))
    files = []

    def counted(*arguments, **options):
        files.append(Counted(open(*arguments, **options)))  # noqa: SIM115
        return contextlib.closing(files[-1])

    monkeypatch.setattr(manifest, "open", counted, raising=False)
    monkeypatch.setattr(contextlib.closing, "__enter__", lambda closing: closing.thing)
    monkeypatch.setattr(manifest, "parse_manifest", None)  # nothing is parsed anew
    manifest.extend(tmp_path, numbered(99_999))
    monkeypatch.undo()
    assert 0 < sum(file.used for file in files) < 5000
    assert len(read_lines(tmp_path / "manifest.csv")) >= rows + 2
