"""The words that reports share."""

import pytest

from experiments.core.results import command_line, table_head, write_rows


@pytest.mark.parametrize(
    ("names", "rule"), [("| a |", "| --- |"), ("| way | ms a frame | |", "| --- | --- | --- |")]
)
def test_the_rule_has_a_column_for_each_name(names, rule):
    assert table_head(names) == [names, rule]


@pytest.mark.parametrize(
    ("words", "written"),
    [
        (["--data", "data/takes", "--out", "results/x"], "--data data/takes --out results/x"),
        (["--data", "/home/me/faces.csv"], "--data faces.csv"),
        (["--data", "../shared/faces.csv"], "--data faces.csv"),
        (["--data=../shared/faces.csv", "--rate=0.1"], "--data=faces.csv --rate=0.1"),
        (["--data", "my faces.csv", "--resume"], "--data 'my faces.csv'"),
    ],
)
def test_a_command_names_nothing_outside_the_project(words, written):
    assert command_line("a.py", words, without=["--resume"]) == f"a.py {written}"


def test_rows_make_a_table_of_four_digits_in_a_folder_of_their_own(tmp_path):
    path = tmp_path / "a" / "b" / "t.csv"
    write_rows(path, [{"who": "x, y", "share": 2 / 3, "count": 123456}])
    assert path.read_text() == 'who,share,count\n"x, y",0.6667,123456\n'
