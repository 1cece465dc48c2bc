"""The rendered examples of Smielfy."""

import cv2
import numpy as np

from common.smileys import read_smileys
from dataset.smielfy import make_examples
from dataset.smielfy.static_files import FOLDER


def test_the_page_has_three_examples_of_each_smiley():
    names = {path.name for path in (FOLDER / "static" / "examples").iterdir()}
    assert names == {f"{smiley}-{number}.jpg" for smiley in read_smileys() for number in (1, 2, 3)}
    for name in names:
        image = cv2.imread(str(FOLDER / "static" / "examples" / name))
        assert image.shape == (192, 192, 3), name


def test_two_women_and_a_man_show_a_smiley_and_all_take_turns():
    casts = [make_examples.cast_of(number) for number in range(len(read_smileys()))]
    assert all([sex for _, sex in cast] == ["female", "female", "male"] for cast in casts)
    assert all(len({seed for seed, _ in cast}) == 3 for cast in casts)
    shown = [seed for cast in casts for seed, _ in cast]
    counts = {seed: shown.count(seed) for seed in set(shown)}
    assert len(counts) == len(make_examples.WOMEN) + len(make_examples.MEN)
    assert min(counts.values()) >= 4


def test_examples_are_rendered(call, tmp_path):
    code, out, _ = call(make_examples.main, "cool", "--size", 64, "--draft", "--out", tmp_path)
    assert (code, out) == (0, f"3 pictures in {tmp_path}\n")
    assert {path.name for path in tmp_path.iterdir()} == {f"cool-{n}.jpg" for n in (1, 2, 3)}
    pictures = [cv2.imread(str(tmp_path / f"cool-{number}.jpg")) for number in (1, 2, 3)]
    assert all(picture.shape == (64, 64, 3) for picture in pictures)
    seed, sex = make_examples.cast_of([*read_smileys()].index("cool"))[2]
    cool, bare = (
        make_examples.render(seed, sex, smiley, 64, draft=True) for smiley in ("cool", "neutral")
    )
    # What is on disk is what this renders; dark glasses lie where the eyes are.
    assert np.abs(cool.astype(int) - pictures[2]).mean() < 6
    assert cool[20:27, 17:47].mean() < bare[20:27, 17:47].mean() - 20


def test_wrong_options(refused, tmp_path):
    assert "no smiley is called grin" in refused(make_examples.main, "grin", "--out", tmp_path)
    assert "--size" in refused(make_examples.main, "--size", 8, "--out", tmp_path)
