"""A continuous shot: the face at rest, the smiley rising, held, and falling again."""

import numpy as np

from dataset.synth.expression import ANGLES, EFFECTS, mix
from dataset.synth.seeding import generator, smoothstep

RATE = 25.0  # frames a second
LIMITS = (15.0, 9.0, 7.0)  # degrees the head turns, nods and tilts at most


class Sway:
    """Slow movements of a restless head: two sines an angle and a direction.

    Parameters
    ----------
    rng : numpy.random.Generator
    restless : float
        About 1; how far the head moves.
    """

    SIZE = np.array([2.0, 1.2, 0.8, 0.05, 0.03])  # degrees (3), head units (2)

    def __init__(self, rng, restless):
        self.speed = rng.uniform(0.25, 1.1, (5, 2))
        self.phase = rng.uniform(0, 2 * np.pi, (5, 2))
        self.size = rng.standard_normal((5, 2)) * restless * self.SIZE[:, None]

    def __call__(self, time):
        """Turn, nod and tilt in degrees, then the shift to her left and up, (5,) float64."""
        return (self.size * np.sin(2 * np.pi * self.speed * time + self.phase)).sum(1)


class Shot:
    """One person making one smiley once.

    Parameters
    ----------
    person : Person
    slug : str
    take : int
        Number of this shot among the person's of this smiley.
    sway : Sway, optional
        Her head's movements; the shot's own if missing.
    clock : float
        Seconds that `sway` has been running when the shot begins.
    """

    def __init__(self, person, slug, take=0, sway=None, clock=0.0):
        rng = generator(person.seed, "shot", slug, take)
        tempo = person.manner.tempo
        self.slug, self.take, self.clock = slug, take, clock
        self.start = person.manner.neutral()
        self.peak = person.manner.expression(slug, take)
        self.rise = float(rng.uniform(0.25, 0.6)) / tempo  # seconds
        self.fall = float(rng.uniform(0.3, 0.7)) / tempo
        self.hold = float(rng.uniform(0.9, 1.2))
        self._sway = sway or Sway(rng, person.manner.restless)
        self._tremor = rng.uniform(0.6, 1.6, 4), rng.uniform(0, 2 * np.pi, 4)
        # People blink as they change their face, seldom while they hold one.
        self._blink = (0.0, self.rise + self.hold + 0.1, -9.0)[int(rng.integers(3))]

    @property
    def length(self):
        """Seconds from rest to rest."""
        return self.rise + self.hold + self.fall

    def amount(self, time):
        """How much of the smiley is there at `time` seconds, 0..1."""
        up = smoothstep(time, 0.0, self.rise)
        down = smoothstep(time, self.rise + self.hold, self.length)
        return float(up * (1 - down))

    def expression(self, time):
        """The face at `time` seconds: {unit: weight}, including the head's angles."""
        amount = self.amount(time)
        face = mix(self.start, self.peak, amount)
        speed, phase = self._tremor
        for index, unit in enumerate(face):
            if unit not in ANGLES and unit not in EFFECTS:
                k = index % 4
                face[unit] *= 1 + 0.035 * float(np.sin(2 * np.pi * speed[k] * time + phase[k]))
        if self.peak.get("sunglasses"):
            face["sunglasses"] = float(amount > 0.5)
        for angle, more, limit in zip(ANGLES, self._sway(self.clock + time), LIMITS):
            whole = face.get(angle, 0.0) + float(more)
            face[angle] = limit * float(np.tanh(whole / limit))  # nobody breaks her neck
        shut = 1 - smoothstep(abs(time - self._blink), 0.02, 0.12)
        for unit in ("eyeBlinkLeft", "eyeBlinkRight"):
            face[unit] = max(face.get(unit, 0.0), float(shut))
        return face

    def shift(self, time):
        """Where the head has moved, to her left and up, (2,) in head units."""
        return self._sway(self.clock + time)[3:]

    def kept_times(self, count):
        """Times of `count` neighbouring frames: from the end of the rise into the hold."""
        first = 0.85 * self.rise
        return [first + index / RATE for index in range(count)]
