"""The user's mistakes: exit code 2, one line that says what is wrong, and nothing written."""

import json
import os

import cv2
import numpy as np
import pytest

from common.images import read_image
from nets.weights import save_weights
from pipeline import detect, draw_stages, run_video
from tests.conftest import drawn_face, write_video


def cut(path, part):
    data = path.read_bytes()
    path.write_bytes(data[: int(part * len(data))])
    return path


def picture(path, shape=(90, 120)):
    assert cv2.imwrite(str(path), drawn_face(shape[1], shape[0]))
    return path


def empty(path):
    path.touch()
    return path


def words(path):
    path.write_text("this is no video, whatever its name says\n" * 50)
    return path


def rename(path, new):
    return path.rename(path.with_name(new))


def no_frames(path):
    """Write the header of an AVI file that holds no frame."""
    cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 25, (64, 48)).release()
    return path


BAD_VIDEOS = {
    "missing": (lambda at: at / "none.mp4", "no file"),
    "empty": (lambda at: empty(at / "a.mp4"), "is empty"),
    "truncated mp4": (lambda at: cut(write_video(at / "a.mp4"), 0.7), "truncated"),
    "truncated avi": (lambda at: cut(write_video(at / "a.avi", fourcc="MJPG"), 0.7), "truncated"),
    "truncated webm": (lambda at: cut(write_video(at / "a.webm", fourcc="VP80"), 0.7), "truncated"),
    "without frames": (lambda at: no_frames(at / "a.avi"), "a.avi"),
    "no video": (lambda at: words(at / "a.mp4"), "no video"),
    "random bytes": (lambda at: (at / "a.mp4", (at / "a.mp4").write_bytes(os.urandom(9999)))[0],
                     "no video"),
    "picture": (lambda at: picture(at / "a.png"), "name its folder"),
    "png named mp4": (lambda at: rename(picture(at / "a.png"), "a.mp4"), "is a picture"),
    "jpg named mp4": (lambda at: rename(picture(at / "a.jpg"), "a.mp4"), "is a picture"),
    "empty folder": (lambda at: (at / "f", (at / "f").mkdir())[0], "holds no pictures"),
    "no camera": (lambda at: "99", "no camera 99"),
    "file as folder": (lambda at: words(at / "a") / "b.mp4", "cannot read"),
}  # fmt: skip


@pytest.mark.parametrize("kind", BAD_VIDEOS)
def test_bad_videos(kind, refused, unchanged, tmp_path, monkeypatch):
    make, said = BAD_VIDEOS[kind]
    video = make(tmp_path)
    monkeypatch.chdir(tmp_path)
    with unchanged(tmp_path):
        message = refused(run_video.main, video, "--json", "out.jsonl")
        assert said in message
        if kind not in ("picture", "png named mp4", "jpg named mp4"):
            assert said in refused(draw_stages.main, video)


def test_folder_with_a_bad_picture(compiled, refused, unchanged, tmp_path, monkeypatch):
    frames = tmp_path / "frames"
    frames.mkdir()
    picture(frames / "1.png")
    empty(frames / "2.png")
    monkeypatch.chdir(tmp_path)
    with unchanged(tmp_path):
        assert "2.png is empty" in refused(run_video.main, frames)


def test_folder_with_a_truncated_picture_leaves_nothing(
    compiled, call, unchanged, tmp_path, monkeypatch
):
    frames = tmp_path / "frames"
    frames.mkdir()
    picture(frames / "1.png", (24, 24))
    cut(picture(frames / "2.jpg"), 0.8)
    monkeypatch.chdir(tmp_path)
    options = ["--weights", compiled.folder, "--json", "out.jsonl"]
    with unchanged(tmp_path):
        code, _, err = call(run_video.main, frames, *options)
    assert code == 2
    assert "2.jpg is no picture" in err.splitlines()[-1]
    assert "Traceback" not in err


BAD_PICTURES = {
    "missing": (lambda at: at / "none.png", "no file"),
    "empty": (lambda at: empty(at / "a.png"), "is empty"),
    "truncated png": (lambda at: cut(picture(at / "a.png", (900, 900)), 0.6), "truncated"),
    "truncated jpg": (lambda at: cut(picture(at / "a.jpg", (900, 900)), 0.6), "truncated"),
    "no picture": (lambda at: words(at / "a.jpg"), "is no picture"),
    "video": (lambda at: write_video(at / "a.mp4"), "is no picture"),
    "folder": (lambda at: at, "is a folder"),
}


@pytest.mark.parametrize("kind", BAD_PICTURES)
def test_bad_pictures(kind, compiled, refused, unchanged, tmp_path, monkeypatch):
    make, said = BAD_PICTURES[kind]
    bad = make(tmp_path)
    monkeypatch.chdir(tmp_path)
    options = ["--weights", compiled.folder, "--json", "out.jsonl"]
    with unchanged(tmp_path):
        message = refused(detect.main, bad, *options)
    assert said in message
    assert str(bad) in message


