"""Says what the machine lacks for this Python to run the project; exit code 1 if anything.

Prints one line that names each missing thing and the command that brings them all.
"""

import argparse
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile

VERSION = "{}.{}".format(*sys.version_info)
PROBE = "#include <Python.h>\n#include <vector>\n"


def problems():
    """Return what is missing: (what, Debian's package, Fedora's package, what else helps) each.

    Without compiler and headers Theano would run everything in Python, unusably slowly.
    """
    found = []
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        missing = "this Python cannot make environments"
        found.append(
            (missing, f"python{VERSION}-venv", "python3-pip", "install Python with its module venv")
        )
    include = sysconfig.get_path("include")
    headers = os.path.exists(os.path.join(include, "Python.h"))
    if not headers:
        missing = f"its header Python.h is not in {include}"
        found.append(
            (missing, f"python{VERSION}-dev", "python3-devel", "install Python's development files")
        )
    if not shutil.which("g++"):
        found.append(("there is no C++ compiler g++", "g++", "gcc-c++", "install g++"))
    elif headers:
        reason = compilation_error(include)
        if reason:
            missing = f"g++ does not compile: {reason}"
            found.append((missing, "build-essential", "gcc-c++", "reinstall g++"))
    return found


def compilation_error(include):
    """Return the first line that g++ says of a file that includes Python.h, or None."""
    with tempfile.TemporaryDirectory() as folder:
        source = os.path.join(folder, "probe.cpp")
        with open(source, "w") as file:
            file.write(PROBE)
        result = subprocess.run(
            ["g++", "-fsyntax-only", "-I", include, source],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
    if not result.returncode:
        return None
    lines = result.stderr.decode(errors="replace").strip().splitlines()
    return lines[0] if lines else "no reason given"


def fix_command(found):
    """Return the one command that brings all of it on this machine."""
    sudo = "" if os.geteuid() == 0 else "sudo "
    if shutil.which("apt-get"):
        return f"{sudo}apt-get install " + " ".join(debian for _, debian, _, _ in found)
    if shutil.which("dnf"):
        return f"{sudo}dnf install " + " ".join(fedora for _, _, fedora, _ in found)
    return "; ".join(other for _, _, _, other in found)


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__).parse_args()
    found = problems()
    if found:
        print("; ".join(missing for missing, *_ in found) + f" ({fix_command(found)})")
        sys.exit(1)
