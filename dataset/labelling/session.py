"""The labelling tool's logic: what keys and mouse do. No window, no file."""

from dataclasses import dataclass

from dataset.labelling.geometry import (
    AREA,
    HANDLE,
    ROW,
    TIMELINE,
    Viewport,
    fit,
    hit_test,
    move_square,
    square_between,
)
from dataset.labelling.keys import COMMANDS, SMILEY_KEYS

SPEEDS = (0.125, 4)
SLIP = 4  # canvas pixels by which a click may slip without drawing a square


@dataclass
class Drag:
    """The mouse with its button down.

    Attributes
    ----------
    kind : {'inside', 'corner', 'time'}
    start : (x, y)
        Where it went down, or the corner that stays; in pixels of the frame.
    reach : (x, y)
        From the mouse to the corner it moves.
    old, box : (x, y, side) or None
        The square before and now.
    """

    kind: str
    start: tuple
    reach: tuple = (0, 0)
    old: tuple = None
    box: tuple = None


class Session:
    """One user at one video.

    Parameters
    ----------
    document : dataset.labelling.document.Document
    count : int
        Frames of the video.
    smileys : list of str
        At most as many as there are `keys.SMILEY_KEYS`.
    person : str
        Who is in the video.
    faces : dataset.labelling.faces.Faces
    position : int
        The frame to begin with.
    """

    def __init__(self, document, count, smileys, person, faces, position=0):
        self.document, self.count, self.person = document, count, person
        self.smileys = smileys
        self.keys = dict(zip(SMILEY_KEYS, smileys))
        self.faces = faces
        self.position = min(max(position, 0), count - 1)
        self.view = Viewport(document.size)
        self.drag = None
        self.playing = self.help = self.closed = False
        self.speed = 1.0
        self.message = "h or ? shows the keys"

    @property
    def mark(self):
        """The mark of the frame looked at, or None."""
        return self.document.marks.get(self.position)

    @property
    def box(self):
        """The square to be seen: the one under the mouse, or the mark's; or None."""
        if self.drag and self.drag.box:
            return self.drag.box
        return self.mark and self.mark.box

    def key(self, name):
        """Press a key, named as in `keys`."""
        if self.drag:  # the mouse goes first
            if name == "esc":
                self.drag = None
            return
        if self.help and name not in ("h", "?"):
            self.help = False
            return
        self.message = ""
        if name in self.keys:
            self.label(self.keys[name])
        elif name in COMMANDS:
            command, argument = COMMANDS[name]
            getattr(self, command)(*([] if argument is None else [argument]))

    def mouse(self, event, x, y):
        """Use the mouse.

        Parameters
        ----------
        event : {'down', 'move', 'up', 'in', 'out'}
            The left button, or the wheel that zooms in or out.
        x, y : float
            On the canvas.
        """
        if event == "down":
            self.help = False
            self.message = ""
            self._press(x, y)
        elif event in ("move", "up") and self.drag:
            self._drag(x, y)
            if event == "up":
                self._release()
        elif event in ("in", "out") and not self.drag and x < AREA[0] and y < AREA[1]:
            factor = 1.25 if event == "in" else 0.8
            self.view = self.view.zoomed(factor, self.view.to_frame(x, y), (x, y))

    def tick(self):
        """Show the next frame, while playing."""
        if self.playing:
            self.step(1)
            self.playing = self.position < self.count - 1

    # Commands of the keys.

    def label(self, smiley):
        """Say which smiley the frame shows."""
        if self.mark:
            box = self.mark.box
        elif self.document.continues(self.position):
            box = self.faces.carried_box(self.document, self.position)
        else:
            box = self._proposal()
        if box:
            self.document.set_smiley(self.position, smiley, self.person, box)

    def clear(self):
        """Say that the frame shows no smiley."""
        if self.mark:
            self.document.set_smiley(self.position, None, self.person)

    def play(self):
        """Play or pause."""
        self.playing = not self.playing and self.position < self.count - 1

    def faster(self, factor):
        """Change the speed of playing."""
        self.speed = min(max(self.speed * factor, SPEEDS[0]), SPEEDS[1])

    def step(self, frames):
        """Go some frames on or back; to the very next one, square and smiley carry on."""
        last = self.position
        if not 0 <= last + frames < self.count:
            self.message = "the video ends here" if frames > 0 else "the video begins here"
        self.seek(last + frames)
        new = self.position
        if frames == 1 and new > last and self.document.continues(new) and not self.mark:
            self.document.carry(new, self.faces.carried_box(self.document, new))
            self.message = self.faces.take_problem() or self.message

    def seek(self, frame):
        """Look at a frame, or at the nearest there is."""
        self.position = min(max(frame, 0), self.count - 1)

    def jump_clip(self, way):
        """Go to the next start of a clip (1), or to the last one (-1)."""
        starts = {0, *self.document.starts}
        there = [s for s in starts if (s - self.position) * way > 0]
        if there:
            self.seek(min(there, key=lambda s: abs(s - self.position)))
        else:
            self.message = "no other clip that way: c lets one begin here"

    def next_unlabelled(self):
        """Go to the next frame without a mark; after the last one, search from the first."""
        order = [*range(self.position + 1, self.count), *range(self.position)]
        frame = next((f for f in order if f not in self.document.marks), None)
        if frame is None:
            self.message = "no other frame is without a label"
        else:
            self.message = "" if frame > self.position else "searched on from the first frame"
            self.seek(frame)

    def toggle_start(self):
        """Let a clip begin here, or no longer."""
        if self.position:
            self.document.toggle_start(self.position)
        else:
            self.message = "the first clip begins here anyway"

    def propose(self):
        """Let the detector set the square; if it is there already, to the next best face."""
        box = self._proposal()
        if box:
            self.document.set_box(self.position, box, self.person)

    def toggle_follow(self):
        """Let carried squares follow the face, or stay where they are."""
        if not self.faces.detect:
            self.message = "there is no detector: the square stays where it is"
        self.faces.follow = not self.faces.follow and self.faces.detect is not None

    def nudge(self, change):
        """Move and scale the square a little: parts of its side, and a factor."""
        if self.mark:
            box = move_square(self.mark.box, *change, self.document.size)
            self.document.set_box(self.position, box, self.person)

    def zoom(self, factor):
        """Zoom in on the square, or out."""
        x, y, side = self.box or (*self.view.centre, 0)
        middle = (AREA[0] / 2, AREA[1] / 2)
        self.view = self.view.zoomed(factor, (x + side / 2, y + side / 2), middle)

    def undo(self):
        """Take back the last change."""
        self._went(self.document.undo(), "nothing to undo")

    def redo(self):
        """Make it again."""
        self._went(self.document.redo(), "nothing to redo")

    def toggle_help(self):
        """Show the keys, or hide them."""
        self.help = not self.help
        self.playing = False

    def escape(self):
        """Close the tool."""
        self.closed = True

    def _went(self, frame, otherwise):
        self.playing = False
        if frame is None:
            self.message = otherwise
        else:
            self.seek(frame)

    def _proposal(self):
        box = self.faces.proposal(self.document, self.position)
        if box is None:
            why = self.faces.take_problem() or "no face found here"
            self.message = f"{why}: draw the square with the mouse"
        return box

    # The mouse.

    def _press(self, x, y):
        self.playing = False
        left, top, width, height = TIMELINE
        if x >= AREA[0]:
            row = int(y // ROW)
            if 0 <= row < len(self.keys):
                self.label(list(self.keys.values())[row])
        elif left <= x < left + width and top <= y < top + height:
            self.drag = Drag("time", (x, y))
            self._drag(x, y)
        elif y < AREA[1]:
            point = self.view.to_frame(x, y)
            box = self.mark and self.mark.box
            hold = hit_test(box, point, HANDLE / self.view.scale)
            if hold == "inside":
                self.drag = Drag("inside", point, old=box)
            elif hold:
                corner = [2 * box[k] + box[2] - hold[k] for k in (0, 1)]
                reach = (corner[0] - point[0], corner[1] - point[1])
                self.drag = Drag("corner", hold, reach, box, box)
            else:
                self.drag = Drag("corner", point, old=box)

    def _drag(self, x, y):
        drag = self.drag
        if drag.kind == "time":
            self.seek(int((x - TIMELINE[0]) / TIMELINE[2] * self.count))
            return
        point = self.view.to_frame(x, y)
        if drag.kind == "corner":
            corner = (point[0] + drag.reach[0], point[1] + drag.reach[1])
            far = max(abs(a - b) for a, b in zip(corner, drag.start)) * self.view.scale
            if drag.box or far >= SLIP:
                drag.box = square_between(drag.start, corner, self.document.size)
        else:
            shift = [a - b for a, b in zip(point, drag.start)]
            new = (drag.old[0] + shift[0], drag.old[1] + shift[1], drag.old[2])
            drag.box = fit(new, self.document.size)

    def _release(self):
        drag, self.drag = self.drag, None
        if drag.box and drag.box != drag.old:
            self.document.set_box(self.position, drag.box, self.person)
