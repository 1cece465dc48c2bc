"""Make the mirror's files: the nets as ONNX, and ONNX Runtime Web of the package from npm.

    make mirror OUT=folder

OUT becomes a static folder, mirror and game without collecting, for any web server; once
visited it works without a network. Without --out only the cache of the service is filled:
after that `make collect` lets browsers recognise by themselves.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from common import cli

if __name__ == "__main__":
    cli.use_project_python()

from pipeline.options import add_smiles_option, smiles_path


def parse_args(argv):
    """Read the command line."""
    parser = cli.parser(__doc__)
    add = parser.add_argument
    weights = cli.ROOT / "weights"
    add("--weights", type=Path, default=weights, metavar="DIR", help="folder with the detector")
    add_smiles_option(parser)
    runtime = cli.ROOT / ".cache" / "npm" / "node_modules" / "onnxruntime-web" / "dist"
    help_text = "folder of ONNX Runtime Web (default: where make mirror puts it)"
    add("--runtime", type=Path, default=runtime, metavar="DIR", help=help_text)
    add("--out", type=Path, metavar="DIR", help="static folder to make")
    return parser.parse_args(argv)


def main(argv=None):
    """Run the script; ``argv`` as for argparse."""
    arguments = parse_args(argv)
    from dataset.smielfy.mirror_folder import CACHE, make_cache, make_folder

    make_cache(arguments.weights, smiles_path(arguments), arguments.runtime)
    print(f"{CACHE}: nets and runtime for the service")
    if arguments.out:
        arguments.out.parent.mkdir(parents=True, exist_ok=True)
        make_folder(arguments.out)
        print(f"{arguments.out}: serve it by 'python -m http.server -d {arguments.out}'")


if __name__ == "__main__":
    cli.run(main)
