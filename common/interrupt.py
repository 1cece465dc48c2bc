"""Ctrl-C, and a polite end from outside, without work cut in two."""

import contextlib
import os
import signal

# A closed terminal, and what `kill`, `timeout` and a machine that shuts down send.
ENDINGS = (signal.SIGTERM, signal.SIGHUP)


class Ended(KeyboardInterrupt):
    """The program was told to end by one of `ENDINGS`."""

    def __init__(self, number):
        super().__init__(number)
        self.number = number


class Stopped(KeyboardInterrupt):
    """Long work was asked to end early, and has saved where it was: the words say how to go on."""


def end(number, _):
    """Handle one of `ENDINGS`, as Python handles Ctrl-C."""
    raise Ended(number)


def wait_with_endings():
    """Hold back `ENDINGS` while the process forks: a child loses what comes too early."""
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDINGS)


def take_endings():
    """Let `ENDINGS` come again."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDINGS)


def die_as_usual():
    """Let `ENDINGS` end a forked child at once: its parent ends it by them."""
    for number in ENDINGS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            with contextlib.suppress(ValueError):  # forked by a thread of old Pythons
                signal.signal(number, signal.SIG_DFL)
    take_endings()


os.register_at_fork(
    before=wait_with_endings, after_in_parent=take_endings, after_in_child=die_as_usual
)


class Endings:
    """Lets `ENDINGS` be like Ctrl-C, unless they are ignored (``nohup``); a context manager."""

    def __enter__(self):
        self._before = {}
        for number in ENDINGS:
            if signal.getsignal(number) is signal.SIG_DFL:
                self._before[number] = signal.signal(number, end)
        return self

    def __exit__(self, *_):
        for number, handler in self._before.items():
            signal.signal(number, handler)


class Interrupt:
    """Turns the first Ctrl-C, or one of `ENDINGS`, into a wish to stop: no frame is cut in two.

    The second one stops at once.
    """

    wanted = False

    def __enter__(self):
        ended = [number for number in ENDINGS if signal.getsignal(number) is end]
        self._before = {n: signal.signal(n, self._note) for n in (signal.SIGINT, *ended)}
        return self

    def _note(self, number, _):
        self.wanted, self._number = True, number
        self.__exit__()

    def stop(self):
        """Raise what was wished."""
        raise KeyboardInterrupt if self._number == signal.SIGINT else Ended(self._number)

    def __exit__(self, *_):
        for number, handler in self._before.items():
            signal.signal(number, handler)
