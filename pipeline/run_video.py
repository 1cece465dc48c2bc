"""Names the smiley in every frame of a video: boxes it, draws it, and slows it down.

    python pipeline/run_video.py VIDEO --slow 4

VIDEO is a video file, a folder of pictures, or a camera's number (end it by Ctrl-C).
Frames are searched in the size they come in, and ``--json`` speaks of their own pixels;
the drawn video is as large as the first frame, enlarged if its shorter side has fewer
than 360 pixels, and frames of another size get black bars.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import cli

if __name__ == "__main__":
    cli.use_project_python()

import argparse

from common.interrupt import Interrupt
from pipeline.options import (
    add_detector_options,
    add_smiles_option,
    number,
    smallest_face,
    smiles_path,
)


def parse(argv):
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("video", help="video file, folder of pictures, or number of a camera")
    parser.add_argument(
        "-o", "--out", type=Path, help="video to write (default: VIDEO.smileys.mp4 in this folder)"
    )
    parser.add_argument(
        "--slow", type=number(1, 1000), default=1.0, metavar="N", help="make it N times as long"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write one JSON line a frame")
    parser.add_argument(
        "--limit", type=number(1, kind=int), metavar="N", help="stop after N frames"
    )
    parser.add_argument(
        "--scan-every",
        type=number(1, kind=int),
        default=1,
        metavar="N",
        help="search the whole frame every N frames, and only near the last face in between: "
        "faster, and a second face may be seen N - 1 frames late (default 1)",
    )
    parser.add_argument(
        "--vote",
        choices=["full", "shared"],
        default="full",
        help="full: each of the 45 windows goes through the whole network; shared: the windows "
        "of one scale share its early layers, several times faster, with other results "
        "(default full)",
    )
    parser.add_argument(
        "--smooth",
        type=number(0, 1000),
        default=0.0,
        metavar="N",
        help="let past frames vote too, with half the weight after N frames: calmer, and later "
        "to see a change (default 0: each frame for itself, as in the article)",
    )
    parser.add_argument(
        "--face",
        choices=["search", "whole"],
        default="search",
        help="search: find the face in each frame; whole: each frame is one face, from top to "
        "bottom (default search)",
    )
    parser.add_argument(
        "--adapt",
        action="store_true",
        help="look through the film first, and put the smiley net half-way to the batch "
        "statistics of its faces: for a film of many smileys; takes longer",
    )
    add_detector_options(parser, "a tenth of the shorter side, at least 24")
    add_smiles_option(parser)
    return parser.parse_args(argv)


def annotate(frames, clock, tracker, voter, video, lines, slow=1.0, min_face=None, smooth=0.0):
    """Find, name and draw the smiley of each frame.

    Parameters
    ----------
    frames : iterable of ndarray of uint8 (H, W, 3)
    clock : callable
        `common.video.Source.time` of where they come from.
    tracker : pipeline.tracking.Tracker
    voter : pipeline.vote.Voter
    video : common.video.VideoWriter
    lines : output.JsonLines
    slow : float
    min_face : float, optional
        In pixels; by default a part of the shorter side.
    smooth : float
        As for `pipeline.vote.Smoother`.

    Raises
    ------
    KeyboardInterrupt
        After Ctrl-C, once the frame is finished.
    """
    from common.crops import Mipmap
    from pipeline.overlay import Overlay
    from pipeline.square import CONTINUES, best_square
    from pipeline.threads import Behind
    from pipeline.vote import Smoother, Vote
    from pipeline.windows import overlaps

    overlay, box, shape, smoother = None, None, None, Smoother(smooth)

    def show(frame, end, *found):
        video.write(overlay.draw(frame, *found), end)

    with Interrupt() as interrupt, Behind() as behind:
        for index, frame in enumerate(frames):
            time = clock(index)
            if overlay is None:
                overlay = Overlay(frame.shape[1::-1], voter.classes, voter.net)
            if frame.shape != shape:  # its pixels are others than the last frame's
                box, shape = None, frame.shape
                tracker.follow(None)
                smoother.forget()
                smallest = min_face or smallest_face(frame)
            picture = Mipmap(frame)
            boxes, scores = tracker.faces(picture, smallest)
            chosen = best_square(boxes, scores, box)
            if chosen is None:
                tracker.follow(None)
                smoother(None)
                behind.call(show, frame, slow * clock(index + 1))
                lines.write(frame_line(index, time, voter.net))
            else:
                if box is not None and overlaps(box, boxes[chosen])[0] < CONTINUES:
                    smoother.forget()
                box = boxes[chosen]
                tracker.follow(box)
                vote = voter.vote(picture, box)
                vote = Vote(vote.classes, smoother(vote.sums))
                behind.call(show, frame, slow * clock(index + 1), box, vote.shares)
                lines.write(frame_line(index, time, voter.net, box, vote))
            if interrupt.wanted:
                raise KeyboardInterrupt


def frame_line(index, time, net, box=None, vote=None):
    """What ``--json`` says of a frame; without a face, no ``box`` and no ``vote``.

    ``net`` names the smiley net that speaks.
    """
    from common.output import rounded_box

    line = {"frame": index, "time": round(time, 4), "box": None, "smiley": None}
    if vote is None:
        return {**line, "share": None, "score": None, "probabilities": {}, "net": net}
    shares = [round(float(share), 6) for share in vote.shares]
    return {
        **line,
        "box": rounded_box(box),
        "smiley": vote.smiley,
        "share": shares[vote.best],
        "score": round(vote.score, 6),
        "probabilities": dict(zip(vote.classes, shares)),
        "net": net,
    }


def main(argv=None):
    """Run the script; ``argv`` as for argparse."""
    arguments = parse(argv)
    # What can be wrong is looked at before Theano is imported, which takes seconds.
    from common.output import JsonLines, check_output
    from common.video import VideoWriter, open_source, slowed_fps

    if arguments.adapt and not Path(arguments.video).exists():
        raise cli.UserError("--adapt reads the film twice: name a file or folder, or leave it out")
    source = open_source(arguments.video)
    out = arguments.out or Path(f"{Path(source.name).stem}.smileys.mp4")
    if arguments.json:
        check_output(arguments.json, arguments.video, out)
    check_output(out, arguments.video)
    video = VideoWriter(out, slowed_fps(source.fps, arguments.slow))

    from itertools import islice

    from tqdm import tqdm

    from pipeline.cascade import Detector
    from pipeline.threads import read_ahead
    from pipeline.tracking import Tracker, WholePicture
    from pipeline.vote import Voter

    if arguments.face == "whole":
        tracker = WholePicture()
    else:
        tracker = Tracker(Detector.load(arguments.weights), arguments.scan_every)
    voter = Voter.load(smiles_path(arguments), shared=arguments.vote == "shared")
    if arguments.adapt:
        from pipeline.film import film_windows

        film = open_source(arguments.video)
        voter.adapt(film_windows(film, tracker, arguments.min_face, arguments.limit))
    frames = islice(source, arguments.limit)
    counts = [count for count in (source.count, arguments.limit) if count]
    bar = tqdm(read_ahead(frames), total=min(counts, default=None), unit=" frames")
    with bar, video, JsonLines(arguments.json) as lines:
        annotate(
            bar, source.time, tracker, voter, video, lines, arguments.slow, arguments.min_face,
            arguments.smooth,
        )  # fmt: skip
    print(f"wrote {out}: {bar.n} frames at {bar.n / bar.format_dict['elapsed']:.1f} a second")


if __name__ == "__main__":
    cli.run(main)
