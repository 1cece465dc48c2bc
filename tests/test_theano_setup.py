"""Theano and Lasagne as `nets.theano_setup` prepares them."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from common.cli import ROOT
from nets import theano_setup

import theano  # isort: skip
import lasagne  # isort: skip
import theano.tensor as T  # isort: skip


def python(code, **variables):
    """Run code in a Python of its own, from the project's folder."""
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "THEANO_FLAGS": "", **variables},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def flags(monkeypatch):
    """Call `set_flags` for a user's flags; returns what Theano will read."""

    def set_flags(user):
        monkeypatch.setenv("THEANO_FLAGS", user)
        monkeypatch.setenv("LIBRARY_PATH", "")
        theano_setup.set_flags()
        return theano_setup.user_flags()

    return set_flags


def test_flags_without_the_users(flags):
    ours = flags("")
    assert ours["floatX"] == "float32"
    assert ours["base_compiledir"] == str(ROOT / ".cache" / "theano")
    assert ours["blas.ldflags"] == theano_setup.LINK
    assert "-Dsgemm_=scipy_sgemm_" in ours["gcc.cxxflags"].split()


def test_the_users_flags_win_and_odd_ones_survive(flags, tmp_path):
    folder = tmp_path / "a b,c"
    merged = flags(f"floatX=float64, base_compiledir='{folder}',optimizer=fast_compile")
    assert merged["floatX"] == "float64"
    assert merged["base_compiledir"] == str(folder)
    assert merged["optimizer"] == "fast_compile"


def test_the_users_compiler_flags_join_the_renaming_of_symbols(flags):
    cxxflags = flags("gcc.cxxflags=-march=native -O2")["gcc.cxxflags"].split()
    assert cxxflags[-2:] == ["-march=native", "-O2"]
    assert "-Dsgemm_=scipy_sgemm_" in cxxflags


def test_the_users_blas_keeps_its_names(flags):
    merged = flags("blas.ldflags=-lblas")
    assert merged["blas.ldflags"] == "-lblas"
    assert "gcc.cxxflags" not in merged


def test_a_child_process_computes_the_same_flags(flags):
    first = flags("gcc.cxxflags=-O2")
    assert flags(os.environ["THEANO_FLAGS"]) == first


def test_without_openblas_a_warning_and_no_blas(flags, monkeypatch):
    monkeypatch.setattr(theano_setup.importlib.util, "find_spec", lambda name: None)
    with pytest.warns(RuntimeWarning, match="scipy-openblas32 is not installed"):
        assert flags("")["blas.ldflags"] == ""


def test_without_a_compiler_one_line_says_so(tmp_path):
    code = "from common import cli; cli.run(lambda: __import__('nets'))"
    result = python(code, PATH=str(tmp_path))
    assert result.returncode == 2
    assert result.stderr == (
        "error: no C++ compiler found: install g++ (Debian: sudo apt-get install g++)\n"
    )


def test_a_compile_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").touch()
    code = "from common import cli; cli.run(lambda: __import__('nets'))"
    result = python(code, THEANO_FLAGS=f"base_compiledir={tmp_path / 'file' / 'cache'}")
    assert result.returncode == 2
    assert result.stderr.startswith("error: Theano cannot write its compiled code to ")
    assert result.stderr.count("\n") == 1


def test_theano_before_nets_is_refused():
    result = python("import sys; sys.modules['theano'] = sys; import nets")
    assert "ImportError: theano was imported before nets.theano_setup" in result.stderr


def test_openblas_does_the_products():
    """The compiled code of a matrix product calls OpenBLAS's prefixed routine."""
    if theano.config.blas.ldflags != theano_setup.LINK:
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
        [a, b, c, v, w],
        [symbolic for symbolic, _ in outputs.values()],
        on_unused_input="ignore",
    )
    if theano.config.blas.ldflags:
        assert set(outputs) <= {type(node.op).__name__ for node in function.maker.fgraph.toposort()}
    tolerance = 1e-4 if dtype == "float32" else 1e-12
    for result, (_, expected) in zip(function(*values), outputs.values()):
        np.testing.assert_allclose(result, expected(*values), atol=tolerance)


