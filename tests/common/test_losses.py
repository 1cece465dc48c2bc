"""What is said to be missing, of hand-made times."""

import pytest

from common.losses import Losses


def losses(times, faults=0, doubts=0):
    found = Losses()
    found.faults, found.doubts = faults, doubts
    for time in times:
        found.note(time)
    return found


EVEN = [k / 10 for k in range(40)]


def without(*lost):
    return [time for k, time in enumerate(EVEN) if k not in lost]


def test_nothing_is_missing():
    assert losses(EVEN).told(4.0) is None
    assert losses([]).told() is None
    assert losses([0.0]).told() is None


def test_places_and_numbers_of_missing_frames():
    lost = losses(without(7, 20, 21), faults=1)
    assert lost.missing() == [(pytest.approx(0.7), 1), (pytest.approx(2.0), 2)]
    assert lost.told() == "damaged, 3 frames missing, at 0.70 s (1), 2.00 s (2)"


def test_a_lost_end_counts_only_in_a_damaged_file():
    assert losses(EVEN[:30]).told(4.0) is None
    assert losses(EVEN[:30], faults=1).told(4.0) == "damaged, 10 frames missing, at 3.00 s (10)"


def test_a_pause_is_told_of_and_a_dropped_frame_is_not():
    assert losses(without(7)).told() is None
    assert losses(without(*range(7, 17))).told() == "10 frames missing, at 0.70 s (10)"
    assert losses(without(7), doubts=1).told() == "damaged, 1 frame missing, at 0.70 s (1)"


def test_of_an_uneven_rate_nothing_can_be_said_to_be_missing():
    uneven = [0.0, 0.1, 0.5, 0.6, 1.4, 1.5, 2.9, 3.0, 3.3, 5.0]
    assert losses(uneven).told() is None
    assert losses(uneven, faults=2).told() == "damaged in 2 places, no frame missing"


def test_many_places_are_shortened():
    times = [k / 10 for k in range(200) if k % 25 != 5]
    told = losses(times, doubts=1).told()
    assert told.startswith("damaged, 8 frames missing, at 0.50 s (1), 3.00 s (1)")
    assert told.endswith("10.50 s (1) and 3 more places")
