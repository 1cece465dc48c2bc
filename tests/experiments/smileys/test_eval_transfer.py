"""From rendered to real people: the answer among five, and the script as it runs."""

import cv2
import pytest

from augment.drawn import drawn_face
from experiments.eval_transfer import MEANING, answer, half_of, main

pytestmark = pytest.mark.slow


def test_the_answer_is_the_largest_share_among_the_five():
    classes = ["tongue", "smile", "surprise", "sad", "angry", "neutral"]
    assert answer([0.9, 0.01, 0.02, 0.04, 0.02, 0.01], classes) == "sad"  # not the tongue
    assert answer([0.0, 0.6, 0.4, 0.0, 0.0, 0.0], classes) == "happy"


def test_halves_share_no_person_and_leave_none_out():
    people = {"c", "a", "d", "b", "e"}
    assert half_of(people, "first") == ["a", "c", "e"]
    assert half_of(people, "second") == ["b", "d"]
    assert half_of(people, None) == ["a", "b", "c", "d", "e"]


def write_set(folder, labels):
    """A set of one drawn face, a picture a label, all of one person."""
    lines = ["path,person,smiley,clip,frame,x,y,w,h"]
    for number, label in enumerate(labels):
        cv2.imwrite(str(folder / f"{number}.png"), drawn_face(96))
        lines.append(f"{number}.png,p,{label},c,{number},25,23,45,45")
    (folder / "manifest.csv").write_text("\n".join(lines) + "\n")


def test_every_picture_is_answered_and_counted(tmp_path, call):
    write_set(tmp_path, [*MEANING, "disgust"])
    code, out, err = call(main, "--data", tmp_path)
    assert code == 0, err
    # The five faces are one picture: whatever it is taken for, one of five is right.
    assert "right: 0.200 of 5 pictures, mean over expressions 0.200" in out


def test_a_set_without_these_expressions_is_refused(tmp_path, refused):
    write_set(tmp_path, ["tongue"])
    assert "has none of the labels happy, surprise" in refused(main, "--data", tmp_path)


def test_one_person_has_no_second_half(tmp_path, refused):
    write_set(tmp_path, ["happy"])
    assert "there is no second half" in refused(main, "--data", tmp_path, "--half", "second")
