"""Names of older Pythons and NumPys, against what their documentation said of them."""

import collections
import inspect

import numpy as np
import pytest

import theano_mend  # noqa: F401
from theano_mend import removed_names


def test_a_cast_is_an_array_of_that_type():
    assert np.cast["int8"](2.7).dtype == np.int8
    assert np.cast[np.float32]([1, 2]).tolist() == [1, 2]


# The table is of NumPy 1.26's own function.
@pytest.mark.parametrize(
    ("arrays", "scalars", "expected"),
    [
        ([np.float32], [np.int64, np.float64], np.float32),
        ([np.float32], [complex], np.complex128),
        (["f4", "f4", "i4"], ["c8"], np.complex128),
        ([np.int8, np.int16], [], np.int16),
        ([], [np.int64, np.float32], np.float64),
        ([np.int8], [np.float32], np.float32),
        ([np.int8], [np.int64], np.int8),
    ],
)
def test_the_common_type(arrays, scalars, expected):
    assert removed_names.find_common_type(arrays, scalars) == expected


def test_what_a_name_means_today_stays():
    """`numpy.bool` is NumPy 2's own type, which other libraries compare with."""
    assert np.array([True]).dtype == np.bool
    if np.lib.NumpyVersion(np.__version__) >= "2.0.0":
        assert np.bool is np.bool_


def test_old_names():
    assert np.float is float
    assert np.Inf == np.inf
    assert np.product([2, 3]) == 6
    assert np.float_ is np.float64
    assert np.asscalar(np.array([3])) == 3
    assert np.sctype2char(np.float32) == "f"
    assert issubclass(list, collections.Iterable)
    assert inspect.getargspec(lambda a, *b: 0).args == ["a"]


def test_modules_that_are_gone():
    from numpy.linalg.linalg import LinAlgError

    assert LinAlgError is np.linalg.LinAlgError
