"""Labels the smileys in a video by hand: keys name them, the detector or the mouse boxes the face.

python dataset/label_video.py VIDEO --person NAME

Writes crops and manifest.csv to a data set's folder after every action, and goes on
where it stopped. h shows the keys.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import cli

if __name__ == "__main__":
    cli.use_project_python()


from pipeline.options import add_detector_options

OUT = cli.ROOT / "data" / "labelled"


def parse_args(argv):
    """Read the command line."""
    parser = cli.parser(__doc__)
    parser.add_argument("video", help="video file, or folder of frames")
    parser.add_argument(
        "--out",
        type=Path,
        default=OUT,
        metavar="DIR",
        help="folder of the data set; many videos may share one (default: data/labelled)",
    )
    parser.add_argument(
        "--person",
        metavar="NAME",
        help="who is labelled from now on (default: as before, at first the video's name)",
    )
    add_detector_options(parser, "a tenth of the frame's shorter side, at least 24")
    return parser.parse_args(argv)


def main(argv=None):
    """Run the script; ``argv`` as for argparse."""
    arguments = parse_args(argv)
    from dataset.labelling.frames import open_frames
    from dataset.labelling.window import Window, check_display

    if arguments.person is not None and not arguments.person.strip():
        raise cli.UserError("--person needs a name")
    frames = open_frames(arguments.video)
    check_display()
    Window(*prepare(arguments, frames), Path(arguments.video).name).run()


def prepare(arguments, frames):
    """Make a session of what was saved, or a new one.

    Returns
    -------
    (Session, Frames, Store, dict)
        As `dataset.labelling.window.Window` takes them.
    """
    from common.output import make_folder
    from common.smileys import read_smileys
    from dataset.labelling.detection import LazyDetector, has_detector
    from dataset.labelling.document import Document
    from dataset.labelling.faces import Faces
    from dataset.labelling.keys import SMILEY_KEYS
    from dataset.labelling.session import Session
    from dataset.labelling.store import Store

    table = read_smileys()
    if len(table) > len(SMILEY_KEYS):
        raise cli.UserError(f"there are keys for {len(SMILEY_KEYS)} smileys, not for {len(table)}")
    if arguments.out == OUT:
        make_folder(OUT.parent)
    store = Store(arguments.out, arguments.video, frames)
    saved = store.load(table) or {"marks": {}, "starts": [], "person": store.name, "position": 0}
    detect = None
    if has_detector(arguments.weights):
        detect = LazyDetector(arguments.weights, frames, arguments.min_face)
    session = Session(
        Document(frames.size, saved["marks"], saved["starts"]),
        len(frames),
        list(table),
        (arguments.person or saved["person"]).strip(),
        Faces(detect),
        saved["position"],
    )
    if saved["marks"]:
        store.save(session)  # what a killed session did not come to
    return session, frames, store, table


if __name__ == "__main__":
    cli.run(main)
