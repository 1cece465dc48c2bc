"""A photo made ready to be puppeteered: its face fitted, cut out, taken apart and lit."""

import cv2
import numpy as np

from dataset.puppet.anatomy import EYE, LASH, MOUTH, anatomy, sky_of
from dataset.puppet.fit import fit_face
from dataset.puppet.landmark_outlines import IRISES
from dataset.puppet.model import load_correspondence, load_model, project, rotation
from dataset.puppet.motion import moved
from dataset.puppet.paint import LUMINANCE
from dataset.synth.head import load_head
from dataset.synth.light import Light, unit
from dataset.synth.mesh import short_lashes, vertex_normals
from dataset.synth.raster import facing, rasterize
from dataset.synth.studio import CROP_FACE

# Side of the face box in head units, times the person's size. Rendered people's is 1.64;
# labelled boxes of real people (125 of the training sets) are 10 % larger for the same mesh.
FACE = 1.81
SIZE = 128  # side of a finished picture in pixels
CANVAS = 184  # of the cut-out it is warped from: room to tilt and to shift
REACH = 0.09  # of a landmark's pull on the mesh, head units
TRUST = 0.2  # ridge of that pull


class Photo:
    """One photo.

    Parameters
    ----------
    image : (h, w, 3) uint8, BGR
    points : (478, 2) float
        Pixels, the first one's centre at 0.5.
    scores : dict of str to float, optional
        Blendshape scores.

    Attributes
    ----------
    fit : Fit
    identity, vertices : (n, 3) float64
        Her head at rest, and as it is in the photo.
    canvas : (CANVAS, CANVAS, 3) uint8
        The cut-out.
    points : (n, 3) float64
        The photo's vertices in it.
    scale : float
        Its pixels a head unit.
    skin, lively, eyes : (CANVAS, CANVAS, 3) float32
        Linear BGR: the face with eyes and open mouth filled with skin; with the eyes only;
        the eyes grown beyond their lids.
    """

    def __init__(self, image, points, scores=None):
        self.fit = fit_face(points, scores)
        self.pose = self.fit.pose
        model = load_model()
        self.identity = model.mean + np.tensordot(self.fit.shape, model.shapes, 1)
        self.vertices = short_lashes(self.identity + moved(self.fit.units))
        part = anatomy()
        gap = self.identity[part.eyes, 1].mean() - self.identity[part.mouth, 1].mean()
        self.side = (
            FACE * self.pose[0] * float(gap / (7.28 - 6.66))
        )  # of the face box, in the photo
        self.zoom = CROP_FACE * SIZE / self.side
        self.scale = self.zoom * self.pose[0]
        seen = project(self.vertices, self.pose)
        self.correction = self._correction(seen, points)
        place = seen[:, :2] + self.correction
        self.shift = CANVAS / 2 - self.zoom * place[part.middle].mean(0)
        self.points = self.to_canvas(seen, self.correction)
        self.turn = rotation(self.pose[3:])
        self.normals = vertex_normals(self.vertices, part.triangles) @ self.turn.T
        self.sky = sky_of(self.fit.units)
        self.canvas = cut_out(image, self.zoom, self.shift)
        self._take_apart()
        self._find_light()

    def to_canvas(self, projected, correction):
        """Projected points (n, 3) of the photo, moved by `correction` (n, 2), in the canvas."""
        place = (projected[:, :2] + correction) * self.zoom + self.shift
        return np.column_stack([place, projected[:, 2] * self.zoom])

    def _correction(self, seen, points):
        """Smooth shifts (n, 2) that bring the mesh to the landmarks: radial basis functions."""
        where = load_correspondence()
        use = slice(0, min(IRISES))
        corners = load_head().triangles[where.triangle[use]]
        place = (seen[corners, :2] * where.weights[use][..., None]).sum(1)
        reach = REACH * self.pose[0]

        def pull(at):
            at, to = np.float32(at / reach), np.float32(place / reach)
            gap = (at**2).sum(1)[:, None] + (to**2).sum(1) - 2 * at @ to.T
            return np.exp(np.minimum(-0.5 * gap, 0))

        moves = np.asarray(points, float)[use] - place
        weights = np.linalg.solve(pull(place) + TRUST * np.eye(len(place)), moves)
        drawn = anatomy().drawn
        shifts = np.zeros((len(seen), 2))
        shifts[drawn] = pull(seen[drawn, :2]) @ weights
        return shifts

    def _take_apart(self):
        """Which material each pixel of the canvas shows; its skin, and its eyes."""
        part = anatomy()
        drawn = np.nonzero(facing(self.points, part.triangles) & (part.part != LASH))[0]
        found = rasterize(self.points, part.triangles[drawn], CANVAS, CANVAS)
        material = np.full(CANVAS * CANVAS, 255, np.uint8)
        material[found.pixel] = part.part[drawn][found.triangle]
        self.material = material.reshape(CANVAS, CANVAS)
        eye = self.material == EYE
        mouth = np.isin(self.material, MOUTH)
        round_eye = cv2.dilate(eye.astype(np.uint8), disc(2))
        filled = cv2.inpaint(self.canvas, round_eye | mouth.astype(np.uint8), 3, cv2.INPAINT_TELEA)
        lively = self.canvas.copy()
        lively[eye] = filled[eye]  # lashes stay on their lids
        self.lively = linear_light(lively)
        self.skin = self.lively.copy()
        self.skin[mouth] = linear_light(filled[mouth])
        self.eyes = linear_light(grown(self.canvas, eye))

    def _find_light(self):
        """The light and the skin's colour, from how bright the skin is by its normals."""
        part, head = anatomy(), load_head()
        use = (part.belongs > 0.9) & (head.lip < 0.1) & (head.lid < 0.1)
        use &= (self.normals[:, 2] > 0.3) & (np.abs(head.rest[:, 1] - 6.85) < 0.5)
        place = np.clip(self.points[use, :2], 0, CANVAS - 1).astype(int)
        soft = linear_light(cv2.GaussianBlur(self.canvas, (0, 0), max(0.8, 0.03 * self.scale)))
        colour = soft[place[:, 1], place[:, 0]]
        bright = colour @ LUMINANCE
        columns = np.column_stack([np.ones(len(bright)), self.normals[use]])
        kept = np.ones(len(bright), bool)
        for _ in range(3):  # brows, beards and hair are no skin
            slope = np.linalg.lstsq(columns[kept], bright[kept], rcond=None)[0]
            off = np.abs(columns @ slope - bright)
            kept = off < 2.5 * np.median(off) + 1e-6
        level, toward = slope[0], slope[1:]
        strength = np.sqrt((toward**2).sum())
        part_of_key = float(np.clip(strength / (abs(level) + strength + 1e-6), 0.15, 0.7))
        toward[2] = max(toward[2], 0.35 * np.sqrt((toward[:2] ** 2).sum()) + 1e-3)
        key = unit(toward)
        white, ambient = np.ones(3), 1.18 * (1 - part_of_key)
        self.light = Light(
            key=key, key_colour=1.48 * part_of_key * white,
            fill=unit([-0.6 if key[0] > 0 else 0.6, 0.1, 0.6]), fill_colour=0.3 * ambient * white,
            sky=0.9 * ambient * white, ground=0.36 * ambient * white, softness=2,
        )  # fmt: skip
        self.skin_colour = np.median(colour, 0)  # linear BGR
        self.colourful = colourfulness(self.canvas)

    @property
    def under_eyes(self):
        """Linear luminance of the skin under the brighter eye, where dark glasses would be."""
        rest = load_head().rest
        soft = linear_light(cv2.GaussianBlur(self.canvas, (0, 0), 1.0)) @ LUMINANCE
        found = []
        for side in (rest[:, 0], -rest[:, 0]):
            near = (np.abs(side - 0.31) < 0.11) & (np.abs(rest[:, 1] - 7.14) < 0.04)
            place = self.points[near & (anatomy().belongs > 0.9), :2]
            column, row = np.clip(place, 0, CANVAS - 1).astype(int).T
            found.append(float(np.median(soft[row, column])))
        return max(found)

    @property
    def lips(self):
        """Linear luminance of the lips."""
        column, row = np.clip(self.points[load_head().lip > 0.5, :2], 0, CANVAS - 1).astype(int).T
        return float(np.median(linear_light(self.canvas)[row, column] @ LUMINANCE))

    @property
    def brightness(self):
        """Luminance of the skin, linear, 0..1."""
        return float(self.skin_colour @ LUMINANCE)