def test_bad_pictures_among_good_ones_are_named_and_the_others_done(
    compiled, call, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    picture(tmp_path / "a.png", (24, 24))
    words(tmp_path / "b.jpg")
    cut(picture(tmp_path / "c.png", (900, 900)), 0.6)
    picture(tmp_path / "d.webp", (24, 24))
    names = ["a.png", "b.jpg", "c.png", "d.webp", "none.jpg"]
    where = ["--weights", compiled.folder, "--json", "out.jsonl", "--out", "drawn"]
    code, _, err = call(detect.main, *names, *where)
    assert code == 2
    told = err.splitlines()[-1]
    assert told.startswith("error: ")
    assert all(name in told for name in ("b.jpg", "c.png", "none.jpg", "the other 2 are done"))
    lines = [json.loads(text) for text in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [row["image"] for row in lines] == ["a.png", "d.webp"]
    drawn = sorted(path.name for path in (tmp_path / "drawn").iterdir())
    assert drawn == ["a.faces.jpg", "d.faces.jpg"]


def test_tiny_and_huge_pictures(compiled, call, tmp_path):
    cv2.imwrite(str(tmp_path / "tiny.png"), np.zeros((1, 1, 3), np.uint8))
    cv2.imwrite(str(tmp_path / "huge.png"), np.full((8000, 8000), 128, np.uint8))
    assert read_image(tmp_path / "huge.png").shape == (8000, 8000, 3)
    options = ["--weights", compiled.folder, "--min-face", 4000]
    code, out, err = call(detect.main, tmp_path / "tiny.png", tmp_path / "huge.png", *options)
    assert (code, out.count("\n"), err) == (0, 2, "")


BAD_WEIGHTS = {
    "missing": (lambda nets, at: None, "no weights at"),
    "no archive": (lambda nets, at: at.write_bytes(b"PK no archive"), "damaged"),
    "empty": (lambda nets, at: at.touch(), "damaged"),
    "truncated": (lambda nets, at: at.write_bytes((nets.folder / at.name).read_bytes()[:5000]),
                  "damaged"),
    "of another net": (lambda nets, at: save_weights(at, nets.smiles, "smiles", classes=["a"]),
                       "of the net 'smiles'"),
    "of other shapes": (lambda nets, at: save_weights(at, nets.smiles, "big", threshold=0.5),
                        "does not fit"),
}  # fmt: skip


@pytest.mark.parametrize("kind", BAD_WEIGHTS)
def test_bad_weights(kind, nets, refused, unchanged, tmp_path, monkeypatch):
    make, said = BAD_WEIGHTS[kind]
    weights = tmp_path / "weights"
    weights.mkdir()
    (weights / "small.npz").write_bytes((nets.folder / "small.npz").read_bytes())
    make(nets, weights / "big.npz")
    video, image = write_video(tmp_path / "a.mp4"), picture(tmp_path / "a.png")
    monkeypatch.chdir(tmp_path)
    options = ["--weights", weights]
    with unchanged(tmp_path):
        for script, source in ((run_video, video), (draw_stages, image), (detect, image)):
            assert said in refused(script.main, source, *options)


def test_smiley_weights_of_another_net(compiled, refused, unchanged, tmp_path, monkeypatch):
    video = write_video(tmp_path / "a.mp4")
    monkeypatch.chdir(tmp_path)
    options = ["--weights", compiled.folder, "--smiles", compiled.folder / "big.npz"]
    with unchanged(tmp_path):
        assert "of the net 'big'" in refused(run_video.main, video, *options)


def test_outputs_that_cannot_be(refused, unchanged, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    video, image = write_video(tmp_path / "a.mp4"), picture(tmp_path / "a.png")
    (tmp_path / "dir.mp4").mkdir()
    with unchanged(tmp_path):
        assert "no folder" in refused(run_video.main, video, "-o", "none/out.mp4")
        assert "is a folder" in refused(run_video.main, video, "-o", "dir.mp4")
        assert "cannot write" in refused(run_video.main, video, "-o", "a.png/out.mp4")
        assert "ending in" in refused(run_video.main, video, "-o", "out.txt")
        assert "named twice" in refused(run_video.main, video, "-o", video)
        assert "named twice" in refused(run_video.main, video, "-o", "b.mp4", "--json", "b.mp4")
        assert "no folder" in refused(run_video.main, video, "--json", "none/a.jsonl")
        assert "no folder" in refused(detect.main, image, "--json", "none/a.jsonl")
        assert "cannot make" in refused(detect.main, image, "--out", "none/drawn")
        assert "cannot make" in refused(detect.main, image, "--out", "a.mp4")
        assert "no folder" in refused(draw_stages.main, image, "-o", "none/a.png")
        assert "ending in .png" in refused(draw_stages.main, image, "-o", "a.mp4")
        assert "no frame 12" in refused(draw_stages.main, video, "--frame", 12)


def test_unwritable_folder(refused, unchanged, tmp_path, monkeypatch):
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    video = write_video(tmp_path / "a.mp4")
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o555)
    with unchanged(tmp_path):
        assert "cannot write" in refused(run_video.main, video, "-o", closed / "out.mp4")
