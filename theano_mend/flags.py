"""Theano's flags, read and written before Theano is imported."""

import configparser
import os
import shlex


def environment():
    """Return what ``THEANO_FLAGS`` sets, read the way Theano does: a dict of str."""
    parts = shlex.shlex(os.environ.get("THEANO_FLAGS", ""), posix=True)
    parts.whitespace, parts.whitespace_split = ",", True
    return dict(part.strip().split("=", 1) for part in parts if "=" in part)


def file(name):
    """Return what the user's ``.theanorc`` says of a flag, ``blas.ldflags`` say, or None."""
    section, _, option = name.rpartition(".")
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    paths = os.environ.get("THEANORC", "~/.theanorc").split(os.pathsep)
    try:
        parser.read([os.path.expanduser(path) for path in paths if path])
    except (configparser.Error, UnicodeDecodeError):
        return None  # Theano itself will say so
    return parser.get(section or "global", option, fallback=None)


def write(flags):
    """Make a dict of str the value of ``THEANO_FLAGS``, for Theano and for child processes."""
    os.environ["THEANO_FLAGS"] = ",".join(
        f"{name}={shlex.quote(value)}" for name, value in flags.items()
    )
