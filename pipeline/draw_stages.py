"""Draws every stage of one frame in one picture: "one picture instead of a thousand words".

python pipeline/draw_stages.py VIDEO --frame 60 -o stages.png
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import cli

if __name__ == "__main__":
    cli.use_project_python()


from common.arguments import whole
from pipeline.options import add_detector_options, add_smiles_option, smallest_face, smiles_path


def parse_args(argv):
    """Read the command line."""
    parser = cli.parser(__doc__)
    add = parser.add_argument
    add("source", metavar="IMAGE_OR_VIDEO", help="a picture, or what run_video takes")
    add("--frame", type=whole(0), default=0, metavar="N", help="frame of a video, from 0")
    add("-o", "--out", type=Path, default=Path("stages.png"), help="PNG to write (%(default)s)")
    add_detector_options(parser, "a tenth of the shorter side, at least 24")
    add_smiles_option(parser)
    return parser.parse_args(argv)


def main(argv=None):
    """Run the script; ``argv`` as for argparse."""
    arguments = parse_args(argv)
    from common.output import atomic_write, check_output
    from pipeline.stages_figure import draw_stages, read_frame

    if arguments.out.suffix.lower() != ".png":
        raise cli.UserError(f"cannot write {arguments.out}: name a file ending in .png")
    image = read_frame(arguments.source, arguments.frame)
    check_output(arguments.out, arguments.source)

    from matplotlib.figure import Figure

    from pipeline.best_square import best_square
    from pipeline.cascade import Detector
    from pipeline.vote import Voter

    detector = Detector.load(arguments.weights)
    voter = Voter.load(smiles_path(arguments))
    found = detector.stages(image, arguments.min_face or smallest_face(image))
    chosen = best_square(found.boxes, found.scores)
    box, score, vote = None, None, None
    if chosen is not None:
        box, score = found.boxes[chosen], found.scores[chosen]
        vote = voter.vote(image, box)

    # Rows as high as the frame at a quarter of the width needs, with room for the titles.
    height, width = image.shape[:2]
    row = min(max(4.6 * height / width, 2.6), 7)
    figure = Figure(figsize=(20, 2 * row + 1), dpi=100, layout="constrained")
    draw_stages(figure, image, found, detector.big_threshold, box, score, vote, voter.net)
    figure.get_layout_engine().set(w_pad=0.1, h_pad=0.1)
    try:
        with atomic_write(arguments.out) as temporary:
            figure.savefig(temporary)
    except OSError as error:
        raise cli.UserError(f"cannot write {arguments.out}: {error.strerror}") from None
    print(f"wrote {arguments.out}")


if __name__ == "__main__":
    cli.run(main)
