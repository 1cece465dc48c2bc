"""The BLAS that Theano compiles against, and whether it computes."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from common.cli import ROOT
from theano_mend import openblas

import theano  # isort: skip
import theano.tensor as T  # isort: skip


@pytest.fixture
def prepared(monkeypatch, user_flags):
    """Call `prepare` for a user's flags; returns what Theano will read."""
    monkeypatch.setenv("LIBRARY_PATH", "/somewhere")
    return lambda user: user_flags(user, openblas.prepare)


def test_the_linker_finds_the_library(prepared):
    assert prepared("")["blas.ldflags"] == openblas.LINK
    folder, *others = os.environ["LIBRARY_PATH"].split(os.pathsep)
    assert list(Path(folder).glob("libscipy_openblas.*"))
    assert others == ["/somewhere"]


@pytest.mark.parametrize("wanted", ["-lblas", ""])
def test_the_users_blas_stays(prepared, wanted):
    assert prepared(f"blas.ldflags={wanted}") == {"blas.ldflags": wanted}
    assert os.environ["LIBRARY_PATH"] == "/somewhere"


def test_the_blas_of_the_users_file_stays(prepared, tmp_path, monkeypatch):
    (tmp_path / "rc").write_text("[blas]\nldflags = -lblas\n")
    monkeypatch.setenv("THEANORC", str(tmp_path / "rc"))
    assert prepared("") == {}


def test_without_the_wheel_a_warning_no_blas_and_no_threads(prepared, monkeypatch):
    monkeypatch.setattr(openblas.importlib.util, "find_spec", lambda name: None)
    with pytest.warns(RuntimeWarning, match="scipy-openblas32 is not installed"):
        found = prepared("openmp=True")
    assert found == {"openmp": "False", "blas.ldflags": ""}


def test_openblas_does_the_products():
    """The compiled code of a matrix product calls OpenBLAS's prefixed routine."""
    if theano.config.blas.ldflags != openblas.LINK:
        pytest.skip("another BLAS is in use")
    a, b = T.fmatrices("a", "b")
    function = theano.function([a, b], T.dot(a, b))
    (node,) = function.maker.fgraph.toposort()
    assert type(node.op).__name__ == "Dot22"
    assert any(b"scipy_sgemm_" in Path(module).read_bytes() for module in loaded_modules())


def loaded_modules():
    """Shared libraries that Theano compiled and this process has loaded."""
    with open("/proc/self/maps") as maps:
        files = {line.split(maxsplit=5)[-1].strip() for line in maps}
    return [f for f in files if f.startswith(theano.config.compiledir) and f.endswith(".so")]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_blas_agrees_with_numpy(dtype):
    rng = np.random.default_rng(0)
    matrix, vector = T.TensorType(dtype, (0, 0)), T.TensorType(dtype, (0,))
    a, b, c = matrix("a"), matrix("b"), matrix("c")
    v, w = vector("v"), vector("w")
    two = np.array(2, dtype)
    outputs = {
        "Gemm": (c + two * T.dot(a, b), lambda A, B, C, v, w: C + 2 * (A @ B)),
        "CGemv": (w + two * T.dot(a, v), lambda A, B, C, v, w: w + 2 * (A @ v)),
        "CGer": (a + two * T.outer(w, v), lambda A, B, C, v, w: A + 2 * np.outer(w, v)),
        "BatchedDot": (
            T.batched_dot(a.dimshuffle("x", 0, 1), b.dimshuffle("x", 0, 1)),
            lambda A, B, C, v, w: (A @ B)[None],
        ),
    }
    shapes = [(40, 30), (30, 50), (40, 50), (30,), (40,)]
    values = [rng.normal(size=shape).astype(dtype) for shape in shapes]
    function = theano.function(
        [a, b, c, v, w], [symbolic for symbolic, _ in outputs.values()], on_unused_input="ignore"
    )
    if theano.config.blas.ldflags:
        assert set(outputs) <= {type(node.op).__name__ for node in function.maker.fgraph.toposort()}
    tolerance = 1e-4 if dtype == "float32" else 1e-12
    for result, (_, expected) in zip(function(*values), outputs.values()):
        np.testing.assert_allclose(result, expected(*values), atol=tolerance)


def test_it_waits_asleep_unless_the_user_gives_it_threads():
    code = (
        "import ctypes, theano_mend, theano;"
        "print(ctypes.CDLL(None).scipy_openblas_get_num_threads())"
    )
    for threads, expected in [("2", "2\n"), (None, "1\n")]:
        environment = {k: v for k, v in os.environ.items() if k != "OPENBLAS_NUM_THREADS"}
        if threads:
            environment["OPENBLAS_NUM_THREADS"] = threads
        result = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True
        )
        assert result.stdout == expected, result.stderr
