"""Says what the machine lacks for this Python to run the project; exit code 1 if anything.

Prints one line that names each missing thing with the command that mends it. Runs
under whatever Python the machine has, so it keeps to the language of old ones.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile

PROBE = "#include <Python.h>\n#include <vector>\n"


def how_to_install(debian, fedora, other):
    """Return the command that brings a system package on this machine."""
    if shutil.which("apt-get"):
        return "sudo apt-get install " + debian
    if shutil.which("dnf"):
        return "sudo dnf install " + fedora
    return other


def version_problem():
    """Say why this version of Python does not do, or return None."""
    version = "%d.%d" % sys.version_info[:2]
    if sys.version_info < (3, 9):
        return "Python %s is too old: take 3.9 to 3.12" % version
    if sys.version_info >= (3, 13):
        return (
            "Python %s is too new: Theano 1.0.5 needs numpy 1, which has no build for it; "
            "take 3.9 to 3.12" % version
        )
    return None


def venv_problem():
    """Say how to get the modules that make an environment, or return None."""
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        package = "python%d.%d-venv" % sys.version_info[:2]
        mend = how_to_install(package, "python3-pip", "install Python with its module venv")
        return "this Python cannot make environments (%s)" % mend
    return None


def compiler_problem():
    """Say how to get a compiler and Python's headers, or return None.

    Without them Theano runs everything in Python, unusably slowly.
    """
    if not shutil.which("g++"):
        mend = how_to_install("g++", "gcc-c++", "install g++")
        return "there is no C++ compiler g++ (%s)" % mend
    include = sysconfig.get_path("include")
    if not os.path.exists(os.path.join(include, "Python.h")):
        package = "python%d.%d-dev" % sys.version_info[:2]
        mend = how_to_install(package, "python3-devel", "install Python's development files")
        return "this Python's header Python.h is not in %s (%s)" % (include, mend)
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
        return "g++ does not compile (%s): %s" % (mend, lines[0])
    return None


def problems():
    """Everything that is missing, as a list of str."""
    wrong = version_problem()
    if wrong:
        return [wrong]
    return [wrong for wrong in (venv_problem(), compiler_problem()) if wrong]


if __name__ == "__main__":
    found = problems()
    if found:
        print("; ".join(found))
        sys.exit(1)
