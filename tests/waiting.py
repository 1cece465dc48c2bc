"""Waiting for another process: until something holds, never for a time."""

import time


def until(condition, otherwise="it did not happen", seconds=600):
    """Look again and again until ``condition()``; fail, saying ``otherwise``, if never."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, otherwise
        time.sleep(0.01)
