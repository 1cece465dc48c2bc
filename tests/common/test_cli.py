"""The common frame of every script: exit codes, and the restart under `.venv`."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from common import cli

FRAME = f"import sys; sys.path.insert(0, {str(cli.ROOT)!r}); from common import cli\n"


def program(body, **options):
    """Run a program with the given body of `main`: the finished process."""
    code = f"{FRAME}def main():\n    {body}\ncli.run(main)"
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, **options
    )


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"default": 0.5, "help": "share"}, "share (default 0.5)"),
        ({"default": 32}, "default 32"),
        ({"default": cli.ROOT / "weights", "help": "folder"}, "folder (default weights)"),
        ({"default": [1, 2], "nargs": "+", "help": "rates"}, "rates (default 1 2)"),
        ({"default": "90%", "help": "how much"}, "how much (default 90%)"),
        ({"default": 4.0, "help": "how often (4)"}, "how often (4)"),
        (
            {"default": 4, "help": "how often (default: as before)"},
            "how often (default: as before)",
        ),
        ({"help": "file"}, "file"),
        ({"action": "store_true", "help": "be quick"}, "be quick"),
    ],
)
def test_a_help_tells_each_default_once(settings, told):
    """Of most options the default was a secret, such as train_smiles.py's epochs."""
    parser = cli.parser("Does it.")
    parser.add_argument("--it", **settings)
    lines = parser.format_help().splitlines()
    at = next(k for k, line in enumerate(lines) if line.strip().startswith("--it"))
    words = " ".join(lines[at:]).split()
    assert " ".join(words).endswith(told)
    assert " ".join(words).count("default") == told.count("default")


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        ("return None", 0, ""),
        ("return 3", 3, ""),
        (
            "raise cli.UserError('no such file: name another')",
            2,
            "error: no such file: name another\n",
        ),
        ("raise KeyboardInterrupt", 130, "interrupted\n"),
        (
            "from common.interrupt import Stopped; raise Stopped('saved: go on')",
            130,
            "saved: go on\n",
        ),
    ],
)
def test_exit_codes(body, code, message):
    result = program(body)
    assert (result.returncode, result.stderr) == (code, message)


def test_a_mistake_of_the_program_keeps_its_traceback():
    result = program("return 1 / 0")
    assert result.returncode == 1
    assert "ZeroDivisionError" in result.stderr


def test_a_full_or_closed_standard_output_is_one_line():
    code = f"{FRAME}def main():\n    for k in range(BIG): print(k)\ncli.run(main)"
    for count in (1, 10**5):
        command = [sys.executable, "-c", code.replace("BIG", str(count))]
        with open("/dev/full", "w") as full:
            result = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True)
        said = "error: cannot write to the standard output: No space left on device\n"
        assert (result.returncode, result.stderr) == (2, said)
    shell = ["sh", "-c", 'exec "$@" >&-', "sh", *command]
    result = subprocess.run(shell, stderr=subprocess.PIPE, text=True, check=False)
    assert result.returncode == 2
    assert result.stderr.startswith("error: the standard output is closed")
    assert result.stderr.count("\n") == 1


def test_names_that_are_no_text_can_be_printed():
    result = program("print('wrote \\udcff.mp4')")
    assert (result.returncode, result.stdout, result.stderr) == (0, "wrote \\udcff.mp4\n", "")


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_polite_end_is_like_ctrl_c(name):
    number = getattr(signal, name)
    # Not `signal.pause()`: a signal that comes just before it is not seen until the next one.
    body = "print('on', flush=True)\n    while True: pass"
    code = f"{FRAME}def main():\n    {body}\ncli.run(main)"
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),
    )  # fmt: skip
    process.stdout.readline()
    process.send_signal(number)
    _, err = process.communicate()
    assert (process.returncode, err) == (128 + number, "interrupted\n")


def test_a_hangup_that_is_ignored_stays_ignored():
    body = "import signal; print(signal.getsignal(signal.SIGHUP) == signal.SIG_IGN)"
    result = program(body, preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    assert result.stdout == "True\n"


def test_a_reader_that_has_seen_enough():
    code = f"{FRAME}def main():\n    for k in range(10**6): print(k)\ncli.run(main)"
    writer = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    writer.stdout.readline()
    writer.stdout.close()
    assert writer.stderr.read() == b""
    writer.stderr.close()
    assert writer.wait() == 0


@pytest.fixture
def bare(tmp_path):
    """A project folder with `common/cli.py` and a script, run by a Python without packages."""
    common = tmp_path / "common"
    common.mkdir()
    shutil.copy(cli.__file__, common)
    script = tmp_path / "script.py"
    script.write_text(
        "from common import cli\n"
        "cli.use_project_python()\n"
        "import sys; print(sys.executable, sys.argv[1:])"
    )

    def run(*arguments):
        env = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "SMILEYS_RESTARTED")}
        # -S leaves the packages of this environment out.
        return subprocess.run(
            [sys.executable, "-S", str(script), *arguments],
            capture_output=True,
            text=True,
            env=env,
            check=False,
        )

    return tmp_path, run


def test_without_packages_make_setup_is_named(bare):
    _, run = bare
    result = run()
    assert result.returncode == 2
    assert result.stderr == (
        "error: the packages of requirements.txt are not installed; run 'make setup' first\n"
    )


def write_python(folder, text):
    """Put a program where a project's environment has its Python."""
    python = folder / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(text)
    python.chmod(0o755)


def test_without_packages_the_script_restarts_in_the_environment(bare):
    folder, run = bare
    # It has the packages: it is this very Python.
    write_python(folder, f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    result = run("a b", "--flag")
    assert result.stdout.endswith("['a b', '--flag']\n"), result.stderr
    assert result.returncode == 0


def test_whatever_another_python_holds_the_script_restarts_in_the_environment(bare, tmp_path):
    """A Theano of the user's own, on her path, is not the project's."""
    folder, run = bare
    for name in ("theano", "cv2", "numpy"):
        (tmp_path / f"{name}.py").touch()
    write_python(folder, "#!/bin/sh\necho restarted\n")
    assert run().stdout == "restarted\n"


def test_a_foreign_numpy_is_named(tmp_path):
    (tmp_path / "numpy").mkdir()
    (tmp_path / "numpy" / "__init__.py").touch()
    result = program("cli.use_project_python()", env={**os.environ, "PYTHONPATH": str(tmp_path)})
    if Path(sys.prefix) != cli.ROOT / ".venv":
        pytest.skip("not run in the environment that make setup makes")
    assert result.returncode == 2
    assert result.stderr == (
        f"error: NumPy comes from {tmp_path / 'numpy'} instead of .venv; unset PYTHONPATH\n"
    )


def test_an_environment_without_packages_does_not_restart_for_ever(bare):
    folder, run = bare
    write_python(folder, f'#!/bin/sh\nexec "{sys.executable}" -S "$@"\n')
    result = run()
    assert result.returncode == 2
    assert "run 'make setup' first" in result.stderr
