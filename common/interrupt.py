"""Ctrl-C, and a polite end from outside, without work cut in two."""

import contextlib
import os
import signal

# A closed terminal, and what `kill`, `timeout` and a machine that shuts down send.
TERMINATION_SIGNALS = (signal.SIGTERM, signal.SIGHUP)


class Terminated(KeyboardInterrupt):
    """The program was told to end by one of `TERMINATION_SIGNALS`."""

    def __init__(self, number):
        super().__init__(number)
        self.number = number


class Stopped(KeyboardInterrupt):
    """Long work was asked to end early, and has saved where it was: the words say how to go on."""


def raise_terminated(number, _):
    """Handle one of `TERMINATION_SIGNALS`, as Python handles Ctrl-C."""
    raise Terminated(number)


def block_signals():
    """Hold back `TERMINATION_SIGNALS` while the process forks: an early one would be lost."""
    signal.pthread_sigmask(signal.SIG_BLOCK, TERMINATION_SIGNALS)


def unblock_signals():
    """Let `TERMINATION_SIGNALS` come again."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, TERMINATION_SIGNALS)


def restore_default_handlers():
    """Let `TERMINATION_SIGNALS` end a forked child at once: its parent ends it by them."""
    for number in TERMINATION_SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            with contextlib.suppress(ValueError):  # forked by a thread of old Pythons
                signal.signal(number, signal.SIG_DFL)
    unblock_signals()


os.register_at_fork(
    before=block_signals, after_in_parent=unblock_signals, after_in_child=restore_default_handlers
)


class TerminationSignals:
    """Context: `TERMINATION_SIGNALS` act like Ctrl-C, unless they are ignored (``nohup``)."""

    def __enter__(self):
        self._before = {}
        for number in TERMINATION_SIGNALS:
            if signal.getsignal(number) is signal.SIG_DFL:
                self._before[number] = signal.signal(number, raise_terminated)
        return self

    def __exit__(self, *_):
        for number, handler in self._before.items():
            signal.signal(number, handler)


class Interrupt:
    """Turns the first Ctrl-C, or termination signal, into a wish to stop: no frame is cut in two.

    The second one stops at once.
    """

    wanted = False

    def __enter__(self):
        ended = [
            number for number in TERMINATION_SIGNALS if signal.getsignal(number) is raise_terminated
        ]
        self._before = {n: signal.signal(n, self._note) for n in (signal.SIGINT, *ended)}
        return self

    def _note(self, number, _):
        self.wanted, self._number = True, number
        self.__exit__()

    def stop(self):
        """Raise what was wished."""
        raise KeyboardInterrupt if self._number == signal.SIGINT else Terminated(self._number)

    def __exit__(self, *_):
        for number, handler in self._before.items():
            signal.signal(number, handler)