def cut_out(image, zoom, shift):
    """The canvas: the image enlarged `zoom` times and shifted, beyond its edges repeated."""
    if zoom < 0.7:  # what is shrunk must not alias
        image = cv2.GaussianBlur(image, (0, 0), 0.45 / zoom)
    half = 0.5 * zoom - 0.5  # OpenCV's first pixel centre is 0, ours 0.5
    matrix = np.array([[zoom, 0, shift[0] + half], [0, zoom, shift[1] + half]])
    flags = cv2.INTER_LINEAR if zoom < 1 else cv2.INTER_CUBIC
    return cv2.warpAffine(
        image, matrix, (CANVAS, CANVAS), flags=flags, borderMode=cv2.BORDER_REPLICATE
    )


def linear_light(image):
    """Bytes of sRGB as linear light, float32, 0..1."""
    return TO_LINEAR[image]


TO_LINEAR = ((np.arange(256) / 255.0) ** 2.2).astype(np.float32)


def colourfulness(image):
    """0 for a grey or sepia picture, 1 for one in colour.

    In the former the colour follows from the brightness; what does not is measured, in
    bytes (JPEG makes some of it, too).
    """
    small = cv2.resize(image, (46, 46), interpolation=cv2.INTER_AREA).reshape(-1, 3).astype(float)
    bright = small.mean(1) / 255
    powers = np.stack([bright**k for k in range(4)], 1)
    hue = small[:, [0, 2]] - small[:, 1:2]
    left = hue - powers @ np.linalg.lstsq(powers, hue, rcond=None)[0]
    return float(np.clip((left.std(0).max() - 2.5) / 3.0, 0, 1))


def disc(radius):
    """A round structuring element."""
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))


def grown(image, mask):
    """The image with each pixel outside the mask replaced by the nearest one inside."""
    if not mask.any():
        return image
    _, label = cv2.distanceTransformWithLabels(
        (~mask).astype(np.uint8), cv2.DIST_L2, 3, labelType=cv2.DIST_LABEL_PIXEL
    )
    source = np.zeros(label.max() + 1, np.int64)
    inside = np.flatnonzero(mask)
    source[label.ravel()[inside]] = inside
    return image.reshape(-1, image.shape[2])[source[label]]
