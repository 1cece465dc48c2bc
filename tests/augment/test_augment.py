"""The transforms against what they say of themselves, and the stream against its seed."""

import collections
import time
from dataclasses import fields, replace

import cv2
import numpy as np
import pytest

from augment.drawn import BOX, drawn_face
from augment.stream import Stream
from augment.transforms import (
    Augmentation,
    augment,
    colour_matrix,
    random_camera,
    random_colours,
    random_matrix,
    random_occlusion,
)
from common.crops import box_matrix, crop

NONE = Augmentation().scaled(0)
NAMES = [field.name for field in fields(Augmentation)]
GEOMETRY = ["shift", "scale", "rotation", "flip", "perspective", "stretch"]


def rng(seed=0):
    return np.random.default_rng(seed)


def corners(matrix, size=48):
    """Where a window's corners and centre come from in the source."""
    low, high, middle = -0.5, size - 0.5, (size - 1) / 2
    points = np.array([(low, low), (high, low), (low, high), (high, high), (middle, middle)], float)
    mapped = np.column_stack([points, np.ones(5)]) @ matrix.T
    return mapped[:, :2] / mapped[:, 2:] + 0.5  # in pixel edges, as boxes are


def test_without_strength_nothing_changes():
    picture = drawn_face()
    np.testing.assert_array_equal(augment(rng(), picture, BOX, NONE), crop(picture, [BOX])[0])


def test_without_strength_the_window_is_the_box():
    np.testing.assert_allclose(random_matrix(rng(), BOX, 48, NONE), box_matrix(BOX, 48), atol=1e-9)


def many(name, strength=None):
    """Corners of many draws with one geometric transform alone."""
    a = Augmentation().only(name)
    generator = rng(1)
    return a, [corners(random_matrix(generator, (10, 20, 40, 40), 48, a)) for _ in range(400)]


def test_shift_moves_the_window_by_up_to_its_fraction():
    a, draws = many("shift")
    moves = np.array([d[4] - (30, 40) for d in draws]) / 40
    assert np.abs(moves).max() <= a.shift
    assert np.abs(moves).max(axis=0).min() > 0.9 * a.shift
    assert np.abs(moves.mean(axis=0)).max() < 0.1 * a.shift


def test_scale_keeps_the_centre_and_the_shape():
    a, draws = many("scale")
    np.testing.assert_allclose([d[4] for d in draws], [(30, 40)] * 400)
    widths = np.log([(d[1] - d[0])[0] / 40 for d in draws])
    assert np.abs(widths).max() <= a.scale
    assert widths.max() > 0.9 * a.scale
    assert widths.min() < -0.9 * a.scale


def test_rotation_turns_about_the_centre():
    a, draws = many("rotation")
    turns = [np.degrees(np.arctan2(*(d[1] - d[0])[::-1])) for d in draws]
    assert 0.9 * a.rotation < np.abs(turns).max() <= a.rotation
    np.testing.assert_allclose([np.linalg.norm(d[1] - d[0]) for d in draws], 40)
    np.testing.assert_allclose([d[4] for d in draws], [(30, 40)] * 400)


def test_flip_mirrors_half_of_them():
    _, draws = many("flip")
    mirrored = [d[0][0] > d[1][0] for d in draws]
    assert 0.4 < np.mean(mirrored) < 0.6
    picture = drawn_face()
    always = replace(NONE, flip=1.0)
    flipped = augment(rng(), picture, BOX, always).astype(int)
    assert np.abs(flipped - crop(picture, [BOX])[0][:, ::-1]).max() <= 1


def test_stretch_trades_width_for_height():
    a, draws = many("stretch")
    np.testing.assert_allclose([d[4] for d in draws], [(30, 40)] * 400)
    widths = np.array([(d[1] - d[0])[0] for d in draws])
    heights = np.array([(d[2] - d[0])[1] for d in draws])
    np.testing.assert_allclose(widths * heights, 40 * 40)
    broad = np.log(widths / heights)
    assert np.abs(broad).max() <= a.stretch
    assert broad.max() > 0.9 * a.stretch
    assert broad.min() < -0.9 * a.stretch


def test_stretch_follows_the_face_and_not_the_turned_window():
    # A face twice as broad stays upright in its picture, however the window is turned.
    for seed in range(50):
        turned = random_matrix(rng(seed), BOX, 48, Augmentation().only("rotation"))
        both = random_matrix(rng(seed), BOX, 48, Augmentation().only("rotation", "stretch"))
        change = both @ np.linalg.inv(turned)  # in the picture
        np.testing.assert_allclose(change[[0, 1], [1, 0]], 0, atol=1e-9)
        assert change[0, 0] * change[1, 1] == pytest.approx(1)


def test_perspective_keeps_the_centre_and_bends_the_square():
    a, draws = many("perspective")
    np.testing.assert_allclose([d[4] for d in draws], [(30, 40)] * 400)
    left = np.array([np.linalg.norm(d[2] - d[0]) for d in draws])
    right = np.array([np.linalg.norm(d[3] - d[1]) for d in draws])
    bent = np.abs(np.log(left / right))
    assert 0.5 * a.perspective < bent.max() < 2 * a.perspective


@pytest.mark.parametrize("name", [name for name in NAMES if name not in GEOMETRY])
def test_each_transform_alone_changes_the_colours_only_where_it_may(name):
    picture = drawn_face()
    plain = crop(picture, [BOX])[0].astype(int)
    a = Augmentation().only(name)
    changed = [np.abs(augment(rng(k), picture, BOX, a) - plain).mean() for k in range(60)]
    assert max(changed) > 0.5
    assert max(changed) < 90


