"""The figure of the claims, from tables as `eval_split.py` writes them."""

from itertools import combinations

import cv2
from matplotlib.text import Text

from experiments import claims_figure
from experiments.claims_figure import PEOPLE
from experiments.core import plots

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


def test_what_is_written_can_be_read(tmp_path, monkeypatch):
    figures = []
    monkeypatch.setattr(plots, "save", lambda figure, path: figures.append(figure))
    measured = TABLE.replace("0.1000,0.3000,20", "-0.2000,0.3000,20")
    measured = measured.replace("not measured,,,,", "did not hold,0.9900,0.9700,1.0000,20")
    for name, table in (("rendered", TABLE), ("expressions", measured)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "claims.csv").write_text(table)
    panels = {name: claims_figure.read_claims(tmp_path / name) for name in PEOPLE}
    claims_figure.draw(panels, tmp_path / "claims.png")
    (figure,) = figures
    figure.draw_without_rendering()
    texts = [text for text in figure.findobj(Text) if text.get_text() and text.get_visible()]
    said = [text.get_text() for text in texts]
    assert {"held", "undecided", "not measured", "did not hold"} <= set(said)
    assert said.count("20 rendered people") == said.count("20 real people") == 1
    assert "0.20 (-0.20 to 0.30)" in said
    boxes = [text.get_window_extent() for text in texts]
    assert all(figure.bbox.x0 <= box.x0 and box.x1 <= figure.bbox.x1 for box in boxes)
    for (one, a), (other, b) in combinations(zip(said, boxes), 2):
        assert not a.overlaps(b), (one, other)
    # Nothing of an interval is left out.
    for axes in figure.axes:
        low, high = axes.get_xlim()
        for line in axes.lines:
            assert low <= min(line.get_xdata())
            assert max(line.get_xdata()) <= high


def test_without_results_one_line_says_what_to_do(tmp_path, refused):
    line = refused(claims_figure.main, "--results", tmp_path)
    assert "run 'make eval-split' first" in line
    (tmp_path / "claims.csv").write_text("other\n1\n")
    assert "is not of experiments/eval_split.py" in refused(
        claims_figure.main, "--results", tmp_path
    )
