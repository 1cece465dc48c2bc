"""Ctrl-C without work cut in two."""

import signal


class Interrupt:
    """Turns the first Ctrl-C into a wish to stop, so that no frame is cut in two.

    The second one stops at once.
    """

    wanted = False

    def __enter__(self):
        self._before = signal.signal(signal.SIGINT, self._note)
        return self

    def _note(self, *_):
        self.wanted = True
        signal.signal(signal.SIGINT, self._before)

    def __exit__(self, *_):
        signal.signal(signal.SIGINT, self._before)
