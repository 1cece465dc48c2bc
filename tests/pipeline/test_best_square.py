import numpy as np

from pipeline.best_square import CLOSE, best_square, whole_square

LEFT, RIGHT = (0, 0, 20, 20), (50, 0, 20, 20)


def test_no_square():
    assert best_square(np.zeros((0, 4)), np.zeros(0)) is None
    assert best_square(np.zeros((0, 4)), np.zeros(0), LEFT) is None


def test_highest_score_where_nothing_came_before():
    assert best_square([LEFT, RIGHT], [0.5, 0.9]) == 1
    assert best_square([LEFT, RIGHT], [0.9, 0.9]) == 0


def test_the_last_square_goes_on_when_scores_are_close():
    moved = (3, 2, 21, 21)
    assert best_square([RIGHT, moved], [0.95, 0.95 - 0.9 * CLOSE], LEFT) == 1
    assert best_square([RIGHT, moved], [0.95, 0.95 - 1.1 * CLOSE], LEFT) == 0
    assert best_square([RIGHT, moved], [0.95, 0.94], (200, 200, 20, 20)) == 0


def test_a_square_that_only_touches_the_last_does_not_go_on():
    assert best_square([RIGHT, (14, 0, 20, 20)], [0.95, 0.94], LEFT) == 0


def test_two_squares_on_one_face_the_nearer_goes_on():
    near, far = (1, 0, 20, 20), (5, 5, 20, 20)
    assert best_square([far, near, RIGHT], [0.97, 0.92, 0.98], LEFT) == 1


def test_two_faces_of_equal_scores_do_not_flicker():
    random, last, chosen = np.random.RandomState(0), None, []
    for _ in range(50):
        boxes = np.array([LEFT, RIGHT]) + random.uniform(-2, 2, (2, 4))
        best = best_square(boxes, 0.95 + random.uniform(-0.04, 0.04, 2), last)
        last = boxes[best]
        chosen.append(best)
    assert len(set(chosen)) == 1


def test_the_whole_picture_is_a_face_from_top_to_bottom():
    assert whole_square((48, 48, 3)) == (0, 0, 48, 48)
    assert whole_square((90, 120, 3)) == (15, 0, 90, 90)
    assert whole_square((100, 60)) == (-20, 0, 100, 100)
