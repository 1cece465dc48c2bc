"""Smoothing over time: past frames vote, too, so that the number on a video stands still."""


class Smoother:
    """Votes over time: those of past frames count too, the less the older they are.

    Parameters
    ----------
    half_life : float
        Frames after which a vote weighs half; 0 forgets at once.
    """

    def __init__(self, half_life):
        self.keep = 0.5 ** (1 / half_life) if half_life else 0.0
        self.forget()

    def forget(self):
        """Begin anew, with another face say."""
        self.total, self.weight = 0.0, 0.0

    def __call__(self, sums, anew=False):
        """The weighted mean of this frame's sums (classes,) and those before.

        None, for a frame without a face, gives None; the past ages. It is forgotten where
        ``anew`` says that this is another face.
        """
        if anew:
            self.forget()
        self.total, self.weight = self.keep * self.total, self.keep * self.weight
        if sums is None:
            return None
        self.total, self.weight = self.total + sums, self.weight + 1
        return self.total / self.weight
