"""What every script of the project shares: the right Python, and errors a person can read."""

import argparse
import os
import sys
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


class UserError(Exception):
    """A mistake the user can mend. Its text is one line: what is wrong, and what to do."""


def use_project_python():
    """Restart the running script under the project's own environment, whatever this one holds.

    ``make setup`` installs everything into ``.venv``; with this, a plain
    ``python pipeline/run_video.py`` works without activating it first. Where there is no
    ``.venv``, an environment with the packages serves as it is.
    """
    restarted = os.environ.pop("SMILEYS_RESTARTED", None)
    inside = Path(sys.prefix).resolve() == (ROOT / ".venv").resolve()
    python = ROOT / ".venv" / "bin" / "python"
    if not inside and not restarted and python.exists():
        os.environ["SMILEYS_RESTARTED"] = "1"
        os.execv(python, [str(python), *sys.argv])
    if not (find_spec("theano") and find_spec("cv2")):
        give_up("the packages of requirements.txt are not installed; run 'make setup' first")
    numpy = Path(find_spec("numpy").origin).parent
    if inside and Path(sys.prefix).resolve() not in numpy.resolve().parents:
        give_up(f"NumPy comes from {numpy} instead of .venv; unset PYTHONPATH")


class Parser(argparse.ArgumentParser):
    """A parser that says the user's mistake in one line, and each option's default in its help."""

    def add_argument(self, *names, **settings):
        """Add an argument; a default that its help does not tell is told behind it."""
        action = super().add_argument(*names, **settings)
        shown, said = shown_default(action.default), action.help or ""
        if shown and "default" not in said and f"({shown})" not in said:
            action.help = f"{said} (default {shown})" if said else f"default {shown}"
        return action

    def error(self, message):
        """End with exit code 2."""
        give_up(f"{message} (--help tells more)")


def shown_default(value):
    """How a help tells a default; empty for None, switches, and what is not given."""
    if isinstance(value, (list, tuple)):
        return " ".join(map(shown_default, value))
    if isinstance(value, Path) and value.is_relative_to(ROOT):
        value = value.relative_to(ROOT)
    if value is None or isinstance(value, bool) or value == argparse.SUPPRESS:
        return ""
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return text.replace("%", "%%")


def parser(doc):
    """A parser of a command line, whose help is the script's docstring as it is laid out."""
    return Parser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)


def give_up(message):
    """End with one line and exit code 2."""
    print(f"error: {message}", file=sys.stderr)
    sys.exit(2)


def run(main):
    """Call ``main()`` as a program.

    Exit code 2 for a `UserError`, 130 for Ctrl-C, 128 more than the signal's number for one of
    `common.interrupt.TERMINATION_SIGNALS`, which end it like Ctrl-C.

    Parameters
    ----------
    main : callable
        Takes no argument; its return value, if any, is the exit code.
    """
    from common.interrupt import Stopped, Terminated, TerminationSignals

    try:
        if sys.stdout is None:
            raise UserError("the standard output is closed: send it to a file, or to /dev/null")
        sys.stdout.reconfigure(errors="backslashreplace")  # names that are no text
        with TerminationSignals():
            code = main()
            sys.stdout.flush()
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        code = 2
    except KeyboardInterrupt as error:
        print(error if isinstance(error, Stopped) else "interrupted", file=sys.stderr)
        code = 128 + error.number if isinstance(error, Terminated) else 130
    except BrokenPipeError:  # the reader, `head` say, has seen enough
        give_up_stdout()
        code = 0
    except OSError as error:
        if error.filename is not None or not is_stdout_broken():
            raise
        give_up_stdout()
        print(f"error: cannot write to the standard output: {error.strerror}", file=sys.stderr)
        code = 2
    sys.exit(code)


def is_stdout_broken():
    """Whether nothing can be written to the standard output: what failed is forgotten by now."""
    try:
        print(flush=True)
    except OSError:
        return True
    return False


def give_up_stdout():
    """Send to nowhere what is left to write, or Python would complain about it at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
