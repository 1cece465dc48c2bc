"""Finds the faces in pictures: one JSON line a picture, best face first.

python pipeline/detect.py photo.jpg --out drawn/
{"image": "photo.jpg", "faces": [{"box": [x, y, w, h], "score": s}, ...]}
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import cli

if __name__ == "__main__":
    cli.use_project_python()

import argparse

from pipeline.options import add_detector_options, number

MIN_FACE = 24


def parse(argv):
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("images", nargs="+", metavar="IMAGE", help="pictures to look at")
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="write the lines to a file, not to the terminal"
    )
    parser.add_argument(
        "--threshold",
        type=number(0, 1),
        metavar="T",
        help="least score of a face, from 0 to 1: how likely the square shows one; 0 gives all "
        "squares that reach the big net, for drawing curves (default: the one stored with the "
        "weights, which lets one false square pass in ten pictures)",
    )
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="draw the faces and write the pictures there"
    )
    add_detector_options(parser, MIN_FACE)
    return parser.parse_args(argv)


def check_images(paths):
    """Raise a `UserError` that names the first file that is no picture."""
    from common.images import check_file, is_picture

    for path in paths:
        check_file(path)
        if Path(path).suffix.lower() != ".gif" and not is_picture(path):
            raise cli.UserError(f"{path} is no picture that OpenCV reads: convert it to PNG")


def image_line(name, boxes, scores):
    """What a line of JSON says of an image."""
    from common.output import rounded_box

    faces = [
        {"box": rounded_box(box), "score": round(float(score), 6)}
        for box, score in zip(boxes, scores)
    ]
    return {"image": name, "faces": faces}


def draw_faces(image, boxes, scores):
    """Copy of a picture with its faces boxed, each with its score."""
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
    names = []
    for image in images:
        name, number = f"{Path(image).stem}.faces.jpg", 1
        while folder / name in names:
            number += 1
            name = f"{Path(image).stem}-{number}.faces.jpg"
        names.append(folder / name)
    return names


def main(argv=None):
    """Run the script; ``argv`` as for argparse."""
    arguments = parse(argv)
    # What can be wrong is looked at before Theano is imported, which takes seconds.
    from common.output import JsonLines, check_output, line, make_folder

    check_images(arguments.images)
    if arguments.json:
        check_output(arguments.json, *arguments.images)
    drawn = None
    if arguments.out:
        make_folder(arguments.out)
        drawn = drawn_names(arguments.out, arguments.images)

    import cv2
    from tqdm import tqdm

    from common.images import read_image
    from pipeline.cascade import Detector

    detector = Detector.load(arguments.weights)
    # One picture is soon done, and a bar makes no sense in a log.
    hide = True if len(arguments.images) == 1 else None
    bar = tqdm(arguments.images, unit=" pictures", disable=hide, leave=False)
    with bar, JsonLines(arguments.json) as lines:
        for index, name in enumerate(bar):
            image = read_image(name)
            boxes, scores = detector.detect(
                image, arguments.min_face or MIN_FACE, arguments.threshold
            )
            if drawn and not cv2.imwrite(str(drawn[index]), draw_faces(image, boxes, scores)):
                raise cli.UserError(f"cannot write {drawn[index]}: is the disk full?")
            if arguments.json:
                lines.write(image_line(name, boxes, scores))
            else:
                bar.write(line(image_line(name, boxes, scores)), file=sys.stdout)


if __name__ == "__main__":
    cli.run(main)
