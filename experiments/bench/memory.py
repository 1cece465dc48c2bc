"""Measure whether run_video's memory grows with the video: a clip repeated many times.

Writes memory.csv (seconds, megabytes) and memory.png, and prints the slope of the second half.
Linux only: it reads /proc.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from common import cli

if __name__ == "__main__":
    cli.use_project_python()

import numpy as np

from common.output import write_csv
from experiments.core.expected import expecting


def repeat(clip, frames, path):
    """Write a video of ``frames`` frames that shows ``clip`` again and again."""
    import itertools

    from common.video import open_source
    from common.writer import VideoWriter

    def endless():
        while True:
            with open_source(str(clip)) as source:
                yield from source

    with open_source(str(clip)) as source:
        fps = source.fps
    with VideoWriter(path, fps) as writer:
        for index, frame in enumerate(itertools.islice(endless(), frames)):
            writer.write(frame, index / fps, (index + 1) / fps)


def resident(pid):
    """Resident memory of a process in MB, None once it has ended."""
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS"):
                return int(line.split()[1]) / 1024
    except OSError:
        pass
    return None


def watch(command, every=1.0):
    """Run a command; (seconds, MB) of its process every so often."""
    samples, start = [], time.monotonic()
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=errors)
        while process.poll() is None:
            memory = resident(process.pid)
            if memory:
                samples.append((time.monotonic() - start, memory))
            time.sleep(every)
        if process.returncode:
            errors.seek(0)
            raise cli.UserError(errors.read().decode(errors="replace").strip()[-500:])
    return samples


def slope(samples, frames):
    """Growth over the second half, in MB per 1000 frames, by least squares."""
    seconds, memory = np.array(samples).T
    half = seconds > seconds[-1] / 2
    per_second = np.polyfit(seconds[half], memory[half], 1)[0]
    return per_second * seconds[-1] / frames * 1000


def main(argv=None):
    """Measure, write, print."""
    parser = cli.parser(expecting(__doc__, "bench/memory"))
    clip = cli.ROOT / "dataset" / "demo" / "known.mp4"
    parser.add_argument("clip", nargs="?", type=Path, default=clip, help="(default: the demo's)")
    parser.add_argument("--frames", type=int, default=45000, help="default 45000: 30 minutes")
    parser.add_argument("--out", type=Path, default=cli.ROOT / "results" / "bench")
    parser.add_argument(
        "rest", nargs=argparse.REMAINDER, help="options of run_video, after --, e.g. -- --slow 2"
    )
    args = parser.parse_args(argv)
    args.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        video = Path(folder) / "long.mp4"
        repeat(args.clip, args.frames, video)
        script = str(cli.ROOT / "pipeline" / "run_video.py")
        options = [option for option in args.rest if option != "--"]
        samples = watch(
            [sys.executable, script, str(video), "-o", str(Path(folder) / "out.mp4"), *options]
        )
    growth = slope(samples, args.frames)
    rows = [(f"{s:.1f}", f"{m:.1f}") for s, m in samples]
    write_csv(args.out / "memory.csv", ["seconds", "megabytes"], rows)
    from experiments.core.plots import plt, save

    seconds, memory = np.array(samples).T
    figure, axes = plt.subplots(figsize=(5, 3), constrained_layout=True)
    axes.plot(seconds * args.frames / seconds[-1], memory)
    axes.set(
        xlabel="frames, about", ylabel="resident memory, MB", ylim=(0, None), title="run_video"
    )
    axes.grid(alpha=0.3)
    save(figure, args.out / "memory.png")
    print(f"{args.frames} frames: peak {memory.max():.0f} MB, {growth:+.2f} MB per 1000 frames")


if __name__ == "__main__":
    cli.run(main)
