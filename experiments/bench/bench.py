"""Measure the project's speed beside others', alternating, in one run.

Ours runs in the project's environment, PyTorch, ONNX Runtime, OpenCV's dnn, Haar
cascades, MTCNN and libfacedetection in one of their own (`requirements-bench.txt`).
Writes table.csv, growth.csv, growth.png, video.csv, and REPORT.md from all of them, into a
folder for this kind of machine; with ``--parts`` some are measured and the rest stays as an
earlier run left it. On a slow machine there are fewer turns, so that it ends in time; where
others use the machine meanwhile, the report warns.
"""

import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from common import cli

if __name__ == "__main__":
    cli.use_project_python()

from tqdm import tqdm

from experiments.bench import machine
from experiments.bench.measuring import growth, measure, video_rows
from experiments.bench.report import plot_growth, read_table, write_report
from experiments.bench.scenes import face
from experiments.core.expected import expecting
from experiments.core.results import write_rows

HERE = Path(__file__).parent
OFF = {"SMILEYS_FAST": "0"}  # Theano's own Ops
# Task, then what is measured: (name, whose, the worker's task, environment).
GROUPS = [
    ("training step, batch of 128, images a second", 128, [
        ("ours", "ours", "train", {}),
        ("ours, Theano's own Ops", "ours", "train", OFF),
        ("PyTorch", "peers", "train torch", {}),
        ("PyTorch, channels last", "peers", "train torch, channels last", {}),
    ]),
    ("vote of 45 windows, votes a second", 1, [
        ("ours", "ours", "vote", {}),
        ("ours, Theano's own Ops", "ours", "vote", OFF),
        ("PyTorch", "peers", "vote torch", {}),
        ("PyTorch, channels last", "peers", "vote torch, channels last", {}),
        ("ONNX Runtime", "peers", "vote onnxruntime", {}),
        ("OpenCV dnn", "peers", "vote opencv dnn", {}),
    ]),
    ("vote of 45 windows in bfloat16, votes a second", 1, [
        ("ours", "ours", "vote bfloat16", {}),
        ("ours in float32", "ours", "vote", {}),
        ("PyTorch", "peers", "vote torch bfloat16", {}),
        ("PyTorch, channels last", "peers", "vote torch bfloat16, channels last", {}),
    ]),
    *(
        (f"detection at 640x480, smallest face {least}, pictures a second", 1, [
            ("ours", "ours", f"detect {least}", {}),
            ("Haar alt2", "peers", f"detect {least} haar alt2", {}),
            ("MTCNN", "peers", f"detect {least} mtcnn", {}),
            ("libfacedetection", "peers", f"detect {least} libfacedetection", {}),
        ])
        for least in (80, 40)
    ),
]  # fmt: skip
# By the name of a part, how the titles of its groups begin.
PARTS = {"train": "training", "vote": "vote", "detect": "detection"}


def rendered_picture(path):
    """Write a picture of 640x480 with one rendered face."""
    import cv2

    tile = cv2.resize(face(11, 0), (300, 300), interpolation=cv2.INTER_CUBIC)
    picture = cv2.copyMakeBorder(tile, 90, 90, 170, 170, cv2.BORDER_REPLICATE)
    path.parent.mkdir(exist_ok=True)
    cv2.imwrite(str(path), picture)
    return path


def has_bfloat16():
    """Whether our kernels have bfloat16 here; asked in a process of its own, as all is measured."""
    code = "from nets.fast import has_bfloat16; print(has_bfloat16())"
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=cli.ROOT, capture_output=True, text=True
    )
    return result.stdout.strip() == "True"


