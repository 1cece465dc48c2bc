"""The labelling tool's window: hands events to the session, its picture to OpenCV."""

import os
import subprocess
import sys
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor

import cv2

from common.cli import UserError
from dataset.labelling.geometry import CANVAS
from dataset.labelling.keys import key_name
from dataset.labelling.view import draw

SAVE_PLAYING = 0.3  # seconds between saves of what is carried on while playing
SAVE_POSITION = 1.0  # seconds between saves of where the user is
REPEAT = (0.025, 0.05)  # seconds between what a keyboard sends while a key is held down
MOUSE = {
    cv2.EVENT_LBUTTONDOWN: "down",
    cv2.EVENT_LBUTTONDBLCLK: "down",
    cv2.EVENT_MOUSEMOVE: "move",
    cv2.EVENT_LBUTTONUP: "up",
}


def check_display():
    """Raise a `UserError` where no window can be opened.

    Qt ends the process if it finds no display, so another one tries first.
    """
    code = "import cv2; cv2.namedWindow('probe'); cv2.destroyAllWindows()"
    probe = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    if probe.returncode:
        display = os.environ.get("DISPLAY")
        what = f"the display {display} does not answer" if display else "there is no display"
        raise UserError(f"{what}: the labelling tool needs a desktop and OpenCV with windows")


class Window:
    """A window that lasts as long as it is open.

    Parameters
    ----------
    session : dataset.labelling.session.Session
    frames : dataset.labelling.frames.Frames
    store : dataset.labelling.store.Store
    table : dict
        As from `common.smileys.read_smileys`.
    title : str
    """

    def __init__(self, session, frames, store, table, title):
        self.session, self.frames, self.store = session, frames, store
        self.table, self.title = table, title
        self._events = deque()  # in the order in which they came
        self._last = (None, 0.0)  # key, and when it came
        self._worker = ThreadPoolExecutor(1)
        self._detect = session.faces.detect
        if self._detect:
            session.faces.detect = self._find_faces

    def run(self):
        """Show the window until it is closed; everything done is saved."""
        session = self.session
        self._open()
        revision, position = session.document.revision, session.position
        due = saved = 0.0
        try:
            self.show()
            while not session.closed:
                pause = 1000 * (due - time.monotonic()) if session.playing else 30
                self._listen(1 if self._events else max(1, int(pause)))
                changed = self._dispatch()
                now = time.monotonic()
                if session.playing and now >= due:
                    session.tick()
                    changed = True
                    due = max(now, due + 1 / (self.frames.fps * session.speed))
                if changed:
                    self.show()
                pause = SAVE_PLAYING if session.playing else 0
                if session.document.revision != revision and now >= saved + pause:
                    self._patiently(self.store.save, session)
                    revision, position, saved = session.document.revision, session.position, now
                elif session.position != position and now >= saved + SAVE_POSITION:
                    self.store.save_labels(session)
                    position, saved = session.position, now
                if cv2.getWindowProperty(self.title, cv2.WND_PROP_VISIBLE) < 1:
                    session.closed = True
        finally:
            self.store.save(session)
            cv2.destroyAllWindows()

    def show(self):
        """Draw the state."""
        cv2.imshow(self.title, self._patiently(self._draw))

    def _draw(self):
        frame = self.frames[self.session.position]
        return draw(self.session, frame, self.table, self.frames.fps)

    def _open(self, place=None):
        """Open the window, at the place (x, y, width, height) that another one had."""
        flags = cv2.WINDOW_NORMAL | cv2.WINDOW_KEEPRATIO | cv2.WINDOW_GUI_NORMAL
        cv2.namedWindow(self.title, flags)
        cv2.resizeWindow(self.title, *(place[2:] if place else CANVAS))
        if place:
            cv2.moveWindow(self.title, *place[:2])
        cv2.setMouseCallback(self.title, self._clicked)

    def _reopen(self):
        """Undo Qt's own magnifying by the wheel, which would turn dragging into scrolling."""
        place = cv2.getWindowImageRect(self.title)
        cv2.destroyWindow(self.title)
        self._open(place)

    def _find_faces(self, frame):
        if not self._detect.loaded:
            self.session.message = "loading the detector: the first time takes a minute or two …"
            self.show()
            self.session.message = ""
        return self._patiently(self._detect, frame)

    def _patiently(self, function, *arguments):
        """Call something slow, and listen meanwhile: OpenCV remembers only the last key.

        The function must not touch the window, which belongs to this thread.
        """
        job = self._worker.submit(function, *arguments)
        while not job.done():
            self._listen(1)
        return job.result()

    def _listen(self, milliseconds):
        """Wait for a key, and put it down for later."""
        code = cv2.waitKeyEx(milliseconds)
        name = key_name(code) if code >= 0 else None
        if name is None:
            return
        now = time.monotonic()
        last, then = self._last
        self._last = (name, now)
        # A key held down must not go on for long after it is released.
        held = name == last and REPEAT[0] < now - then < REPEAT[1]
        if not (held and self._events):
            self._events.append((self.session.key, name))

    def _clicked(self, event, x, y, flags, _):
        """Put down what the mouse did; called by OpenCV while it waits for keys."""
        if event == cv2.EVENT_MOUSEWHEEL:
            self._events.append((self.session.mouse, "in" if flags > 0 else "out", x, y))
        elif event in MOUSE:
            self._events.append((self.session.mouse, MOUSE[event], x, y))

    def _dispatch(self):
        """Hand on what came, up to the first key; say whether the picture may have changed."""
        changed = turned = False
        while self._events:
            act, what, *at = self._events.popleft()
            changed |= what != "move" or self.session.drag is not None
            turned |= what in ("in", "out")
            act(what, *at)
            if act == self.session.key:
                break
        if turned and cv2.currentUIFramework().startswith("QT"):
            self._reopen()
        return changed
