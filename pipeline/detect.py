"""Finds the faces in pictures: one JSON line a picture, best face first.

    python pipeline/detect.py photo.jpg --out drawn/
    {"image": "photo.jpg", "faces": [{"box": [x, y, w, h], "score": s}, ...]}

It names no smileys: run_video.py does, of a folder of photos, too.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import cli

if __name__ == "__main__":
    cli.use_project_python()


from common.arguments import number
from pipeline.options import add_detector_options

MIN_FACE = 24
NAMED = 5  # unreadable pictures told of on one line


def parse_args(argv):
    """Read the command line."""
    parser = cli.parser(__doc__)
    add = parser.add_argument
    add("images", nargs="+", metavar="IMAGE", help="pictures to look at")
    add("--json", type=Path, metavar="FILE", help="write the lines to a file, not to the terminal")
    add(
        "--threshold",
        type=number(0, 1),
        metavar="T",
        help="least score of a face, from 0 to 1: how likely the square shows one; 0 gives all "
        "squares that reach the big net, for drawing curves (default: the one stored with the "
        "weights, which lets one false square pass in ten pictures)",
    )
    add("--out", type=Path, metavar="DIR", help="draw the faces and write the pictures there")
    add_detector_options(parser, MIN_FACE)
    return parser.parse_args(argv)


def unreadable(paths):
    """What is wrong with those of some files that are no pictures, by their heads: dict by path."""
    from common.images import check_file, is_readable

    problems = {}
    for path in paths:
        try:
            check_file(path)
            if not is_readable(path):
                problems[path] = f"{path} is no picture that can be read: convert it to PNG"
        except cli.UserError as error:
            problems[path] = str(error)
    return problems


def complain(problems, count):
    """Raise a `UserError` on one line that names the pictures, of ``count``, that were left out."""
    if not problems:
        return
    told = "; ".join(list(problems.values())[:NAMED])
    more = f"; and {len(problems) - NAMED} more" if len(problems) > NAMED else ""
    done = "" if len(problems) == count else f" (the other {count - len(problems)} are done)"
    raise cli.UserError(told + more + done)


def image_line(name, boxes, scores):
    """What a line of JSON says of an image."""
    from common.output import rounded_box

    faces = [
        {"box": rounded_box(box), "score": round(float(score), 6)}
        for box, score in zip(boxes, scores)
    ]
    return {"image": name, "faces": faces}


def draw_faces(image, boxes, scores):
    """Copy of a picture uint8 (H, W, 3) with boxes (N, 4) drawn, each with its score (N,)."""
    import cv2

    image = image.copy()
    width = max(2, round(min(image.shape[:2]) / 250))
    for box, score in zip(boxes, scores):
        x, y, w, h = (round(float(side)) for side in box)
        size = max(0.4, 0.004 * w)
        for colour, extra in [((20, 16, 16), 2), ((64, 214, 255), 0)]:
            cv2.rectangle(image, (x, y), (x + w, y + h), colour, width + extra)
            at = (x + width, y + h - 2 * width)
            thick = max(1, round(2 * size)) + extra
            cv2.putText(image, f"{score:.2f}", at, 0, size, colour, thick, cv2.LINE_AA)
    return image


def drawn_names(folder, images):
    """Where the drawn pictures go: ``photo.faces.jpg``, numbered where names repeat."""
    from common.output import fitting

    names = []
    for image in images:
        name, number = fitting(Path(image).stem, ".faces.jpg"), 1
        while folder / name in names:
            number += 1
            name = fitting(Path(image).stem, f"-{number}.faces.jpg")
        names.append(folder / name)
    return names


def main(argv=None):
    """Run the script; ``argv`` as for argparse."""
    arguments = parse_args(argv)
    # What can be wrong is looked at before Theano is imported, which takes seconds.
    from common.output import JsonLines, check_output, line, make_folder

    images = arguments.images
    problems = unreadable(images)
    if set(problems) == set(images):
        complain(problems, len(set(images)))
    if str(arguments.json) == "-":  # what it does without
        arguments.json = None
    if arguments.json:
        check_output(arguments.json, *arguments.images)
    drawn = None
    if arguments.out:
        make_folder(arguments.out)
        drawn = drawn_names(arguments.out, arguments.images)

    from tqdm import tqdm

    from common.images import read_image, write_image
    from pipeline.cascade import Detector

    detector = Detector.load(arguments.weights)
    # One picture is soon done, and a bar makes no sense in a log.
    hide = True if len(arguments.images) == 1 else None
    bar = tqdm(arguments.images, unit=" pictures", disable=hide, leave=False)
    with bar, JsonLines(arguments.json) as lines:
        for index, name in enumerate(bar):
            if name in problems:
                continue
            try:
                image = read_image(name)
            except cli.UserError as error:  # what its head did not tell
                problems[name] = str(error)
                continue
            boxes, scores = detector.detect(
                image, arguments.min_face or MIN_FACE, arguments.threshold
            )
            if drawn and not write_image(drawn[index], draw_faces(image, boxes, scores)):
                raise cli.UserError(f"cannot write {drawn[index]}: is the disk full?")
            if arguments.json:
                lines.write(image_line(name, boxes, scores))
            else:
                bar.write(line(image_line(name, boxes, scores)), file=sys.stdout)
        if set(problems) == set(images):  # then there is nothing to write
            complain(problems, len(set(images)))
    complain(problems, len(set(images)))


if __name__ == "__main__":
    cli.run(main)
