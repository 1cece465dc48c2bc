"""Measure what the detector's big net can hold: learnt by heart, gone on with, twice as wide.

The shipped net learns the windows of the judged pictures by heart; goes on with the training data
for as many batches; and so does a net twice as wide that computes the same at first. Each is
judged through the whole cascade on the same pictures. Writes table.csv, difference.csv and
REPORT.md; of the trainings only checkpoints remain: one that was stopped goes on.
"""

import sys
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import cli

if __name__ == "__main__":
    cli.use_project_python()

from common.arguments import count
from experiments.core.expected import expecting

EPOCH = 100  # batches between checkpoints
SAID = (
    "The shipped big net (one seed, batches of 64 windows, the rate of learning falling from "
    "{rate:g} to 0): *by heart*, gone on on the very windows of the pictures that judge, "
    "{faces:,} of faces and {others:,} of none; *on*, gone on on the training data ({hard:,} "
    "mined windows); *wide*, the same batches for a net with twice the filters and units in each "
    "layer, which computes what the shipped one does before its first batch. *Half*: blended half "
    "and half with what it began as, as the shipped net was. Judged on {pictures} pictures that "
    "no training but *by heart* has seen, at IoU {iou:g}; found and lost by stage at the "
    "threshold of each rate. *Right in training*: of the last {epoch} batches at most, dropout "
    "working."
)


def parse_args(argv=None):
    """The command line."""
    parser = cli.parser(expecting(__doc__, "eval_ceiling"))
    add = parser.add_argument
    help_text = "pictures that judge: faces.csv of make_hard_faces.py, with person and scene"
    add("--images", type=Path, required=True, metavar="CSV", help=help_text)
    help_text = "pictures without faces that judge, too: path, perhaps split (those marked val)"
    add("--empty", type=Path, required=True, metavar="CSV", help=help_text)
    help_text = "faces to learn from, as for train_detector.py"
    add("--faces", type=Path, required=True, nargs="+", metavar="CSV", help=help_text)
    help_text = "scenes to learn from, as for train_detector.py"
    add("--scenes", type=Path, required=True, nargs="+", metavar="CSV", help=help_text)
    add("--weights", type=Path, default=cli.ROOT / "weights", metavar="DIR")
    add("--steps", type=count, default=1000, help="batches of 64 of training data (default 1000)")
    help_text = "batches of the pictures' own windows (default 500)"
    add("--by-heart", type=count, default=500, metavar="STEPS", help=help_text)
    add("--first-rate", type=float, default=6e-4, help="of learning (default 6e-4)")
    help_text = "scenes searched once for what fools it, and as many faces' pictures (default 500)"
    add("--mine", type=count, default=500, help=help_text)
    add("--rates", type=float, nargs="+", default=[0.03, 0.1], help="(default 0.03 0.1)")
    add("--min-face", type=float, default=24, help="smallest face in pixels (default 24)")
    add("--iou", type=float, default=0.4, help="overlap that counts (default 0.4)")
    add("--seed", type=int, default=1)
    add("--workers", type=int, default=0, help="processes that augment (default 0: none)")
    work = cli.ROOT / "runs" / "ceiling"
    add("--work", type=Path, default=work, metavar="DIR", help="of checkpoints (runs/ceiling)")
    add("--out", type=Path, required=True, metavar="DIR", help="folder to write")
    args = parser.parse_args(argv)
    if any(steps % EPOCH and steps > EPOCH for steps in (args.steps, args.by_heart)):
        parser.error(f"--steps and --by-heart must be multiples of {EPOCH}, or less")
    return args


def training_batches(args):
    """What the shipped net has learnt from, with windows that it takes for faces mined anew."""
    from experiments.detector.training import BATCHES, DetectorTraining
    from experiments.detector.training_windows import DetectorBatches
    from pipeline.cascade import Detector

    args.calibration = None
    training = DetectorTraining(args, args.work)
    training.detector = Detector.load(args.weights)
    hard = training.search(60, training.fooled, crowds=True)
    scenes = training.scenes["train"] + training.crowds
    return DetectorBatches(training.faces["train"], scenes, hard, 48, BATCHES["big"])


