"""The detector for the labelling tool: loaded when a face is first asked for."""

from pathlib import Path

from pipeline.options import smallest_face


class LazyDetector:
    """Finds the faces of a video's frames.

    Parameters
    ----------
    weights : path-like
        Folder with small.npz and big.npz.
    frames : dataset.labelling.frames.Frames
    min_face : float, optional
    """

    def __init__(self, weights, frames, min_face=None):
        self.weights, self.frames, self.min_face = Path(weights), frames, min_face
        self._detector = None
        self._found = {}

    @property
    def loaded(self):
        """Whether the next call is quick; the first one imports Theano."""
        return self._detector is not None

    def __call__(self, frame):
        """Faces of a frame, best first: (boxes (N, 4), scores (N,))."""
        if frame not in self._found:
            if self._detector is None:
                from pipeline.cascade import Detector

                self._detector = Detector.load(self.weights)
            picture = self.frames[frame]
            least = self.min_face or smallest_face(picture)
            self._found[frame] = self._detector.detect(picture, least)
        return self._found[frame]


def has_detector(weights):
    """Whether a folder holds the detector's weights."""
    return all((Path(weights) / f"{name}.npz").is_file() for name in ("small", "big"))
