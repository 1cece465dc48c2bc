"""The figure of the claims, from tables as `eval_split.py` writes them."""

import cv2

from experiments import claims_figure

TABLE = """claim,answer,skill,low,high,people
(a) Without augmentation it fails (new people),held,0.2000,0.1000,0.3000,20
(b) With augmentation it still fails on new people,undecided,0.4000,0.3000,0.5000,20
"(c) By image, with augmentation, it works",not measured,,,,
(d) The gap closes,held,,,,
"""


def test_the_figure_is_drawn(tmp_path, call):
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "claims.csv").write_text(TABLE)
    assert len(claims_figure.read_claims(tmp_path / "one")) == 3
    out = tmp_path / "claims.png"
    code, said, errors = call(
        claims_figure.main, "--results", tmp_path / "one", tmp_path / "other", "--out", out
    )
    assert (code, errors) == (0, "")
    assert str(out) in said
    assert cv2.imread(str(out)).std() > 5


def test_without_results_one_line_says_what_to_do(tmp_path, refused):
    line = refused(claims_figure.main, "--results", tmp_path)
    assert "run 'make eval-split' first" in line
    (tmp_path / "claims.csv").write_text("other\n1\n")
    assert "is not of experiments/eval_split.py" in refused(
        claims_figure.main, "--results", tmp_path
    )
