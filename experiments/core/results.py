"""What every result comes with: the command that made it, and its tables."""

import shlex
import sys
from pathlib import Path, PurePath

from common.output import make_folder, write_csv


def command_line(script, argv=None, without=()):
    """Write a command as it can stand in a report.

    Parameters
    ----------
    script : str
        Relative to the project.
    argv : list, optional
        Its words; by default those of this process.
    without : collection of str
        Words left out, such as ``--resume``.

    Returns
    -------
    str
        Of paths that lead out of the project only the names are kept: the rest is this
        machine's affair.
    """
    words = [str(word) for word in (sys.argv[1:] if argv is None else argv)]
    words = [shlex.quote(inner(word)) for word in words if word not in without]
    return " ".join([script, *words])


def inner(word):
    """A word of a command line; of a path that leads out of the project, its name."""
    option, equals, value = word.partition("=") if word.startswith("--") else ("", "", word)
    path = PurePath(value)
    return option + equals + (path.name if path.is_absolute() or ".." in path.parts else value)


def table_head(names):
    """Begin a table in Markdown: the line of names, ``| a | b |``, and the rule below it."""
    return [names, "| --- " * (names.count("|") - 1) + "|"]


def write_rows(path, rows):
    """Write dicts of the same keys as a table, floats to four digits; its folder is made, too."""
    make_folder(Path(path).parent, parents=True)
    write_csv(path, list(rows[0]), rows, digits=4)
