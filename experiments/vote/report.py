"""Tables, figures and words of `eval_vote.py`."""

import numpy as np

from common.output import write_csv, write_file
from experiments.core.plots import plt, save
from experiments.core.results import table_head
from experiments.core.statistics import interval, reliability
from experiments.vote.measures import HALF_LIVES, SCALES, SHIFTS
from experiments.vote.variants import ARTICLE, SINGLE


def by_person(rows, values):
    """Mean of a value of each row, person by person: list of float."""
    people = {}
    for row, value in zip(rows, values):
        people.setdefault(row["person"], []).append(value)
    return [float(np.mean(found)) for found in people.values()]


def write_report(found, net, rows, out, command):
    """Write CSV files, figures and REPORT.md."""
    boxes = found["boxes"]
    labels = np.array([net.classes.index(row["smiley"]) for row in boxes.rows])
    shares = np.stack(boxes.shares)  # (frames, variants, classes)
    right = shares.argmax(axis=2) == labels[:, None]
    article = boxes.variants.index(ARTICLE)
    bins, gap = reliability(shares[:, article].max(axis=1), right[:, article])
    error_lines = write_errors(found["errors"], rows, out)
    variant_lines = write_variants(found, right, out)
    video_lines = write_videos(found["videos"], out)
    counted = [(share, accuracy, int(count)) for share, accuracy, count in bins]
    write_csv(out / "reliability.csv", ("share", "accuracy", "frames"), counted)
    plot_reliability(bins, out / "reliability.png")
    people = len({row["person"] for row in rows})
    text = [
        "# The vote",
        "",
        f"`{command}`",
        "",
        f"{len(rows)} whole frames of {people} people; intervals are Student's t over people.",
        "",
        "## Robustness to errors of the box",
        "",
        *error_lines,
        "",
        "![Accuracy against the box's error](errors.png)",
        "",
        "## On the detector's own boxes",
        "",
        f"The best square is the face in {boxes.frames - boxes.missed} of {boxes.frames} frames "
        "(the others do not count here); its overlap (IoU) with the true box is "
        f"{np.median(boxes.overlap):.2f} in the median.",
        "",
        *variant_lines,
        "",
        "## Calibration of the share",
        "",
        f"Expected calibration error of the article's vote: {gap:.3f}. Mean share "
        f"{shares[:, article].max(axis=1).mean():.3f}, accuracy {right[:, article].mean():.3f}.",
        "",
        "![Share and accuracy](reliability.png)",
        "",
        "## On video",
        "",
        *video_lines,
    ]
    write_file(out / "REPORT.md", "\n".join(text) + "\n")


def write_errors(right, rows, out):
    """The heat maps of one window and of the vote; yields their summary."""
    accuracy = right.mean(axis=0)
    table = [
        (shift, scale, *(f"{accuracy[variant, i, j]:.4f}" for variant in range(2)))
        for i, shift in enumerate(SHIFTS)
        for j, scale in enumerate(SCALES)
    ]
    write_csv(out / "errors.csv", ("shift", "scale", "one_window", "vote"), table)
    plot_errors(accuracy, out / "errors.png")
    middle = SCALES.index(1.0)
    cells = {
        "the true box": (0, middle),
        "shifted by a fifth": (2, middle),
        "shifted by two fifths": (4, middle),
        "too small (0.63)": (0, 0),
        "too large (1.59)": (0, len(SCALES) - 1),
    }
    accuracies = {name: right[:, :, i, j] for name, (i, j) in cells.items()}
    accuracies["all of the map"] = right.mean(axis=(2, 3))
    kept = []
    yield from table_head("| box | one window | vote of 45 | gain |")
    for name, both in accuracies.items():
        one, vote = (by_person(rows, both[:, variant]) for variant in range(2))
        gain = interval(np.subtract(vote, one))
        kept.append((name, np.mean(one), np.mean(vote), gain.mean, gain.low, gain.high))
        yield f"| {name} | {interval(one)} | {interval(vote)} | {gain} |"
    columns = ("box", "one_window", "vote", "gain", "gain_low", "gain_high")
    write_csv(out / "boxes.csv", columns, kept, digits=4)


