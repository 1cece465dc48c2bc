"""Tables, curve, words and contact sheets of `eval_detector.py`."""

import cv2
import numpy as np

from common.crops import crop
from common.output import atomic_write, write_csv, write_file
from common.tables import read_picture
from experiments.core.plots import plt, save, sheet_picture
from experiments.core.results import table_head
from experiments.detector.metrics import FALSE, localisation

RATES = (0.02, 0.1, 0.5, 1.0)  # false positives per image
OPERATING = 0.1  # the rate at which bins are compared
SIDES = (0, 30, 48, 80, 120, 180, np.inf)  # pixels
TILE, TILES = 96, 80  # of the contact sheets


class Evaluation:
    """One detector's results against the truth.

    Parameters
    ----------
    run : runs.Run
    pictures : list of truth.Picture
    iou : float
    """

    def __init__(self, run, pictures, iou):
        self.run, self.pictures = run, pictures
        self.name = run.name
        self.assigned = run.assigned(pictures, iou)
        self.complete = [k for k, picture in enumerate(pictures) if picture.complete]
        self.all = self.results(self.complete)
        self.recall, self.threshold = self.all.recall_at(OPERATING)

    def results(self, chosen):
        """`Results` on the pictures of these numbers."""
        return self.run.results(self.pictures, self.assigned, chosen)

    def best_scores(self):
        """For each picture the score that hits each face; -inf for a missed one."""
        found = []
        for picture, assigned, (_, scores) in zip(self.pictures, self.assigned, self.run.found):
            best = np.full(len(picture.boxes), -np.inf)
            hits = assigned >= 0
            best[assigned[hits]] = np.asarray(scores, float)[hits]
            found.append(best)
        return found


def sets_of(pictures):
    """Numbers of the pictures of each set, in order: dict of name to list."""
    found = {}
    for number, picture in enumerate(pictures):
        found.setdefault(picture.name, []).append(number)
    return found


def write_report(runs, pictures, args, command):
    """Write table.csv, bins.csv, localisation.csv, curve.png, REPORT.md and two sheets."""
    done = [Evaluation(run, pictures, args.iou) for run in runs]
    moved = [run.aligned(pictures) for run in runs]
    aligned = [Evaluation(run, pictures, args.iou) for run, _ in moved]
    sets = sets_of(pictures)
    complete = [picture for picture in pictures if picture.complete]
    faces = sum(len(picture.boxes) for picture in complete)
    where = [
        f"{name} {len(numbers)} pictures, {sum(len(pictures[k].boxes) for k in numbers)} faces"
        for name, numbers in sets.items()
    ]
    text = [
        "# The detector beside others, on development pictures",
        "",
        f"`{command}`",
        "",
        f"{len(complete)} whole pictures with {faces} faces in all; by set: {'; '.join(where)}. "
        f"A face is found by a box that overlaps its square (IoU) by {args.iou:g}, one box a "
        "face, best score first (FDDB's discrete protocol). Intervals: 95 %, 1,000 resamples "
        "of the pictures.",
        "",
    ]
    if not args.peers:
        text += [
            "MTCNN and libfacedetection were not measured: `make bench` makes their "
            "environment, `--peers PYTHON` names another.",
            "",
        ]
    text += ["## Recall at a rate of false positives per image", ""]
    text += rate_lines(done, aligned, args)
    text += ["", "![Recall over false positives per image](curve.png)", ""]
    text += ["## By set", "", *set_lines(done, sets, pictures), ""]
    text += bin_lines(done, args.out)
    text += ["## Conventions", "", *convention_lines(moved), ""]
    text += localisation_lines(done, moved, pictures, args.iou, args.out)
    text += [
        "## Pictures",
        "",
        "`false_positives.jpg` and `missed.jpg` (ours; highest score first), written with this "
        "report, are to look at. They show real people where the data does: never publish them.",
    ]
    plot(done, args.out / "curve.png")
    sheets(done[0], args.out)
    write_file(args.out / "REPORT.md", "\n".join(text) + "\n")


