"""Runs Lasagne 0.1's or Theano 1.0.5's own tests on this Python, under `theano_mend`.

What they need beside the environment goes into ``.cache/library-tests``. Further arguments
go to pytest. Lasagne's take about ten minutes on two cores, Theano's an hour. With
``--record`` what came of them goes into ``theano_mend/checked``, and its table is made anew.
"""

import argparse
import collections
import csv
import os
import platform
import subprocess
import sys
import sysconfig
import tarfile
import xml.etree.ElementTree
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache" / "library-tests"
SOURCE = CACHE / "Lasagne-0.1"
PACKAGES = CACHE / "packages"
CHECKED = ROOT / "theano_mend" / "checked"
REQUIRED = ["mock==5.2.0", "parameterized==0.9.0"]

# Lasagne's tests are in its source package alone.
LASAGNE = ["lasagne/tests"]
# Asserts that what needs a GPU cannot be imported: it can, and runs on the CPU.
LASAGNE += [
    "--deselect=lasagne/tests/layers/test_conv.py::TestConv2DDNNLayer::"
    "test_import_without_gpu_or_cudnn_raises"
]
THEANO = [
    f"theano.tensor.{name}"
    for name in [
        "tests.test_basic",
        "tests.test_elemwise",
        "tests.test_blas",
        "nnet.tests.test_conv",
        "nnet.tests.test_conv3d2d",
        "signal.tests.test_pool",
    ]
]


def fetch():
    """Bring Lasagne's source package and what only the tests need."""
    CACHE.mkdir(parents=True, exist_ok=True)
    pip = [sys.executable, "-m", "pip", "-q", "--disable-pip-version-check"]
    env = {**os.environ, "PYTHONPATH": str(ROOT / "theano_mend" / "installing")}
    sdist = ["--no-deps", "--no-binary", ":all:", "--no-build-isolation", "-d", str(CACHE)]
    subprocess.run([*pip, "download", *sdist, "lasagne==0.1"], env=env, check=True)
    subprocess.run([*pip, "install", "--target", str(PACKAGES), *REQUIRED], check=True)
    (archive,) = CACHE.glob("[Ll]asagne-0.1.tar.gz")
    with tarfile.open(archive) as tar:
        tar.extractall(CACHE)
    # They are about plugins of 2015's pytest.
    (SOURCE / "setup.cfg").unlink()
    (SOURCE / "lasagne" / "conftest.py").unlink()
    # Written last: it also says that all is there.
    (SOURCE / "pytest.ini").write_text("[pytest]\n")


def record(library, outcomes):
    """Write what came of a run, by module, from pytest's report in JUnit's format.

    Modules that had no part in it keep what was written of them before.
    """
    import numpy

    counts = collections.defaultdict(collections.Counter)
    failures = collections.defaultdict(list)
    for case in xml.etree.ElementTree.parse(outcomes).getroot().iter("testcase"):
        parts = case.get("classname").split(".")
        # Classes follow; what could not be imported has no more than its own name.
        module = next((part for part in parts if part.startswith("test_")), case.get("name"))
        found = {child.tag for child in case}
        if found & {"failure", "error"}:
            counts[module]["failed"] += 1
            failures[module].append(case.get("name"))
        else:
            counts[module]["skipped" if "skipped" in found else "passed"] += 1
    CHECKED.mkdir(exist_ok=True)
    path = CHECKED / f"{library}-{'.'.join(platform.python_version_tuple()[:2])}.csv"
    rows = {row["module"]: row for row in read(path)} if path.exists() else {}
    for module, count in counts.items():
        rows[module] = {
            "python": platform.python_version(),
            "numpy": numpy.__version__,
            "module": module,
            **{name: count[name] for name in ("passed", "failed", "skipped")},
            "failures": " ".join(sorted(failures[module])),
        }
    with open(path, "w", newline="") as file:
        writer = csv.DictWriter(file, next(iter(rows.values())), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows[module] for module in sorted(rows))


