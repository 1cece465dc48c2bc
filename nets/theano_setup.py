"""Prepares Theano 1.0.5 and Lasagne 0.1 for this project: its flags, then `theano_mend`.

Import it before theano; importing anything of `nets` does so. What makes the old
libraries work on today's Python and NumPy is `theano_mend/`, a package of its own.
"""

import logging
import os
import shutil
import sys
import warnings

import theano_mend  # noqa: F401 - mends Theano as soon as that is imported
from common.cli import ROOT, UserError
from theano_mend import flags

CACHE = ROOT / ".cache" / "theano"

# Flags that the networks cannot run with, and what they may be.
NEEDED = {
    "floatX": ["float32"],
    "device": ["cpu"],
    "mode": ["Mode", "FAST_RUN"],
    "compute_test_value": ["off"],
}


def set_flags():
    """Put the project's flags into ``THEANO_FLAGS``; what the user has set there stays.

    Raises
    ------
    UserError
        For a flag of the user's with which the networks cannot run, and for a machine on which
        Theano would end in a traceback, or in code a hundred times slower.
    """
    # A thread that waits for the others sleeps, so that augmentation gets its core.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    # What the user wants of Theano elsewhere, in ~/.theanorc, is not meant for this project.
    os.environ["THEANORC"] = os.devnull
    # Two processes that compile wait for each other; that is no news to the user.
    logging.getLogger("theano.gof.compilelock").setLevel(logging.WARNING)
    user = flags.environment()
    for name, fitting in NEEDED.items():
        if user.get(name, fitting[0]) not in fitting:
            raise UserError(
                f"THEANO_FLAGS sets {name}={user[name]}, with which the networks cannot run: "
                f"leave it out, or set {name}={fitting[0]}"
            )
    wanted = {
        "device": "cpu",
        "floatX": "float32",
        "base_compiledir": str(CACHE),
        "openmp": "True",
        # Two cores gain from threads on arrays far smaller than Theano's default says.
        "openmp_elemwise_minsize": "20000",
        **user,
    }
    check_machine(wanted)
    flags.write(wanted)


def check_machine(wanted):
    """Raise a `UserError` where nothing can be compiled, or what is compiled not loaded."""
    # Theano takes clang++ on macOS; a compiler that the user names is hers to know.
    compiler = "clang++" if sys.platform == "darwin" else "g++"
    if "cxx" not in wanted and not shutil.which(compiler):
        raise UserError(
            f"no C++ compiler found: install {compiler} (Debian: sudo apt-get install g++)"
        )
    folder = os.path.expanduser(wanted["base_compiledir"])
    elsewhere = "name another folder by THEANO_FLAGS=base_compiledir=FOLDER"
    try:
        os.makedirs(folder, exist_ok=True)
        writable = os.access(folder, os.W_OK)
    except OSError:
        writable = False
    if not writable:
        raise UserError(f"Theano cannot write its compiled code to {folder}: {elsewhere}")
    if os.statvfs(folder).f_flag & getattr(os, "ST_NOEXEC", 0):
        raise UserError(
            f"Theano cannot load its compiled code from {folder}, "
            f"a disk mounted with noexec: {elsewhere}"
        )


set_flags()
import theano  # noqa: E402, F401

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # about what is old in Lasagne
    import lasagne  # noqa: F401
