"""Code is the same when it does the same, and nothing that trains is forgotten."""

import subprocess
import sys

import pytest

from common.cli import ROOT
from experiments.core.provenance import COUNTED, UNCOUNTED, changed, code_hashes, module_hash


def test_a_hash_of_what_is_done():
    source = '"""Doc."""\n\n\ndef f(x):\n    """Double."""\n    return 2 * x  # twice\n'
    assert module_hash(source) == module_hash("'other'\ndef f(x): 'more'; return 2*x")
    assert module_hash(source) != module_hash(source.replace("2 *", "3 *"))
    assert module_hash(source) != module_hash(source.replace("x)", "x=1)"))


def test_an_augmentation_that_has_changed_is_named():
    before = {**code_hashes(), "augment/transforms.py": "00000000"}
    assert changed(before) == ["augment/transforms.py"]
    assert changed(code_hashes()) == []
    assert changed(None) == ["unknown code"]


@pytest.mark.slow
def test_every_module_that_a_training_imports_is_counted_or_has_a_reason_not_to_be():
    program = (
        "import sys, experiments.compare.training\n"
        "print(*[m.__file__ for m in list(sys.modules.values()) if getattr(m, '__file__', None)],"
        "sep='\\n')"
    )
    found = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, text=True, capture_output=True, check=True
    )
    root = f"{ROOT}/"
    own = [line[len(root) :] for line in found.stdout.splitlines() if line.startswith(root)]
    own = [path for path in own if not path.startswith((".venv", ".cache"))]
    assert set(COUNTED) <= set(own)
    for path in set(own) - set(COUNTED):
        assert path.endswith("__init__.py") or any(path.startswith(p) for p in UNCOUNTED), path
