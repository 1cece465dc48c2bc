"""``make setup`` and the Makefile, without installing anything."""

import contextlib
import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from common.cli import ROOT

sys.path.insert(0, str(ROOT / "install"))
import environment

# The Makefile's last rule holds them: a target that has become real is never run from here.


def call(*command, cwd=ROOT, **variables):
    """Run a command as if no make were running: the finished process."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS", "PYTHON"))}
    return subprocess.run(
        command, cwd=cwd, env={**env, **variables}, capture_output=True, text=True, check=False
    )


def refusal(result):
    """Return the one line of an error with exit code 2."""
    assert result.returncode == 2, result
    assert result.stderr.startswith("error: "), result.stderr
    assert result.stderr.count("\n") == 1, result.stderr
    return result.stderr


@pytest.fixture
def project(tmp_path):
    """The files that ``make setup`` reads, in a folder whose name has a blank and a comma."""
    folder = tmp_path / "a b,c"
    shutil.copytree(ROOT / "install", folder / "install")
    for name in ("requirements.txt", "nets/theano_setup.py", "theano_mend/removed_names.py"):
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    return folder


@pytest.fixture
def machine(tmp_path):
    """A folder for PATH with little on it, and a function that adds programs."""
    folder = tmp_path / "bin"
    folder.mkdir()

    def add(name, text):
        program = folder / name
        program.write_text(f"#!/bin/sh\n{text}\n")
        program.chmod(0o755)

    add("dirname", f'exec {shutil.which("dirname")} "$@"')
    return folder, add


THIS = f'exec "{sys.executable}" "$@"'


def setup(project, machine, **variables):
    """Run ``make setup``'s script with that PATH."""
    script = str(project / "install" / "setup.sh")
    return call("/bin/sh", script, PATH=str(machine[0]), **variables)


VERSIONS = re.search(
    r'^VERSIONS="(.*)"$', (ROOT / "install" / "setup.sh").read_text(), re.MULTILINE
)[1].split()
TESTED = f"Python {VERSIONS[-1]} to {VERSIONS[0]}"


def test_the_readme_and_the_requirements_name_the_tested_versions():
    assert TESTED in (ROOT / "README.md").read_text()
    assert f"for {TESTED}." in (ROOT / "requirements.txt").read_text()


@pytest.mark.parametrize(
    ("program", "command"),
    [
        ("apt-get", "apt-get install python3 python3-venv python3-dev"),
        ("dnf", f"dnf install python{VERSIONS[0]} python{VERSIONS[0]}-devel"),
        ("brew", f"brew install python@{VERSIONS[0]}"),
    ],
)
def test_no_python(project, machine, program, command):
    machine[1](program, "exit 1")
    line = refusal(setup(project, machine))
    assert f"there is no Python here, and the project needs {TESTED}: install one" in line
    assert f"({command})" in line


def test_a_named_python_that_does_not_run(project, machine):
    line = refusal(setup(project, machine, PYTHON="/nowhere/python"))
    assert "PYTHON=/nowhere/python does not run" in line


@pytest.mark.parametrize("version", ["2.7", "3.8", "3.99"])
def test_a_named_python_of_another_version(project, machine, version):
    machine[1]("python-x", f"echo {version}")
    line = refusal(setup(project, machine, PYTHON="python-x"))
    assert line == (f"error: python-x is Python {version}, and the project is tested on {TESTED}\n")


def test_the_only_python_is_of_another_version(project, machine):
    """It says how to come by one, and that another may be named."""
    machine[1]("python3", "echo 3.99")
    machine[1]("apt-get", "exit 1")
    line = refusal(setup(project, machine))
    assert "python3 is Python 3.99, and the project is tested on" in line
    assert "apt-get install python3 python3-venv python3-dev" in line
    assert "make setup PYTHON=/path/to/python" in line


def test_no_compiler(project, machine):
    """A Python that does not run is passed over; the next one's complaint is shown."""
    machine[1]("python3.14", "exit 1")
    machine[1]("python3.12", THIS)
    machine[1]("python3.9", THIS)
    machine[1]("apt-get", "exit 1")
    version = "{}.{}".format(*sys.version_info)
    sudo = "" if os.geteuid() == 0 else "sudo "
    assert refusal(setup(project, machine)) == (
        f"error: python3.12 (Python {version}): there is no C++ compiler g++ "
        f"({sudo}apt-get install g++)\n"
    )
    assert not (project / ".venv").exists()