def learn(network, name, batches, steps, args):
    """Train a network, or go on where its checkpoint is; the share right in the last batches."""
    from experiments.core.training import Trainer, set_seed, train
    from experiments.detector.sealed import digest

    set_seed(args.seed)
    folder = args.work / name
    folder.mkdir(parents=True, exist_ok=True)
    settings = {"steps": steps, "rate": args.first_rate, "seed": args.seed}
    settings.update(mine=args.mine, weights=digest([args.weights / "big.npz"]))
    epoch = min(EPOCH, steps)
    nothing_to_choose_by = {"choose_accuracy": 0.0, "choose_loss": 0.0}  # the last batch's weights
    progress = train(
        Trainer(network), batches, lambda: nothing_to_choose_by, folder, settings,
        epochs=steps // epoch, steps=epoch, seed=1000 * args.seed + 48,
        rate=args.first_rate, workers=args.workers, resume=True,
    )  # fmt: skip
    return progress.history[-1]["batch_accuracy"]


def search(detector, pictures, name, min_face):
    """All that each stage leaves of each picture: list of `pipeline.cascade.Detection`."""
    from tqdm import tqdm

    from common.tables import read_picture

    return [
        detector.stages(read_picture(picture.path), min_face, threshold=0)
        for picture in tqdm(pictures, desc=name, unit=" pictures", mininterval=5)
    ]


def main(argv=None):
    """Train, judge, write."""
    args = parse_args(argv)
    import lasagne

    from common.output import make_folder, write_file
    from experiments.core.results import command_line, write_rows
    from experiments.detector.ceiling import ByHeart, Judged, difference, report, widened
    from experiments.detector.promise import read_shown
    from experiments.detector.runs import Run
    from nets.functions import compile_faces
    from nets.weights import blended, load_network
    from pipeline.cascade import Detector

    get, put = lasagne.layers.get_all_param_values, lasagne.layers.set_all_param_values
    shown = read_shown([args.images], [args.empty], "val")
    if not all(one.people for one in shown if one.picture.boxes):
        raise cli.UserError(f"{args.images} must name person and scene of each face")
    pictures = [one.picture for one in shown]
    detector = Detector.load(args.weights)
    judged, facts = {}, {}

    def judge(name, network, batches=0, accuracy=""):
        ours = replace(detector, faces=compile_faces(network))
        found = search(ours, pictures, name, args.min_face)
        run = Run(name, [(one.boxes, one.scores) for one in found])
        judged[name] = Judged(run, found, shown, args.iou)
        size = lasagne.layers.count_params(network, trainable=True)
        facts[name] = {"net": name, "parameters": size, "batches": batches, "accuracy": accuracy}

    shipped, _ = load_network(args.weights / "big.npz", "big")
    judge("shipped", shipped)
    by_heart = ByHeart(pictures, judged["shipped"].found)
    make_folder(args.work, parents=True)
    data = training_batches(args)
    for name, batches, steps in (
        ("by heart", by_heart, args.by_heart), ("on", data, args.steps), ("wide", data, args.steps)
    ):  # fmt: skip
        network, _ = load_network(args.weights / "big.npz", "big")
        network = widened(network, args.seed) if name == "wide" else network
        before = get(network)
        accuracy = learn(network, name, batches, steps, args)
        judge(name, network, steps, accuracy)
        if name != "by heart":
            put(network, blended(before, get(network), 0.5))
            judge(f"{name}, half", network, steps)
    rows = [{**facts[name], **one.row(rate)} for name, one in judged.items() for rate in args.rates]
    pairs = (("shipped", "by heart"), ("shipped", "on"), ("on", "wide"), ("on, half", "wide, half"))
    differences = [
        {"nets": f"{b} less {a}", **difference(judged[a], judged[b], rate, args.seed)}
        for a, b in pairs
        for rate in args.rates
    ]
    said = SAID.format(
        rate=args.first_rate, hard=len(data.hard), pictures=len(pictures),
        faces=len(by_heart.windows[1]), others=len(by_heart.windows[0]), iou=args.iou,
        epoch=EPOCH,
    )  # fmt: skip
    write_rows(args.out / "table.csv", rows)
    write_rows(args.out / "difference.csv", differences)
    command = command_line("python experiments/eval_ceiling.py", argv)
    text = report(rows, differences, command, said)
    write_file(args.out / "REPORT.md", text.encode())
    print(text)


if __name__ == "__main__":
    cli.run(main)
