"""One job of many, wherever it runs."""

import time

from common.interrupt import Stopped

STARTED = "begun"  # file in the folder of a job that a process has taken up


def timed(function, job, data, folder, stop, tick):
    """Run one job: (result, seconds), or None if it was stopped."""
    (folder / STARTED).touch()
    begun = time.time()
    try:
        result = function(*job, data, folder, stop, tick)
    except Stopped:  # to Dask it would be a Ctrl-C
        return None
    (folder / STARTED).unlink()
    return result, time.time() - begun
