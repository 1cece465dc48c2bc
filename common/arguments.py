"""Numbers that a command line may hold: types for argparse."""

import argparse
import math


def number(smallest, largest=math.inf, kind=float):
    """Make a type for argparse: a finite number from ``smallest`` to ``largest``."""

    def convert(text):
        try:
            value = kind(text)
        except ValueError:
            value = math.nan
        if not smallest <= value <= largest or math.isinf(value):
            bounds = f"at least {smallest}" if largest == math.inf else f"{smallest} to {largest}"
            what = "whole number" if kind is int else "number"
            raise argparse.ArgumentTypeError(f"{text!r} is no {what} of {bounds}")
        return value

    return convert


def whole(smallest):
    """Make a type for argparse: a whole number from ``smallest``."""
    return number(smallest, kind=int)


count = whole(1)
