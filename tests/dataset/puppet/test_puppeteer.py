"""A rendered face stands for the photo: what it looks like with any expression is known."""

import cv2
import numpy as np
import pytest

from dataset.puppet import acting
from dataset.puppet.anatomy import EYE, MOUTH
from dataset.puppet.fit import fit_face
from dataset.puppet.landmark_outlines import COUNT, INNER_LIPS, LEFT_EYE, LIPS, RIGHT_EYE
from dataset.puppet.model import load_correspondence, load_model, project
from dataset.puppet.motion import moved
from dataset.puppet.photo import Photo, colourfulness
from dataset.puppet.photo_checks import rejection, smileys_of
from dataset.puppet.posing import make_view, pose
from dataset.puppet.puppeteer import puppeteer
from dataset.synth.expression import recipes
from dataset.synth.head import load_head
from dataset.synth.seeding import generator
from tests.dataset.puppet.conftest import at_points

SMILES = {"mouthSmileLeft": 0.9, "mouthSmileRight": 0.9, "cheekSquintLeft": 0.5,
          "cheekSquintRight": 0.5}  # fmt: skip
GASP = {"jawOpen": 0.5, "eyeWideLeft": 0.8, "eyeWideRight": 0.8}
WINK = {"eyeBlinkRight": 1.1, "cheekSquintRight": 0.8}


@pytest.fixture(scope="module")
def photo(sitter):
    return Photo(*sitter.photograph({}))


class Still:
    """In place of a random generator: nothing varies, so that pictures can be compared."""

    def standard_normal(self, size=None):
        return 0.0 if size is None else np.zeros(size)

    def uniform(self, low, high, size=None):
        return low if size is None else np.full(size, low)

    def random(self):
        return 0.0


def test_all_points_lie_on_the_skin_once_and_symmetrically():
    where = load_correspondence()
    head = load_head()
    skin = head.part[where.triangle[:468]] == 0
    assert skin.all()
    np.testing.assert_allclose(where.weights.sum(1), 1, atol=1e-5)
    right, left = (at_points(head.rest)[list(ring[0])] for ring in (RIGHT_EYE, LEFT_EYE))
    np.testing.assert_allclose(right * [-1, 1, 1], left, atol=0.05)
    lips = at_points(head.rest)[LIPS]
    assert np.abs(lips[:, 1] - 6.6).max() < 0.2


def test_a_fit_explains_the_points_of_what_the_model_made():
    rng = np.random.default_rng(0)
    model = load_model()
    shape = rng.normal(0, 0.5, len(model.shapes))
    true = np.array([80.0, 120, 110, 0.10, -0.2, 0.15])
    head = model.mean + np.tensordot(shape, model.shapes, 1)
    fit = fit_face(project(at_points(head), true)[:, :2])
    assert fit.residual < 0.012
    np.testing.assert_allclose(fit.pose[3:], true[3:], atol=0.06)
    assert fit.pose[0] == pytest.approx(80, rel=0.04)


def test_a_smile_is_not_taken_for_who_she_is(sitter):
    """The mouth of her fitted head at rest must not smile when she did."""
    model = load_model()
    corners = [INNER_LIPS[0][0], INNER_LIPS[0][-1]]
    found = []
    for face, scores in (({}, {}), (SMILES, dict.fromkeys(SMILES, 0.9))):
        fit = fit_face(sitter.points(face), scores)
        rest = at_points(model.mean + np.tensordot(fit.shape, model.shapes, 1))
        found.append(rest[corners].mean(0)[:2] - rest[list(RIGHT_EYE[0])].mean(0)[:2])
    smile = at_points(sitter.body.pose(SMILES).vertices[: sitter.body.head_count])
    calm = at_points(sitter.body.pose({}).vertices[: sitter.body.head_count])
    raised = np.abs(smile - calm)[corners, 1].mean()
    assert abs(found[1][1] - found[0][1]) < 0.4 * raised


