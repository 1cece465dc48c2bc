"""Measure in turns: processes that run tasks on request, how times grow, and whole videos.

``args`` are those of `experiments/bench/bench.py`.
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

import numpy as np
from tqdm import tqdm

from common import cli
from experiments.bench import machine
from experiments.bench.scenes import slowed_film
from experiments.bench.sizes import AREAS, FACES, TRAIN, VOTE

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
