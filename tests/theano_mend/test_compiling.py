"""Theano's C code under the header: what it computes, and that it is compiled once."""

import os
import subprocess
import sys
import warnings

import numpy as np
import pytest

from common.cli import ROOT
from theano_mend import compiling

import theano  # isort: skip
import theano.tensor as T  # isort: skip

# Compiled C code or none: Theano takes an Op's Python code where its C code fails.
C_ONLY = theano.compile.mode.get_mode("FAST_RUN").excluding("fusion")


def op_names(function):
    return [type(node.op).__name__ for node in function.maker.fgraph.toposort()]


def computed_in_c(function):
    """Whether all of a function's nodes have C code that compiled."""
    thunks = function.fn.thunks
    return all(hasattr(thunk, "cthunk") for thunk in thunks)


@pytest.fixture
def included(user_flags):
    """Call `include_header` for a user's flags; returns the compiler's arguments."""
    return lambda user: user_flags(user, compiling.include_header)["gcc.cxxflags"].split()


def test_the_header_comes_first_and_the_users_arguments_stay(included):
    first, digest, *others = included("gcc.cxxflags=-include mine.h -O2")
    assert first == "-includetheano_mend.h"
    assert digest.startswith("-DTHEANO_MEND=0x")
    assert others == ["-include", "mine.h", "-O2"]


def test_the_arguments_of_the_users_file_stay(included, tmp_path, monkeypatch):
    (tmp_path / "rc").write_text("[gcc]\ncxxflags = -O2\n")
    monkeypatch.setenv("THEANORC", str(tmp_path / "rc"))
    assert included("")[2:] == ["-O2"]


def test_only_openblas_has_its_symbols_renamed(included):
    assert "-DTHEANO_MEND_OPENBLAS" in included("blas.ldflags=-lscipy_openblas")
    assert "-DTHEANO_MEND_OPENBLAS" not in included("blas.ldflags=-lblas")


def test_a_child_process_computes_the_same_flags(included):
    included("gcc.cxxflags=-O2,blas.ldflags=-lscipy_openblas")
    first = os.environ["THEANO_FLAGS"]
    included(first)
    assert os.environ["THEANO_FLAGS"] == first


def by_hand(x, rows, values, add):
    """Row by row, as Theano's documentation says `inc_subtensor` and `set_subtensor` do."""
    x = x.copy()
    values = np.broadcast_to(values, (len(rows), *x.shape[1:]))
    for row, value in zip(rows, values):
        x[row] = x[row] + value if add else value
    return x


@pytest.mark.parametrize("add", [True, False])
@pytest.mark.parametrize("dtype", ["int8", "uint16", "int64", "float32", "float64", "complex128"])
@pytest.mark.parametrize(
    ("shape", "given"),
    [
        ((6,), (4,)),
        ((6, 3), (4, 3)),
        ((6, 3), (3,)),
        ((6, 3), (4, 1)),
        ((6, 2, 3), ()),
        ((6, 0), ()),
    ],
)
def test_rows_are_added_to_and_set(add, dtype, shape, given):
    rng = np.random.default_rng(0)
    x = rng.integers(0, 9, shape).astype(dtype)
    values = rng.integers(0, 9, given).astype(dtype)
    rows = np.array([5, 0, -1, 5])
    a, b = T.TensorType(dtype, (0,) * len(shape))("a"), T.TensorType(dtype, (0,) * len(given))("b")
    index = T.lvector("index")
    change = T.inc_subtensor if add else T.set_subtensor
    function = theano.function([a, b, index], change(a[index], b), mode=C_ONLY)
    assert op_names(function)[-1] == "AdvancedIncSubtensor1"
    assert computed_in_c(function)
    np.testing.assert_array_equal(function(x, values, rows), by_hand(x, rows, values, add))
    # Rows that do not lie one behind the other.
    wide = np.repeat(x, 2, axis=0)[::2]
    np.testing.assert_array_equal(function(wide, values, rows), by_hand(x, rows, values, add))


def test_rows_that_there_are_not_and_values_that_do_not_fit():
    a, b, index = T.fmatrix("a"), T.fmatrix("b"), T.lvector("index")
    function = theano.function([a, b, index], T.inc_subtensor(a[index], b))
    x = np.zeros((3, 2), np.float32)
    for row in (3, -4):
        with pytest.raises(
            IndexError, match=f"index {row} is out of bounds for axis 0 with size 3"
        ):
            function(x, x[:1], [row])
    with pytest.raises(ValueError, match="does not fit"):
        function(x, x, [0, 1])


