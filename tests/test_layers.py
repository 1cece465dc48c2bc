"""The order of the folders: no arrow runs up, and importing a module changes nothing.

common <- nets <- augment, pipeline <- dataset <- experiments; within experiments,
core <- smileys <- a folder a question <- the scripts. ``make lint`` runs this file alone.
"""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FLOORS = [
    {"common", "theano_mend"},
    {"nets"},
    {"augment", "pipeline"},
    {"dataset"},
    {"experiments.core"},
    {"experiments.smileys"},
    {"experiments.*"},  # the folders of the questions, which do not know of each other
    {"experiments"},  # the scripts
]
# A library that checks the data sets it describes when it is called as a program.
ALSO_PROGRAMS = {"dataset.manifest"}
# What prepares Theano has to, before Theano reads its flags.
PREPARES = ("nets.theano_setup", "theano_mend")


def modules_of(root):
    """Dotted name to syntax tree of each module of the project but tests and installation."""
    tops = {name.split(".")[0] for floor in FLOORS for name in floor}
    return {
        ".".join(path.relative_to(root).with_suffix("").parts).replace(".__init__", ""): ast.parse(
            path.read_text(encoding="utf-8")
        )
        for top in tops
        for path in sorted((root / top).rglob("*.py"))
    }


def room_of(module, modules):
    """Room a module lies in: its folder, or within experiments the folder in that."""
    parts = module.split(".")
    if parts[0] != "experiments":
        return parts[0]
    inner = len(parts) > 2 or any(name.startswith(f"{module}.") for name in modules)
    return ".".join(parts[:2]) if inner and len(parts) > 1 else "experiments"


def floor_of(room):
    """Number of a room's floor, from below."""
    named = [number for number, floor in enumerate(FLOORS) if room in floor]
    return named[0] if named else FLOORS.index({"experiments.*"})


def imports_of(tree, modules):
    """Yield (line, module of the project) for every import, also inside functions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            inner = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [name if name in modules else node.module for name in inner]
        else:
            continue
        yield from ((node.lineno, name) for name in sorted(set(names)) if name in modules)


def is_guard(statement):
    """Whether a statement is ``if __name__ == "__main__":``."""
    return isinstance(statement, ast.If) and "__name__" in ast.dump(statement.test)


def is_script(tree):
    """Whether a module is a program of the project, which finds its own Python when called."""
    return "use_project_python" in "".join(map(ast.dump, filter(is_guard, tree.body)))


def at_import(tree):
    """Yield every node that runs when a module is imported."""
    waiting = [node for node in tree.body if not is_guard(node)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            continue
        yield node
        waiting += ast.iter_child_nodes(node)


def changes_the_process(node):
    """Whether a node replaces the process or writes to its environment."""
    if isinstance(node, ast.Call):
        called = ast.unparse(node.func)
        changes = ("os.exec", "os.putenv", "os.environ.", "cli.use_project_python")
        return called.startswith(changes) and called != "os.environ.get"
    if isinstance(node, ast.Subscript):
        return ast.unparse(node.value) == "os.environ" and not isinstance(node.ctx, ast.Load)
    return False


def breaches(root):
    """Everything in a project that breaks the order: list of str, empty if it holds."""
    modules = modules_of(root)
    scripts = {name for name, tree in modules.items() if is_script(tree)} - ALSO_PROGRAMS
    found = []
    for name, tree in modules.items():
        room = room_of(name, modules)
        for line, other in imports_of(tree, modules):
            goes_to = room_of(other, modules)
            # Whoever imports a folder of experiments imports experiments/__init__.py.
            if goes_to != room and floor_of(goes_to) >= floor_of(room):
                found.append(f"{name}:{line} imports {other}, which does not lie below it")
            if other in scripts:
                found.append(f"{name}:{line} imports {other}, a script")
        if not name.startswith(PREPARES):
            found += [
                f"{name}:{node.lineno} changes the process when it is imported"
                for node in at_import(tree)
                if changes_the_process(node)
            ]
    return found


def test_the_project_keeps_the_order():
    assert not breaches(ROOT)


GUARDED = 'if __name__ == "__main__":\n    cli.use_project_python()\n'


@pytest.mark.parametrize(
    ("path", "text", "said"),
    [
        ("nets/a.py", "from pipeline.b import f", "does not lie below"),
        ("nets/a.py", "def f():\n    import dataset.b", "does not lie below"),
        ("augment/a.py", "from pipeline import b", "does not lie below"),
        ("dataset/a.py", "from experiments.core.b import f", "does not lie below"),
        ("experiments/core/a.py", "from experiments.smileys import b", "does not lie below"),
        ("experiments/vote/a.py", "from experiments.smileys import c", None),
        ("experiments/vote/a.py", "from experiments.detector.b import f", "does not lie below"),
        ("dataset/a.py", "from pipeline.script import f", "a script"),
        ("pipeline/a.py", "from pipeline import script", "a script"),
        ("pipeline/a.py", "import os\nos.environ['A'] = 'b'", "changes the process"),
        ("pipeline/a.py", "import os\nos.environ.setdefault('A', 'b')", "changes the process"),
        ("pipeline/a.py", "from common import cli\ncli.use_project_python()", "changes the"),
        ("pipeline/a.py", "import os\ndef f():\n    os.execv('a', [])", None),
        ("pipeline/a.py", "import os\na = os.environ.get('A')", None),
        ("pipeline/a.py", GUARDED, None),
        ("pipeline/a.py", "from pipeline.b import f", None),
    ],
)
def test_what_breaks_the_order_is_found(tmp_path, path, text, said):
    rooms = ["nets", "augment", "pipeline", "dataset"]
    for room in [*rooms, *(f"experiments/{name}" for name in ("core", "smileys", "detector"))]:
        (tmp_path / room).mkdir(parents=True)
        (tmp_path / room / "b.py").write_text("def f(): pass\n")
    (tmp_path / "pipeline" / "script.py").write_text(GUARDED)
    (tmp_path / path).parent.mkdir(exist_ok=True)
    (tmp_path / path).write_text(text)
    found = breaches(tmp_path)
    if said is None:
        assert not found
    else:
        assert [f for f in found if said in f and f.startswith(path[:-3].replace("/", "."))]


def test_importing_changes_no_environment():
    """Beside what prepares Theano, which runs first here."""
    code = """
import importlib, os, sys
import cv2  # sets some itself
sys.path.insert(0, sys.argv[1])
import nets
before = dict(os.environ)
for name in sys.argv[2:]:
    importlib.import_module(name)
    changed = {key for key in {*before, *os.environ} if before.get(key) != os.environ.get(key)}
    assert not changed, f"{name} sets {changed}"
"""
    names = [n for n in modules_of(ROOT) if not n.endswith((".__main__", ".peers", ".ours"))]
    names = [name for name in names if not name.startswith(PREPARES)]
    command = [sys.executable, "-c", code, str(ROOT), *sorted(names)]
    result = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ}, check=False
    )
    assert result.returncode == 0, result.stderr
