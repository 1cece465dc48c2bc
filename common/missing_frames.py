"""Frames that a video has lost: found by gaps in its timestamps, and by decoding errors."""

import statistics
from array import array

REGULAR = 0.9  # part of the steps that must be alike for the frame rate to be constant
ALIKE = 0.25  # of the usual step, by which steps may differ and be alike
LONG = 0.2  # seconds without a frame that are reported even if nothing else is wrong
NAMED = 5  # places named in one line


class MissingFrames:
    """Counts missing frames while a video is read.

    Attributes
    ----------
    errors : int
        Packets that cannot be read or decoded.
    suspects : int
        Packets behind which others may be missing, as where two files were joined.
    """

    def __init__(self):
        self.errors = self.suspects = 0
        self._times = array("d")  # eight bytes a frame

    def add(self, time):
        """A frame is shown from ``time`` on, in seconds."""
        self._times.append(time)

    @property
    def median_step(self):
        """The usual time from one frame to the next, None before there are two."""
        steps = self._steps()
        return statistics.median(steps) if steps else None

    def _steps(self):
        return [b - a for a, b in zip(self._times, self._times[1:])]

    def gaps(self, end=None):
        """Places where frames are missing, if the video has one rate: list of (time, frames).

        Parameters
        ----------
        end : float, optional
            When the video should end; by default with the last frame.
        """
        steps, usual = self._steps(), self.median_step
        if not usual:
            return []
        alike = sum(abs(step - usual) <= ALIKE * usual for step in steps)
        if alike < REGULAR * len(steps):
            return []
        starts = list(self._times)
        if end is not None:
            steps.append(end - starts[-1])
        lost = [(start + usual, round(step / usual) - 1) for start, step in zip(starts, steps)]
        return [(time, count) for time, count in lost if count > 0]

    def message(self, end=None):
        """One line on what is missing, None if nothing is.

        Parameters
        ----------
        end : float, optional
            As for `gaps`; looked at only if something is damaged.
        """
        damaged, places = self.errors or self.suspects, self.gaps(end if self.errors else None)
        if not damaged:
            places = [(time, count) for time, count in places if count * self.median_step >= LONG]
        if not places:
            return (
                f"damaged in {many(self.errors, 'place')}, no frame missing"
                if self.errors
                else None
            )
        total = sum(count for _, count in places)
        spans = [f"{time:.2f} s ({count})" for time, count in places]
        said = "damaged, " if damaged else ""
        return f"{said}{many(total, 'frame')} missing, at {shorten(spans)}"


def many(count, noun):
    """``1 frame``, ``2 frames``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def shorten(places):
    """Some places by name, and how many more there are."""
    more = len(places) - NAMED
    return ", ".join(places[:NAMED]) + (f" and {more} more places" if more > 0 else "")