def test_the_newest_complete_python_is_taken(project, machine):
    machine[1]("g++", "exit 0")
    machine[1]("python3.14", 'case "$1" in -c) echo 3.14;; *) exit 1;; esac')
    machine[1]("python3.13", 'case "$1" in -c) echo 3.13;; *) echo "took $0 for $1";; esac')
    machine[1]("python3.12", 'case "$1" in -c) echo 3.12;; *) echo "took $0 for $1";; esac')
    done = setup(project, machine)
    assert done.stdout.endswith("python3.13 for install/environment.py\n"), done


def test_everything_missing_is_in_one_line(project, machine, tmp_path):
    """A Python without venv, as Debian splits it, and a compiler that does not work."""
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    (hidden / "venv.py").write_text("raise ImportError")
    machine[1]("python3.10", f'PYTHONPATH="{hidden}" {THIS}')
    machine[1]("g++", "echo cannot find cc1plus >&2; exit 1")
    machine[1]("apt-get", "exit 1")
    line = refusal(setup(project, machine))
    assert "this Python cannot make environments" in line
    assert "g++ does not compile: cannot find cc1plus" in line
    version = "{}.{}".format(*sys.version_info)
    assert line.endswith(f"apt-get install python{version}-venv build-essential)\n")


@pytest.fixture
def stamped(project, monkeypatch):
    """A project in which everything is done; `environment` works on it."""
    for name, path in vars(environment).copy().items():
        if isinstance(path, Path):
            monkeypatch.setattr(environment, name, project / path.relative_to(ROOT))
    for stamp in (environment.INSTALLED, environment.COMPILED):
        stamp.parent.mkdir(parents=True)
    environment.write_stamp(environment.INSTALLED, environment.key("requirements.txt"))
    compiled = environment.key("requirements.txt", *environment.compiled_sources())
    environment.write_stamp(environment.COMPILED, compiled, "the summary")
    return project


def test_nothing_to_do(stamped):
    result = call(sys.executable, str(stamped / "install" / "environment.py"))
    assert (result.returncode, result.stdout) == (0, "the summary\n")


def stand_in(text):
    """Put a shell script where the environment's Python is."""
    environment.PYTHON.parent.mkdir(parents=True)
    environment.PYTHON.write_text(f"#!/bin/sh\n{text}\n")
    environment.PYTHON.chmod(0o755)


@pytest.mark.parametrize(
    "name", ["nets/theano_setup.py", "nets/fast/kernels.cc", "theano_mend/include/theano_mend.h"]
)
def test_changed_flags_or_kernels_compile_anew_but_install_nothing(stamped, name, capsys):
    """The speed in the summary is that of the kernels there are, not of older ones."""
    stand_in('echo "ran $*"')
    changed = stamped / name
    changed.parent.mkdir(exist_ok=True)
    with open(changed, "a") as file:
        file.write("// changed\n")
    environment.main()
    assert capsys.readouterr().out == (
        "compiling the networks, one to two minutes the first time\n"
        "ran install/compile_networks.py\n"
    )
    environment.main()
    assert capsys.readouterr().out == "ran install/compile_networks.py\n"


@pytest.mark.parametrize("change", ["requirements", "half"])
@pytest.mark.parametrize("desktop", [True, False])
def test_a_stale_or_half_made_environment_is_made_anew(
    stamped, change, desktop, monkeypatch, capsys
):
    """Without a desktop's libraries OpenCV does not import, and its build without windows does."""
    commands = []

    def run(command, problem, **variables):
        assert not environment.INSTALLED.exists()
        commands.append(" ".join(map(str, command[1:])))
        if "venv" in command:
            stand_in(f'case "$*" in *cv2*) exit {int(not desktop)};; *) exit 1;; esac')

    monkeypatch.setattr(environment, "run", run)
    left_over = environment.VENV / "left-over"
    left_over.touch()
    if change == "half":
        environment.INSTALLED.unlink()
    else:
        with open(stamped / "requirements.txt", "a") as file:
            file.write("# changed\n")
        environment.COMPILED.unlink()
    with contextlib.suppress(SystemExit):
        environment.main()
    assert not left_over.exists()
    assert environment.INSTALLED.exists()
    venv, tools, packages, *opencv = commands
    assert venv == f"-m venv {environment.VENV}"
    assert re.search(r" install setuptools==\S+ wheel==\S+$", tools)
    assert packages.endswith(" install --no-build-isolation -r requirements.txt")
    said = capsys.readouterr().out
    assert "making .venv with Python" in said
    if desktop:
        assert opencv == []
    else:
        removed, added = opencv
        assert removed.endswith(" uninstall --yes opencv-python")
        assert re.search(r" install --no-deps opencv-python-headless==[0-9.]+$", added)
        assert "OpenCV without windows" in said