@pytest.mark.parametrize("axis", [None, 0, 1])
def test_extremes_and_sums_over_one_axis_and_over_all(axis):
    """All axes are a number to NumPy's C code, another one in NumPy 2."""
    x = np.random.default_rng(1).normal(size=(4, 5)).astype(np.float32)
    a = T.fmatrix("a")
    outputs = [a.max(axis), a.argmax(axis), T.extra_ops.cumsum(a, axis)]
    function = theano.function([a], outputs)
    expected = [x.max(axis), x.argmax(axis), x.cumsum(axis)]
    for value, right in zip(function(x), expected):
        np.testing.assert_allclose(value, right, rtol=1e-5)


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
def test_complex_numbers(dtype):
    """Theano's C code derives its own from NumPy's, whose parts have no names in NumPy 2."""
    rng = np.random.default_rng(4)
    x, y = ((rng.normal(size=6) + 1j * rng.normal(size=6)).astype(dtype) for _ in range(2))
    a, b = T.TensorType(dtype, (0,))("a"), T.TensorType(dtype, (0,))("b")
    outputs = [a * b - 2 * a, a / b, -a]
    function = theano.function([a, b], outputs, mode=C_ONLY)
    assert computed_in_c(function)
    expected = [x * y - 2 * x, x / y, -x]
    for value, right in zip(function(x, y), expected):
        np.testing.assert_allclose(value, right, rtol=1e-5)


def test_the_older_convolution():
    """`nnet.conv.conv2d`, whose C code includes a header that NumPy 2 no longer has."""
    rng = np.random.default_rng(5)
    x = rng.normal(size=(2, 3, 6, 5)).astype(np.float32)
    filters = rng.normal(size=(4, 3, 2, 3)).astype(np.float32)
    a, b = T.ftensor4("a"), T.ftensor4("b")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it is the older one
        convolution = T.nnet.conv.conv2d(a, b)
        function = theano.function([a, b], convolution, mode=C_ONLY.excluding("conv_gemm"))
    assert "ConvOp" in op_names(function)
    assert computed_in_c(function)
    expected = np.empty((2, 4, 5, 3), np.float32)
    for i, j in np.ndindex(5, 3):
        window = x[:, None, :, i : i + 2, j : j + 3]
        expected[:, :, i, j] = (window * filters[:, :, ::-1, ::-1]).sum((2, 3, 4))
    np.testing.assert_allclose(function(x, filters), expected, atol=1e-4)


def test_columns_of_a_sparse_matrix():
    """Its C code reads the size of an element from the description of the array's type."""
    sparse = pytest.importorskip("theano.sparse")
    import scipy.sparse

    x = scipy.sparse.random(6, 5, 0.4, "csc", np.float32, np.random.default_rng(2))
    y = np.random.default_rng(3).normal(size=(5, 4)).astype(np.float32)
    a, b = sparse.csc_matrix("a", "float32"), T.fmatrix("b")
    function = theano.function([a, b], sparse.structured_dot(a, b))
    np.testing.assert_allclose(function(x, y), x.toarray() @ y, rtol=1e-5)


@pytest.mark.parametrize("dtype", ["int8", "float32"])
def test_results_keep_the_type_that_theano_promised(dtype):
    """NumPy 2 asks for the types of Python's numbers in another way (NEP 50)."""
    x = np.arange(1, 5).astype(dtype)
    a = T.TensorType(dtype, (0,))("a")
    for expression in (a + 300, a * 2.5, a / 3, a**2, T.sqrt(a), a > 2, abs(-a), a // 2):
        for linker in ("cvm", "py"):
            mode = theano.compile.mode.Mode(linker=linker, optimizer="fast_run")
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", RuntimeWarning)
                value = theano.function([a], expression, mode=mode)(x)
            assert value.dtype == expression.dtype


def test_scan_runs():
    steps, _ = theano.scan(
        lambda number, total: total + number, T.arange(5.0), outputs_info=np.float32(0)
    )
    np.testing.assert_array_equal(steps.eval(), [0, 1, 3, 6, 10])


COUNT_COMPILATIONS = """
import theano_mend, numpy, theano, theano.tensor as T
from theano.gof import cc
compile_cmodule, count = cc.CLinker.compile_cmodule, []
cc.CLinker.compile_cmodule = lambda *a, **k: count.append(1) or compile_cmodule(*a, **k)
x = T.fmatrix()
function = theano.function([x], T.nnet.softmax(T.dot(x.dimshuffle(1, 0), x)))
assert function(numpy.eye(3, dtype="float32")).shape == (3, 3)
print(len(count))
"""


def test_a_second_start_compiles_nothing(tmp_path):
    counts = []
    for seed in ("1", "2"):
        flags = f"base_compiledir='{tmp_path / 'a b'}'"
        environment = {**os.environ, "THEANO_FLAGS": flags, "PYTHONHASHSEED": seed}
        result = subprocess.run(
            [sys.executable, "-c", COUNT_COMPILATIONS],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
        )
        assert result.returncode == 0, result.stderr
        counts.append(int(result.stdout))
    assert counts[0] > 0
    assert counts[1] == 0