def write_variants(found, right, out):
    """The variants of the vote: accuracy, difference from the article's, cost."""
    boxes, times = found["boxes"], found["times"]
    article = by_person(boxes.rows, right[:, boxes.variants.index(ARTICLE)])
    table = []
    yield from table_head(
        "| windows, what is averaged | accuracy | against the article's vote | ms |"
    )
    for number, variant in enumerate(boxes.variants):
        values = by_person(boxes.rows, right[:, number])
        accuracy, change = interval(values), interval(np.subtract(values, article))
        yield f"| {variant} | {accuracy} | {change} | {times[variant.cost]:.0f} |"
        numbers = [accuracy.mean, accuracy.low, accuracy.high, change.mean, change.low, change.high]
        numbers = [f"{value:.4f}" for value in numbers]
        ms = f"{times[variant.cost]:.2f}"
        table.append([variant.windows, variant.average, variant.mirror, *numbers, ms])
    columns = ("windows", "average", "mirror", "accuracy", "low", "high")
    write_csv(out / "variants.csv", (*columns, "change", "change_low", "change_high", "ms"), table)


def write_videos(videos, out):
    """Accuracy in the frames that hold a smiley, plain and smoothed."""
    if not videos:
        yield "No video was given."
        return
    table = []
    yield from table_head("| video | frames | vote | smoothed over | accuracy |")
    for video in videos:
        for variant in (SINGLE, ARTICLE):
            for half_life in HALF_LIVES:
                accuracy = video.right[str(variant), half_life].mean()
                table.append((video.name, variant.windows, half_life, f"{accuracy:.4f}"))
                over = f"half-life {half_life}" if half_life else "nothing"
                cells = video.name, video.frames, variant.windows, over, f"{accuracy:.3f}"
                yield f"| {' | '.join(map(str, cells))} |"
        if video.missed:
            yield f"| {video.name} | | | | no face in {video.missed} frames |"
    yield ""
    yield (
        "Frames in which the face holds a smiley; those on the way count not. A half-life of n: "
        "the shares of n frames ago weigh half. Neighbouring frames are much alike: the spread is "
        "that between videos."
    )
    write_csv(out / "video.csv", ("video", "windows", "half_life", "accuracy"), table)


def plot_errors(accuracy, path):
    """Heat maps of an array (2, shifts, scales): one window, the vote, what the vote gains."""
    figure, grid = plt.subplots(1, 3, figsize=(11, 3.6), constrained_layout=True)
    maps = [accuracy[0], accuracy[1], accuracy[1] - accuracy[0]]
    titles = ["one window", "vote of 45", "gain of the vote"]
    for number, (axes, values, title) in enumerate(zip(grid, maps, titles)):
        limits = {"cmap": "RdBu", "vmin": -0.3, "vmax": 0.3}
        limits = limits if number == 2 else {"cmap": "viridis", "vmin": 0, "vmax": 1}
        image = axes.imshow(values, **limits)
        for i in range(len(SHIFTS)):
            for j in range(len(SCALES)):
                # Black where the colour beneath is bright, by its mean of red, green and blue.
                bright = np.mean(image.to_rgba(values[i, j])[:3]) > 0.45
                colour = "black" if bright else "white"
                axes.text(j, i, f"{values[i, j]:.2f}", ha="center", va="center", color=colour)
        axes.set_xticks(range(len(SCALES)), SCALES)
        axes.set_yticks(range(len(SHIFTS)), SHIFTS)
        axes.set(xlabel="scale of the box", ylabel="shift, in sides", title=title)
    save(figure, path)


def plot_reliability(bins, path):
    """Accuracy against share."""
    shares, accuracies, counts = (np.array(values) for values in zip(*bins))
    figure, axes = plt.subplots(figsize=(4, 3.8), constrained_layout=True)
    axes.plot([0, 1], [0, 1], ":", color="gray")
    axes.plot(shares, accuracies, "C0-")
    axes.scatter(shares, accuracies, s=10 + 200 * counts / counts.sum(), color="C0")
    axes.set(xlabel="share of the winner", ylabel="accuracy", xlim=(0, 1), ylim=(0, 1.02))
    axes.grid(alpha=0.3)
    save(figure, path)
