"""What has been labelled in a video, with undo: no window, no file.

A mark says where the face of a frame is and which smiley it makes. Marks are set by
the user, or carried on from the frame before; a later change of the first one
changes those carried on from it, too. No mark is carried into another clip.
"""

from bisect import bisect_right
from dataclasses import dataclass, field, replace

from dataset.labelling.geometry import follow_move


@dataclass(frozen=True)
class Mark:
    """The label of one frame.

    Attributes
    ----------
    box : (x, y, side)
        Square of the face in pixels of the frame.
    smiley : str or None
        None says that the frame was looked at and shows no smiley.
    person : str
    own_box, own_smiley : bool
        Set on this very frame; otherwise carried on from the frame before.
    """

    box: tuple
    smiley: str
    person: str
    own_box: bool = True
    own_smiley: bool = True


@dataclass
class Change:
    """One step of undo.

    Attributes
    ----------
    here, there : int
        Frames the user looks at before and after it.
    marks : dict of int to (Mark or None, Mark or None)
        By frame: before and after.
    start : int or None
        Frame at which a clip begins or no longer begins.
    """

    here: int
    there: int
    marks: dict = field(default_factory=dict)
    start: int = None


class Document:
    """Marks of a video's frames, and where its clips begin.

    Parameters
    ----------
    size : (width, height) of the frames
    marks : dict of int to Mark, optional
    starts : iterable of int, optional
        First frames of the clips after the first.

    Attributes
    ----------
    revision : int
        Grows with every change.
    """

    def __init__(self, size, marks=(), starts=()):
        self.size = size
        self.marks = dict(marks)
        self.starts = set(starts)
        self.revision = 0
        self._done, self._undone = [], []

    def clip(self, frame):
        """First frame of the clip in which a frame lies."""
        starts = sorted(self.starts)
        index = bisect_right(starts, frame)
        return starts[index - 1] if index else 0

    def continues(self, frame):
        """Whether a mark could be carried into a frame from the one before."""
        return frame not in self.starts and frame - 1 in self.marks

    def set_smiley(self, frame, smiley, person, box=None):
        """Label a frame, and those to which its label was carried.

        ``box`` is needed where the frame has no mark.
        """
        mark = self.marks.get(frame) or Mark(box, None, person)
        changed = {frame: replace(mark, smiley=smiley, person=person, own_smiley=True)}
        for later in self._carried(frame, "own_smiley"):
            changed[later] = replace(self.marks[later], smiley=smiley, person=person)
        self._change(Change(frame, frame), changed)

    def set_box(self, frame, box, person):
        """Move the square of a frame, and likewise those carried on from it."""
        mark = self.marks.get(frame)
        changed = {frame: Mark(box, None, person) if mark is None else mark}
        changed[frame] = replace(changed[frame], box=box, own_box=True)
        for later in self._carried(frame, "own_box"):
            old = self.marks[later]
            changed[later] = replace(old, box=follow_move(old.box, mark.box, box, self.size))
        self._change(Change(frame, frame), changed)

    def carry(self, frame, box):
        """Carry the mark before a frame into it, with the square ``box``."""
        before = self.marks[frame - 1]
        mark = replace(before, box=box, own_box=False, own_smiley=False)
        self._change(Change(frame - 1, frame), {frame: mark})

    def toggle_start(self, frame):
        """Let a clip begin at a frame, or begin there no longer."""
        changed = {}
        if frame in self.marks:  # it keeps its mark, but of its own
            changed[frame] = replace(self.marks[frame], own_box=True, own_smiley=True)
        self._change(Change(frame, frame, start=frame), changed)

    def undo(self):
        """Take back the last change; return the frame to look at, or None."""
        change = self._move(self._done, self._undone, 0)
        return change and change.here

    def redo(self):
        """Make the last change again that was taken back; return its frame, or None."""
        change = self._move(self._undone, self._done, 1)
        return change and change.there

    def _move(self, changes, others, side):
        if not changes:
            return None
        others.append(changes.pop())
        self._apply(others[-1], side)
        return others[-1]

    def _carried(self, frame, own):
        """Yield the frames after ``frame`` whose marks were carried on from it."""
        later = frame + 1
        while later in self.marks and self.continues(later):
            if getattr(self.marks[later], own):
                return
            yield later
            later += 1

    def _change(self, change, marks):
        for frame, mark in marks.items():
            if self.marks.get(frame) != mark:
                change.marks[frame] = (self.marks.get(frame), mark)
        if not change.marks and change.start is None:
            return
        self._done.append(change)
        self._undone.clear()
        self._apply(change, 1)

    def _apply(self, change, side):
        for frame, marks in change.marks.items():
            if marks[side] is None:
                del self.marks[frame]
            else:
                self.marks[frame] = marks[side]
        if change.start is not None:
            self.starts ^= {change.start}
        self.revision += 1
