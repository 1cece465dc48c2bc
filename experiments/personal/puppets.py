"""One photo of a calm face, made to pull all smileys, to teach with."""

from collections import Counter

from common.cli import UserError
from common.crops import Mipmap
from dataset.puppet.people import puppets
from dataset.puppet.photo_checks import rejection
from dataset.puppet.sources import Source, named_scores, read_landmarks
from dataset.synth.expression import recipes


def read_source(photo, landmarks, name=None, person="person"):
    """A photo with its landmarks: a `dataset.puppet.sources.Source`.

    Parameters
    ----------
    photo : pathlib.Path
    landmarks : path-like
        As `dataset.puppet.sources` describes it.
    name : str, optional
        The photo's path in there; by default its file's name.
    person : str
        Her manner of acting goes by it.
    """
    points, scores, names = read_landmarks(landmarks)
    name = name or photo.name
    if name not in points:
        raise UserError(f"{landmarks} has no landmarks of {name}: its paths name other photos")
    told = named_scores(scores, names, name)
    return Source(photo.parent, photo.name, person, "", points[name], told)


def pull_all(source, seed=0):
    """Make a photo pull all smileys.

    Parameters
    ----------
    source : dataset.puppet.sources.Source
        A calm, nearly frontal face.
    seed : int

    Returns
    -------
    (list of dict, list of Mipmap)
        Rows with smiley, clip and box, a picture each.

    Raises
    ------
    UserError
        If the photo will not do; the message says why.
    """
    reason = rejection(source.points, source.scores)
    made, failed = [], Counter()
    if reason is None:
        slugs = list(recipes())
        made = list(puppets(source.person, [source], lambda _: slugs, 1, seed, failed))
    if not made:
        reason = reason or next(iter(failed))
        raise UserError(f"{source.path} cannot pull smileys: {reason}; take a calm, frontal photo")
    rows = [{"smiley": slug, "clip": slug, **dict(zip("xywh", box))} for _, slug, _, _, box in made]
    return rows, [Mipmap(image) for *_, image, _ in made]
