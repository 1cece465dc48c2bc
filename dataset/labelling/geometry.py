"""Squares in the frame, and where the parts of the window are.

A square is ``(x, y, side)`` in pixels of the frame, tenths; canvas coordinates are
pixels of the drawn window.
"""

from dataclasses import dataclass, replace

SMALLEST = 8  # pixels: side of the smallest square
LARGEST_ZOOM = 16

# The canvas: the frame, at its right the smileys, below the timeline and three lines.
AREA = (960, 544)
CANVAS = (1160, 646)
ROW = 32  # pixels a smiley's row is high
TIMELINE = (0, 552, 960, 24)  # x, y, width, height
HANDLE = 10  # canvas pixels around a corner in which the mouse takes it


def fit(box, size):
    """Make a square allowed: neither tiny nor larger than the frame, its centre inside."""
    x, y, side = box
    cx, cy = x + side / 2, y + side / 2
    side = min(max(side, SMALLEST), max(size))
    cx, cy = min(max(cx, 0), size[0] - 1), min(max(cy, 0), size[1] - 1)
    return tuple(round(value, 1) for value in (cx - side / 2, cy - side / 2, side))


def move_square(box, right, down, factor, size):
    """Shift a square by parts of its side, and scale it about its centre."""
    x, y, side = box
    grown = side * factor
    shift = (side - grown) / 2
    return fit((x + shift + right * side, y + shift + down * side, grown), size)


def follow_move(box, old, new, size):
    """Move a square as another one was moved from ``old`` to ``new``."""
    scale = box[2] / old[2]
    side = new[2] * scale
    x, y = (
        box[k] + box[2] / 2 + (new[k] + new[2] / 2 - old[k] - old[2] / 2) * scale - side / 2
        for k in (0, 1)
    )
    return fit((x, y, side), size)


def square_between(fixed, point, size):
    """Return the square with one corner at ``fixed`` and the other towards ``point``."""
    dx, dy = point[0] - fixed[0], point[1] - fixed[1]
    side = max(abs(dx), abs(dy), SMALLEST)
    x = fixed[0] - side * (dx < 0)
    y = fixed[1] - side * (dy < 0)
    return fit((x, y, side), size)


def hit_test(box, point, reach):
    """What the mouse takes hold of at a point of the frame.

    Parameters
    ----------
    box : (x, y, side) or None
    point : (x, y)
    reach : float
        Distance from a corner, in pixels of the frame.

    Returns
    -------
    (x, y) or 'inside' or None
        The corner opposite the one taken hold of; the square as a whole; nothing.
    """
    if box is None:
        return None
    x, y, side = box
    reach = min(reach, side / 3)
    for right in (0, 1):
        for down in (0, 1):
            corner = (x + right * side, y + down * side)
            if max(abs(corner[0] - point[0]), abs(corner[1] - point[1])) <= reach:
                return x + (1 - right) * side, y + (1 - down) * side
    inside = x <= point[0] <= x + side and y <= point[1] <= y + side
    return "inside" if inside else None


@dataclass(frozen=True)
class Viewport:
    """Which part of the frame is seen.

    Attributes
    ----------
    size : (width, height) of the frame
    zoom : float
        1 shows all of it.
    centre : (x, y)
        Point of the frame in the middle of the area.
    """

    size: tuple
    zoom: float = 1.0
    centre: tuple = None

    def __post_init__(self):
        if self.centre is None:
            object.__setattr__(self, "centre", (self.size[0] / 2, self.size[1] / 2))

    @property
    def scale(self):
        """Canvas pixels a pixel of the frame."""
        return min(AREA[0] / self.size[0], AREA[1] / self.size[1]) * self.zoom

    def to_frame(self, x, y):
        """Point of the frame at a point of the canvas."""
        return tuple(
            (value - AREA[k] / 2) / self.scale + self.centre[k] for k, value in enumerate((x, y))
        )

    def to_canvas(self, x, y):
        """Point of the canvas at a point of the frame."""
        return tuple(
            (value - self.centre[k]) * self.scale + AREA[k] / 2 for k, value in enumerate((x, y))
        )

    def zoomed(self, factor, point, at):
        """Return the viewport zoomed so that a point of the frame is at one of the canvas."""
        zoom = min(max(self.zoom * factor, 1.0), LARGEST_ZOOM)
        new = replace(self, zoom=zoom)
        centre = []
        for k in (0, 1):
            half = AREA[k] / 2 / new.scale
            value = point[k] - (at[k] - AREA[k] / 2) / new.scale
            low, high = half, self.size[k] - half
            # The frame fills the area, or is in its middle.
            centre.append(min(max(value, low), high) if low < high else self.size[k] / 2)
        return replace(new, centre=tuple(centre))
