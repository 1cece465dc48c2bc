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


from common.arguments import count, number
from common.interrupt import Interrupt
from pipeline.options import add_detector_options, add_smiles_option, smiles_path


def parse_args(argv):
    """Read the command line."""
    parser = cli.parser(__doc__)
    add = parser.add_argument
    add("video", help="video file, folder of pictures, or number of a camera")
    add("-o", "--out", type=Path, help="video to write (default: VIDEO.smileys.mp4 in this folder)")
    add("--slow", type=number(1, 1000), default=1.0, metavar="N", help="make it N times as long")
    add("--json", type=Path, metavar="FILE", help="write one JSON line a frame; - prints them")
    add("--limit", type=count, metavar="N", help="stop after N frames")
    add(
        "--scan-every",
        type=count,
        default=1,
        metavar="N",
        help="search the whole frame every N frames, and only near the last face in between: "
        "faster, and a second face may be seen N - 1 frames late (default 1)",
    )
    add(
        "--vote",
        choices=["full", "shared"],
        default="full",
        help="full: each of the 45 windows goes through the whole network; shared: the windows "
        "of one scale share its early layers, several times faster, with other results "
        "(default full)",
    )
    add(
        "--precision",
        choices=["float32", "bfloat16"],
        default="float32",
        help="of the vote's convolutions; bfloat16 is slower by now, and its shares differ in the "
        "third digit (default float32)",
    )
    add(
        "--smooth",
        type=number(0, 1000),
        default=0.0,
        metavar="N",
        help="let past frames vote too, with half the weight after N frames: calmer, and later "
        "to see a change (default 0: each frame for itself, as in the article)",
    )
    add(
        "--face",
        choices=["search", "whole"],
        default="search",
        help="search: find the face in each frame; whole: each frame is one face, from top to "
        "bottom (default search)",
    )
    add(
        "--adapt",
        action="store_true",
        help="look through the film first, and put the smiley net half-way to the batch "
        "statistics of its faces: for nets of rendered people (real.npz was finished so) and "
        "films of many smileys; takes longer",
    )
    add("--no-sound", dest="sound", action="store_false", help="leave out the video's sound")
    add_detector_options(parser, "a tenth of the shorter side, at least 24")
    add_smiles_option(parser)
    return parser.parse_args(argv)


def annotate(frames, recognizer, video, lines, slow=1.0):
    """Find, name and draw the smiley of each frame.

    Parameters
    ----------
    frames : iterable of (image, time, end)
        As from `common.video.Source.timed`.
    recognizer : pipeline.video_recognizer.VideoRecognizer
    video : common.writer.VideoWriter
    lines : common.output.JsonLines
    slow : float

    Raises
    ------
    KeyboardInterrupt
        After Ctrl-C, once the frame is finished.
    """
    import numpy as np

    from pipeline.overlay import Overlay
    from pipeline.threads import BackgroundCalls

    overlay, drawn, voter = None, None, recognizer.voter
    last = ()

    def show(again, frame, start, end, *found):
        nonlocal drawn
        if not again:
            drawn = overlay.draw(frame, *found)
        video.write(drawn, slow * start, slow * end)

    with Interrupt() as interrupt, BackgroundCalls() as calls:
        for index, (frame, time, end) in enumerate(frames):
            if overlay is None:
                overlay = Overlay(frame.shape[1::-1], voter.classes, voter.net)
            box, vote = recognizer.step(frame)
            found = () if vote is None else (box, vote.shares)
            same = len(found) == len(last) and all(map(np.array_equal, found, last))
            again = recognizer.frame_repeated and same
            calls.submit(show, again, frame, time, end, *found)
            last = found
            lines.write(frame_line(index, time, voter.net, frame.shape, box, vote))
            if interrupt.wanted:
                interrupt.stop()


