"""Measure the project's speed beside others', alternating, in one run.

Ours runs in the project's environment, PyTorch, ONNX Runtime, OpenCV's dnn, Haar
cascades, MTCNN and libfacedetection in one of their own (`requirements-bench.txt`).
Writes table.csv, REPORT.md and growth.png.
"""

import argparse
import csv
import json
import os
import platform
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import cli

cli.use_project_python()

import numpy as np
from tqdm import tqdm

from output import written

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
BATCHES = (16, 32, 64, 128, 256)


class Worker:
    """A process that runs tasks on request; see `worker.py`."""

    def __init__(self, command, threads, extra):
        # Not OpenBLAS's number: `nets.theano_setup` knows what is good for it.
        environment = {**os.environ, "OMP_NUM_THREADS": str(threads), **extra}
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )

    def run(self, task, repeat):
        """Seconds of each run, and the process's peak memory in MB."""
        self.process.stdin.write(json.dumps({"task": task, "repeat": repeat}) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline() or '{"error": "the worker died"}')
        if "error" in answer:
            raise cli.UserError(f"cannot measure {task}: {answer['error']}")
        return answer["seconds"], answer["megabytes"]

    def close(self):
        """End the process."""
        self.process.stdin.close()
        self.process.wait()


def rendered_picture(path):
    """Write a picture of 640x480 with one rendered face, cut from the contact sheet."""
    import cv2

    sheet = cv2.imread(str(cli.ROOT / "results" / "sheet.jpg"))
    side = sheet.shape[1] / 17  # a column a smiley, under a row of names
    row, column = 11, 0
    top = sheet.shape[0] - round((20 - row) * side)
    tile = sheet[top : top + int(side), round(column * side) : round(column * side) + int(side)]
    face = cv2.resize(tile, (300, 300), interpolation=cv2.INTER_CUBIC)
    picture = cv2.copyMakeBorder(face, 90, 90, 170, 170, cv2.BORDER_REPLICATE)
    path.parent.mkdir(exist_ok=True)
    cv2.imwrite(str(path), picture)
    return path


def worker_for(whose, threads, extra, args, workers):
    """The worker of this kind, started when it is first asked for."""
    key = (whose, threads, *extra)
    if key not in workers:
        workers[key] = Worker(args.commands[whose], threads, extra)
    return workers[key]


def measure(group, threads, args, workers):
    """Measure one group, turn by turn: rows of the table."""
    title, items, candidates = group
    seconds = {name: [] for name, *_ in candidates}
    memory = {}
    for _ in range(args.rounds):
        for name, whose, task, extra in candidates:
            worker = worker_for(whose, threads, extra, args, workers)
            runs, memory[name] = worker.run(task, args.repeat)
            seconds[name].append(float(np.median(runs)))
    ours = np.array(seconds["ours"])
    rows = []
    for name, times in seconds.items():
        times = np.array(times)
        ratios = times / ours  # turn by turn, so that a drift of the machine cancels
        rows.append({
            "what": title,
            "threads": threads,
            "who": name,
            "rate": items / np.median(times),
            "rate_low": items / times.max(),
            "rate_high": items / times.min(),
            "ours_faster": np.median(ratios),
            "ours_faster_low": ratios.min(),
            "ours_faster_high": ratios.max(),
            "peak_mb": memory[name],
        })  # fmt: skip
    return rows


def growth(args, workers):
    """Images a second that we train, for each of `BATCHES`."""
    worker = worker_for("ours", max(args.threads), {}, args, workers)
    rates = []
    for batch in BATCHES:
        task = "train" if batch == 128 else f"train {batch}"
        rates.append(batch / np.median(worker.run(task, args.repeat)[0]))
    return rates


def write_report(rows, rates, out):
    """Write table.csv, REPORT.md and growth.png."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    with written(out / "table.csv") as beside, open(beside, "w", newline="") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        for row in rows:
            rounded = {k: f"{v:.4g}" if isinstance(v, float) else v for k, v in row.items()}
            writer.writerow(rounded)
    lines = [
        "# Speed, side by side",
        "",
        "Written by `make bench`. Medians of turns in which all take part one after the other;",
        'in brackets the lowest and the highest. "Ours is faster by" is the ratio of times within',
        "a turn: above 1, ours is faster.",
        "",
        f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}.",
    ]
    for title, threads in dict.fromkeys((row["what"], row["threads"]) for row in rows):
        lines += ["", f"## {title}; threads: {threads}", ""]
        lines += [
            "| who | rate | ours is faster by | peak memory, MB |",
            "| --- | --- | --- | --- |",
        ]
        for row in rows:
            if (row["what"], row["threads"]) == (title, threads):
                lines.append(
                    "| {who} | {rate:.3g} ({rate_low:.3g} to {rate_high:.3g}) | {ours_faster:.2f} "
                    "({ours_faster_low:.2f} to {ours_faster_high:.2f}) | {peak_mb:.0f} |".format(
                        **row
                    )
                )
    lines += ["", "![Images a second over the size of the batch](growth.png)", ""]
    with written(out / "REPORT.md") as beside:
        beside.write_text("\n".join(lines))
    figure, axes = plt.subplots(figsize=(5, 3), constrained_layout=True)
    axes.semilogx(BATCHES, rates, "o-", base=2)
    axes.set(xlabel="batch", ylabel="images a second", ylim=(0, None), title="training step")
    axes.grid(alpha=0.3)
    with written(out / "growth.png") as beside:
        figure.savefig(beside, dpi=120)


def main(argv=None):
    """Measure and report."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--peers", required=True, type=Path, help="Python with the peers installed")
    parser.add_argument(
        "--picture",
        type=Path,
        help="what faces are searched in (default: a rendered face, 640x480)",
    )
    parser.add_argument("--rounds", type=int, default=7, help="turns (default 7)")
    parser.add_argument("--repeat", type=int, default=3, help="runs in each turn (default 3)")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--out", type=Path, default=cli.ROOT / "results" / "bench")
    args = parser.parse_args(argv)
    args.picture = args.picture or rendered_picture(cli.ROOT / ".cache" / "bench.png")
    if not args.picture.is_file():
        raise cli.UserError(f"no picture {args.picture}")
    args.out.mkdir(parents=True, exist_ok=True)
    onnx = cli.ROOT / ".cache" / "smiles.onnx"
    args.commands = {
        "ours": [sys.executable, str(HERE / "ours.py"), str(args.picture)],
        "peers": [str(args.peers), str(HERE / "peers.py"), str(args.picture), str(onnx)],
    }
    rows, workers = [], {}
    try:
        for threads in args.threads:
            for group in tqdm(GROUPS, desc=f"{threads} threads"):
                rows += measure(group, threads, args, workers)
        rates = growth(args, workers)
    finally:
        for worker in workers.values():
            worker.close()
    write_report(rows, rates, args.out)
    print((args.out / "REPORT.md").read_text())


if __name__ == "__main__":
    cli.run(main)
