"""The folder by itself, as another project takes it."""

import ast
import os
import shutil
import subprocess
import sys

import pytest

from common.cli import ROOT
from theano_mend import flags

FOLDER = ROOT / "theano_mend"

# Public scripts of the time look like this; none of it knows of `theano_mend`.
SCRIPT = """
import os, sys
os.environ["THEANO_FLAGS"] = "floatX=float32,base_compiledir='%s'"
import numpy as np
import theano, theano.tensor as T
import lasagne
from lasagne.layers.dnn import Conv2DDNNLayer as ConvLayer, MaxPool2DDNNLayer as PoolLayer

lasagne.random.set_rng(np.random.RandomState(3))  # of some first weights it learns slowly
x, y = T.tensor4("x"), T.ivector("y")
net = lasagne.layers.InputLayer((None, 1, 8, 8), x)
net = PoolLayer(ConvLayer(net, 3, 3, pad=1), 2)
net = lasagne.layers.DenseLayer(net, 2, nonlinearity=lasagne.nonlinearities.softmax)
loss = lasagne.objectives.categorical_crossentropy(lasagne.layers.get_output(net), y).mean()
updates = lasagne.updates.adam(loss, lasagne.layers.get_all_params(net, trainable=True), 0.02)
train = theano.function([x, y], loss, updates=updates)
rng = np.random.RandomState(0)
images = rng.rand(64, 1, 8, 8).astype(theano.config.floatX)
labels = (images[:, 0, :4].mean((1, 2)) > images[:, 0, 4:].mean((1, 2))).astype(np.int32)
losses = [float(train(images, labels)) for _ in range(60)]
print(sys.argv[1:], losses[-1] < np.float(0.5) * losses[0])
"""


def run(*command, **variables):
    kept = {k: v for k, v in os.environ.items() if not k.startswith("THEANO")}
    env = {**kept, **variables}
    return subprocess.run(command, env=env, cwd="/", capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The folder, copied elsewhere and installed by pip into a folder of its own."""
    copy = tmp_path_factory.mktemp("a project") / "theano_mend"
    shutil.copytree(FOLDER, copy, ignore=shutil.ignore_patterns("__pycache__"))
    target = tmp_path_factory.mktemp("installed")
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    result = run(
        sys.executable, "-m", "pip", "install", *options, "--target", str(target), str(copy)
    )
    assert result.returncode == 0, result.stderr
    return target


def test_a_script_of_the_time_runs_as_it_is(installed, tmp_path):
    script = tmp_path / "train.py"
    script.write_text(SCRIPT % (tmp_path / "compiled"))
    command = [sys.executable, "-m", "theano_mend", str(script), "one", "two"]
    result = run(*command, PYTHONPATH=str(installed))
    assert result.stdout == "['one', 'two'] True\n", result.stderr


@pytest.mark.skipif(sys.version_info < (3, 10), reason="Python 3.9 does not list its own modules")
def test_nothing_of_this_project_is_inside():
    others = {"numpy", "theano", "lasagne", "six", "theano_mend"}
    allowed = others | sys.stdlib_module_names
    for file in FOLDER.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                imported = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level:
                imported = [node.module]
            else:
                continue
            assert {name.partition(".")[0] for name in imported} <= allowed, file


def test_theano_imported_before_is_refused():
    code = "import sys; sys.modules['theano'] = sys; import theano_mend"
    result = run(sys.executable, "-c", code, PYTHONPATH=str(ROOT))
    assert "ImportError: theano was imported before theano_mend" in result.stderr


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("", {}),
        ("a=1,b.c=x", {"a": "1", "b.c": "x"}),
        ("a='x y,z', b=2", {"a": "x y,z", "b": "2"}),
        ("a=1,a=2", {"a": "2"}),
    ],
)
def test_flags_are_read_as_theano_does_and_written_back(given, expected, monkeypatch):
    monkeypatch.setenv("THEANO_FLAGS", given)
    assert flags.environment() == expected
    flags.write(expected)
    assert flags.environment() == expected


def test_the_users_file(tmp_path, monkeypatch):
    (tmp_path / "rc").write_text("[global]\ndevice = cpu\n[blas]\nldflags = -lblas\n")
    monkeypatch.setenv("THEANORC", str(tmp_path / "rc"))
    assert flags.file("blas.ldflags") == "-lblas"
    assert flags.file("device") == "cpu"
    assert flags.file("gcc.cxxflags") is None
    monkeypatch.setenv("THEANORC", str(tmp_path / "none"))
    assert flags.file("device") is None
