"""Numbers that a command line may hold."""

import argparse

import pytest

from common.arguments import count, number, whole


@pytest.mark.parametrize(
    ("kind", "text", "said"),
    [
        (count, "0", "'0' is no whole number of at least 1"),
        (count, "1.5", "'1.5' is no whole number of at least 1"),
        (whole(3), "2", "'2' is no whole number of at least 3"),
        (number(0, 1), "2", "'2' is no number of 0 to 1"),
        (number(0), "inf", "'inf' is no number of at least 0"),
        (number(0), "nan", "'nan' is no number of at least 0"),
        (number(0), "x", "'x' is no number of at least 0"),
    ],
)
def test_what_is_no_such_number_is_refused(kind, text, said):
    with pytest.raises(argparse.ArgumentTypeError, match=said):
        kind(text)


def test_numbers_are_read():
    assert (count("1"), whole(0)("7"), number(0, 1)("0.5")) == (1, 7, 0.5)
