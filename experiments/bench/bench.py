"""Measure the project's speed beside others', alternating, in one run.

Ours runs in the project's environment, PyTorch, ONNX Runtime, OpenCV's dnn, Haar
cascades, MTCNN and libfacedetection in one of their own (`requirements-bench.txt`).
Writes table.csv, growth.csv, growth.png, video.csv, and REPORT.md from all of them, into a
folder for this kind of machine; with ``--parts`` some are measured and the rest stays as an
earlier run left it. On a slow machine there are fewer turns, so that it ends in time; where
others use the machine meanwhile, the report warns.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from common import cli

if __name__ == "__main__":
    cli.use_project_python()

import numpy as np
from tqdm import tqdm

from common.output import write_csv
from experiments.bench import machine
from experiments.bench.report import plot_growth, read_table, write_report
from experiments.bench.scenes import face, slowed_film
from experiments.bench.sizes import AREAS, FACES, TRAIN, VOTE
from experiments.core.expected import expecting

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
FEWEST, FEWEST_FRAMES = 5, 40  # turns and frames of the video, however slow the machine
# Parts of the whole time: of each group and number of threads, of growth, of each way of the video.
OF_GROUP, OF_GROWTH, OF_VIDEO = 0.05, 0.1, 0.06
# Freed memory stays in the process, as `nets.fast` asks for too: it makes PyTorch's vote
# twice as fast, and a peer should be as fast as it can be.
KEEP_MEMORY = {
    "MALLOC_MMAP_MAX_": "0",
    "MALLOC_TRIM_THRESHOLD_": str(1 << 30),
    "MALLOC_TOP_PAD_": str(64 << 20),
}
# Runs a script, then prints its peak memory.
MEASURED = """
import resource, runpy, sys
sys.argv = sys.argv[1:]
try:
    runpy.run_path(sys.argv[0], run_name="__main__")
finally:
    print("peak", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


class Worker:
    """A process that runs tasks on request; see `worker.py`."""

    def __init__(self, command, threads, extra):
        # Not OpenBLAS's number: `nets.theano_setup` knows what is good for it.
        environment = {**os.environ, "OMP_NUM_THREADS": str(threads), **KEEP_MEMORY, **extra}
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )

    def run(self, task, repeat, clock="wall"):
        """Seconds of each run, and the process's peak memory in MB."""
        request = {"task": task, "repeat": repeat, "clock": clock}
        self.process.stdin.write(json.dumps(request) + "\n")
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


def turns(most, repeat, seconds, fewest=FEWEST):
    """Yield how often to run in each turn: as many turns as ``seconds`` allow, some always.

    Once in the first turn, which shows how slow the machine is, and where the time is over;
    else ``repeat`` times.
    """
    start = time.monotonic()
    for turn in range(most):
        over = time.monotonic() - start > seconds
        if turn >= fewest and over:
            return
        yield 1 if turn == 0 or over else repeat


@contextmanager
def workers_for(candidates, threads, args):
    """A process for each candidate, by name: its peak memory is its own."""
    workers = {}
    try:
        for name, whose, _, extra in candidates:
            workers[name] = Worker(args.commands[whose], threads, extra)
        yield workers
    finally:
        for worker in workers.values():
            worker.close()


def measure(group, threads, args):
    """Measure one group, turn by turn: rows of the table."""
    title, items, candidates = group
    seconds = {name: [] for name, *_ in candidates}
    memory = {}
    count = turns(args.rounds, args.repeat, OF_GROUP * args.seconds)
    with machine.Load() as load, workers_for(candidates, threads, args) as workers:
        for repeat in count:
            for name, _, task, _ in candidates:
                runs, memory[name] = workers[name].run(task, repeat, args.clock)
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
            "turns": len(times),
            "others": load.others,
        })  # fmt: skip
    return rows


