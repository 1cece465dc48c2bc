"""Which code made a result: a hash of each module that makes batches, trains or measures.

Comments, docstrings and layout do not count: the hash is of a module's syntax tree. Not
counted either are `nets.fast` and the mends, which compute what Theano computes (tested), and
what only shows a training (`UNCOUNTED`). A test sees to it that no module which a training
imports is in neither list.
"""

import ast
import hashlib
from functools import cache

from common.cli import ROOT

COUNTED = (
    "augment/stream.py",
    "augment/transforms.py",
    "common/crops.py",
    "experiments/compare/training.py",
    "experiments/core/confusion.py",
    "experiments/core/ridge.py",
    "experiments/core/training.py",
    "experiments/smileys/data.py",
    "experiments/smileys/metrics.py",
    "experiments/smileys/splits.py",
    "experiments/smileys/training.py",
    "nets/batchnorm.py",
    "nets/functions.py",
    "nets/input.py",
    "nets/layers.py",
    "nets/smiles.py",
)
# What a training imports and its result does not depend on: each with the reason.
UNCOUNTED = {
    "common": "reads pictures and manifests, whose pixels the data's own hash covers",
    "dataset": "the same",
    "experiments/core/monitor.py": "shows a training",
    "experiments/core/plots.py": "draws",
    "experiments/core/provenance.py": "itself",
    "nets/fast": "equal to Theano's own result, tested",
    "nets/theano_setup.py": "chooses compilers and threads",
    "theano_mend": "makes Theano run",
}


@cache
def code_hashes(modules=COUNTED):
    """Eight digits of each counted module: dict of path to str."""
    return {path: module_hash((ROOT / path).read_text(encoding="utf-8")) for path in modules}


def module_hash(source):
    """Eight digits that change with what a module does, not with how it is explained."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and is_text(body[0]):
            body[0] = ast.Pass()
    return hashlib.sha256(ast.unparse(tree).encode()).hexdigest()[:8]


def is_text(node):
    """Whether a statement is a string that nothing uses."""
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def changed(before, modules=COUNTED):
    """Modules whose code is not that of ``before`` (dict as from `code_hashes`, or None)."""
    if before is None:
        return ["unknown code"]
    now = code_hashes(modules)
    return sorted(path for path in {*before, *now} if before.get(path) != now.get(path))
