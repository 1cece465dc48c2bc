"""Whose photos are puppeteered, which smileys each of them pulls, and her pictures."""

from collections import Counter

from dataset.puppet.acting import act, make_manner, person_seed
from dataset.puppet.photo import Photo
from dataset.puppet.photo_checks import fit_rejection, rejection, smileys_of
from dataset.puppet.puppeteer import puppeteer
from dataset.puppet.sources import read_photo
from dataset.synth.expression import recipes
from dataset.synth.seeding import generator

# Photos that cannot pull every smiley, but with their own mouths some.
LIVELY = ("mouth open", "smiling")


def choose(sources, split, most, seed):
    """The photos that can be used, by person.

    Parameters
    ----------
    sources : iterable of Source
    split : {"train", "val", "all"}
        Of the people not held out, of those held out, of all.
    most : int
        Photos a person.
    seed : int
        Of the choice among more.

    Returns
    -------
    people : dict of str to list of Source
        Up to twice as many as wanted: some fail once they are fitted.
    reasons : Counter
        Why the others were left out; "usable" counts the rest.
    """
    reasons, people = Counter(), {}
    for source in sources:
        if split != "all" and (source.split == "val") != (split == "val"):
            reasons["of the other split"] += 1
            continue
        reason = rejection(source.points, source.scores)
        if reason in LIVELY and smileys_of(source.scores):
            reason = None
        reasons[reason or "usable"] += 1
        if reason is None:
            people.setdefault(source.person, []).append(source)
    for person, own in people.items():
        order = generator(seed, "photos", person).permutation(len(own))
        people[person] = [own[k] for k in order[: 2 * most]]
    return people, reasons


def assign_smileys(seed, number, count):
    """The `count` smileys of photo `number`: all equally often over a ring of 17 photos.

    The photos stand along an endless row of smileys in which each round of 17 is shuffled.
    """
    slugs = list(recipes())
    found = []
    for place in range(number * count, (number + 1) * count):
        order = generator(seed, "round", place // len(slugs)).permutation(len(slugs))
        found.append(slugs[order[place % len(slugs)]])
    return found


def puppets(person, sources, slugs_of, most, seed, failed=None):
    """Make one person's pictures.

    Parameters
    ----------
    person : str
        Her manner goes by her name and the seed.
    sources : list of Source
    slugs_of : callable
        From the number of a photo among hers to its smileys.
    most : int
        Photos to use.
    seed : int
    failed : Counter, optional
        Counts why photos were left out once fitted.

    Yields
    ------
    source : Source
    slug : str
    take : int
        How many pictures of that smiley she had before.
    image : (SIZE, SIZE, 3) uint8
    box : tuple of float
        x, y, w, h of the face's square.
    """
    manner, takes, used = make_manner(person_seed(seed, person)), Counter(), 0
    for source in sources:
        if used == most:
            return
        photo = Photo(read_photo(source), source.points, source.scores)
        reason = fit_rejection(photo)
        if reason:
            if failed is not None:
                failed[reason] += 1
            continue
        slugs, lively = slugs_of(used), rejection(source.points, source.scores) is not None
        if lively:
            own = smileys_of(source.scores)
            slugs = [own[k % len(own)] for k in range(min(len(slugs), len(own) + 1))]
        for slug in slugs:
            take = takes[slug]
            takes[slug] += 1
            rng = generator(seed, person, "puppet", slug, take)
            face = act(manner, slug, take, photo.fit.units, rng, lively)
            yield (source, slug, take, *puppeteer(photo, face, rng, lively))
        used += 1