def growth(threads, args):
    """How our times grow: rows of (plot, x, seconds), medians of turns through all sizes."""
    plots = {
        "training step, images a second": [
            (n, "train" if n == 128 else f"train {n}") for n in TRAIN
        ],
        "vote, windows a second": [(n, f"vote {n}") for n in VOTE],
        "detection, ms over megapixels": [(w * h / 1e6, f"area {w} {h}") for w, h in AREAS],
        "detection at 960x540, ms over faces": [(n, f"faces {n}") for n in FACES],
    }
    tasks = [(plot, x, task) for plot, sizes in plots.items() for x, task in sizes]
    seconds = {(plot, x): [] for plot, x, _ in tasks}
    with workers_for([("ours", "ours", None, {})], threads, args) as workers:
        count = turns(args.rounds, args.repeat, OF_GROWTH * args.seconds, 1)
        for repeat in tqdm(count, total=args.rounds, desc=f"growth, {threads} threads"):
            for plot, x, task in tasks:
                seconds[plot, x] += workers["ours"].run(task, repeat)[0]
    return [
        {"plot": plot, "threads": threads, "x": x, "seconds": float(np.median(times))}
        for (plot, x), times in seconds.items()
    ]


def run_measured(command, extra):
    """Run a script: (seconds, frames a second as it says, peak memory in MB)."""
    start = time.perf_counter()
    result = subprocess.run(
        [sys.executable, "-c", MEASURED, *command],
        capture_output=True, text=True, env={**os.environ, **extra},
    )  # fmt: skip
    seconds = time.perf_counter() - start
    if result.returncode:
        raise cli.UserError(result.stderr.strip()[-300:])
    found = re.search(r"at ([0-9.]+) a second.*peak ([0-9]+)", result.stdout, re.S)
    return seconds, float(found[1]), int(found[2])


def video_rows(args):
    """run_video as a user starts it: whole frames a second, start-up, peak memory."""
    rows = []
    script = cli.ROOT / "pipeline" / "run_video.py"
    clip = cli.ROOT / "dataset" / "demo" / "known.mp4"
    with tempfile.TemporaryDirectory() as folder:
        slowed = slowed_film(clip, Path(folder) / "slowed.mkv", args.frames // 4, 4)
        ways = [
            ("as it is", clip, args.frames, [], {}),
            ("each frame four times", slowed, args.frames // 4 * 4, [], {}),
            ("--vote shared", clip, args.frames, ["--vote", "shared"], {}),
            ("--scan-every 5", clip, args.frames, ["--scan-every", "5"], {}),
            ("start to the first frame, warm", clip, 1, [], {}),
        ]
        if args.cold:
            flags = {"THEANO_FLAGS": f"base_compiledir={folder}/theano"}
            ways.append(("start to the first frame, nothing compiled", clip, 1, [], flags))
        most = args.frames
        for name, film, frames, options, extra in tqdm(ways, desc="run_video"):
            frames = min(frames, most)
            command = [sys.executable, str(script), str(film), "-o", f"{folder}/out.mp4",
                       "--limit", str(frames), *options]  # fmt: skip
            seconds, rates = [], []
            limit = OF_VIDEO * args.seconds
            count = turns(1 if "nothing" in name else args.turns, 1, limit, 1)
            with machine.Load() as load:
                for _ in count:
                    took, rate, memory = run_measured(command[1:], extra)
                    seconds.append(took)
                    rates.append(rate)
            if seconds[0] > limit and frames > 1:  # the others show fewer frames
                most = max(FEWEST_FRAMES, int(frames * limit / seconds[0]))
            rows.append({
                "what": name, "frames": frames, "seconds": np.median(seconds),
                "rate": np.median(rates) if frames > 1 else "", "peak_mb": memory,
                "others": load.others,
            })  # fmt: skip
    return rows


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
        rows = video_rows(args)
        write_csv(args.out / "video.csv", list(rows[0]), rows, digits=4)
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
    rows = old + new
    write_csv(path, list(rows[0]), rows, digits=4)


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
