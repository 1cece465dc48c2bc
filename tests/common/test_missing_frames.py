"""What is said to be missing, of hand-made times."""

import pytest

from common.missing_frames import MissingFrames


def missing(times, errors=0, suspects=0):
    found = MissingFrames()
    found.errors, found.suspects = errors, suspects
    for time in times:
        found.add(time)
    return found


EVEN = [k / 10 for k in range(40)]


def without(*lost):
    return [time for k, time in enumerate(EVEN) if k not in lost]


def test_nothing_is_missing():
    assert missing(EVEN).message(4.0) is None
    assert missing([]).message() is None
    assert missing([0.0]).message() is None


def test_places_and_numbers_of_missing_frames():
    lost = missing(without(7, 20, 21), errors=1)
    assert lost.gaps() == [(pytest.approx(0.7), 1), (pytest.approx(2.0), 2)]
    assert lost.message() == "damaged, 3 frames missing, at 0.70 s (1), 2.00 s (2)"


def test_a_lost_end_counts_only_in_a_damaged_file():
    assert missing(EVEN[:30]).message(4.0) is None
    assert missing(EVEN[:30], errors=1).message(4.0) == "damaged, 10 frames missing, at 3.00 s (10)"


def test_a_pause_is_told_of_and_a_dropped_frame_is_not():
    assert missing(without(7)).message() is None
    assert missing(without(*range(7, 17))).message() == "10 frames missing, at 0.70 s (10)"
    assert missing(without(7), suspects=1).message() == "damaged, 1 frame missing, at 0.70 s (1)"


def test_of_an_uneven_rate_nothing_can_be_said_to_be_missing():
    uneven = [0.0, 0.1, 0.5, 0.6, 1.4, 1.5, 2.9, 3.0, 3.3, 5.0]
    assert missing(uneven).message() is None
    assert missing(uneven, errors=2).message() == "damaged in 2 places, no frame missing"


def test_many_places_are_shortened():
    times = [k / 10 for k in range(200) if k % 25 != 5]
    message = missing(times, suspects=1).message()
    assert message.startswith("damaged, 8 frames missing, at 0.50 s (1), 3.00 s (1)")
    assert message.endswith("10.50 s (1) and 3 more places")
