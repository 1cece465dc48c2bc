"""Names that Theano 1.0.5, Lasagne 0.1 and code of their time use and newer versions lack."""

import builtins
import collections
import collections.abc
import importlib
import importlib.util
import inspect
import sys
import types

import numpy as np


def module(name, **contents):
    """Make a module and let it be imported by its name, unless there is one."""
    made = types.ModuleType(name)
    vars(made).update(contents)
    return sys.modules.setdefault(name, made)


def importable(name):
    """Whether a module of this name is there."""
    try:
        return importlib.util.find_spec(name) is not None
    except ImportError:
        return False


def put_back_all():
    """Put back names of Python's and NumPy's, each only where it is missing."""
    python()
    numpy()


def python():
    """Put back what newer Pythons have dropped."""
    for name in ("Callable", "Iterable", "Mapping", "MutableSet", "Set"):
        setattr(collections, name, getattr(collections.abc, name))
    if not hasattr(inspect, "getargspec"):
        spec = collections.namedtuple("ArgSpec", "args varargs keywords defaults")
        inspect.getargspec = lambda function: spec(*inspect.getfullargspec(function)[:4])
    if not importable("imp"):
        module("imp", reload=importlib.reload)


class Cast:
    """What `numpy.cast` was: ``cast[dtype](x)`` gives an array of that type."""

    def __getitem__(self, dtype):
        return lambda x: np.asarray(x).astype(dtype)


def find_common_type(array_types, scalar_types):
    """What `numpy.find_common_type` was, for the types of arrays and of scalars.

    Scalars count only where their kind is above that of all arrays.
    """
    arrays = [np.dtype(t) for t in array_types]
    scalars = [np.dtype(t) for t in scalar_types]
    if not arrays or not scalars:
        return np.result_type(*arrays, *scalars)
    array, scalar = np.result_type(*arrays), np.result_type(*scalars)
    kinds = "biufc"
    if kinds.index(scalar.kind) <= kinds.index(array.kind):
        return array
    return np.result_type(array, scalar)


def numpy():
    """Put back what newer NumPys have dropped; names that mean something else now stay."""
    old = {name: getattr(builtins, name) for name in ("bool", "int", "float", "complex")}
    old.update(object=object, str=str)
    # A scalar type's former name, by its name today.
    old.update(
        float_=np.float64,
        complex_=np.complex128,
        unicode_=np.str_,
        string_=np.bytes_,
        bool8=np.bool_,
    )
    old.update(Inf=np.inf, infty=np.inf, PINF=np.inf, NINF=-np.inf, NaN=np.nan)
    old.update(product=np.prod, cumproduct=np.cumprod, alltrue=np.all, sometrue=np.any)
    old.update(MAXDIMS=64)  # of an array
    old.update(in1d=np.isin, row_stack=np.vstack, round_=np.round)
    old.update(
        cast=Cast(),
        asscalar=lambda array: np.asarray(array).item(),
        sctype2char=lambda dtype: np.dtype(dtype).char,
        issubsctype=lambda a, b: issubclass(np.dtype(a).type, np.dtype(b).type),
        find_common_type=find_common_type,
    )
    # Looked up in its dictionary: where NumPy still has an old name, asking for it warns.
    for name, value in old.items():
        if name not in vars(np):
            setattr(np, name, value)
    if not importable("numpy.linalg.linalg"):
        sys.modules["numpy.linalg.linalg"] = np.linalg.linalg = np.linalg
    if not importable("numpy.distutils"):
        # Theano asks it for BLAS flags (which `openblas` sets) and for the header path.
        np.distutils = module(
            "numpy.distutils",
            __config__=module("numpy.distutils.__config__"),
            misc_util=module(
                "numpy.distutils.misc_util", get_numpy_include_dirs=lambda: [np.get_include()]
            ),
        )