def frame_line(index, time, net, shape, box=None, vote=None):
    """What ``--json`` says of a frame; without a face, no ``box`` and no ``vote``.

    ``net`` names the smiley net that speaks; ``size`` is the width and height of the frame as it
    is seen, of which ``box`` speaks.
    """
    from common.output import rounded_box

    last = {"net": net, "size": [shape[1], shape[0]]}
    line = {"frame": index, "time": round(time, 6), "box": None, "smiley": None}
    if vote is None:
        return {**line, "share": None, "score": None, "probabilities": {}, **last}
    shares = [round(float(share), 6) for share in vote.shares]
    return {
        **line,
        "box": rounded_box(box),
        "smiley": vote.smiley,
        "share": shares[vote.best],
        "score": round(vote.score, 6),
        "probabilities": dict(zip(vote.classes, shares)),
        **last,
    }


def sound_of(source, slow, out):
    """The slowed sound of a source, None if it has none; one line where it cannot be carried."""
    from common.writer import FORMATS

    silent = FORMATS[out.suffix.lower()].sound is None
    try:
        sound = source.sound(slow)
    except cli.UserError as error:
        note(error)
        return None
    if sound and silent:
        sound.close()
        note(f"{out.suffix} holds no sound: it is left out")
        return None
    return sound


def note(text):
    """Tell on stderr what went another way than wished."""
    print(f"note: {text}", file=sys.stderr)


def main(argv=None):
    """Run the script; ``argv`` as for argparse."""
    arguments = parse_args(argv)
    # What can be wrong is looked at before Theano is imported, which takes seconds.
    from common.output import JsonLines, PrintedLines, check_output, fitting
    from common.video import open_source
    from common.writer import VideoWriter, check_video_output

    if arguments.adapt and not Path(arguments.video).exists():
        raise cli.UserError("--adapt reads the film twice: name a file or folder, or leave it out")
    slow = arguments.slow
    with open_source(arguments.video) as source:
        out = arguments.out or Path(fitting(Path(source.name).stem, ".smileys.mp4"))
        printed = str(arguments.json) == "-"
        if arguments.json and not printed:
            check_output(arguments.json, arguments.video, out)
        check_output(out, arguments.video)
        check_video_output(out)
        sound = sound_of(source, slow, out) if arguments.sound else None
        video = VideoWriter(out, source.fps / slow, sound)

        from contextlib import closing
        from itertools import islice

        from tqdm import tqdm

        from pipeline.cascade import Detector
        from pipeline.threads import read_ahead
        from pipeline.tracking import Tracker, WholePicture
        from pipeline.video_recognizer import VideoRecognizer
        from pipeline.vote import Voter

        if arguments.face == "whole":
            tracker = WholePicture()
        else:
            tracker = Tracker(Detector.load(arguments.weights), arguments.scan_every)
        shared = arguments.vote == "shared"
        voter = Voter.load(smiles_path(arguments), shared, arguments.precision)
        if arguments.adapt:
            from pipeline.sample_faces import sample_faces

            with open_source(arguments.video) as film:
                voter.adapt(sample_faces(film, tracker, arguments.min_face, arguments.limit))
        recognizer = VideoRecognizer(tracker, voter, arguments.smooth, arguments.min_face)
        counts = [count for count in (source.count, arguments.limit) if count]
        video.whole = arguments.limit is None
        with (
            closing(read_ahead(islice(source.timed(), arguments.limit))) as ahead,
            tqdm(ahead, total=min(counts, default=None), unit=" frames") as bar,
            video,
            PrintedLines() if printed else JsonLines(arguments.json) as lines,
        ):
            annotate(bar, recognizer, video, lines, slow)
        told = source.warning()
    if told:
        note(told)
    rate = bar.n / bar.format_dict["elapsed"]
    print(
        f"wrote {out}: {bar.n} frames at {rate:.1f} a second",
        file=sys.stderr if printed else sys.stdout,
    )


if __name__ == "__main__":
    cli.run(main)