def parse_args(argv=None):
    """The command line."""
    parser = cli.parser(expecting(__doc__, "bench/bench"))
    parser.add_argument("--peers", required=True, type=Path, help="Python with the peers installed")
    parser.add_argument(
        "--picture",
        type=Path,
        help="what faces are searched in (default: a rendered face, 640x480)",
    )
    parser.add_argument("--rounds", type=int, default=7, help="turns (default 7)")
    parser.add_argument("--repeat", type=int, default=3, help="runs in each turn (default 3)")
    cores = min(2, machine.usable_cores())
    parser.add_argument("--threads", type=int, nargs="+", default=list(range(1, cores + 1)))
    parser.add_argument(
        "--minutes", type=float, default=5, help="about how long it may take (default 5)"
    )
    parser.add_argument(
        "--clock",
        choices=["wall", "processor"],
        default="wall",
        help="processor: count the processor's time, which other work hardly changes; with one "
        "thread, of the side-by-side parts (default wall)",
    )
    everything = [*PARTS, "growth", "video"]
    parser.add_argument("--parts", nargs="+", choices=everything, default=everything)
    parser.add_argument("--frames", type=int, default=400, help="of the video (default 400)")
    parser.add_argument("--turns", type=int, default=3, help="runs of run_video (default 3)")
    parser.add_argument(
        "--cold", action="store_true", help="also start run_video with nothing compiled (minutes)"
    )
    parser.add_argument(
        "--out", type=Path, help="folder (default: results/bench/ and the machine's name)"
    )
    args = parser.parse_args(argv)
    args.seconds = 60 * args.minutes
    if args.clock == "processor" and (args.threads != [1] or not set(args.parts) <= set(PARTS)):
        raise cli.UserError(
            f"--clock processor needs --threads 1 and --parts of {', '.join(PARTS)}"
        )
    return args


def worker_commands(peers, picture):
    """How the workers are started, ours and the peers': dict of list of str."""
    picture = picture or rendered_picture(cli.ROOT / ".cache" / "bench.png")
    if not picture.is_file():
        raise cli.UserError(f"no picture {picture}")
    onnx = cli.ROOT / ".cache" / "smiles.onnx"
    return {
        "ours": [sys.executable, str(HERE / "ours.py"), str(picture)],
        "peers": [str(peers), str(HERE / "peers.py"), str(picture), str(onnx)],
    }


def measure_part(part, groups, args):
    """Measure a part, and write its rows into its table."""
    if part == "video":
        write_rows(args.out / "video.csv", video_rows(args))
        return
    for threads in args.threads:
        if part == "growth":
            replace_rows(args.out / "growth.csv", "plot", growth(threads, args))
            continue
        mine = [group for group in groups if group[0].startswith(PARTS[part])]
        rows = []
        for group in tqdm(mine, desc=f"{part}, {threads} threads"):
            rows += measure(group, threads, args)
        replace_rows(args.out / "table.csv", "what", rows)


def replace_rows(path, key, new):
    """Write rows into a table, in the place of those of the same ``key`` and number of threads."""
    replaced = {(row[key], row["threads"]) for row in new}
    old = [row for row in read_table(path) if (row[key], row["threads"]) not in replaced]
    write_rows(path, old + new)


def report(told, out):
    """Draw and write the report of the tables in a folder; returns others' part of the machine."""
    rows = read_table(out / "table.csv")
    rows.sort(key=lambda row: ([g[0] for g in GROUPS].index(row["what"]), row["threads"]))
    curves = read_table(out / "growth.csv")
    if curves:
        plot_growth(curves, out / "growth.png")
    videos = read_table(out / "video.csv")
    write_report(rows, videos, told, out)
    print((out / "REPORT.md").read_text())
    return max((row["others"] for row in [*rows, *videos]), default=0)


def main(argv=None):
    """Measure and report."""
    args = parse_args(argv)
    told, name = machine.describe()
    if args.clock == "processor":
        told, name = {**told, "time": "the processor's, not the wall's"}, f"{name}-busy"
    args.out = args.out or cli.ROOT / "results" / "bench" / name
    args.commands = worker_commands(args.peers, args.picture)
    args.out.mkdir(parents=True, exist_ok=True)
    bfloat16 = has_bfloat16()
    groups = [group for group in GROUPS if bfloat16 or "bfloat16" not in group[0]]
    for part in args.parts:
        measure_part(part, groups, args)
    busy = report(told, args.out)
    if busy > machine.DISTURBED and args.clock == "wall":
        print(f"warning: others took up to {busy:.0%} of this machine", file=sys.stderr)


if __name__ == "__main__":
    cli.run(main)