@pytest.mark.parametrize("face", [SMILES, GASP, WINK], ids=["smile", "gasp", "wink"])
def test_points_come_where_her_own_face_puts_them(sitter, photo, face):
    view = make_view(Still(), 0.0)
    posed = pose(photo, face, view, Still())
    where = load_correspondence()
    corners = load_head().triangles[where.triangle]
    made = (posed.points[corners, :2] * where.weights[..., None]).sum(1)[:468]
    rest, true = (sitter.points(f)[:468] for f in ({}, face))
    to_view = lambda p: view(np.column_stack([p * photo.zoom + photo.shift, p[:, 0]]))[:, :2]  # noqa: E731
    rest, true = to_view(rest), to_view(true)
    moves = np.hypot(*(true - rest).T)
    far = moves > 0.04 * photo.scale  # the points that this expression is about
    assert far.sum() > 10
    error = np.hypot(*(made - true).T)
    assert error[far].mean() < 0.4 * moves[far].mean()
    assert np.hypot(*(made - true)[~far].T).mean() < 0.03 * photo.scale


@pytest.mark.parametrize("face", [SMILES, GASP, WINK], ids=["smile", "gasp", "wink"])
def test_pixels_come_close_to_her_own_face(sitter, photo, face):
    made, (x, y, w, _) = puppeteer(photo, face, Still())
    same, _ = puppeteer(photo, {}, Still())
    picture, _ = sitter.photograph(face)
    zoom, view = photo.zoom, make_view(Still(), 0.0)
    shift = view.matrix @ photo.shift + view.offset
    matrix = np.array([[zoom, 0, shift[0] + zoom / 2 - 0.5], [0, zoom, shift[1] + zoom / 2 - 0.5]])
    true = cv2.warpAffine(picture, matrix, made.shape[:2][::-1], flags=cv2.INTER_AREA)
    inside = np.s_[int(y) : int(y + w), int(x) : int(x + w)]
    blurred = [cv2.GaussianBlur(i, (0, 0), 1.0)[inside].astype(float) for i in (made, same, true)]
    changed = np.abs(blurred[1] - blurred[2]).max(-1) > 12  # where the expression is seen
    assert changed.sum() > 40
    error, before = (np.abs(i - blurred[2])[changed].mean() for i in blurred[:2])
    assert error < 0.75 * before


def test_a_face_that_stays_as_it_is_keeps_its_pixels(photo):
    made, _ = puppeteer(photo, dict(photo.fit.units), Still())
    view = make_view(Still(), 0.0)
    half = (photo.canvas.shape[0] - made.shape[0]) // 2
    assert view.offset[0] == pytest.approx(-half)
    crop = photo.canvas[half:-half, half:-half].astype(float)
    assert np.abs(made - crop).mean() < 4


def test_the_box_is_square_and_holds_eyes_and_chin(photo):
    for face in ({}, {"jawOpen": 1.0}):
        rng = np.random.default_rng(5)
        _, (x, y, w, h) = puppeteer(photo, face, rng)
        points = pose(photo, face, make_view(np.random.default_rng(5), 0.0), rng).points
        made = at_points(points)
        assert w == h
        assert (made[:, 0] > x).all()
        assert (made[:, 0] < x + w).all()
        assert made[list(RIGHT_EYE[0]), 1].min() > y
        assert made[152, 1] < y + h


def test_grey_photos_stay_grey(sitter):
    picture, points = sitter.photograph({})
    grey = cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    assert colourfulness(grey) == 0
    assert colourfulness(picture) > 0.9
    photo = Photo(grey, points)
    for face in ({**GASP, "tongueOut": 1.2}, {"tears": 1.0, "blush": 1.0}):
        made, _ = puppeteer(photo, face, np.random.default_rng(0))
        assert np.ptp(made.astype(int), axis=2).max() <= 4


def test_a_mouth_of_her_own_keeps_its_pixels_while_the_eyes_close(sitter):
    grin = {**SMILES, "mouthUpperUpLeft": 0.7, "mouthUpperUpRight": 0.7, "jawOpen": 0.15}
    picture, points = sitter.photograph(grin)
    photo = Photo(picture, points, {"_neutral": 0.0, **grin})
    face = {**photo.fit.units, "eyeBlinkLeft": 1.1, "eyeBlinkRight": 1.1}
    own, _ = puppeteer(photo, face, Still(), own_mouth=True)
    drawn, _ = puppeteer(photo, face, Still())
    half = (photo.canvas.shape[0] - own.shape[0]) // 2
    crop = photo.canvas[half:-half, half:-half].astype(float)
    material = photo.material[half:-half, half:-half]
    mouth, eyes = np.isin(material, MOUTH), material == EYE
    assert mouth.sum() > 30
    assert np.abs(own - crop)[mouth].mean() < 6
    assert np.abs(own - crop)[mouth].mean() < 0.5 * np.abs(drawn - crop)[mouth].mean()
    assert np.abs(own - crop)[eyes].mean() > 25


