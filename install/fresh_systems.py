"""Tries the README's two commands, and what people's machines add, in a fresh Debian.

    sudo python3 install/fresh_systems.py trixie testing    # half an hour each

A system with nothing but Python, a C++ compiler, make and git is made beside the project in
``.cache/fresh``, once; the committed state of the project is cloned into it anew each time.
Each case is one line: what was tried, its seconds, and what came of it. The exit code is 1 if
one went otherwise than it should.
"""

import argparse
import os
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache" / "fresh"
PACKAGES = "python3,python3-venv,python3-dev,g++,make,git,ca-certificates"
# A user without root, and a path with a blank and a letter that is not ASCII.
USER = "somebody"
PLAIN, ODD = "/root/smileys", f"/home/{USER}/smileys é"
DETECT = ".venv/bin/python pipeline/detect.py results/demo.jpg --threshold 0.5"
THEANORC = "printf '[global]\\ndevice = gpu\\nfloatX = float64\\n' > ~/.theanorc; "
FOREIGN = "mkdir -p /tmp/foreign/numpy; touch /tmp/foreign/numpy/__init__.py; "

# Name: (user, folder, environment, command, what its last line must hold, exit code).
CASES = {
    "demo": ("root", PLAIN, {}, "make demo", "474 of 630 frames right", 0),
    "test": ("root", PLAIN, {}, "make test", " passed", 0),
    "demo, no root, odd path, umask 077, LANG=C, no HOME": (
        USER, ODD, {"LANG": "C", "HOME": None}, "umask 077; make demo", "474 of 630", 0,
    ),
    "test there": (
        USER, ODD, {"LANG": "C", "HOME": None}, "umask 077; make test", " passed", 0,
    ),
    "setup again": ("root", PLAIN, {}, "make setup", "Theano 1.0.5, Lasagne 0.1", 0),
    "setup again, no network": (
        "root", PLAIN, {"PIP_INDEX_URL": "http://127.0.0.1:9"}, "make setup", "Theano 1.0.5", 0,
    ),
    "setup in a copied folder": (
        "root", PLAIN + " copy", {},
        f"cp -a {PLAIN}/. . && make setup && {DETECT}", '"faces"', 0,
    ),
    "setup, the index unreachable": (
        "root", PLAIN + " new", {"PIP_INDEX_URL": "http://127.0.0.1:9", "PIP_RETRIES": "1"},
        "make setup", "the package index does not answer", 2,
    ),
    "setup, interrupted, then again": (
        "root", PLAIN + " stopped", {},
        "timeout --signal=INT 20 make setup; timeout --signal=KILL 40 make setup; make setup",
        "Theano 1.0.5", 0,
    ),
    "two setups at once": (
        "root", PLAIN + " two", {}, "make setup & make setup; wait", "Theano 1.0.5", 0,
    ),
    "~/.theanorc of a GPU": ("root", PLAIN, {}, THEANORC + DETECT, '"faces"', 0),
    "THEANO_FLAGS=floatX=float64": (
        "root", PLAIN, {"THEANO_FLAGS": "floatX=float64"}, DETECT, "THEANO_FLAGS sets floatX", 2,
    ),
    "THEANO_FLAGS=device=gpu": (
        "root", PLAIN, {"THEANO_FLAGS": "device=gpu"}, DETECT, "THEANO_FLAGS sets device=gpu", 2,
    ),
    "another NumPy on PYTHONPATH": (
        "root", PLAIN, {"PYTHONPATH": "/tmp/foreign"}, FOREIGN + DETECT, "unset PYTHONPATH", 2,
    ),
    "the system's Python": (
        "root", PLAIN, {}, DETECT.replace(".venv/bin/python", "python3"), '"faces"', 0,
    ),
}  # fmt: skip


def make_system(release):
    """Make the system's folder, unless it is there."""
    folder = CACHE / release
    if not (folder / "made").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        print(f"making {release}, some three minutes", flush=True)
        with open(CACHE / f"{release}.log", "w") as log:
            command = ["debootstrap", "--variant=minbase", f"--include={PACKAGES}"]
            subprocess.run([*command, release, str(folder)], stdout=log, stderr=log, check=True)
        inside(folder, "root", "/", {}, f"useradd --create-home {USER}")
        # How this machine reaches the package index: its settings of pip, and whom it trusts.
        for path in ("etc/pip.conf", "etc/xdg/pip"):
            if Path("/", path).is_dir():
                shutil.copytree(Path("/", path), folder / path)
            elif Path("/", path).exists():
                shutil.copy(Path("/", path), folder / path)
        if os.environ.get("PIP_CERT"):
            shutil.copy(os.environ["PIP_CERT"], folder / "etc" / "pip-certificates.crt")
        (folder / "made").touch()
    shutil.copy("/etc/resolv.conf", folder / "etc" / "resolv.conf")
    return folder


def inside(system, user, folder, variables, command):
    """Run a shell command in the system: (exit code, its output)."""
    home = "/root" if user == "root" else f"/home/{user}"
    env = {"HOME": home, "PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "LANG": "C.UTF-8", **variables}
    if (system / "etc" / "pip-certificates.crt").exists():
        env["PIP_CERT"] = "/etc/pip-certificates.crt"
    env = [f"{name}={value}" for name, value in env.items() if value is not None]
    # Of its own mounts nothing is left when the command has ended.
    mounts = 'mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev" && exec chroot "$0" "$@"'
    script = f"cd {shlex.quote(folder)} && {{ {command}\n}}"
    argv = ["setpriv", "--reuid", user, "--regid", user, "--init-groups", "env", "-i", *env]
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", mounts, str(system), *argv, "sh", "-c", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    return done.returncode, done.stdout.decode(errors="replace")


def clone(system, user, folder):
    """Clone the project's committed state into the system, for a user."""
    target = system / folder.lstrip("/")
    shutil.rmtree(target, ignore_errors=True)
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(target)], check=True)
    inside(system, "root", "/", {}, f"chown -R {user}: {shlex.quote(folder)}")


def main():
    """Try every case in every system."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("releases", nargs="+", help="Debian's releases: trixie, testing, ...")
    parser.add_argument("--only", help="only cases whose name holds this")
    arguments = parser.parse_args()
    for program in ("debootstrap", "unshare", "setpriv"):
        if not shutil.which(program):
            parser.error(f"there is no {program} (Debian: apt-get install {program})")
    if os.geteuid():
        parser.error("a system in a folder can be made by root alone")
    failed = 0
    for release in arguments.releases:
        system = make_system(release)
        cloned = set()
        for name, (user, folder, variables, command, expected, code) in CASES.items():
            if arguments.only and arguments.only not in name:
                continue
            if folder not in cloned:
                clone(system, user, folder)
                cloned.add(folder)
            start = time.monotonic()
            found, output = inside(system, user, folder, variables, command)
            seconds = time.monotonic() - start
            lines = [line for line in output.splitlines() if line.strip()] or [""]
            right = found == code and expected in "\n".join(lines[-3:])
            failed += not right
            said = lines[-1].rpartition("\r")[2][:160]
            verdict = "as it should" if right else f"NOT as it should (exit code {found})"
            print(f"{release}: {name}: {seconds:.0f} s, {verdict}: {said}", flush=True)
            if not right:
                (CACHE / f"{release}-failed.log").write_text(output)
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
