"""Says what the machine lacks for this Python to run the project; exit code 1 if anything.

Prints one line that names each missing thing with the command that mends it.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile

VERSION = "{}.{}".format(*sys.version_info)
PROBE = "#include <Python.h>\n#include <vector>\n"


def how_to_install(debian, fedora, other):
    """Return the command that brings a system package on this machine."""
    if shutil.which("apt-get"):
        return f"sudo apt-get install {debian}"
    if shutil.which("dnf"):
        return f"sudo dnf install {fedora}"
    return other


def venv_problem():
    """Say how to get the modules that make an environment, or return None."""
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        package = f"python{VERSION}-venv"
        mend = how_to_install(package, "python3-pip", "install Python with its module venv")
        return f"this Python cannot make environments ({mend})"
    return None


def compiler_problem():
    """Say how to get a compiler and Python's headers, or return None.

    Without them Theano runs everything in Python, unusably slowly.
    """
    if not shutil.which("g++"):
        mend = how_to_install("g++", "gcc-c++", "install g++")
        return f"there is no C++ compiler g++ ({mend})"
    include = sysconfig.get_path("include")
    if not os.path.exists(os.path.join(include, "Python.h")):
        package = f"python{VERSION}-dev"
        mend = how_to_install(package, "python3-devel", "install Python's development files")
        return f"this Python's header Python.h is not in {include} ({mend})"
    with tempfile.TemporaryDirectory() as folder:
        source = os.path.join(folder, "probe.cpp")
        with open(source, "w") as file:
            file.write(PROBE)
        result = subprocess.run(
            ["g++", "-fsyntax-only", "-I", include, source],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
    if result.returncode:
        lines = result.stderr.decode(errors="replace").strip().splitlines() or ["no reason given"]
        mend = how_to_install("build-essential", "gcc-c++", "reinstall g++")
        return f"g++ does not compile ({mend}): {lines[0]}"
    return None


def problems():
    """Everything that is missing, as a list of str."""
    return [wrong for wrong in (venv_problem(), compiler_problem()) if wrong]


if __name__ == "__main__":
    found = problems()
    if found:
        print("; ".join(found))
        sys.exit(1)
