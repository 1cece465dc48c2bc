"""Who trains, develops and judges, and the script that divides the pictures."""

import cv2
import numpy as np

from common.tables import read_csv
from experiments import make_parts
from experiments.detector.parts import (
    DEVELOPMENT,
    SEALED,
    TRAIN,
    part_of_person,
    part_of_scene,
    run_of,
)


def test_what_is_published_as_val_is_sealed():
    assert all(part_of_person(f"p{k}", "val") == SEALED for k in range(200))
    assert all(part_of_scene(f"scenes/hand_{k:04d}.jpg", "val") == SEALED for k in range(200))


def test_shares_of_the_rest():
    people = [part_of_person(f"p{k}", "train") for k in range(4000)]
    assert 0.04 < people.count(DEVELOPMENT) / 4000 < 0.06
    assert set(people) == {TRAIN, DEVELOPMENT}
    scenes = [part_of_scene(f"scenes/house_{k:04d}.jpg", "train") for k in range(8000)]
    assert 0.07 < scenes.count(DEVELOPMENT) / 8000 < 0.13


def test_neighbours_go_to_one_side():
    assert run_of("scenes/house_0008.jpg") == run_of("scenes/house_0015.jpg")
    assert run_of("scenes/house_0016.jpg") != run_of("scenes/house_0015.jpg")
    assert run_of("scenes/hand_0008.jpg") != run_of("scenes/house_0008.jpg")
    assert run_of("7/a.png") != run_of("6/a.png")
    assert run_of("rose.png") == "rose.png"
    for start in range(0, 800, 8):
        parts = {part_of_scene(f"scenes/house_{start + k:04d}.jpg", "train") for k in range(8)}
        assert len(parts) == 1


def shared(folder, packed=True):
    """A folder as ../shared/data: 60 people with a picture each, half of them packed."""
    grey = np.full((60, 60, 3), 128, np.uint8)
    jpeg = cv2.imencode(".jpg", grey)[1].ravel()
    for name in ("faces", "scenes", "strangers"):
        (folder / name).mkdir(parents=True)
    landmarks = "leye_x,leye_y,reye_x,reye_y,nose_x,nose_y"
    tables = {name: [f"path,person,split,x,y,w,h,{landmarks}"] for name in ("faces", "strangers")}
    paths = []
    for k in range(60):
        split = "val" if k % 6 == 0 else "train"
        rest = f"{split},10,10,40,40,20,25,40,25,30,35"
        tables["faces"].append(f"faces/{k}.jpg,p{k},{rest}")
        tables["strangers"].append(f"strangers/l{k:04d}.jpg,s{k},{rest}")
        paths.append(f"strangers/l{k:04d}.jpg")
        (folder / "faces" / f"{k}.jpg").write_bytes(jpeg.tobytes())
    tables["scenes"] = ["path,kind,split"]
    for k in range(60):
        kind = ("house", "nature", "hand")[k % 3]
        split = "val" if k % 6 < 3 else "train"
        tables["scenes"].append(f"scenes/{kind}_{k:04d}.jpg,{kind},{split}")
        (folder / "scenes" / f"{kind}_{k:04d}.jpg").write_bytes(jpeg.tobytes())
    for name, lines in tables.items():
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n")
    offsets = np.arange(61) * len(jpeg)
    np.savez(
        folder / "strangers" / "pictures.npz", jpeg=np.tile(jpeg, 60), offsets=offsets, path=paths
    )
    return folder


def test_nothing_sealed_is_written_and_every_picture_is_there(call, tmp_path):
    source = shared(tmp_path / "data")
    out = tmp_path / "parts"
    code, _, err = call(make_parts.main, "--shared", source, "--out", out)
    assert code == 0, err
    sealed = {f"s{k}" for k in range(0, 60, 6)} | {f"p{k}" for k in range(0, 60, 6)}
    for name in ("faces", "strangers", "scenes"):
        rows = read_csv(out / f"{name}.csv")
        assert len(rows) == (30 if name == "scenes" else 50)
        assert not sealed & {row.get("person") for row in rows}
        assert {row["split"] for row in rows} <= {TRAIN, DEVELOPMENT}
        for row in rows:
            assert cv2.imread(str(out / row["path"])) is not None
    assert len(list((out / "strangers").iterdir())) == 50


def test_a_missing_folder_is_told(call, tmp_path):
    code, _, err = call(make_parts.main, "--shared", tmp_path, "--out", tmp_path / "parts")
    assert code == 2
    assert "name its folder by --shared" in err
