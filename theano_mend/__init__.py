"""Theano 1.0.5 and Lasagne 0.1 on today's Python and NumPy: ``import theano_mend`` first.

Tested on CPython 3.9 to 3.14 with NumPy 1.23, 1.26 and 2.5 (`README.md` has the tables).
Importing it

1. puts back what Theano and Lasagne use of older Pythons and NumPys (`removed_names`);

and when Theano is imported, it

2. gives it a fast BLAS, from the wheel ``scipy-openblas32`` (`openblas`);
3. lets its C code compile against today's headers, and keeps what it
   has compiled from one start to the next (`compiling`);
4. puts back modules that Lasagne 0.1 expects of an older Theano (`old_modules`), with layers
   for cuDNN computed on the CPU (`cudnn`).

Flags of the user's, in ``THEANO_FLAGS`` or ``.theanorc``, stay as they are.
"""

import sys
import warnings

from . import importing, removed_names

if "theano" in sys.modules:
    raise ImportError("theano was imported before theano_mend: import theano_mend first")


def import_theano(run):
    """Import Theano by ``run()``, prepared and mended."""
    from . import compiling, openblas

    openblas.prepare()
    compiling.include_header()
    compiling.leave_out_scan()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about what is old in Theano
        run()
        compiling.mend()
        from . import old_modules

        old_modules.mend()
    # Lasagne 0.1 calls conv2d by an older name of one argument, at every convolution.
    warnings.filterwarnings("ignore", message="The `image_shape` keyword argument")


def import_layers_of_cudnn(run):
    """Import ``lasagne.layers.dnn`` by ``run()`` although there is no GPU."""
    from . import cudnn

    cudnn.import_layers(run)


removed_names.put_back_all()
importing.hand_over("theano", import_theano)
importing.hand_over("lasagne.layers.dnn", import_layers_of_cudnn)
