"""Command-line options that the scripts share, checked before anything slow starts."""

from pathlib import Path

from common.arguments import number
from common.cli import ROOT

SMALLEST_FACE = 12  # pixels: below, the small net would look at blown-up pictures
# Of the shorter side, in a video: who acts for a camera fills more of it, and a search
# for smaller faces costs more than all the rest.
SMALLEST_PART = 0.1


def smallest_face(frame):
    """Side of the smallest face looked for in a frame (H, W, 3), unless the user says."""
    return max(24, SMALLEST_PART * min(frame.shape[:2]))


def add_detector_options(parser, min_face_default):
    """Add ``--min-face`` and ``--weights`` to a parser."""
    parser.add_argument(
        "--min-face",
        type=number(SMALLEST_FACE),
        metavar="PX",
        help=f"side of the smallest face looked for, in pixels (default: {min_face_default})",
    )
    parser.add_argument(
        "--weights",
        type=Path,
        default=ROOT / "weights",
        metavar="DIR",
        help="folder with small.npz and big.npz (default: the project's weights/)",
    )


# The net for real people, and where a folder has none the one that a training leaves.
NETS = ("real.npz", "smiles.npz")


def add_smiles_option(parser):
    """Add ``--smiles`` to a parser."""
    parser.add_argument(
        "--smiles",
        type=Path,
        metavar="FILE",
        help=f"smiley net (default: {NETS[0]} in --weights, or {NETS[1]} where there is none)",
    )


def smiles_path(arguments):
    """The smiley net's file that ``--smiles`` and ``--weights`` mean."""
    if arguments.smiles:
        return arguments.smiles
    paths = [arguments.weights / name for name in NETS]
    return next((path for path in paths if path.exists()), paths[-1])
