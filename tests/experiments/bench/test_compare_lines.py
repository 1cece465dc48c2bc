"""Two versions' lines are compared leaf by leaf."""

from experiments.bench import compare_lines

BEFORE = """{"frame": 0, "box": [1.0, 2.0, 3.0, 3.0], "smiley": "smile", "share": 0.5}
{"frame": 1, "box": null, "smiley": null, "share": null}
"""


def compared(call, tmp_path, after, *options):
    (tmp_path / "a.jsonl").write_text(BEFORE)
    (tmp_path / "b.jsonl").write_text(after)
    return call(compare_lines.main, tmp_path / "a.jsonl", tmp_path / "b.jsonl", *options)[:2]


def test_the_same_lines(call, tmp_path):
    code, out = compared(call, tmp_path, BEFORE)
    assert (code, out) == (0, "2 of 2 lines are the same\n")


def test_numbers_may_differ_by_the_tolerance(call, tmp_path):
    after = BEFORE.replace("0.5", "0.503").replace("2.0", "2.25")
    code, out = compared(call, tmp_path, after)
    assert code == 1
    assert out.splitlines() == [
        "1 of 2 lines are the same", "box: 0.25 at most", "share: 0.003 at most"
    ]  # fmt: skip
    assert compared(call, tmp_path, after, "--tolerance", 0.25)[0] == 0
    assert compared(call, tmp_path, after, "--tolerance", 0.2)[0] == 1


def test_another_smiley_a_lost_face_and_a_missing_line_are_no_rounding(call, tmp_path):
    for after in (
        BEFORE.replace("smile\"", "sad\""),
        BEFORE.replace("[1.0, 2.0, 3.0, 3.0]", "null"),
        BEFORE.replace("[1.0, 2.0, 3.0, 3.0]", "[1.0, 2.0]"),
        BEFORE.splitlines()[0] + "\n",
        BEFORE + BEFORE.splitlines()[0] + "\n",
        BEFORE.replace("frame", "number"),
    ):  # fmt: skip
        code, out = compared(call, tmp_path, after, "--tolerance", 1e9)
        assert code == 1, after
        assert "another value" in out


def test_what_is_no_json_is_refused(refused, tmp_path):
    (tmp_path / "a.jsonl").write_text(BEFORE)
    (tmp_path / "b.jsonl").write_text("{")
    assert "JSON" in refused(compare_lines.main, tmp_path / "a.jsonl", tmp_path / "b.jsonl")
    assert "nothing" in refused(compare_lines.main, tmp_path / "nothing", tmp_path / "a.jsonl")