def rate_lines(done, aligned, args):
    """Recall of all detectors at `RATES`; table.csv."""
    table = []
    yield from table_head(
        f"| detector | {' | '.join(f'{rate:g}' for rate in RATES)} | {OPERATING:g}, aligned |"
    )
    for one, other in zip(done, aligned):
        bounds = one.all.bootstrap(RATES, args.seed)
        cells = []
        for rate, (low, high) in zip(RATES, bounds):
            recall, threshold = one.all.recall_at(rate)
            moved = other.all.recall_at(rate)[0]
            cells.append(f"{recall:.3f} ({low:.3f} to {high:.3f})")
            numbers = (recall, low, high, moved)
            table.append((one.name, rate, *(f"{n:.4f}" for n in numbers), f"{threshold:.6g}"))
        yield f"| {one.name} | {' | '.join(cells)} | {other.recall:.3f} |"
    ours = done[0]
    recall, false = ours.all.above(ours.run.threshold)
    yield ""
    yield (
        f"Ours at its own threshold, {ours.run.threshold:.3g}: recall {recall:.3f} at {false:.3f} "
        "false positives per image. Aligned: every box first moved and scaled as its detector's "
        "boxes lie to the truth's in the median; see Conventions."
    )
    columns = ("detector", "rate", "recall", "low", "high", "aligned_recall", "threshold")
    write_csv(args.out / "table.csv", columns, table)


def set_lines(done, sets, pictures):
    """Each set for itself at the detectors' thresholds of `OPERATING`, and ours at its own."""
    yield (
        f"Recall / false positives per image at the threshold that gives {OPERATING:g} over all "
        "pictures; last, ours at its own threshold."
    )
    yield ""
    names = [one.name for one in done]
    yield from table_head(f"| set | pictures | faces | {' | '.join(names)} | ours, own threshold |")
    for name, numbers in sets.items():
        count = sum(len(pictures[k].boxes) for k in numbers)
        false_count = pictures[numbers[0]].complete
        columns = [(one, one.threshold) for one in done]
        columns.append((done[0], done[0].run.threshold))
        cells = []
        for one, threshold in columns:
            results = one.results(numbers)
            right = (results.scores[results.hits] > threshold).sum()
            wrong = (results.scores[~results.hits] > threshold).sum() / len(numbers)
            recall = f"{right / count:.3f}" if count else "–"
            cells.append(f"{recall} / {f'{wrong:.3f}' if false_count else '–'}")
        yield f"| {name} | {len(numbers)} | {count} | {' | '.join(cells)} |"


def side_bin(side):
    """The name of a square's bin of size."""
    k = int(np.searchsorted(SIDES, side, side="right")) - 1
    low, high = SIDES[k], SIDES[k + 1]
    if not low:
        return f"below {high}"
    return f"{low} and more" if np.isinf(high) else f"{low} to {high}"


def bins_of(pictures, chosen):
    """For size, pose and kind: the bin of each face, in the order of the pictures' boxes."""
    faces = [(box, tags) for k in chosen for box, tags in zip(pictures[k].boxes, pictures[k].tags)]
    return {
        "size": [side_bin(np.sqrt(box[2] * box[3])) for box, _ in faces],
        "pose": [tags["pose"] for _, tags in faces],
        "kind": [tags["kind"] for _, tags in faces],
    }


def bin_lines(done, out):
    """Recall by size, pose and kind at the operating point; bins.csv."""
    chosen = done[0].complete
    found = []
    for one in done:
        best = one.best_scores()
        scores = np.concatenate([best[k] for k in chosen]) if chosen else np.zeros(0)
        found.append(scores > one.threshold)
    table = []
    for by, bins in bins_of(done[0].pictures, chosen).items():
        bins = np.array(bins)
        names = [side_bin(side) for side in SIDES[:-1]] if by == "size" else sorted(set(bins))
        names = [name for name in names if name and (bins == name).any()]
        if not names:
            continue
        yield f"## Recall by {by}, at {OPERATING:g} false positives per image"
        yield ""
        yield from table_head(f"| {by} | faces | {' | '.join(one.name for one in done)} |")
        for name in names:
            inside = bins == name
            recalls = [hit[inside].mean() for hit in found]
            cells = " | ".join(f"{recall:.3f}" for recall in recalls)
            yield f"| {name} | {inside.sum()} | {cells} |"
            rounded = (f"{recall:.4f}" for recall in recalls)
            table += [(one.name, by, name, inside.sum(), r) for one, r in zip(done, rounded)]
        yield ""
    write_csv(out / "bins.csv", ("detector", "by", "bin", "faces", "recall"), table)


def convention_lines(moved):
    """How each detector's boxes lie to the truth's."""
    yield (
        "Median of the best box on each face: shift of its centre in sides of the true square, "
        "its width and height in sides. A detector's convention is no error, and IoU may punish "
        "it: the aligned recall above tells by how much."
    )
    yield ""
    yield from table_head("| detector | right | down | width | height |")
    for run, by in moved:
        yield (
            f"| {run.name} | {by.right:+.3f} | {by.down:+.3f} | {by.width:.2f} | {by.height:.2f} |"
        )


