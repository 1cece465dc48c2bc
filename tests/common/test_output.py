"""Files that are written: whole or not at all, by one run, under names that fit."""

import json
import os
import subprocess
import sys

import pytest

from common.cli import ROOT, UserError
from common.output import (
    check_output,
    fitting,
    line,
    make_folder,
    temporary_path,
    write_csv,
    write_file,
)

OTHER = f"""
import sys; sys.path.insert(0, {str(ROOT)!r})
from common.output import check_output
check_output(sys.argv[1])
print("claimed", flush=True)
input()
"""


@pytest.fixture
def other(tmp_path):
    """Another run that is about to write a file."""
    process = subprocess.Popen(
        [sys.executable, "-c", OTHER, str(tmp_path / "a.mp4")],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout.readline() == "claimed\n"
    yield process
    process.kill()
    process.communicate()


def test_the_second_run_with_one_output_is_refused(other, tmp_path):
    temporary_path(tmp_path / "a.mp4").write_bytes(b"what the other has written so far")
    with pytest.raises(UserError, match="another run is writing"):
        check_output(tmp_path / "a.mp4")
    (tmp_path / "link").symlink_to(tmp_path)
    with pytest.raises(UserError, match="another run is writing"):
        check_output(tmp_path / "link" / "a.mp4")
    assert temporary_path(tmp_path / "a.mp4").read_bytes().startswith(b"what")
    check_output(tmp_path / "b.mp4")


def test_a_killed_run_stands_in_nobodys_way(other, tmp_path):
    other.kill()
    other.wait()
    check_output(tmp_path / "a.mp4")
    check_output(tmp_path / "a.mp4")  # this process holds it now


def test_devices_and_pipes_are_not_replaced(tmp_path):
    """``--json /dev/stdout``, by root, made a plain file of it."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("/dev/null")
    for name in ("pipe", "link"):
        with pytest.raises(UserError, match="is a device or a pipe"):
            check_output(tmp_path / name)


def test_long_names_are_cut_where_they_must_be(tmp_path):
    assert fitting("a", ".smileys.mp4") == "a.smileys.mp4"
    names = {fitting(end * 3 + "ü" * 120 + end, ".smileys.mp4") for end in ("a", "b")}
    names |= {fitting("x" * 246 + end, ".smileys.mp4") for end in ("a", "b")}
    assert len(names) == 4
    for name in names:
        assert name.endswith(".smileys.mp4")
        assert len(os.fsencode(name)) <= 255
        write_file(tmp_path / name, b"data")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names)


def test_names_that_are_no_text_stay_what_they_are_in_json():
    name = os.fsdecode(b"\xff\xc3\xbc.png")
    text = line({"image": name, "smiley": "☺"})
    assert "ü" in text
    assert "☺" in text
    assert json.loads(text.encode())["image"] == name


def test_text_is_written_as_utf_8(tmp_path):
    write_file(tmp_path / "a", "ü\n")
    assert (tmp_path / "a").read_bytes() == b"\xc3\xbc\n"


def test_a_failed_write_leaves_nothing(tmp_path):
    with pytest.raises(TypeError):
        write_file(tmp_path / "a", None)
    assert list(tmp_path.iterdir()) == []


def test_write_csv_takes_dicts_and_sequences_and_rounds(tmp_path):
    path = tmp_path / "a.csv"
    write_csv(path, ("who", "how much"), [{"how much": 2 / 3, "who": "é,a"}, ("b", 10)], digits=3)
    assert path.read_bytes() == 'who,how much\n"é,a",0.667\nb,10\n'.encode()
    write_csv(path, ("x",), [(0.1,)])
    assert path.read_text() == "x\n0.1\n"


def test_write_csv_leaves_what_was_there_after_an_error(tmp_path):
    path = tmp_path / "a.csv"
    write_csv(path, ("x",), [(1,)])
    with pytest.raises(KeyError):
        write_csv(path, ("x",), [{"x": 2}, {"y": 3}])
    assert path.read_text() == "x\n1\n"
    assert [file.name for file in tmp_path.iterdir()] == ["a.csv"]


def test_a_folder_is_made_where_it_can_be(tmp_path):
    with pytest.raises(UserError, match="cannot make the folder"):
        make_folder(tmp_path / "a" / "b")
    make_folder(tmp_path / "a" / "b", parents=True)
    make_folder(tmp_path / "a" / "b")
    assert list((tmp_path / "a" / "b").iterdir()) == []
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="cannot make the folder"):
        make_folder(tmp_path / "file" / "b", parents=True)