def test_what_pip_says_is_in_one_line(stamped, capsys):
    with pytest.raises(SystemExit) as stop:
        environment.run(
            [sys.executable, "-c", "print('ERROR: no match'); print('notice'); exit(1)"],
            "pip cannot install x",
        )
    assert stop.value.code == 2
    assert capsys.readouterr().err == (
        "error: pip cannot install x: ERROR: no match (all of it: .cache/setup.log)\n"
    )


def test_an_index_that_does_not_answer_is_named(stamped, capsys):
    said = "WARNING: Retrying: Failed to establish a new connection\\nERROR: No matching"
    with pytest.raises(SystemExit):
        environment.run([sys.executable, "-c", f"print('{said}'); exit(1)"], "pip cannot install x")
    assert capsys.readouterr().err == (
        "error: pip cannot install x: the package index does not answer; is there a network? "
        "(all of it: .cache/setup.log)\n"
    )


def test_train_passes_its_variables_on():
    recipe = call("make", "--dry-run", "train", "DATA=a b", "OUT=c", "ARGS=--epochs 2").stdout
    assert "experiments/train_smiles.py --data 'a b' --out 'c' --epochs 2" in recipe


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["eval-split", "REAL=no where.csv"], "no file or folder no"),
        (["eval-leakage", "REAL=a.csv b.csv"], "no file or folder b.csv"),
        (["train", "DATA=nowhere"], "no file or folder nowhere"),
        (["train-real", "SETS=nowhere"], "no file or folder nowhere"),
        (["train-real"], "name the folder of the published sets: SETS=folder"),
        (["eval-real"], "name the labelled faces: DATA=faces.csv"),
    ],
)
def test_what_is_missing_is_said_before_anything_starts(tmp_path, arguments, said):
    """``make eval-split REAL=mistyped`` compared for a night first."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "a.csv").touch()
    result = call("make", *arguments, cwd=tmp_path)
    assert result.returncode == 2
    assert f"error: {said}" in result.stderr.splitlines()[0]
    assert not result.stdout


def test_our_nets_are_measured_where_the_others_cannot_be_installed(tmp_path):
    """Without the package index, make eval-real ended in pip's errors."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    for name in ("faces.csv", "requirements-bench-faces.txt", "install/setup.sh"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\n[ "$1" != -m ] && echo "runs $1"\n')
    python.chmod(0o755)
    result = call("make", "eval-real", "DATA=faces.csv", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert "runs experiments/eval_real.py" in result.stdout
    assert "note: fer and facex cannot be installed" in result.stderr


def test_what_is_there_may_have_blanks_in_its_name(tmp_path):
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "a b.csv").touch()
    named = ["DATA=a b.csv", "REAL=a b.csv", "FACES=", "SETS=a b.csv"]
    assert call("make", "sets", *named, cwd=tmp_path).returncode == 0


@pytest.mark.parametrize("name", ["check", "compile_networks", "environment"])
def test_asked_for_help_they_do_not_begin(name, machine):
    folder, _ = machine
    result = call(sys.executable, ROOT / "install" / f"{name}.py", "--help", PATH=str(folder))
    assert result.returncode == 0
    assert result.stdout.startswith("usage: ")


def test_help_lists_every_target():
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.search(r"^\.PHONY: (.*)$", makefile, re.M).group(1).split())
    assert set(re.findall(r"^  make ([a-z-]+)", call("make").stdout, re.M)) == targets


def test_every_installed_package_is_pinned():
    if Path(sys.prefix) != ROOT / ".venv":
        pytest.skip("not run in the environment that make setup makes")
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    pins = {line.partition(";")[0].strip().lower() for line in lines if "==" in line}
    # Not the packages that setuptools brings along inside itself.
    paths = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    installed = {
        f"{package.metadata['Name']}=={package.version}".lower().replace("_", "-")
        for package in importlib.metadata.distributions(path=list(paths))
    }
    # The same without windows, where the machine has no libraries for them.
    installed = {
        package.replace("opencv-python-headless", "opencv-python") for package in installed
    }
    assert {package for package in installed if not package.startswith("pip==")} <= pins


@pytest.mark.parametrize(
    ("crowd", "data", "out"),
    [
        ([], "data/crowd", "results/eval_people/rendered"),
        (["CROWD=360"], "data/crowd-360", "runs/eval_people/crowd-360"),
    ],
)
def test_another_crowd_is_compared_in_folders_of_its_own(crowd, data, out):
    """After hours of rendering it was refused: the committed trainings are of other people."""
    lines = call("make", "--dry-run", "eval-people", *crowd).stdout.splitlines()
    (made,) = (line.split() for line in lines if "--seed 12" in line)
    compared = next(line.split() for line in lines if "eval_people.py" in line)
    assert made[made.index("--out") + 1] == compared[compared.index("--data") + 1] == data
    assert compared[compared.index("--out") + 1] == out
