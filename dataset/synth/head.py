"""The packed MakeHuman head: rest mesh, parts, identity targets and face units.

Coordinates are MakeHuman's: one unit is a decimetre, x to the person's left, y up,
z forward. The eyes are near y = 7.28, the mouth near 6.68, the chin near 6.2.
"""

from functools import lru_cache
from pathlib import Path

import numpy as np

HEAD_FILE = Path(__file__).resolve().parent / "head.npz"
PARTS = ("skin", "mouth", "eye", "upper_teeth", "lower_teeth", "tongue", "lash")
STEP = 1e-3  # unit of the packed displacements, see pack_head.py


class Head:
    """The rest mesh and its targets.

    Attributes
    ----------
    rest : (n, 3) float64
        Vertices of the neutral average head.
    triangles : (m, 3) int32
        Counter-clockwise seen from outside.
    part : (m,) uint8
        Index into `PARTS` of each triangle.
    vertex_part : (n,) uint8
        The same for each vertex.
    lip, lid : (n,) float64
        How much a vertex belongs to the lips and to the eyelids, 0..1.
    """

    def __init__(self, path=HEAD_FILE):
        with np.load(path) as data:
            packed = {name: data[name] for name in data.files}
        if tuple(packed["parts"]) != PARTS:
            raise ValueError(f"{path}: parts are not {PARTS}")
        self.rest = packed["rest"].astype(np.float64)
        quads = packed["quads"].astype(np.int32)
        self.triangles = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
        self.part = np.tile(packed["quad_part"], 2)
        self.vertex_part = np.zeros(len(self.rest), np.uint8)
        for part in range(len(PARTS)):
            self.vertex_part[np.unique(self.triangles[self.part == part])] = part
        # A wide open mouth would push the teeth through the lips: set them back a little.
        for part, width, back in (("upper_teeth", 0.92, 0.03), ("lower_teeth", 0.82, 0.07)):
            teeth = self.vertices_of(part)
            self.rest[teeth] = self.rest[teeth] * [width, 1, 1] - [0, 0, back]
        self.lip, self.lid = packed["lip"] / 255.0, packed["lid"] / 255.0
        ends = np.cumsum(packed["target_lengths"])
        self._targets = {}
        for name, end, length in zip(packed["target_names"], ends, packed["target_lengths"]):
            shifts = packed["target_shifts"][3 * (end - length) : 3 * end]
            moved = packed["target_indices"][end - length : end].astype(np.int64)
            self._targets[str(name)] = moved, shifts.reshape(3, -1).T * STEP
        self.units = tuple(n[len("unit/") :] for n in self._targets if n.startswith("unit/"))

    def __contains__(self, target):
        return target in self._targets

    def vertices_of(self, *parts):
        """Indices of the vertices that belong to any of the named parts."""
        return np.nonzero(np.isin(self.vertex_part, [PARTS.index(part) for part in parts]))[0]

    def displacement(self, weights):
        """Weighted sum of targets.

        Parameters
        ----------
        weights : dict of str to float
            Target names (`nose/nose-hump-incr`, `unit/jawOpen`) and their weights.

        Returns
        -------
        (n, 3) float64
        """
        total = np.zeros_like(self.rest)
        for name, weight in weights.items():
            if weight:
                moved, shift = self._targets[name]
                total[moved] += weight * shift
        return total


@lru_cache(maxsize=1)
def load_head():
    """The packed head, read once a process."""
    return Head()
