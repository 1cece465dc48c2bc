"""Makes Theano 1.0.5 and Lasagne 0.1 work, and work fast, on today's Python.

Import it before theano; importing anything of `nets` does so. It

1. sets Theano's flags (a flag in the environment's ``THEANO_FLAGS`` wins);
2. gives Theano a fast BLAS, from the wheel ``scipy-openblas32``;
3. puts back names that newer Pythons and numpys have dropped;
4. puts back modules that Lasagne 0.1 expects of an older Theano.

Not covered: ``theano.scan`` runs, but in Python rather than in C, since its
C code does not compile on CPython 3.11 and later; and everything that needs a GPU
(``lasagne.layers.{dnn,corrmm,cuda_convnet}``), since the old GPU back end is
no longer part of Theano.
"""

import collections
import collections.abc
import importlib.metadata
import importlib.util
import inspect
import os
import sys
import types
import warnings

import numpy as np

from cli import ROOT, UserError

CACHE = ROOT / ".cache" / "theano"


def openblas_flags():
    """Flags to compile and link against the OpenBLAS inside ``scipy-openblas32``.

    Every symbol there has the prefix ``scipy_``, so that it can live beside
    another BLAS; the compiler's ``-D`` gives Theano's calls the same prefix.

    Returns
    -------
    (cxxflags, ldflags) : tuple of str, or None where the wheel has no build
    """
    spec = importlib.util.find_spec("scipy_openblas32")
    if spec is None:
        return None
    folder = os.path.join(os.path.dirname(spec.origin), "lib")
    routines = [
        f"{t}{name}_"
        for t in "sd"
        for name in ["axpy", "copy", "dot", "gemm", "gemv", "ger", "scal"]
    ]
    routines += ["openblas_get_num_threads", "openblas_set_num_threads"]
    cxxflags = " ".join(f"-D{name}=scipy_{name}" for name in routines)
    return cxxflags, f"-L{folder} -lscipy_openblas -Xlinker -rpath={folder}"


def blas_name():
    """Name the BLAS that Theano uses, for a person to read."""
    import theano

    ldflags = theano.config.blas.ldflags
    if "scipy_openblas" in ldflags:
        return f"OpenBLAS {importlib.metadata.version('scipy-openblas32')}"
    return ldflags or "none, slow"


def set_flags():
    """Extend ``THEANO_FLAGS`` by the project's own; what the user has set stays."""
    flags = {
        "device": "cpu",
        "floatX": "float32",
        "base_compiledir": str(CACHE),
        "openmp": "True",
        # Two cores gain from threads on arrays far smaller than Theano's default says.
        "openmp_elemwise_minsize": "20000",
    }
    blas = openblas_flags()
    if blas:
        flags["gcc.cxxflags"], flags["blas.ldflags"] = blas
    else:
        # Without the flag, Theano asks numpy.distutils in a way numpy >= 1.22 refuses.
        flags["blas.ldflags"] = ""
        warnings.warn(
            "scipy-openblas32 is not installed: Theano runs without BLAS, about three times slower",
            RuntimeWarning,
            stacklevel=2,
        )
    user = os.environ.get("THEANO_FLAGS", "")
    given = {part.partition("=")[0].strip() for part in user.split(",")}
    ours = [f"{name}={value}" for name, value in flags.items() if name not in given]
    os.environ["THEANO_FLAGS"] = ",".join([*ours, user]).strip(",")


def mend_python():
    """Put back what Theano 1.0.5 uses of Python and numpy and newer versions lack."""
    for name in ("bool", "int", "float", "complex", "object", "str"):
        # On numpy 1.20 to 1.23 these exist and warn at each use.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if not hasattr(np, name):
                setattr(np, name, getattr(__import__("builtins"), name))
    warnings.filterwarnings("ignore", message=r"`np\.\w+` is a deprecated alias")
    for name in ("Callable", "Iterable", "Mapping", "MutableSet", "Set"):
        if not hasattr(collections, name):
            setattr(collections, name, getattr(collections.abc, name))
    if not hasattr(inspect, "getargspec"):
        spec = collections.namedtuple("ArgSpec", "args varargs keywords defaults")
        inspect.getargspec = lambda function: spec(*inspect.getfullargspec(function)[:4])
    if sys.version_info >= (3, 12):
        import importlib

        sys.modules.setdefault("imp", types.ModuleType("imp")).reload = importlib.reload
        # Theano asks these for BLAS flags (which are set above) and for the header path.
        distutils = types.ModuleType("numpy.distutils")
        distutils.__config__ = types.ModuleType("numpy.distutils.__config__")
        distutils.misc_util = types.ModuleType("numpy.distutils.misc_util")
        distutils.misc_util.get_numpy_include_dirs = lambda: [np.get_include()]
        np.distutils = distutils
        for module in (distutils, distutils.__config__, distutils.misc_util):
            sys.modules.setdefault(module.__name__, module)


def mend_theano():
    """Put back ``downsample`` for Lasagne, and let ``scan`` fall back to Python."""
    # The C helper of scan does not compile on Python 3.11; told that it cannot be
    # imported, Theano runs the loop in Python instead of stopping.
    if sys.version_info >= (3, 11):
        sys.modules["theano.scan_module.scan_perform_ext"] = None

    import theano
    from theano.tensor.signal import pool

    if not theano.config.cxx:
        raise UserError("no C++ compiler found: install g++ (Debian: apt-get install g++)")

    def max_pool_2d(input, ds, ignore_border=None, st=None, padding=(0, 0), mode="max"):
        """Theano 0.7's name and arguments for what is `pool_2d` in Theano 1.0."""
        return pool.pool_2d(
            input, ws=ds, ignore_border=bool(ignore_border), stride=st, pad=padding, mode=mode
        )

    downsample = types.ModuleType("theano.tensor.signal.downsample")
    downsample.max_pool_2d = max_pool_2d
    sys.modules[downsample.__name__] = downsample
    theano.tensor.signal.downsample = downsample


def setup():
    """Do all of the above, once; the order matters."""
    if "theano" in sys.modules:
        raise ImportError("theano was imported before nets.theano_setup: import nets first")
    set_flags()
    mend_python()
    mend_theano()
    # Lasagne 0.1 calls conv2d by an older name of one argument, at every convolution.
    warnings.filterwarnings("ignore", message="The `image_shape` keyword argument")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it also imports pkg_resources, which warns
        import lasagne  # noqa: F401


setup()
