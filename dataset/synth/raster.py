"""A z-buffer in NumPy: which triangle each pixel shows, and where on it."""

from typing import NamedTuple

import numpy as np


class Fragments(NamedTuple):
    """One row a covered pixel, in no particular order."""

    pixel: np.ndarray  # (k,) int64, row * width + column
    triangle: np.ndarray  # (k,) int64
    weights: np.ndarray  # (k, 3) float32, barycentric, of the triangle's corners
    depth: np.ndarray  # (k,) float32


def rasterize(points, triangles, width, height):
    """Nearest surface at each pixel centre.

    Triangles are drawn from both sides; cull beforehand (`facing`) where that is not
    wanted. A pixel belongs to a triangle when its centre lies inside or on an edge.

    Parameters
    ----------
    points : (n, 3) float
        Column, row (the centre of the first pixel is 0.5, 0.5) and depth, which grows
        with the distance.
    triangles : (m, 3) int
    width, height : int

    Returns
    -------
    Fragments
    """
    points = np.ascontiguousarray(points, np.float32)
    corners = points[triangles]
    a, b, c = (corners[:, k] for k in range(3))  # pairwise: a reduction over so few is slow
    low = np.minimum(np.minimum(a, b), c)[:, :2]
    high = np.maximum(np.maximum(a, b), c)[:, :2]
    first = np.maximum(np.ceil(low - np.float32(0.5)), 0).astype(np.int32)
    last = np.minimum(np.floor(high - np.float32(0.5)), (width - 1, height - 1)).astype(np.int32)
    extent = np.maximum(last - first + 1, 0)
    visible = np.nonzero((extent[:, 0] > 0) & (extent[:, 1] > 0))[0]
    # Far triangles first: then nearly every pixel gets its final winner in one pass below.
    distance = (a[:, 2] + b[:, 2] + c[:, 2])[visible]
    visible = visible[np.argsort(-distance, kind="stable")]
    corners, first, extent = corners[visible], first[visible], extent[visible]
    (ax, bx, cx), (ay, by, cy) = corners[..., 0].T, corners[..., 1].T
    area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
    flat = np.abs(area) < 1e-9
    inverse = np.float32(1) / np.where(flat, np.float32(1), area)
    x0, y0 = (first.astype(np.float32) + np.float32(0.5)).T
    # Each barycentric weight is linear in the pixel: value at the box's corner, and slopes.
    start_a = ((bx - x0) * (cy - y0) - (by - y0) * (cx - x0)) * inverse
    start_b = ((cx - x0) * (ay - y0) - (cy - y0) * (ax - x0)) * inverse
    start_a[flat] = -1
    slopes = np.stack([(by - cy), (cx - bx), (cy - ay), (ax - cx)]) * inverse
    owner, row = expand(extent[:, 1])
    row = row.astype(np.float32)
    a = start_a[owner] + slopes[1][owner] * row
    b = start_b[owner] + slopes[3][owner] * row
    begin, end = spans(a, b, slopes[0][owner], slopes[2][owner], extent[owner, 0])
    line, step = expand(end - begin)
    step = (begin[line] + step).astype(np.float32)
    owner, row = owner[line], row[line]
    a = a[line] + slopes[0][owner] * step
    b = b[line] + slopes[2][owner] * step
    c = np.float32(1) - a - b
    inside = np.nonzero((a >= 0) & (b >= 0) & (c >= 0))[0]
    owner, row, step = owner[inside], row[inside].astype(np.int64), step[inside].astype(np.int64)
    weights = np.stack([a[inside], b[inside], c[inside]], 1)
    depths = corners[owner, :, 2]
    depth = (
        weights[:, 0] * depths[:, 0] + weights[:, 1] * depths[:, 1] + weights[:, 2] * depths[:, 2]
    )
    pixel = (first[owner, 1] + row) * width + first[owner, 0] + step
    winner = nearest(pixel, depth, width * height)
    return Fragments(pixel[winner], visible[owner[winner]], weights[winner], depth[winner])


def expand(counts):
    """For i repeated `counts[i]` times: i, and 0, 1, 2, ... within each run, int32 both."""
    owner = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
    start = (np.cumsum(counts) - counts).astype(np.int32)
    return owner, np.arange(len(owner), dtype=np.int32) - start[owner]


def spans(a, b, slope_a, slope_b, extent):
    """The columns of one row that may lie inside a triangle.

    Parameters
    ----------
    a, b : (r,) float32
        Two barycentric weights at column 0 of the row.
    slope_a, slope_b : (r,) float32
        Their change from one column to the next.
    extent : (r,) int32
        Columns of the triangle's box.

    Returns
    -------
    begin, end : (r,) int32
        `begin <= end`; a column too many at either side is possible, one too few is not.
    """
    low = np.zeros(len(a), np.float32)
    high = extent.astype(np.float32) - 1
    for value, slope in ((a, slope_a), (b, slope_b), (1 - a - b, -slope_a - slope_b)):
        level = np.abs(slope) < 1e-7
        root = -value / np.where(level, np.float32(1), slope)
        low = np.where(~level & (slope > 0), np.maximum(low, root), low)
        high = np.where(~level & (slope < 0), np.minimum(high, root), high)
    slack = np.float32(0.02)
    begin = np.ceil(np.clip(low - slack, 0, extent)).astype(np.int32)
    end = np.floor(np.clip(high + slack, -1, extent - 1)).astype(np.int32) + 1
    return begin, np.maximum(end, begin)


def nearest(pixel, depth, size):
    """Index of the nearest fragment of each pixel that has one.

    Among equally near ones the last wins, as a painter's later stroke would.
    """
    depth = np.asarray(depth, np.float32)  # what is compared must be what is stored
    best = np.full(size, np.inf, np.float32)
    winner = np.full(size, -1, np.int64)
    candidates = np.arange(len(pixel))
    better = np.ones(len(pixel), bool)
    while better.any():
        candidates = candidates[better]
        target = pixel[candidates]
        # Of repeated indices NumPy keeps the last; whoever lost although nearer tries again.
        best[target] = depth[candidates]
        winner[target] = candidates
        better = depth[candidates] < best[target]
    return winner[winner >= 0]


def facing(points, triangles):
    """Whether each triangle's corners run counter-clockwise on a screen whose rows grow down."""
    a, b, c = (points[triangles[:, corner]] for corner in range(3))
    area = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
    return area < 0
