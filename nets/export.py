"""Write a network as ONNX, for programs that know neither Theano nor Lasagne.

    make onnx
    PYTHONPATH=.cache/onnx python nets/export.py weights/real.npz --onnx real.onnx

Input: windows (N, 3, H, W) float32, B, G, R, from -1 to 1 as `nets.input.network_input` makes
them. Output: class probabilities (N, classes). With --scan the small net takes whole pictures
(1, 3, H, W) and gives the probability of a face of each window, (1, rows, columns).
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import cli

if __name__ == "__main__":
    cli.use_project_python()


def parse_args(argv):
    """Read the command line."""
    parser = cli.parser(__doc__)
    parser.add_argument("weights", type=Path, metavar="WEIGHTS", help="weights file (.npz)")
    parser.add_argument("--onnx", type=Path, required=True, metavar="FILE", help="file to write")
    parser.add_argument("--scan", action="store_true", help="the small net over whole pictures")
    help_text = "a smiley net as the mirror has it: smaller, its largest convolution in 8 bits"
    parser.add_argument("--int8", action="store_true", help=help_text)
    return parser.parse_args(argv)


def main(argv=None):
    """Run the script; ``argv`` as for argparse."""
    arguments = parse_args(argv)
    from common.output import check_output
    from nets.onnx_graph import OPSET, export, onnx_package

    onnx = onnx_package()

    check_output(arguments.onnx, arguments.weights)
    export(arguments.weights, arguments.onnx, arguments.scan, arguments.int8)
    print(f"{arguments.onnx}: opset {OPSET}, checked by onnx.checker of onnx {onnx.__version__}")


if __name__ == "__main__":
    cli.run(main)
