"""Makes `.venv` with what requirements.txt says, and compiles the networks once.

The Python that runs this is the one that the environment gets; `install/setup.sh`
chooses it. Nothing is done twice: each step leaves a stamp that names what it was
made from, written when the step is complete.
"""

import argparse
import fcntl
import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
CACHE = ROOT / ".cache"
LOG = CACHE / "setup.log"
INSTALLED = VENV / "installed"
# Beside the compiled code, so that they vanish together.
COMPILED = CACHE / "theano" / "compiled"
# What pip says of an index that it cannot reach.
UNREACHABLE = re.compile(r"new connection|ConnectTimeout|Max retries|ProxyError|Network is unreach")


def key(*sources):
    """Digest of files and of the Python and the place they are used by."""
    digest = hashlib.sha256(f"{platform.python_version()} {ROOT}".encode())
    for source in sources:
        digest.update((ROOT / source).read_bytes())
    return digest.hexdigest()


def compiled_sources():
    """Everything that decides what is compiled, and how fast it is: flags, networks, kernels."""
    files = [*(ROOT / "nets").rglob("*"), *(ROOT / "theano_mend").rglob("*")]
    return sorted(str(f.relative_to(ROOT)) for f in files if f.suffix in (".py", ".cc", ".h"))


def read_stamp(stamp, wanted):
    """Return what a step said when it was completed for this key, or None."""
    try:
        found, _, said = stamp.read_text(encoding="utf-8").partition("\n")
    except OSError:
        return None
    return said if found == wanted else None


def write_stamp(stamp, wanted, said=""):
    """Mark a step as complete."""
    temporary = stamp.with_name(stamp.name + ".part")
    temporary.write_text(f"{wanted}\n{said}", encoding="utf-8")
    os.replace(temporary, stamp)


def fail(message):
    """End with one line and exit code 2."""
    print(f"error: {message}", file=sys.stderr)
    sys.exit(2)


def run(command, problem, **variables):
    """Run a command with its output in the log; on failure end with what went wrong."""
    # Settings for other environments that would lead pip or venv astray.
    unwanted = ("PYTHONHOME", "PYTHONPATH", "PIP_USER", "PIP_TARGET", "PIP_PREFIX")
    env = {name: value for name, value in os.environ.items() if name not in unwanted}
    with open(LOG, "a", encoding="utf-8") as log:
        log.write(f"$ {' '.join(map(str, command))}\n")
        log.flush()
        done = subprocess.run(
            command, cwd=ROOT, env={**env, **variables}, stdout=log, stderr=log, check=False
        )
    if done.returncode:
        lines = LOG.read_text(encoding="utf-8", errors="replace").splitlines()
        reasons = [line for line in lines if line.lower().startswith("error: ")] or lines
        reason = reasons[-1].strip()[:300]
        if any(UNREACHABLE.search(line) for line in lines):
            reason = "the package index does not answer; is there a network?"
        fail(f"{problem}: {reason} (all of it: {LOG.relative_to(ROOT)})")


def pinned(*names):
    """Return the lines of requirements.txt about these packages."""
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.partition("==")[0] in names]


def install():
    """Make the environment anew: after an interruption nobody knows what a half one holds."""
    # The base, since this may be the Python of the environment that is removed now.
    base = getattr(sys, "_base_executable", None) or sys.executable
    print(f"making .venv with Python {platform.python_version()} ({base})", flush=True)
    LOG.write_text("", encoding="utf-8")
    INSTALLED.unlink(missing_ok=True)  # first, in case the removal is interrupted
    shutil.rmtree(VENV, ignore_errors=True)
    run([base, "-m", "venv", str(VENV)], "cannot make .venv")
    print("installing requirements.txt, one to three minutes", flush=True)
    pip = [PYTHON, "-m", "pip", "--disable-pip-version-check", "--no-input", "install"]
    run([*pip, *pinned("setuptools", "wheel")], "pip cannot install setuptools and wheel")
    # Theano and Lasagne are built with these very tools, not with the newest.
    run(
        [*pip, "--no-build-isolation", "-r", "requirements.txt"],
        "pip cannot install requirements.txt",
        PYTHONPATH=str(ROOT / "theano_mend" / "installing"),
    )
    if subprocess.run([PYTHON, "-c", "import cv2"], stderr=subprocess.DEVNULL).returncode:
        leave_out_windows(pip)


def leave_out_windows(pip):
    """Put OpenCV's build without windows in place of the one that needs a desktop's libraries."""
    (line,) = pinned("opencv-python")
    run([*pip[:-1], "uninstall", "--yes", "opencv-python"], "pip cannot remove opencv-python")
    run(
        [*pip, "--no-deps", line.replace("opencv-python", "opencv-python-headless")],
        "pip cannot install opencv-python-headless",
    )
    print("no libGL here: OpenCV without windows, which only dataset/label_video.py needs")


def main():
    """Do what is not done yet, and say in one line what there is."""
    CACHE.mkdir(exist_ok=True)
    with open(CACHE / "setup.lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("waiting for another 'make setup'", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = key("requirements.txt")
        if read_stamp(INSTALLED, wanted) is None:
            install()
            write_stamp(INSTALLED, wanted)
        wanted = key("requirements.txt", *compiled_sources())
        summary = read_stamp(COMPILED, wanted)
        if summary is None:
            print("compiling the networks, one to two minutes the first time", flush=True)
            done = subprocess.run(
                [PYTHON, "install/compile_networks.py"],
                cwd=ROOT,
                stdout=subprocess.PIPE,
                check=False,
            )
            if done.returncode:
                sys.exit(2)
            summary = done.stdout.decode().strip()
            COMPILED.parent.mkdir(exist_ok=True)
            write_stamp(COMPILED, wanted, summary)
        print(summary)


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__).parse_args()
    try:
        main()
    except KeyboardInterrupt:
        print("interrupted: the next 'make setup' begins again", file=sys.stderr)
        sys.exit(130)
    except OSError as error:
        fail(f"cannot make the environment: {error}")