def test_a_shown_tongue_covers_the_lower_lip_and_a_hidden_one_does_not(photo):
    for shown, low in ((0.0, False), (1.3, True)):
        face = {"jawOpen": 0.3, "tongueOut": shown}
        points = pose(photo, face, make_view(Still(), 0.0), Still()).points
        lip = at_points(points)[[17]][0, 1]  # its lower edge
        assert (points[load_head().vertices_of("tongue"), 1].max() > lip) == low


def test_raised_brows_are_not_pressed_to_a_line():
    """Skin half a brow above a brow rises nearly as far as the brow."""
    rest = load_head().rest
    shift = moved({"browOuterUpLeft": 1.4})[:, 1]
    front = (rest[:, 2] > 1.0) & (np.abs(rest[:, 0] - 0.4) < 0.1)
    brow, above = (front & (np.abs(rest[:, 1] - y) < 0.03) for y in (7.47, 7.53))
    assert brow.any()
    assert above.any()
    assert shift[above].mean() > 0.5 * shift[brow].mean()
    assert shift[brow].mean() > 0.05


def test_every_smiley_has_a_recipe_and_closed_eyes_are_closed():
    assert {*acting.ways()} == {*recipes()}
    for seed in range(30):
        manner = acting.make_manner(seed)
        wink = acting.act(manner, "wink", 0, {}, generator(seed))
        joy = acting.act(manner, "joy", 0, {}, generator(seed))
        blinks = [[face.get("eyeBlink" + s, 0) for s in ("Left", "Right")] for face in (wink, joy)]
        assert max(blinks[0]) >= 1
        assert min(blinks[0]) < 0.5
        assert min(blinks[1]) >= 1
        neutral = acting.act(manner, "neutral", 0, {"mouthSmileLeft": 0.9}, generator(seed))
        assert neutral.get("mouthSmileLeft", 0) < 0.2


def test_rules(sitter):
    points = sitter.points({})
    sided = ("eyeBlink", "eyeLookDown", "mouthSmile", "mouthUpperUp", "mouthLowerDown")
    names = ["jawOpen", *(base + side for base in sided for side in ("Left", "Right"))]
    calm = dict.fromkeys(names, 0.0)
    assert rejection(points) is None
    assert rejection(points, calm) is None
    assert rejection(np.full((COUNT, 2), np.nan)) == "no landmarks"
    assert rejection(points / 8) == "too small"
    assert rejection(points, {**calm, "eyeBlinkLeft": 0.8}) == "eyes lowered"
    assert rejection(points, {**calm, "jawOpen": 0.5}) == "mouth open"
    assert rejection(points, {**calm, "mouthSmileLeft": 0.9, "mouthSmileRight": 0.9}) == "smiling"
    assert rejection(sitter.points({"turn": 45.0})) == "turned away"
    assert rejection(sitter.points({"turn": -10.0})) is None


def test_smiling_photos_keep_their_mouths_for_what_fits():
    smile = {"mouthSmileLeft": 0.9, "mouthSmileRight": 0.8, "mouthUpperUpLeft": 0.0,
             "mouthUpperUpRight": 0.0, "jawOpen": 0.0}  # fmt: skip
    teeth = {"mouthUpperUpLeft": 0.6, "mouthUpperUpRight": 0.6}
    assert set(smileys_of(smile)) == {"smile", "joy", "wink", "cool"}
    assert set(smileys_of({**smile, **teeth})) == {"laugh", "joy", "wink", "cool"}
    assert set(smileys_of({**smile, **teeth, "jawOpen": 0.6})) == {"laugh", "roar", "cool"}
    assert smileys_of({**smile, "mouthSmileLeft": 0.2, "jawOpen": 0.6}) == ()
    assert smileys_of(None) == ()
