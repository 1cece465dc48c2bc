"""What the pages of comparisons have in common."""

from types import SimpleNamespace

import pytest

from experiments.compare.split_report import in_words
from experiments.core.page import about_data, kept_note, name_of_set, opening, section


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("../shared/faces.csv", "faces.csv"),
        ("/home/me/my faces.csv", "my faces.csv"),
        ("data/takes", "takes"),
        ("data/takes/manifest.csv", "takes"),
        ("data/takes/", "takes"),
    ],
)
def test_a_set_is_called_by_its_own_name(source, name):
    assert name_of_set(source) == name


def test_a_set_in_the_folder_one_is_in(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert name_of_set(".") == tmp_path.name


def test_a_page():
    rows = [{"person": person} for person in "aab"]
    data = SimpleNamespace(rows=rows, classes=["x", "y"], hash=lambda: "123abc")
    about = about_data("../faces.csv", data)
    assert about == "Data faces.csv (123abc): 3 pictures, 2 people, 2 classes"
    lines = [*opening("T", "c", about, kept_note(["a.py", "b.py"])), *section("S", ["x"])]
    note = "**Finished arms of other code were kept: a.py, b.py.**"
    assert lines == ["# T", "", "`c`", "", about, "", note, "", "## S", "", "x"]
    assert kept_note([]) == []


@pytest.mark.parametrize(
    ("accuracy", "words"), [(0.5, "0.500"), (None, "unknown"), (float("nan"), "unknown")]
)
def test_nobody_to_tell_apart(accuracy, words):
    assert in_words(accuracy) == words
