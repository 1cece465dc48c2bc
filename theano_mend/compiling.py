"""Theano's C code: compiled against today's headers, and kept from one start to the next."""

import hashlib
import os
import sys
from pathlib import Path

import numpy as np

from . import flags
from .openblas import LINK

HEADER = Path(__file__).resolve().parent / "include" / "theano_mend.h"

ALL_AXES = 32 if np.lib.NumpyVersion(np.__version__) < "2.0.0" else np.iinfo(np.intc).min


class Props(tuple):
    """The ``__props__`` of an Op without any, which does not count as no version of its code."""

    def __bool__(self):
        return True


def leave_out_scan():
    """Tell Theano that the C code of ``scan`` cannot be imported, where it does not compile.

    A Cython of 2013 made it; without it Theano runs the loop in Python, from Python 3.11 on.
    """
    if sys.version_info >= (3, 11):
        sys.modules["theano.scan_module.scan_perform_ext"] = None


def mend():
    """Patch Theano, which has been imported."""
    import theano.tensor.extra_ops
    import theano.tensor.subtensor

    # To NumPy's C code: the header's NPY_MAXDIMS.
    theano.tensor.extra_ops.CumOp.c_axis = property(
        lambda self: ALL_AXES if self.axis is None else self.axis
    )
    # `inplace_increment` is in the header.
    theano.tensor.subtensor.AdvancedIncSubtensor1.c_support_code = lambda self: ""
    keep_compiled_code()


def include_header():
    """Hand the header to the compiler whenever Theano compiles, also while it is imported.

    By ``THEANO_FLAGS``, split by Theano at blanks, so the header's folder cannot stand in
    them: the compiler finds it by ``CPLUS_INCLUDE_PATH``. The flags are part of the key of
    compiled code, and with the digest a changed header compiles anew.
    """
    others = os.environ.get("CPLUS_INCLUDE_PATH", "").split(os.pathsep)
    folders = [str(HEADER.parent), *(folder for folder in others if folder)]
    os.environ["CPLUS_INCLUDE_PATH"] = os.pathsep.join(dict.fromkeys(folders))
    wanted = flags.environment()
    # In one word, since Theano drops words that it has seen, a user's second "-include" too.
    ours = [f"-include{HEADER.name}"]
    ours.append(f"-DTHEANO_MEND=0x{hashlib.sha256(HEADER.read_bytes()).hexdigest()[:8]}")
    if wanted.get("blas.ldflags") == LINK:
        ours.append("-DTHEANO_MEND_OPENBLAS")
    user = wanted.get("gcc.cxxflags", flags.file("gcc.cxxflags") or "").split()
    # A child process finds its parent's flags among the user's.
    user = [word for word in user if word != ours[0] and not word.startswith("-DTHEANO_MEND")]
    wanted["gcc.cxxflags"] = " ".join([*ours, *user])
    flags.write(wanted)


def keep_compiled_code():
    """Let Theano keep all the code that it compiles, so that a start compiles nothing again.

    Theano 1.0.5 takes an Op with ``__props__ = ()`` for one without a version, and gives
    code from files a version that differs from process to process, like all hashes of
    strings.
    """
    from theano.gof import cc, op

    cmodule_key = cc.CLinker.cmodule_key_

    def cmodule_key_(self, fgraph, *args, **kwargs):
        for node in fgraph.toposort() if hasattr(fgraph, "toposort") else ():
            if getattr(node.op, "__props__", None) == ():
                type(node.op).__props__ = Props()
        return cmodule_key(self, fgraph, *args, **kwargs)

    def c_code_cache_version(self):
        digest = hashlib.sha256(repr(tuple(self.func_codes)).encode()).hexdigest()
        version = (int(digest[:15], 16),)
        if hasattr(self, "params_type"):
            version += (self.params_type.c_code_cache_version(),)
        return version

    cc.CLinker.cmodule_key_ = cmodule_key_
    op.COp.c_code_cache_version = c_code_cache_version
