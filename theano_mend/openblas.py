"""The BLAS of the wheel ``scipy-openblas32``, for Theano to compile against."""

import ctypes
import importlib.metadata
import importlib.util
import os
import warnings
from pathlib import Path

from . import flags

LINK = "-lscipy_openblas"


def load():
    """Load the library, and let the linker find it; False where the wheel is not installed.

    Theano splits its linker flags at blanks, so the library's folder cannot stand
    among them wherever the wheel lies: the linker finds it by ``LIBRARY_PATH``,
    and compiled code finds it loaded already.
    """
    spec = importlib.util.find_spec("scipy_openblas32")
    if spec is None:
        return False
    library = next(Path(spec.origin).parent.glob("lib/libscipy_openblas.*"))
    openblas = ctypes.CDLL(str(library), mode=ctypes.RTLD_GLOBAL)
    if "OPENBLAS_NUM_THREADS" not in os.environ:
        # Its threads wait by spinning, on cores that other threads of Theano need;
        # what convolutions leave for it to multiply is small.
        openblas.scipy_openblas_set_num_threads(1)
    others = os.environ.get("LIBRARY_PATH", "").split(os.pathsep)
    folders = [str(library.parent), *(folder for folder in others if folder)]
    os.environ["LIBRARY_PATH"] = os.pathsep.join(dict.fromkeys(folders))
    return True


def prepare():
    """Set ``blas.ldflags`` in ``THEANO_FLAGS``, unless the user has set it."""
    name = "blas.ldflags"
    wanted = flags.environment()
    # A child process inherits the flags of its parent: they are ours, not the user's.
    ours = wanted.get(name) == LINK or (name not in wanted and flags.file(name) is None)
    if not ours:
        return
    if load():
        wanted[name] = LINK
    else:
        # Asked for none, Theano does not ask `numpy.distutils`, which newer NumPys lack; its
        # stand-in calls NumPy, which several threads must not do at once.
        wanted[name] = ""
        wanted["openmp"] = "False"
        warnings.warn(
            "scipy-openblas32 is not installed: Theano runs without BLAS, about three times slower",
            RuntimeWarning,
            stacklevel=3,
        )
    flags.write(wanted)


def name():
    """Name the BLAS that Theano uses, for a person to read."""
    import theano

    ldflags = theano.config.blas.ldflags
    if ldflags == LINK:
        return f"OpenBLAS {importlib.metadata.version('scipy-openblas32')}"
    return ldflags or "none, slow"
