"""What every script of the project shares: the right Python, and errors a person can read."""

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


def give_up(message):
    """End with one line and exit code 2."""
    print(f"error: {message}", file=sys.stderr)
    sys.exit(2)


def run(main):
    """Call ``main()`` as a program: exit code 2 for a `UserError`, 130 for Ctrl-C.

    Parameters
    ----------
    main : callable
        Takes no argument; its return value, if any, is the exit code.
    """
    try:
        code = main()
        sys.stdout.flush()
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        code = 2
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        code = 130
    except BrokenPipeError:  # the reader, `head` say, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    sys.exit(code)
