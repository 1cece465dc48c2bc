"""Find where MediaPipe's 478 points lie on the head, and pack it into correspondence.npz.

    python dataset/puppet/pack_correspondence.py --photos faces.csv strangers.csv portraits.csv

The outlines of eyes and lips are taken from the mesh itself, drawn from the front; a
thin-plate spline between the mean face of the photos' points and the head gives a first
place for all others, which are then moved by how far, on average over the photos, they
are seen from there. Only photos that are not held out for validation are used. Not
needed to use the puppeteer: the result is in the repository.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from common import cli

if __name__ == "__main__":
    cli.use_project_python()

import numpy as np
from scipy.interpolate import RBFInterpolator
from tqdm import tqdm

from dataset.puppet import model
from dataset.puppet.fit import fit_face
from dataset.puppet.landmark_outlines import (
    CHIN,
    COUNT,
    EYES,
    INNER_LIPS,
    IRISES,
    LEFT_CHEEK,
    LEFT_EYE,
    LIPS,
    NOSE_TIP,
    OUTER_LIPS,
    RIGHT_CHEEK,
    RIGHT_EYE,
)  # fmt: skip
from dataset.puppet.photo_checks import rejection, turned
from dataset.puppet.sources import read_sources
from dataset.synth.expression import displacement
from dataset.synth.head import PARTS, load_head
from dataset.synth.raster import facing, rasterize

SIZE, SCALE, MIDDLE = 1200, 400.0, 6.95  # of the drawn head: pixels, pixels a unit, its height
FRONTAL, CALM = 0.15, 0.3  # how turned, and how much smiling a photo may be
ROUNDS = 4
SPREAD = 0.02, 0.12  # least and most of a point's spread, head units
# Points that no outline gives, placed by eye on the average head: x, y.
PLACED = {
    4: (0, 6.93), NOSE_TIP: (0, 6.88), 2: (0, 6.80), 168: (0, 7.30), 6: (0, 7.24),
    197: (0, 7.15), 195: (0, 7.06), CHIN: (0, 6.17), 98: (-0.125, 6.845), 327: (0.125, 6.845),
    10: (0, 8.02), RIGHT_CHEEK: (-0.73, 7.2), LEFT_CHEEK: (0.73, 7.2), 172: (-0.58, 6.52),
    397: (0.58, 6.52), 55: (-0.14, 7.43), 285: (0.14, 7.43), 52: (-0.36, 7.49),
    282: (0.36, 7.49), 46: (-0.53, 7.43), 276: (0.53, 7.43),
}  # fmt: skip


class Drawing:
    """The head from the front: part, triangle and weights of each pixel."""

    def __init__(self, vertices):
        head = load_head()
        x, y, z = vertices.T
        points = np.stack([SIZE / 2 + SCALE * x, SIZE / 2 - SCALE * (y - MIDDLE), -z], 1)
        drawn = np.nonzero(facing(points, head.triangles) & (head.part != PARTS.index("lash")))[0]
        found = rasterize(points, head.triangles[drawn], SIZE, SIZE)
        self.part = np.full(SIZE * SIZE, 255, np.uint8)
        self.triangle = np.zeros(SIZE * SIZE, np.int64)
        self.weights = np.zeros((SIZE * SIZE, 3))
        self.part[found.pixel] = head.part[drawn][found.triangle]
        self.triangle[found.pixel] = drawn[found.triangle]
        self.weights[found.pixel] = found.weights
        self.part = self.part.reshape(SIZE, SIZE)
        self.rows, self.columns = np.nonzero(self.part == 0)

    def place(self, column, row):
        """Triangle and weights of the skin nearest to a pixel."""
        nearest = np.argmin((self.columns - column) ** 2 + (self.rows - row) ** 2)
        pixel = self.rows[nearest] * SIZE + self.columns[nearest]
        return self.triangle[pixel], self.weights[pixel]


def mean_face(faces):
    """Mean of faces (n, 478, 2) turned, shifted and scaled onto each other, symmetric.

    Returns
    -------
    mean : (478, 2) float64
        Upright, y up, in head units.
    pair : (478,) int
        The point on the other side of the face.
    """
    mean = faces[0] - faces[0].mean(0)
    for _ in range(4):
        mean /= np.sqrt((mean**2).sum())
        moved = []
        for face in faces - faces.mean(1, keepdims=True):
            left, strength, right = np.linalg.svd(face.T @ mean)
            moved.append(face @ left @ right * (strength.sum() / (face**2).sum()))
        mean = np.mean(moved, 0)
    middle = mean[[10, CHIN, NOSE_TIP, 168, 0, 17]]
    down = np.linalg.svd(middle - middle.mean(0))[2][0]
    down = down * np.sign(down[1])
    mean = (mean - middle.mean(0)) @ np.array([[down[1], down[0]], [-down[0], down[1]]])
    mirrored = mean * [-1, 1]
    pair = ((mean[:, None] - mirrored[None]) ** 2).sum(-1).argmin(1)
    mean = (mean + mirrored[pair]) / 2
    ends = [[ring[0][0], ring[0][-1]] for ring in (RIGHT_EYE, LEFT_EYE)]
    mean *= 0.63 / (mean[ends[1]].mean(0) - mean[ends[0]].mean(0))[0]
    return mean * [1, -1], pair


def trace(drawing, area, ring, mean, places):
    """Put a ring's points on the skin just outside an area (SIZE, SIZE) of a drawing."""
    rows, columns = np.nonzero(area)
    first, last = columns.min(), columns.max()
    start, end = mean[ring[0][0], 0], mean[ring[0][-1], 0]
    begin, stop = (first, last) if start < end else (last, first)
    for half, top in zip(ring, (True, False)):
        for point in half[1:-1]:
            share = (mean[point, 0] - start) / (end - start)
            column = round(float(np.clip(begin + share * (stop - begin), first, last)))
            found = rows[columns == column]
            places[point] = drawing.place(column, found.min() - 2 if top else found.max() + 2)
    for point, column in ((ring[0][0], begin), (ring[0][-1], stop)):
        outside = column + (-3 if column == first else 3)
        places[point] = drawing.place(outside, rows[columns == column].mean())


