"""What a person wears: a top, glasses, sunglasses, earrings. All plain triangle meshes."""

import numpy as np

from dataset.synth.seeding import smoothstep

# Half-widths across and along, and the middle in z, of the torso by height.
TORSO = np.array([
    # y,   across, along, middle
    [6.05, 0.50, 0.47, 0.26],
    [5.90, 0.60, 0.49, 0.24],
    [5.80, 0.84, 0.54, 0.20],
    [5.70, 1.14, 0.58, 0.17],
    [5.60, 1.44, 0.60, 0.16],
    [5.45, 1.72, 0.66, 0.18],
    [5.20, 1.96, 0.74, 0.22],
    [4.70, 2.10, 0.84, 0.24],
    [4.20, 2.16, 0.92, 0.22],
    [3.40, 2.20, 0.96, 0.18],
    [2.20, 2.20, 0.96, 0.16],
])  # fmt: skip


def torso_radii(height):
    """Half-width across, half-depth along and middle of the torso at heights (...)."""
    columns = TORSO[::-1]
    return tuple(np.interp(height, columns[:, 0], columns[:, k]) for k in (1, 2, 3))


def grid_triangles(rows, columns):
    """Two triangles a cell of a grid of vertices laid out row by row, (2 * cells, 3)."""
    corner = (np.arange(rows - 1)[:, None] * columns + np.arange(columns - 1)[None]).ravel()
    right, below = corner + 1, corner + columns
    return np.concatenate(
        [np.stack([corner, below, right], 1), np.stack([right, below, below + 1], 1)]
    )


def tube(path, radius, sides=5):
    """A tube about a line of points (k, 3): vertices and triangles."""
    tangent = np.gradient(path, axis=0)
    tangent = tangent / (np.sqrt((tangent**2).sum(1, keepdims=True)) + 1e-9)
    helper = np.where(np.abs(tangent[:, 1:2]) > 0.9, [[1.0, 0, 0]], [[0, 1.0, 0]])
    side = np.cross(tangent, helper)
    side = side / (np.sqrt((side**2).sum(1, keepdims=True)) + 1e-9)
    up = np.cross(side, tangent)
    angle = np.linspace(0, 2 * np.pi, sides + 1)[None, :, None]
    ring = path[:, None] + radius * (np.cos(angle) * side[:, None] + np.sin(angle) * up[:, None])
    return ring.reshape(-1, 3), grid_triangles(len(path), sides + 1)


def merge(pieces):
    """Join (vertices, triangles) pairs into one pair."""
    vertices, triangles, start = [], [], 0
    for piece_vertices, piece_triangles in pieces:
        vertices.append(piece_vertices)
        triangles.append(piece_triangles + start)
        start += len(piece_vertices)
    return np.concatenate(vertices), np.concatenate(triangles)


def make_top(rng, sex, neck_shift):
    """A top: vertices (n, 3) and triangles (m, 3).

    Parameters
    ----------
    rng : numpy.random.Generator
    sex : {"female", "male"}
    neck_shift : (3,) float64
        How far this person's neck is from the average one's.

    Returns
    -------
    vertices, triangles
    """
    columns, rows = 61, 30
    opening = (
        rng.choice([0.0, 0.18, 0.40, 0.62]) if sex == "female" else rng.choice([0.0, 0.12, 0.3])
    )
    width = rng.uniform(0.92, 1.08) * (0.92 if sex == "female" else 1.08)
    high = rng.random() < 0.2 and opening == 0  # a turtleneck
    start = 0.0 if high else rng.uniform(0.06, 0.14)
    along = np.linspace(start, 1, rows)[:, None] ** 1.15
    angle = np.linspace(-np.pi, np.pi, columns)[None]
    front = np.clip(np.cos(angle), 0, 1)
    neckline = opening * front ** rng.choice([2.0, 6.0]) + 0.10 * front**2
    top = (6.06 if high else 5.93) - neckline
    height = top + (2.4 - top) * np.interp(
        along, np.linspace(0, 1, 10), np.linspace(0, 1, 10) ** 1.6
    )
    across, depth, middle = torso_radii(height)
    shoulder = smoothstep(height, 5.75, 5.3)
    across = across * (1 + (width - 1) * shoulder)
    power = 0.88
    sine, cosine = np.sin(angle), np.cos(angle)
    fold = 1 + 0.012 * np.sin(angle * 9 + height * 2.3) * shoulder
    x = (across + 0.05) * np.sign(sine) * np.abs(sine) ** power * fold
    z = middle + (depth + 0.05) * np.sign(cosine) * np.abs(cosine) ** power * fold
    # The first rows roll inwards: a hem with thickness instead of a cut edge.
    hem = np.array([0.90, 0.99])[:, None]
    x[:2] *= hem
    z[:2] = middle[:2] + (z[:2] - middle[:2]) * hem
    height = np.broadcast_to(height, x.shape).copy()
    height[0] -= 0.04
    vertices = np.stack([x, height, z], -1).reshape(-1, 3)
    shift = neck_shift * smoothstep(vertices[:, 1:2], 5.0, 5.7)
    return vertices + shift, grid_triangles(rows, columns)


