"""What every result comes with: the command that made it, and its tables."""

import sys
from pathlib import Path


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
        Of absolute paths only the names are kept: they are this machine's affair.
    """
    words = [str(word) for word in (sys.argv[1:] if argv is None else argv)]
    words = [Path(word).name if word.startswith("/") else word for word in words]
    return " ".join([script, *(word for word in words if word not in without)])


def table_head(names):
    """Begin a table in Markdown: the line of names, ``| a | b |``, and the rule below it."""
    return [names, "| --- " * (names.count("|") - 1) + "|"]
