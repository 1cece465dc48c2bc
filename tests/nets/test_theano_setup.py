"""Theano's flags as `nets.theano_setup` sets them, and what it refuses."""

import os
import subprocess
import sys

import pytest

from common.cli import ROOT, UserError
from nets import theano_setup

pytestmark = pytest.mark.slow


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
def flags(user_flags):
    """Call `set_flags` for a user's flags; returns what Theano will read."""
    return lambda user: user_flags(user, theano_setup.set_flags)


def test_flags_without_the_users(flags):
    ours = flags("")
    assert ours["floatX"] == "float32"
    assert ours["base_compiledir"] == str(ROOT / ".cache" / "theano")


def test_the_users_flags_win_and_odd_ones_survive(flags, tmp_path):
    folder = tmp_path / "a b,c"
    merged = flags(f"openmp=False, base_compiledir='{folder}',optimizer=fast_compile")
    assert merged["openmp"] == "False"
    assert merged["base_compiledir"] == str(folder)
    assert merged["optimizer"] == "fast_compile"


@pytest.mark.parametrize(
    "flag", ["floatX=float64", "device=gpu", "mode=FAST_COMPILE", "compute_test_value=raise"]
)
def test_a_flag_that_the_networks_cannot_run_with_is_named(flags, flag):
    with pytest.raises(UserError, match=f"THEANO_FLAGS sets {flag}, with which"):
        flags(flag)


def test_what_the_user_wants_of_theano_elsewhere_is_not_read(tmp_path):
    (tmp_path / ".theanorc").write_text("[global]\ndevice = gpu\nfloatX = float64\n")
    result = python("import nets, theano; print(theano.config.floatX)", HOME=str(tmp_path))
    assert result.stdout == "float32\n", result.stderr


IMPORT = "from common import cli; cli.run(lambda: __import__('nets'))"


def test_without_a_compiler_one_line_says_so(tmp_path):
    result = python(IMPORT, PATH=str(tmp_path))
    assert result.returncode == 2
    assert result.stderr == (
        "error: no C++ compiler found: install g++ (Debian: sudo apt-get install g++)\n"
    )


def test_a_compile_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").touch()
    result = python(IMPORT, THEANO_FLAGS=f"base_compiledir={tmp_path / 'file' / 'cache'}")
    assert result.returncode == 2
    assert result.stderr.startswith("error: Theano cannot write its compiled code to ")
    assert result.stderr.count("\n") == 1


def test_a_compile_folder_whose_files_cannot_be_loaded_is_named(flags, tmp_path, monkeypatch):
    noexec = os.statvfs_result((0,) * 8 + (os.ST_NOEXEC, 255))
    monkeypatch.setattr(os, "statvfs", lambda folder: noexec)
    with pytest.raises(UserError, match=f"from {tmp_path}, a disk mounted with noexec"):
        flags(f"base_compiledir={tmp_path}")


def test_theano_before_nets_is_refused():
    result = python("import sys; sys.modules['theano'] = sys; import nets")
    assert "ImportError: theano was imported before theano_mend" in result.stderr


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