def first_places(mean):
    """First place of every point, {point: (triangle, weights)}."""
    head, places = load_head(), {}
    closed = Drawing(head.rest)
    opened = Drawing(head.rest + displacement({"jawOpen": 0.4}))
    side = np.arange(SIZE)[None] - SIZE / 2
    eye = closed.part == PARTS.index("eye")
    trace(closed, eye & (side < 0), RIGHT_EYE, mean, places)
    trace(closed, eye & (side > 0), LEFT_EYE, mean, places)
    inside = [PARTS.index(p) for p in ("mouth", "upper_teeth", "lower_teeth", "tongue")]
    trace(opened, np.isin(opened.part, inside), INNER_LIPS, mean, places)
    corners = head.triangles[closed.triangle]
    lip = (head.lip[corners] * closed.weights).sum(1).reshape(SIZE, SIZE) > 0.5
    row = np.arange(SIZE)[:, None]
    lip &= (closed.part == 0) & (row > 640) & (row < 800) & (np.abs(side) < 150)
    trace(closed, lip, OUTER_LIPS, mean, places)
    known = [w @ head.rest[head.triangles[t]][:, :2] for t, w in places.values()]
    spline = RBFInterpolator(
        mean[[*places, *PLACED]], np.array([*known, *PLACED.values()]),
        kernel="thin_plate_spline", smoothing=2e-3,
    )  # fmt: skip
    for point, (x, y) in enumerate(spline(mean)):
        if point not in places:
            column, row = SIZE / 2 + SCALE * x, SIZE / 2 - SCALE * (y - MIDDLE)
            places[point] = closed.place(column, row)
    return places


def shifts(photos):
    """How far each point is seen from its place, upright, in head units, (photos, 478, 2)."""
    found = []
    at = model.points_model()
    for points, scores in tqdm(photos, desc="fitting", leave=False):
        fit = fit_face(points, scores)
        weights = np.concatenate([fit.shape, list(fit.units.values())])
        vertices = at.mean + np.tensordot(weights, np.concatenate([at.shapes, at.units]), 1)
        off = (points - model.project(vertices, fit.pose)[:, :2]) / fit.pose[0] * [1, -1]
        cosine, sine = np.cos(fit.pose[5]), np.sin(fit.pose[5])
        found.append(off @ np.array([[cosine, -sine], [sine, cosine]]))
    return np.array(found)


def write(path, triangle, weights, spread):
    """Write the file, and forget what was read of it before."""
    np.savez_compressed(
        path, triangle=triangle.astype(np.int16), weights=weights.astype(np.float32),
        spread=spread.astype(np.float32),
    )  # fmt: skip
    model.load_correspondence.cache_clear()
    model.points_model.cache_clear()


def pack(photos, path=model.CORRESPONDENCE):
    """Find and write the correspondence from photos, a list of (points, scores)."""
    mean, pair = mean_face(np.array([points for points, _ in photos]))
    places = first_places(mean)
    triangle = np.array([places[k][0] for k in range(COUNT)])
    weights = np.array([places[k][1] for k in range(COUNT)])
    average, corners = model.load_model().mean, load_head().triangles
    drawing, spread = Drawing(average), np.full(COUNT, 0.035)
    fixed = {*EYES, *LIPS, *range(min(IRISES), COUNT)}
    for left in range(ROUNDS - 1, -1, -1):
        write(path, triangle, weights, spread)
        off = shifts(photos)
        bias = np.median(off, 0)
        bias = (bias + bias[pair] * [-1, 1]) / 2
        spread = np.sqrt(((off - bias) ** 2).mean((0, 2)))
        spread = np.clip((spread + spread[pair]) / 2, *SPREAD)
        free = [k for k in range(COUNT) if k not in fixed]
        print(f"points are {np.abs(bias[free]).mean():.4f} head units from where they are put")
        for k in free if left else ():
            x, y = weights[k] @ average[corners[triangle[k]]][:, :2] + 0.8 * bias[k]
            column, row = SIZE / 2 + SCALE * x, SIZE / 2 - SCALE * (y - MIDDLE)
            triangle[k], weights[k] = drawing.place(column, row)
    write(path, triangle, weights, spread)


def main(argv=None):
    """Run the script; ``argv`` as for argparse."""
    parser = cli.parser(__doc__)
    add = parser.add_argument
    add("--photos", type=Path, nargs="+", required=True, metavar="CSV", help="with landmarks")
    add("--count", type=int, default=80, help="photos of each CSV (default 80)")
    args = parser.parse_args(argv)
    photos = []
    for table in args.photos:
        calm = [
            (s.points, s.scores)
            for s in read_sources(table)
            if s.split != "val" and rejection(s.points, s.scores) is None
            and abs(turned(s.points)) < FRONTAL
            and (s.scores is None or s.scores["mouthSmileLeft"] < CALM)
        ]  # fmt: skip
        if not calm:
            raise cli.UserError(f"{table} has no calm frontal face with landmarks")
        photos += [calm[k] for k in np.random.default_rng(0).permutation(len(calm))[: args.count]]
    pack(photos)


if __name__ == "__main__":
    cli.run(main)
