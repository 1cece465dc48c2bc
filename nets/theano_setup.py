"""Makes Theano 1.0.5 and Lasagne 0.1 work, and work fast, on today's Python.

Import it before theano; importing anything of `nets` does so. It

1. sets Theano's flags (a flag in the environment's ``THEANO_FLAGS`` wins);
2. gives Theano a fast BLAS, from the wheel ``scipy-openblas32``;
3. puts back names that newer Pythons and numpys have dropped;
4. puts back modules that Lasagne 0.1 expects of an older Theano;
5. lets Theano keep all compiled code, so that a second start compiles nothing.

With this, all of Lasagne 0.1's own tests pass (``make test-lasagne``) that need no GPU.
Not covered: ``lasagne.layers.{dnn,corrmm,cuda_convnet}``, which run on a GPU alone, by a
back end that Theano 1.0 no longer has; and the speed of ``theano.scan``, thus of
recurrent layers, on CPython 3.11 and later, where its loop runs in Python since its
C code does not compile.
"""

import builtins
import collections
import collections.abc
import ctypes
import hashlib
import importlib
import importlib.metadata
import importlib.util
import inspect
import logging
import os
import shlex
import shutil
import sys
import types
import warnings
from pathlib import Path

import numpy as np

from common.cli import ROOT, UserError

CACHE = ROOT / ".cache" / "theano"
LINK = "-lscipy_openblas"


def user_flags():
    """Return what the environment's ``THEANO_FLAGS`` sets, read the way Theano does."""
    parts = shlex.shlex(os.environ.get("THEANO_FLAGS", ""), posix=True)
    parts.whitespace, parts.whitespace_split = ",", True
    return dict(part.strip().split("=", 1) for part in parts if "=" in part)


def openblas_flags():
    """Load the OpenBLAS inside ``scipy-openblas32``, and tell how to build against it.

    Every symbol there has the prefix ``scipy_``, so that it can live beside
    another BLAS; the compiler's ``-D`` gives Theano's calls the same prefix.

    Theano splits its linker flags at blanks, so the library's folder cannot stand
    among them wherever the project lies: the linker finds it by ``LIBRARY_PATH``,
    and compiled code finds it loaded already.

    Returns
    -------
    list of str
        For ``gcc.cxxflags``, beside `LINK` for ``blas.ldflags``; empty where the wheel
        is not installed.
    """
    spec = importlib.util.find_spec("scipy_openblas32")
    if spec is None:
        return []
    library = next(Path(spec.origin).parent.glob("lib/libscipy_openblas.*"))
    openblas = ctypes.CDLL(str(library), mode=ctypes.RTLD_GLOBAL)
    if "OPENBLAS_NUM_THREADS" not in os.environ:
        # Its threads wait by spinning, on the core that the convolutions' threads need;
        # what is left for it to multiply is small.
        openblas.scipy_openblas_set_num_threads(1)
    others = os.environ.get("LIBRARY_PATH", "").split(os.pathsep)
    folders = [str(library.parent), *(folder for folder in others if folder)]
    os.environ["LIBRARY_PATH"] = os.pathsep.join(dict.fromkeys(folders))
    routines = [
        f"{t}{name}_"
        for t in "sd"
        for name in ["axpy", "copy", "dot", "gemm", "gemv", "ger", "scal"]
    ]
    routines += ["openblas_get_num_threads", "openblas_set_num_threads"]
    return [f"-D{name}=scipy_{name}" for name in routines]


def blas_name():
    """Name the BLAS that Theano uses, for a person to read."""
    import theano

    ldflags = theano.config.blas.ldflags
    if ldflags == LINK:
        return f"OpenBLAS {importlib.metadata.version('scipy-openblas32')}"
    return ldflags or "none, slow"


def set_flags():
    """Put the project's flags into ``THEANO_FLAGS``; what the user has set there stays."""
    # A thread that waits for the others sleeps, so that augmentation gets its core.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    # Two processes that compile wait for each other; that is no news to the user.
    logging.getLogger("theano.gof.compilelock").setLevel(logging.WARNING)
    user = user_flags()
    flags = {
        "device": "cpu",
        "floatX": "float32",
        "base_compiledir": str(CACHE),
        "openmp": "True",
        # Two cores gain from threads on arrays far smaller than Theano's default says.
        "openmp_elemwise_minsize": "20000",
        # Without this flag, Theano asks numpy.distutils in a way numpy >= 1.22 refuses.
        "blas.ldflags": "",
        **user,
    }
    # A child process inherits the flags of its parent: they are ours, not the user's.
    if user.get("blas.ldflags", LINK) == LINK:
        cxxflags = openblas_flags()
        if cxxflags:
            flags["blas.ldflags"] = LINK
            cxxflags += user.get("gcc.cxxflags", "").split()
            flags["gcc.cxxflags"] = " ".join(dict.fromkeys(cxxflags))
        else:
            # Theano's stand-in asks numpy, which must not be called by several threads.
            flags["openmp"] = user.get("openmp", "False")
            warnings.warn(
                "scipy-openblas32 is not installed: Theano runs without BLAS, "
                "about three times slower",
                RuntimeWarning,
                stacklevel=2,
            )
    os.environ["THEANO_FLAGS"] = ",".join(
        f"{name}={shlex.quote(value)}" for name, value in flags.items()
    )
    check_machine(flags)


