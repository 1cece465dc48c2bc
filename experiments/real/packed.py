"""Published sets that are packed: pictures in strips, and what a face mesh says of them."""

import cv2
import numpy as np

from common.cli import UserError

# Looked at, 45 happy faces of fer drawn at random from each side: 42 of those below TOGETHER keep
# their lips together, 43 of those above APART show teeth. Between them voters' word stands.
TOGETHER, APART = 0.12, 0.9
OPENING = ("mouthUpperUpLeft", "mouthUpperUpRight", "mouthLowerDownLeft", "mouthLowerDownRight")


def archive(path):
    """A packed set: dict of its arrays."""
    try:
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except (OSError, ValueError, EOFError) as error:
        raise UserError(f"cannot read {path}: {error}") from None


def strips(packed, side):
    """Pictures that stand as tiles in strips, JPEG behind JPEG: list of uint8 (side, side, 3)."""
    data, ends = packed["jpeg"], packed["offsets"]
    images = [cv2.imdecode(data[a:b], cv2.IMREAD_COLOR) for a, b in zip(ends, ends[1:])]
    return [tile for image in images for tile in image.reshape(-1, side, side, 3)]


def scores_of(packed, *names):
    """Blendshape scores (N, len(names)); a face the mesh was not found in has NaN."""
    order = list(packed["blendshape_names"])
    return packed["blendshapes"][:, [order.index(name) for name in names]].astype(np.float32)


def lips_of(packed):
    """Label of each face, were it a smiling one: lips together, lips apart, or just happiness."""
    open_ = scores_of(packed, *OPENING).mean(axis=1) * 2 + scores_of(packed, "jawOpen")[:, 0]
    # Comparing with NaN, where no mesh was found, is false.
    return np.where(
        open_ < TOGETHER, "lips together", np.where(open_ > APART, "lips apart", "happiness")
    )