def test_colour_matrix_keeps_grey_and_brightness():
    for degrees, saturation in [(0, 1), (40, 1), (-25, 0.3), (10, 2)]:
        matrix = colour_matrix(degrees, saturation)
        np.testing.assert_allclose(matrix @ np.ones(3), np.ones(3))
        np.testing.assert_allclose(matrix.mean(axis=0), np.full(3, 1 / 3))
    np.testing.assert_allclose(colour_matrix(0, 1), np.eye(3), atol=1e-12)
    np.testing.assert_allclose(colour_matrix(77, 0), np.full((3, 3), 1 / 3), atol=1e-12)


def test_hue_turns_as_in_the_colour_wheel():
    # Red turned by 120 degrees is green, by -120 blue.
    red, green, blue = np.array([0, 0, 1]), np.array([0, 1, 0]), np.array([1, 0, 0])
    turned = [colour_matrix(degrees, 1) @ red for degrees in (120, -120)]
    np.testing.assert_allclose(turned, [green, blue], atol=1e-12)


def test_temperature_trades_red_for_blue():
    image = np.full((8, 8, 3), 128, np.uint8)
    a = Augmentation().only("temperature")
    for seed in range(20):
        blue, green, red = random_colours(rng(seed), image, a)[0, 0].astype(int)
        assert abs(green - 128) <= 1
        assert (red - 128) * (blue - 128) <= 0
        assert abs(np.log(red / blue)) <= a.temperature + 0.02


def test_noise_has_the_announced_strength():
    image = np.full((48, 48, 3), 128, np.uint8)
    a = Augmentation().only("noise")
    deviations = [random_camera(rng(seed), image, a).std() for seed in range(100)]
    assert 0.7 * 255 * a.noise < max(deviations) <= 255 * a.noise * 1.1


def test_occlusion_never_hides_the_middle():
    image = np.full((48, 48, 3), 128, np.uint8)
    a = replace(NONE, occlusion=1.0)
    hidden = [(random_occlusion(rng(s), image.copy(), a) != 128).any(axis=2) for s in range(200)]
    # Centred half a side away, with half a diagonal of 0.42 sides at most.
    assert not any(h[23:25, 23:25].any() for h in hidden)
    assert np.any([h[14:34, 14:34] for h in hidden])
    assert min(h.mean() for h in hidden) < 0.1 < max(h.mean() for h in hidden) < 0.4


def test_the_selections():
    a = Augmentation()
    assert a.without("blur", "flip").blur == 0 == a.without("flip").flip
    assert a.only("blur") == replace(NONE, blur=a.blur)
    assert a.scaled(2).rotation == 2 * a.rotation
    assert a.scaled(9).flip == 1


def test_the_source_is_never_written_to():
    picture = drawn_face()
    before = picture.copy()
    for seed in range(50):
        augment(rng(seed), picture, BOX, Augmentation())
    np.testing.assert_array_equal(picture, before)


@pytest.mark.parametrize("shape", [(1, 1, 3), (3, 200, 3), (2000, 1500, 3)])
def test_any_picture_and_any_box(shape):
    picture = np.full(shape, 90, np.uint8)
    for seed, box in enumerate([(0, 0, 1, 1), (-500, -500, 90, 90), (3, 3, 1400, 1400)]):
        assert augment(rng(seed), picture, box, Augmentation()).shape == (48, 48, 3)


def make_batch(generator):
    picture = drawn_face(64)
    window = augment(generator, picture, (20, 18, 28, 28), Augmentation(), 12)
    return window, generator.integers(1000)


def first_batches(count, **options):
    with Stream(make_batch, 5, **options) as stream:
        return [next(stream) for _ in range(count)]


def same(a, b):
    return all(np.array_equal(x[0], y[0]) and x[1] == y[1] for x, y in zip(a, b))


def test_the_stream_is_the_same_for_any_number_of_workers():
    alone = first_batches(7, workers=0)
    assert same(alone, first_batches(7, workers=1))
    assert same(alone, first_batches(7, workers=3))
    assert not same(alone[:1], alone[1:2])


def test_the_stream_continues_where_it_is_told_to():
    whole = first_batches(6, workers=0)
    assert same(whole[4:], first_batches(2, workers=2, start=4))


def failing(generator):
    raise ValueError("this picture is bad")


@pytest.mark.parametrize("workers", [0, 1])
def test_an_error_in_a_worker_reaches_the_reader(workers):
    with (
        Stream(failing, 0, workers) as stream,
        pytest.raises(ValueError, match="this picture is bad"),
    ):
        next(stream)


def test_a_killed_worker_is_noticed():
    with Stream(make_batch, 0, 1, prefetch=1) as stream:
        next(stream)
        stream.processes[0].kill()
        stream.processes[0].join()
        with pytest.raises(RuntimeError, match="died"):
            collections.deque(stream, maxlen=0)


def test_closing_ends_the_workers():
    stream = Stream(make_batch, 0, 2)
    processes = list(stream.processes)
    next(stream)
    stream.close()
    assert not any(process.is_alive() for process in processes)


@pytest.mark.timing
def test_fast_enough_to_feed_a_training():
    cv2.setNumThreads(0)
    picture, generator = drawn_face(192), rng()
    start = time.process_time()
    for _ in range(300):
        augment(generator, picture, BOX, Augmentation())
    assert 300 / (time.process_time() - start) > 300
