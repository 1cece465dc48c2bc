"""From rendered to real people: the answer among five, and the script as it runs."""

import subprocess
import sys

import cv2
import numpy as np
import pytest

from augment.drawn import drawn_face
from common.cli import ROOT
from experiments.eval_transfer import MEANING, answer, half_of

pytestmark = pytest.mark.slow

SCRIPT = ROOT / "experiments" / "eval_transfer.py"


def test_the_answer_is_the_largest_share_among_the_five():
    classes = ["tongue", "smile", "surprise", "sad", "angry", "neutral"]
    assert answer([0.9, 0.01, 0.02, 0.04, 0.02, 0.01], classes) == "sad"  # not the tongue
    assert answer([0.0, 0.6, 0.4, 0.0, 0.0, 0.0], classes) == "happy"


def test_halves_share_no_person_and_leave_none_out():
    people = {"c", "a", "d", "b", "e"}
    assert half_of(people, "first") == ["a", "c", "e"]
    assert half_of(people, "second") == ["b", "d"]
    assert half_of(people, None) == ["a", "b", "c", "d", "e"]


def test_every_picture_is_answered_and_counted(tmp_path):
    lines = ["path,person,smiley,clip,frame,x,y,w,h"]
    for number, label in enumerate([*MEANING, "disgust"]):
        cv2.imwrite(str(tmp_path / f"{number}.png"), drawn_face(96))
        lines.append(f"{number}.png,p,{label},c,{number},25,23,45,45")
    (tmp_path / "manifest.csv").write_text("\n".join(lines) + "\n")
    command = [sys.executable, str(SCRIPT), "--data", str(tmp_path)]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    # The five faces are one picture: whatever it is taken for, one of five is right.
    assert "right: 0.200 of 5 pictures, mean over expressions 0.200" in result.stdout


def test_a_set_without_these_expressions_is_refused(tmp_path):
    cv2.imwrite(str(tmp_path / "0.png"), np.zeros((60, 60, 3), np.uint8))
    text = "path,person,smiley,clip,frame,x,y,w,h\n0.png,p,tongue,c,0,5,5,40,40\n"
    (tmp_path / "manifest.csv").write_text(text)
    command = [sys.executable, str(SCRIPT), "--data", str(tmp_path)]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 2
    assert "has none of the labels happy, surprise" in result.stderr


def test_one_person_has_no_second_half(tmp_path):
    cv2.imwrite(str(tmp_path / "0.png"), drawn_face(96))
    text = "path,person,smiley,clip,frame,x,y,w,h\n0.png,p,happy,c,0,25,23,45,45\n"
    (tmp_path / "manifest.csv").write_text(text)
    command = [sys.executable, str(SCRIPT), "--data", str(tmp_path), "--half", "second"]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 2
    assert "there is no second half" in result.stderr
