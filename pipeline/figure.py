"""Draws every stage of one frame in one picture: "one picture instead of a thousand words".

python pipeline/figure.py VIDEO --frame 60 -o stages.png
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import cli

cli.use_project_python()
import argparse

from pipeline.options import add_detector_options, add_smiles_option, number, smallest_face

YELLOW, BLUE = "#ffd640", "#4ea8de"


def parse(argv):
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument(
        "source", metavar="IMAGE_OR_VIDEO", help="a picture, or what run_video takes"
    )
    parser.add_argument(
        "--frame", type=number(0, kind=int), default=0, metavar="N", help="frame of a video, from 0"
    )
    parser.add_argument(
        "-o", "--out", type=Path, default=Path("stages.png"), help="PNG to write (%(default)s)"
    )
    add_detector_options(parser, "a tenth of the shorter side, at least 24")
    add_smiles_option(parser)
    return parser.parse_args(argv)


def read_frame(name, index):
    """Read a picture, or frame ``index`` of a video: uint8 (H, W, 3)."""
    from itertools import islice

    from common.images import is_picture, read_image
    from common.video import open_source

    if Path(name).is_file() and is_picture(name):
        return read_image(name)
    frame = next(islice(open_source(name), index, None), None)
    if frame is None:
        raise cli.UserError(
            f"{name} has no frame {index}: frames count from 0, name an earlier one"
        )
    return frame


def draw_boxes(axes, boxes, colours, width=1.0, alpha=1.0):
    """Draw squares: ``boxes`` (N, 4), one colour for all or one for each."""
    from matplotlib.collections import PatchCollection
    from matplotlib.patches import Rectangle

    patches = [Rectangle((x, y), w, h) for x, y, w, h in boxes]
    axes.add_collection(
        PatchCollection(
            patches, facecolor="none", edgecolor=colours, linewidth=width, alpha=alpha, zorder=2
        )
    )


def draw_stages(figure, image, found, threshold, box, score, vote):
    """Fill a figure with the eight stages.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    image : ndarray of uint8 (H, W, 3), BGR
    found : pipeline.cascade.Detection
    threshold : float
        The big net's.
    box : sequence (x, y, w, h) or None
        The best square, None if there is no face.
    score : float or None
        Its probability of being a face.
    vote : pipeline.vote.Vote or None
    """
    import numpy as np
    from matplotlib import colormaps

    from pipeline.windows import neighbours

    panels = figure.subplots(2, 4).ravel()
    for axes in panels:
        axes.axis("off")
        axes.set_anchor("N")
    for axes in panels[:6]:
        axes.imshow(image[:, :, ::-1])

    passed = found.survivors[found.survivor_scores >= threshold]
    sides = found.candidates[:, 2]
    spread = np.log(sides / sides.min()) if len(sides) else sides
    colours = colormaps["plasma"](spread / max(spread.max(initial=0), 1e-9))
    count = len(found.candidates)
    title(panels[0], 1, f"pyramid and small net: {many(count, 'candidate')}")
    # A hundred squares on one spot must not become one blot.
    draw_boxes(panels[0], found.candidates, colours, 0.8, max(0.15, min(1, 300 / max(count, 1))))
    title(panels[1], 2, f"suppressed, calibrated: {many(len(found.survivors), 'square')}")
    draw_boxes(panels[1], found.survivors, BLUE, 1)
    title(panels[2], 3, f"the big net lets pass {len(passed)}")
    draw_boxes(panels[2], passed, BLUE, 1.5)
    title(panels[3], 4, f"calibrated: {many(len(found.boxes), 'face')}")
    draw_boxes(panels[3], found.boxes, BLUE, 2)
    if vote is None:
        title(panels[4], 5, "no face: nothing to vote on")
        panels[5].clear()
        panels[5].axis("off")
        return
    title(panels[4], 5, f"the best square: {score:.3f}")
    draw_boxes(panels[4], [box], YELLOW, 3)
    windows = neighbours(box)
    title(panels[5], 6, f"its {len(windows)} neighbours")
    draw_boxes(panels[5], windows, colormaps["plasma"](np.linspace(0, 1, len(windows))), 0.8)
    title(panels[6], 7, "what the smiley net is shown")
    panels[6].imshow(tile(image, windows)[:, :, ::-1])
    title(panels[7], 8, f"the vote: {vote.smiley}, {100 * vote.shares[vote.best]:.0f} %")
    draw_vote(panels[7], vote)


def many(count, noun):
    """Return ``count`` and a noun, in the plural where it needs it."""
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def title(axes, number, text):
    """Write a stage's number and what came out of it above its picture."""
    axes.set_title(f"{number}  {text}", loc="left", fontsize=12, fontweight="bold", color="#222222")


def tile(image, windows, columns=9, gap=3):
    """Cut the windows and lay them out in rows, the picture the smiley net sees."""
    import numpy as np

    from common.crops import crop

    cuts = crop(image, windows)
    side = cuts.shape[1] + gap
    rows = -(-len(cuts) // columns)
    sheet = np.full((rows * side - gap, columns * side - gap, 3), 255, np.uint8)
    for k, cut in enumerate(cuts):
        y, x = k // columns * side, k % columns * side
        sheet[y : y + cut.shape[0], x : x + cut.shape[1]] = cut
    return sheet


def draw_vote(axes, vote):
    """Draw each class's share as a bar, best first."""
    from pipeline.overlay import emoticons

    order = vote.shares.argsort(kind="stable")[::-1]
    shares = 100 * vote.shares[order]
    names = [f"{emoticons().get(vote.classes[k], '')}  {vote.classes[k]}" for k in order]
    rows, unit = range(len(names)), max(shares) / 100
    axes.barh(rows, shares, color=[YELLOW, *["#c9ced6"] * (len(names) - 1)], height=0.7)
    for row, name, value in zip(rows, names, shares):
        axes.text(-2 * unit, row, name, ha="right", va="center", fontsize=10)
        axes.text(value + 2 * unit, row, f"{value:.0f} %", va="center", fontsize=10)
    # Names stand within the panel, so that all panels are of one width.
    axes.set_xlim(-45 * unit, 120 * unit)
    axes.set_ylim(max(len(names), 8) - 0.5, -0.5)


def main(argv=None):
    """Run the script; ``argv`` as for argparse."""
    arguments = parse(argv)
    from common.output import check_output, written

    if arguments.out.suffix.lower() != ".png":
        raise cli.UserError(f"cannot write {arguments.out}: name a file ending in .png")
    image = read_frame(arguments.source, arguments.frame)
    check_output(arguments.out, arguments.source)

    from matplotlib.figure import Figure

    from pipeline.cascade import Detector
    from pipeline.square import best_square
    from pipeline.vote import Voter

    detector = Detector.load(arguments.weights)
    voter = Voter.load(arguments.smiles or arguments.weights / "smiles.npz")
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
    draw_stages(figure, image, found, detector.big_threshold, box, score, vote)
    figure.get_layout_engine().set(w_pad=0.1, h_pad=0.1)
    try:
        with written(arguments.out) as beside:
            figure.savefig(beside)
    except OSError as error:
        raise cli.UserError(f"cannot write {arguments.out}: {error.strerror}") from None
    print(f"wrote {arguments.out}")


if __name__ == "__main__":
    cli.run(main)
