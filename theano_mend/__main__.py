"""``python -m theano_mend SCRIPT [ARGUMENT ...]`` runs a script of the time as it is."""

import os
import runpy
import sys

import theano_mend  # noqa: F401

if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    del sys.argv[0]
    sys.path[0] = os.path.dirname(os.path.abspath(sys.argv[0]))
    runpy.run_path(sys.argv[0], run_name="__main__")