@pytest.mark.parametrize("shape", [(8, 8), (7, 9)])
@pytest.mark.parametrize(("size", "stride"), [(2, 2), (3, 2)])
def test_max_pooling_through_the_mended_module(shape, size, stride):
    """Lasagne's layer calls `downsample.max_pool_2d`, which Theano 1.0 does not have."""
    image = np.random.default_rng(1).normal(size=(2, 3, *shape)).astype(np.float32)
    layer = lasagne.layers.InputLayer((None, 3, *shape))
    layer = lasagne.layers.MaxPool2DLayer(layer, size, stride=stride)
    result = lasagne.layers.get_output(layer, image).eval()
    rows, columns = ((side - size) // stride + 1 for side in shape)
    expected = np.empty((2, 3, rows, columns), np.float32)
    for i in range(rows):
        for j in range(columns):
            y, x = i * stride, j * stride
            expected[..., i, j] = image[..., y : y + size, x : x + size].max(axis=(2, 3))
    assert layer.output_shape[2:] == (rows, columns)
    np.testing.assert_array_equal(result, expected)


def test_scan_runs():
    steps, _ = theano.scan(
        lambda number, total: total + number, T.arange(5.0), outputs_info=np.float32(0)
    )
    np.testing.assert_array_equal(steps.eval(), [0, 1, 3, 6, 10])


def test_lasagne_is_told_that_there_is_no_gpu():
    with pytest.raises(ImportError, match="dnn not available"):
        import lasagne.layers.dnn  # noqa: F401


def test_openblas_waits_asleep_unless_the_user_gives_it_threads():
    code = "import ctypes, nets; print(ctypes.CDLL(None).scipy_openblas_get_num_threads())"
    assert python(code, OPENBLAS_NUM_THREADS="2").stdout == "2\n"
    environment = {key: v for key, v in os.environ.items() if key != "OPENBLAS_NUM_THREADS"}
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert result.stdout == "1\n"


WITHOUT_LIBRARIES = """
import importlib.metadata, importlib.util, sys, warnings
find_spec, files = importlib.util.find_spec, importlib.metadata.files
importlib.util.find_spec = lambda name, *more: (
    None if name == "scipy_openblas32" else find_spec(name, *more)
)
def no_files(name):
    if name == "onednn-devel-cpu-gomp":
        raise importlib.metadata.PackageNotFoundError(name)
    return files(name)
importlib.metadata.files = no_files
sys.modules["scipy_openblas32"] = None

warnings.simplefilter("always")
import numpy as np
from experiments.core.training import Trainer
from nets.functions import compile_scan, compile_smile_probs_sum
from nets.detector import build_net_small
from nets.smiles import build_net_smiles

rng = np.random.default_rng(0)
x = rng.uniform(-1, 1, (4, 3, 48, 48)).astype(np.float32)
network = build_net_smiles(num_classes=4)
trainer = Trainer(network)
steps = [trainer.step(x, np.arange(4, dtype=np.int32)) for _ in range(2)]
votes = compile_smile_probs_sum(network)(x)
heat = compile_scan(build_net_small())(x)
assert abs(votes.sum() - 4) < 1e-4 and heat.shape == (4, 19, 19)
"""


def test_all_works_without_openblas_and_onednn_and_each_is_missed_once():
    result = python(WITHOUT_LIBRARIES)
    assert result.returncode == 0, result.stderr
    missed = [line for line in result.stderr.splitlines() if "RuntimeWarning" in line]
    assert len(missed) == 2, result.stderr
    assert "scipy-openblas32 is not installed" in missed[0]
    assert "onednn-devel-cpu-gomp is not installed" in missed[1]


COUNT_COMPILATIONS = """
import nets, numpy, theano, theano.tensor as T
from theano.gof import cc
compile_cmodule, count = cc.CLinker.compile_cmodule, []
cc.CLinker.compile_cmodule = lambda *a, **k: count.append(1) or compile_cmodule(*a, **k)
x = T.fmatrix()
function = theano.function([x], T.nnet.softmax(T.dot(x.dimshuffle(1, 0), x)))
assert function(numpy.eye(3, dtype="float32")).shape == (3, 3)
print(len(count))
"""


def test_a_second_start_compiles_nothing(tmp_path):
    flags = f"base_compiledir={tmp_path}"
    counts = [python(COUNT_COMPILATIONS, THEANO_FLAGS=flags, PYTHONHASHSEED=str(k)) for k in (1, 2)]
    assert int(counts[0].stdout) > 0, counts[0].stderr
    assert counts[1].stdout == "0\n", counts[1].stderr