def lens_outline(shape, count=25):
    """Closed outline of a left lens about its centre, (count, 2)."""
    angle = np.linspace(0, 2 * np.pi, count)
    cosine, sine = np.cos(angle), np.sin(angle)
    power = {"round": 1.0, "square": 0.6, "wayfarer": 0.72, "cat": 0.8}[shape]
    x = 0.235 * np.sign(cosine) * np.abs(cosine) ** power
    y = {"round": 0.20, "square": 0.165, "wayfarer": 0.18, "cat": 0.165}[shape]
    y = y * np.sign(sine) * np.abs(sine) ** power
    if shape in ("wayfarer", "cat"):
        y = y + (0.10 if shape == "cat" else 0.05) * x * (y > 0) / 0.235 * 0.5 + 0.02 * (y > 0)
    return np.stack([x, y], 1)


def make_glasses(shape, eye, front):
    """Frames and lenses of a pair of glasses.

    Parameters
    ----------
    shape : {"round", "square", "wayfarer", "cat"}
    eye : (3,) float64
        Centre of the person's left eye.
    front : float
        z the bridge has to clear.

    Returns
    -------
    frame, lenses : pairs of (vertices, triangles)
    """
    outline = lens_outline(shape)
    depth = lambda x: front + 0.02 - 0.28 * np.clip(np.abs(x) - 0.1, 0, None) ** 1.7  # noqa: E731
    frames, lenses = [], []
    for sign in (1, -1):
        x = sign * (eye[0] + outline[:, 0])
        rim = np.stack([x, eye[1] - 0.02 + outline[:, 1], depth(x)], 1)
        frames.append(tube(rim, 0.016))
        centre = rim[:-1].mean(0)
        fan = np.arange(len(rim) - 1)
        triangles = np.stack([np.full_like(fan, len(rim)), fan, fan + 1], 1)
        lenses.append((np.vstack([rim, centre]), triangles[:, ::sign]))
        hinge = np.array([sign * (eye[0] + 0.235), eye[1] + 0.07, depth(eye[0] + 0.235)])
        ear = np.array([sign * 0.80, eye[1] + 0.03, 0.25])
        temple = hinge + np.linspace(0, 1, 6)[:, None] * (ear - hinge)
        temple[1:-1, 0] += sign * 0.06
        frames.append(tube(temple, 0.014))
    x = np.linspace(-(eye[0] - 0.23), eye[0] - 0.23, 7)
    bridge = np.stack([x, eye[1] + 0.03 + 0.03 * (1 - (x / x[-1]) ** 2), depth(x * 0)], 1)
    frames.append(tube(bridge, 0.016))
    return merge(frames), merge(lenses)


def make_earrings(kind, lobes):
    """Two earrings hanging from the ear lobes (2, 3): vertices and triangles."""
    pieces = []
    for lobe in lobes:
        if kind == "hoop":
            angle = np.linspace(0, 2 * np.pi, 17)
            radius = 0.13
            turn = np.stack([0 * angle, -np.cos(angle), np.sin(angle)], 1)
            path = lobe + np.array([0.02 * np.sign(lobe[0]), 0, 0]) - [0, radius, 0] - radius * turn
            pieces.append(tube(path, 0.013))
        else:
            length = 0.22 if kind == "drop" else 0.02
            path = lobe - np.linspace(0, length, 5)[:, None] * [0, 1, 0] + [0, 0, 0.03]
            radius = np.interp(np.linspace(0, 1, 5), [0, 0.5, 0.8, 1], [0.4, 0.4, 1.4, 0.7])
            bead, triangles = tube(path, 0.032, sides=7)
            ring = path[:, None] + (bead.reshape(5, 8, 3) - path[:, None]) * radius[:, None, None]
            pieces.append((ring.reshape(-1, 3), triangles))
    return merge(pieces)
