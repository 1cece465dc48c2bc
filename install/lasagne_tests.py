"""Runs Lasagne 0.1's own tests on this Python, with Theano prepared as the project does.

The tests are in Lasagne's source package, which pip brings into ``.cache/lasagne``.
Arguments go to pytest. The whole suite takes about ten minutes; a third of it skips
itself, the tests of layers that run on a GPU alone.
"""

import os
import subprocess
import sys
import tarfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache" / "lasagne"
SOURCE = CACHE / "Lasagne-0.1"
PACKAGES = CACHE / "packages"


def download():
    """Bring Lasagne's source package and what only its tests need."""
    pip = [sys.executable, "-m", "pip", "-q", "--disable-pip-version-check"]
    env = {**os.environ, "PYTHONPATH": str(ROOT / "install" / "build")}
    sdist = ["--no-deps", "--no-binary", ":all:", "--no-build-isolation", "-d", str(CACHE)]
    subprocess.run([*pip, "download", *sdist, "lasagne==0.1"], env=env, check=True)
    subprocess.run([*pip, "install", "--target", str(PACKAGES), "mock==5.2.0"], check=True)
    (archive,) = CACHE.glob("[Ll]asagne-0.1.tar.gz")
    with tarfile.open(archive) as tar:
        tar.extractall(CACHE)
    # They are about plugins of 2015's pytest.
    (SOURCE / "setup.cfg").unlink()
    (SOURCE / "lasagne" / "conftest.py").unlink()
    # Written last: it also says that the download is complete.
    (SOURCE / "pytest.ini").write_text("[pytest]\ntestpaths = lasagne/tests\n")


def main():
    """Run the tests; the exit code is pytest's."""
    if not (SOURCE / "pytest.ini").exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        download()
    command = [sys.executable, "-m", "pytest", "-q", "-p", "nets.theano_setup", *sys.argv[1:]]
    paths = os.pathsep.join([str(ROOT), str(PACKAGES)])
    done = subprocess.run(command, cwd=SOURCE, env={**os.environ, "PYTHONPATH": paths}, check=False)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