def check_machine(flags):
    """Refuse what would end in a traceback, or in code a hundred times slower."""
    # Theano takes clang++ on macOS; a compiler that the user names is hers to know.
    compiler = "clang++" if sys.platform == "darwin" else "g++"
    if "cxx" not in flags and not shutil.which(compiler):
        raise UserError(
            f"no C++ compiler found: install {compiler} (Debian: sudo apt-get install g++)"
        )
    folder = os.path.expanduser(flags["base_compiledir"])
    try:
        os.makedirs(folder, exist_ok=True)
        writable = os.access(folder, os.W_OK)
    except OSError:
        writable = False
    if not writable:
        raise UserError(
            f"Theano cannot write its compiled code to {folder}: "
            "name another folder by THEANO_FLAGS=base_compiledir=FOLDER"
        )


def mend_python():
    """Put back what Theano 1.0.5 uses of Python and numpy and newer versions lack."""
    # Some versions still have these and warn at each use; what is set here does not.
    for name in ("bool", "int", "float", "complex", "object", "str"):
        setattr(np, name, getattr(builtins, name))
    for name in ("Callable", "Iterable", "Mapping", "MutableSet", "Set"):
        setattr(collections, name, getattr(collections.abc, name))
    if not hasattr(inspect, "getargspec"):
        spec = collections.namedtuple("ArgSpec", "args varargs keywords defaults")
        inspect.getargspec = lambda function: spec(*inspect.getfullargspec(function)[:4])
    if sys.version_info >= (3, 12):
        put_back("imp", reload=importlib.reload)
        # Theano asks these for BLAS flags (which are set above) and for the header path.
        np.distutils = put_back(
            "numpy.distutils",
            __config__=put_back("numpy.distutils.__config__"),
            misc_util=put_back(
                "numpy.distutils.misc_util", get_numpy_include_dirs=lambda: [np.get_include()]
            ),
        )


def mend_theano():
    """Put back what Lasagne uses of an older Theano, and let ``scan`` fall back to Python."""
    # The C helper of scan does not compile on Python 3.11; told that it cannot be
    # imported, Theano runs the loop in Python instead of stopping.
    if sys.version_info >= (3, 11):
        sys.modules["theano.scan_module.scan_perform_ext"] = None

    import theano
    from theano.tensor.signal import pool

    def max_pool_2d(input, ds, ignore_border=None, st=None, padding=(0, 0), mode="max"):
        """Theano 0.7's name and arguments for what is `pool_2d` in Theano 1.0."""
        return pool.pool_2d(
            input, ws=ds, ignore_border=bool(ignore_border), stride=st, pad=padding, mode=mode
        )

    downsample = put_back("theano.tensor.signal.downsample", max_pool_2d=max_pool_2d)
    theano.tensor.signal.downsample = downsample
    # Lasagne asks the old GPU back end whether it is of use, and takes no for an answer.
    dnn = put_back("theano.sandbox.cuda.dnn", dnn_available=lambda: False)
    put_back("theano.sandbox.cuda", dnn=dnn)


class Props(tuple):
    """The ``__props__`` of an Op without any, which does not count as no version of its code."""

    def __bool__(self):
        return True


def mend_cache():
    """Let Theano keep all the code that it compiles, so that a start compiles nothing again.

    Theano 1.0.5 takes an Op with ``__props__ = ()`` for one without a version, and gives
    code from files a version that differs from process to process, like all hashes of
    strings.
    """
    from theano.gof import cc, op

    cmodule_key = cc.CLinker.cmodule_key_

    def cmodule_key_(self, fgraph, *args, **kwargs):
        for node in fgraph.toposort() if hasattr(fgraph, "toposort") else ():
            if getattr(node.op, "__props__", None) == ():
                type(node.op).__props__ = Props()
        return cmodule_key(self, fgraph, *args, **kwargs)

    def c_code_cache_version(self):
        digest = hashlib.sha256(repr(tuple(self.func_codes)).encode()).hexdigest()
        version = (int(digest[:15], 16),)
        if hasattr(self, "params_type"):
            version += (self.params_type.c_code_cache_version(),)
        return version

    cc.CLinker.cmodule_key_ = cmodule_key_
    op.COp.c_code_cache_version = c_code_cache_version


def put_back(name, **contents):
    """Make a module and let it be imported by its name."""
    module = types.ModuleType(name)
    vars(module).update(contents)
    return sys.modules.setdefault(name, module)


def setup():
    """Do all of the above, once; the order matters."""
    if "theano" in sys.modules:
        raise ImportError("theano was imported before nets.theano_setup: import nets first")
    set_flags()
    mend_python()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about what is old in Theano and Lasagne
        mend_theano()
        mend_cache()
        import lasagne  # noqa: F401
    # Lasagne 0.1 calls conv2d by an older name of one argument, at every convolution.
    warnings.filterwarnings("ignore", message="The `image_shape` keyword argument")


setup()
