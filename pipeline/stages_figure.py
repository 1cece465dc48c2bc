"""The drawn stages of one frame, from the pyramid to the vote."""

from itertools import islice
from pathlib import Path

import numpy as np
from matplotlib import colormaps
from matplotlib.collections import PatchCollection
from matplotlib.patches import Rectangle

from common.cli import UserError
from common.crops import crop
from common.images import is_picture, read_image
from common.video import open_source
from pipeline.overlay import emoticons
from pipeline.windows import neighbours

YELLOW, BLUE = "#ffd640", "#4ea8de"


def read_frame(name, index):
    """Read a picture, or frame ``index`` of a video: uint8 (H, W, 3)."""
    if Path(name).is_file() and is_picture(name):
        return read_image(name)
    with open_source(name) as source:
        frame = next(islice(source, index, None), None)
    if frame is None:
        raise UserError(f"{name} has no frame {index}: frames count from 0, name an earlier one")
    return frame


def draw_boxes(axes, boxes, colours, width=1.0, alpha=1.0):
    """Draw squares: ``boxes`` (N, 4), one colour for all or one for each."""
    patches = [Rectangle((x, y), w, h) for x, y, w, h in boxes]
    axes.add_collection(
        PatchCollection(
            patches, facecolor="none", edgecolor=colours, linewidth=width, alpha=alpha, zorder=2
        )
    )


def draw_stages(figure, image, found, threshold, box, score, vote, net):
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
    net : str
        Name of the smiley net.
    """
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
    title(panels[6], 7, f"what the smiley net ({net}) is shown")
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
    """Cut windows (N, 4) and lay them out in rows, as the smiley net sees them: uint8 (H, W, 3)."""
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
