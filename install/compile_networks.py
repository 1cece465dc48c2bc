"""Compiles every function that the programs use, and prints what the machine makes of them.

Theano keeps the compiled code in ``.cache/theano``: what takes a minute or two here
takes seconds from now on.
"""

import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from common.cli import UserError, parser, run, use_project_python

WINDOWS = 45


def check_opencv():
    """Import OpenCV, whose wheel expects a few system libraries."""
    try:
        import cv2  # noqa: F401
    except ImportError as error:
        raise UserError(f"OpenCV does not import: {error} (all of it: .cache/setup.log)") from None


def flops(network):
    """Floating point operations of one window: two for each multiplication and addition."""
    import lasagne
    import numpy as np

    total = 0
    for layer in lasagne.layers.get_all_layers(network):
        if isinstance(layer, lasagne.layers.Conv2DLayer):
            total += 2 * np.prod(layer.get_W_shape()) * np.prod(layer.output_shape[2:])
        elif isinstance(layer, lasagne.layers.DenseLayer):
            total += 2 * np.prod(layer.W.get_value().shape)
    return int(total)


def seconds(function, argument, repeats=15):
    """Shortest and median time of one call: on a busy machine they differ severalfold."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        function(argument)
        times.append(time.perf_counter() - start)
    return min(times), statistics.median(times)


def main():
    """Compile, measure, print one line."""
    parser(__doc__).parse_args()
    use_project_python()
    check_opencv()
    import nets  # noqa: F401  # isort: skip

    import lasagne
    import numpy as np
    import theano

    from nets.detector import (
        build_net_big,
        build_net_big_calibration,
        build_net_small,
        build_net_small_calibration,
    )
    from nets.functions import (
        compile_classify_smiles,
        compile_faces,
        compile_probabilities,
        compile_scan,
        compile_smile_probs_sum,
    )
    from nets.smiles import build_net_smiles
    from theano_mend import openblas

    # Compiled code does not depend on the parameters' values.
    windows = np.zeros((WINDOWS, 3, 48, 48), np.float32)
    compile_scan(build_net_small())(np.zeros((1, 3, 60, 80), np.float32))
    compile_faces(build_net_big())(windows)
    compile_probabilities(build_net_small_calibration())(windows[:, :, :12, :12])
    compile_probabilities(build_net_big_calibration())(windows)
    net_smiles = build_net_smiles()
    compile_classify_smiles(net_smiles)(windows)
    vote = compile_smile_probs_sum(net_smiles)
    best, median = seconds(vote, windows)
    speed = WINDOWS * flops(net_smiles) / best / 1e9
    # What the compiled function is made of says who convolves, not what is installed.
    fused = any(type(node.op).__name__ == "ChainInfer" for node in vote.maker.fgraph.apply_nodes)
    print(
        f"Python {'.'.join(map(str, sys.version_info[:3]))}, "
        f"Theano {theano.__version__}, Lasagne {lasagne.__version__}, "
        f"BLAS: {openblas.name()}, "
        f"convolutions: {'oneDNN' if fused else 'Theano'}, "
        f"vote of {WINDOWS} windows: {speed:.1f} GFLOP/s "
        f"(best {1e3 * best:.0f} ms, median {1e3 * median:.0f} ms)"
    )


if __name__ == "__main__":
    run(main)
