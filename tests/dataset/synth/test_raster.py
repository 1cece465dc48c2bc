import numpy as np

from dataset.synth.raster import facing, nearest, rasterize


def by_hand(points, triangles, width, height):
    """Nearest triangle at each pixel centre and its depth, pixel by pixel."""
    owner, depth = np.full((height, width), -1), np.full((height, width), np.inf)
    for index, corners in enumerate(triangles):
        matrix = np.vstack([points[corners, :2].T, np.ones(3)])
        if abs(np.linalg.det(matrix)) < 1e-6:
            continue
        for y in range(height):
            for x in range(width):
                weights = np.linalg.solve(matrix, [x + 0.5, y + 0.5, 1])
                z = weights @ points[corners, 2]
                if (weights >= 0).all() and z < depth[y, x]:
                    owner[y, x], depth[y, x] = index, z
    return owner, depth


def test_rasterize_agrees_with_a_pixel_by_pixel_search():
    rng = np.random.default_rng(0)
    points = rng.uniform(-5, 30, (40, 3))
    triangles = rng.integers(0, 40, (60, 3))
    sides = points[triangles[:, 1:], :2] - points[triangles[:, :1], :2]
    triangles = triangles[np.abs(np.linalg.det(sides)) > 20]  # slivers are a matter of rounding
    owner, depth = by_hand(points, triangles, 24, 20)
    found = rasterize(points, triangles, 24, 20)
    drawn = np.full(24 * 20, -1)
    drawn[found.pixel] = found.triangle
    np.testing.assert_array_equal(drawn.reshape(20, 24), owner)
    np.testing.assert_allclose(found.depth, depth.ravel()[found.pixel], rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(found.weights.sum(1), 1, atol=1e-5)
    assert len(np.unique(found.pixel)) == len(found.pixel)


def test_thin_ribbons_leave_no_holes():
    # Two triangles of a long thin strip cover exactly the pixels between its edges.
    points = np.array([[2, 1, 5], [5, 1, 5], [40, 60, 5], [43, 60, 5]], float)
    found = rasterize(points, np.array([[0, 1, 2], [1, 3, 2]]), 64, 64)
    y, x = np.divmod(found.pixel, 64)
    middle = 2 + (y + 0.5 - 1) * 38 / 59
    assert ((x + 0.5 >= middle - 0.01) & (x + 0.5 <= middle + 3.01)).all()
    assert np.bincount(y, minlength=64)[1:60].min() >= 2


def test_what_is_outside_or_flat_is_not_drawn():
    points = np.array(
        [[-9, -9, 1], [-5, -9, 1], [-9, -5, 1], [3, 3, 1], [5, 5, 1], [7, 7, 1]], float
    )
    assert len(rasterize(points, np.array([[0, 1, 2], [3, 4, 5]]), 10, 10).pixel) == 0
    assert len(rasterize(points, np.zeros((0, 3), int), 10, 10).pixel) == 0


def test_nearest_keeps_the_smallest_depth_of_each_pixel():
    rng = np.random.default_rng(1)
    pixel, depth = rng.integers(0, 50, 2000), rng.random(2000).astype(np.float32)
    winner = nearest(pixel, depth, 50)
    for index in winner:
        assert depth[index] == depth[pixel == pixel[index]].min()
    assert sorted(pixel[winner]) == sorted(set(pixel))


def test_the_weights_give_the_plane_back():
    points = np.array([[1, 1, 2], [15, 2, 3], [4, 14, 7]], float)
    triangles = np.array([[0, 1, 2]])
    found = rasterize(points, triangles, 16, 16)
    place = (points[triangles[found.triangle]] * found.weights[..., None]).sum(axis=1)
    np.testing.assert_allclose(place[:, 0], found.pixel % 16 + 0.5, atol=1e-4)
    np.testing.assert_allclose(place[:, 2], found.depth, atol=1e-4)


def test_facing_tells_front_from_back():
    points = np.array([[0, 4, 0], [4, 4, 0], [0, 0, 0]], float)
    assert list(facing(points, np.array([[0, 1, 2], [0, 2, 1]]))) == [True, False]
