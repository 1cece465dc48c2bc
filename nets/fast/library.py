"""Build the kernels once and load them."""

import ctypes
import functools
import hashlib
import importlib.metadata
import os
import platform
import subprocess
import sys
import warnings
from pathlib import Path

import theano

from common.cli import ROOT

FILES = ("kernels.cc", "scan.cc", "winograd.cc", "winograd.h", "team.cc", "team.h", "vectors.h")
SOURCES = [Path(__file__).with_name(name) for name in FILES]
FLAGS = ["-std=c++17", "-O3", "-march=native", "-ffp-contract=fast", "-fopenmp", "-fPIC", "-shared"]
SWITCH = "SMILEYS_FAST"  # environment variable; 0 keeps Theano's own Ops


def onednn_folders():
    """Folders (headers, library) of the wheel onednn-devel-cpu-gomp, or None without it."""
    try:
        files = importlib.metadata.files("onednn-devel-cpu-gomp") or []
    except importlib.metadata.PackageNotFoundError:
        return None
    for file in files:
        if file.as_posix().endswith("include/oneapi/dnnl/dnnl.hpp"):
            headers = Path(file.locate()).resolve().parents[2]
            library = headers.parent / "lib"
            if (library / "libdnnl.so.3").exists():
                return headers, library
    return None


def processor():
    """What ``-march=native`` depends on."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next((line for line in lines if line.startswith(("flags", "Features"))), "")
    except OSError:
        return platform.processor()


def build():
    """Compile the kernels into the project's cache folder, unless they are there.

    Returns
    -------
    pathlib.Path or None
        None without oneDNN.
    """
    folders = onednn_folders()
    if folders is None:
        return None
    headers, libraries = folders
    command = [
        *FLAGS,
        f"-I{headers}",
        *(str(source) for source in SOURCES if source.suffix == ".cc"),
        f"-L{libraries}",
        "-l:libdnnl.so.3",
        f"-Wl,-rpath,{libraries}",
    ]
    texts = b"".join(source.read_bytes() for source in SOURCES)
    key = texts + " ".join([*command, processor(), theano.config.cxx]).encode()
    path = ROOT / ".cache" / "fast" / f"kernels-{hashlib.sha256(key).hexdigest()[:16]}.so"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(f".{os.getpid()}.part")
        result = subprocess.run(
            [theano.config.cxx, *command, "-o", str(temporary)], capture_output=True, text=True
        )
        if result.returncode:
            raise OSError(result.stderr.strip().splitlines()[0])
        os.replace(temporary, path)
    return path


@functools.cache
def load():
    """Load the kernels, or say once why Theano's own Ops are used, and return None."""
    if os.environ.get(SWITCH, "1") == "0":
        return None
    try:
        path = build()
        if path is None:
            raise OSError("the package onednn-devel-cpu-gomp is not installed")
        library = ctypes.CDLL(str(path))
    except OSError as error:
        warnings.warn(f"{error}: Theano's own, slower Ops are used", RuntimeWarning, stacklevel=2)
        return None
    library.fast_error.restype = ctypes.c_char_p
    if sys.platform == "linux":
        library.fast_keep_memory()
    return library


def has_bfloat16():
    """Whether the kernels are there, and processor and oneDNN have instructions for bfloat16."""
    library = load()
    return library is not None and bool(library.fast_has_bfloat16())