def localisation_lines(done, moved, pictures, iou, out):
    """Errors of the boxes on the pictures of incomplete truth, people's frames."""
    people = [k for k, picture in enumerate(pictures) if not picture.complete]
    if not people:
        write_csv(out / "localisation.csv", ("detector",), [])
        return
    yield "## Localisation"
    yield ""
    yield (
        "On people's frames, the box above the operating point's threshold that overlaps the true "
        "square best. Centre: distance in sides of the square. Size: times too large or small."
        f" As they come, and aligned (see Conventions). Missed: none overlaps it by {iou:g}."
    )
    yield ""
    yield from table_head("| detector | missed | centre, median | 95 % | size, median | 95 % |")
    table = []
    for one, (run, _) in zip(done, moved):
        for label, found in ((one.name, one.run.found), (f"{one.name}, aligned", run.found)):
            errors, missed, total = [], 0, 0
            for k in people:
                boxes, scores = found[k]
                boxes = np.asarray(boxes)[np.asarray(scores) > one.threshold]
                for truth in pictures[k].boxes:
                    total += 1
                    error = localisation(truth, boxes, iou)
                    if error is None:
                        missed += 1
                    else:
                        errors.append(error)
            if not errors:
                yield f"| {label} | {missed} of {total} | | | | |"
                table.append((label, missed, total, "", "", "", ""))
                continue
            centre, size = np.array(errors).T
            a, b = np.percentile(centre, [50, 95])
            c, d = 2 ** np.percentile(abs(size), [50, 95])
            yield f"| {label} | {missed} of {total} | {a:.3f} | {b:.3f} | {c:.3f} | {d:.3f} |"
            table.append((label, missed, total, *(f"{n:.4f}" for n in (a, b, c, d))))
    yield ""
    columns = (
        "detector",
        "missed",
        "faces",
        "centre_median",
        "centre_95",
        "size_median",
        "size_95",
    )
    write_csv(out / "localisation.csv", columns, table)


def plot(done, path):
    """Recall over false positives per image, and our own threshold on it."""
    figure, axes = plt.subplots(figsize=(6, 4.2), constrained_layout=True)
    for number, one in enumerate(done):
        false, recall = one.all.curve()
        # Where the rate jumps the recall is only what was reached before: steps.
        axes.step(false, recall, f"C{number}", where="post", label=one.name)
        if one.run.threshold is not None:
            recall, false = one.all.above(one.run.threshold)
            axes.plot(false, recall, f"C{number}o", label=f"{one.name}, own threshold")
    axes.axvline(OPERATING, color="gray", linestyle=":")
    axes.set(
        xscale="log", xlim=(0.01, 3), ylim=(0, 1),
        xlabel="false positives per image", ylabel="recall",
    )  # fmt: skip
    axes.grid(alpha=0.3, which="both")
    axes.legend(loc="lower right")
    save(figure, path)


def sheets(one, out):
    """Contact sheets of false positives, and of faces missed at the operating point."""
    false, missed = [], []
    best = one.best_scores()
    for number in one.complete:
        boxes, scores = one.run.found[number]
        wrong = one.assigned[number] == FALSE
        false += [(float(score), number, box) for score, box in zip(scores[wrong], boxes[wrong])]
        missed += [
            (score, number, box)
            for score, box in zip(best[number], one.pictures[number].boxes)
            if score <= one.threshold
        ]
    for name, rows in (("false_positives", false), ("missed", missed)):
        rows = sorted(rows, key=lambda row: -row[0])[:TILES]
        tiles = [tile(one.pictures[number], box, score) for score, number, box in rows]
        blank = [np.zeros((TILE, TILE, 3), np.uint8)]
        image = sheet_picture(np.stack(tiles or blank))
        with atomic_write(out / f"{name}.jpg") as temporary:
            cv2.imwrite(str(temporary), image, [cv2.IMWRITE_JPEG_QUALITY, 90])


def tile(picture, box, score):
    """A box with some of its surroundings, its score and its set."""
    x, y, w, h = box
    side = 1.6 * max(w, h)
    around = x + w / 2 - side / 2, y + h / 2 - side / 2, side, side
    image = crop(read_picture(picture.path), [around], TILE)[0]
    edge = round((TILE - TILE * w / side) / 2), round((TILE - TILE * h / side) / 2)
    cv2.rectangle(image, edge, (TILE - edge[0], TILE - edge[1]), (0, 255, 0), 1)
    words = f"{picture.name[:6]} {'never' if np.isinf(score) else f'{score:.3f}'}"
    cv2.putText(image, words, (2, TILE - 3), cv2.FONT_HERSHEY_SIMPLEX, 0.33, (0, 255, 255), 1)
    return image