def read(path):
    """Return the rows of a CSV file as dicts."""
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def table(library):
    """Return Markdown: a row a module, a column a Python, and below what failed and why."""
    runs = {}
    for path in CHECKED.glob(f"{library}-*.csv"):
        runs[tuple(map(int, path.stem.partition("-")[2].split(".")))] = read(path)
    reasons = {row["test"]: row["reason"] for row in read(CHECKED / "reasons.csv")}
    heads = [f"{rows[0]['python']}, NumPy {rows[0]['numpy']}" for _, rows in sorted(runs.items())]
    lines = ["| passed, failed, skipped | " + " | ".join(heads) + " |"]
    lines.append("| --- |" + " --- |" * len(heads))
    failed = collections.defaultdict(list)
    modules = sorted({row["module"] for rows in runs.values() for row in rows})
    for module in [*modules, "all"]:
        cells = []
        for (major, minor), rows in sorted(runs.items()):
            mine = [row for row in rows if module in (row["module"], "all")]
            sums = [sum(int(r[k]) for r in mine) for k in ("passed", "failed", "skipped")]
            cells.append(", ".join(map(str, sums)) if mine else "not run")
            for name in [name for row in mine for name in row["failures"].split()]:
                if module != "all":
                    failed[f"{module}::{name}"].append(f"{major}.{minor}")
        lines.append(f"| {module} | " + " | ".join(cells) + " |")
    if failed:
        lines += ["", "| failed | on | why |", "| --- | --- | --- |"]
    for name, pythons in sorted(failed.items()):
        lines.append(f"| {name} | {', '.join(pythons)} | {reasons.get(name, 'not known')} |")
    return "\n".join(lines) + "\n"


def write_table():
    """Make ``theano_mend/CHECKED.md`` anew from all runs that were recorded."""
    text = "# Lasagne's and Theano's own tests\n\nMade by `install/library_tests.py --record`.\n"
    for library, name in [("lasagne", "Lasagne 0.1"), ("theano", "Theano 1.0.5")]:
        if list(CHECKED.glob(f"{library}-*.csv")):
            text += f"\n## {name}\n\n{table(library)}"
    (ROOT / "theano_mend" / "CHECKED.md").write_text(text, encoding="utf-8")


def main():
    """Run the tests; the exit code is pytest's."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("library", choices=["lasagne", "theano"])
    parser.add_argument("--record", action="store_true", help="write theano_mend/CHECKED.md")
    arguments, others = parser.parse_known_args()
    library = arguments.library
    if not (SOURCE / "pytest.ini").exists():
        fetch()
    plugins = ["-p", "theano_mend", "-p", "nose_shim"]
    # Below this folder the report names the modules.
    packages = sysconfig.get_path("purelib")
    which = LASAGNE if library == "lasagne" else ["--rootdir", packages, "--pyargs", *THEANO]
    outcomes = CACHE / f"{library}.xml"
    command = [sys.executable, "-m", "pytest", "-q", *plugins, *which, *others]
    command += ["--junitxml", str(outcomes)]
    paths = os.pathsep.join([str(ROOT), str(ROOT / "install"), str(PACKAGES)])
    # Lasagne's tests take single precision, Theano's the double that is its default.
    flags = ",".join(
        [
            os.environ.get("THEANO_FLAGS", ""),
            f"base_compiledir='{ROOT / '.cache' / 'theano-tests'}'",
            f"floatX={'float32' if library == 'lasagne' else 'float64'}",
            # Most of the time goes into compiling thousands of small functions.
            "cmodule.remove_gxx_opt=True",
        ]
    )
    env = {**os.environ, "PYTHONPATH": paths, "THEANORC": os.devnull, "THEANO_FLAGS": flags}
    code = subprocess.run(command, cwd=SOURCE, env=env, check=False).returncode
    if arguments.record:
        record(library, outcomes)
        write_table()
    return code


if __name__ == "__main__":
    sys.exit(main())
