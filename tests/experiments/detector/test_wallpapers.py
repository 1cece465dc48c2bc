"""Photos of unpacked packages made a set of scenes."""

import cv2
import numpy as np

from common.tables import read_csv, read_picture
from experiments import make_wallpapers


def unpacked(folder):
    """A folder as the packages make it, with a small picture for each photo."""
    share = folder / "usr" / "share"
    for pattern, names in make_wallpapers.PHOTOS.items():
        for name in names:
            for size in ((90, 60), (60, 90)) if "*" in pattern else ((90, 60),):
                path = share / pattern.format(name).replace("[0-9]*", f"{size[0]}x{size[1]}")
                path.parent.mkdir(parents=True, exist_ok=True)
                cv2.imwrite(str(path), np.full((size[1], size[0], 3), 80, np.uint8))


def test_photos_are_shrunk_and_listed(call, refused, tmp_path):
    unpacked(tmp_path)
    options = ("--packages", tmp_path, "--out", tmp_path / "out")
    code, _, err = call(make_wallpapers.main, *options)
    assert code == 0, err
    rows = read_csv(tmp_path / "out" / "scenes.csv")
    assert len(rows) == len({row["path"] for row in rows}) == 37
    assert {row["split"] for row in rows} == {"val"}
    assert read_picture(tmp_path / "out" / "Aqua.jpg").shape == (427, 640, 3)
    assert read_picture(tmp_path / "out" / "Path.jpg").shape == (427, 640, 3)  # 90x60, the last
    (tmp_path / "usr/share/backgrounds/mate/nature/Aqua.jpg").unlink()
    assert "1 photos are not below" in refused(make_wallpapers.main, *options)
