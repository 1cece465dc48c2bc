"""The arms of `eval_people.py`: so many people, so many pictures of each smiley."""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from common.cli import UserError
from experiments.compare.training import Arm
from experiments.smileys.data import SMILEYS
from experiments.smileys.splits import VALIDATION, Parts


@dataclass(frozen=True)
class GridArm(Arm):
    """An arm whose people are counted.

    Parameters
    ----------
    count : int
        Of people who train; some of them choose the epoch.
    pictures : int
        Of each smiley of a person, at most: the first of each clip in turn.
    unseen : int
        Test people: those of place ``fold`` in an order that depends on no seed.
    """

    count: int = 0
    pictures: int = 0
    unseen: int = 0

    def parts(self, rows):
        """Which pictures train, choose the epoch and test; more people include fewer."""
        people = sorted({row["person"] for row in rows})
        order = [people[k] for k in np.random.default_rng([0, 4]).permutation(len(people))]
        begin = self.fold * self.unseen
        test = set(order[begin : begin + self.unseen])
        rest = [person for person in order if person not in test]
        shuffled = np.random.default_rng([self.seed, 5]).permutation(len(rest))[: self.count]
        chosen = [rest[k] for k in shuffled]
        # Every eighth: with more people, those who chose before choose still.
        validation = set(chosen[1::VALIDATION])
        train = set(chosen) - validation
        few = first_pictures(rows, self.pictures)
        return Parts(
            np.array([k for k in few if rows[k]["person"] in train], int),
            np.array([k for k in few if rows[k]["person"] in validation], int),
            np.array([k for k, row in enumerate(rows) if row["person"] in test], int),
        )


def first_pictures(rows, count):
    """Indices of so many pictures of each person and smiley, from each clip in turn."""
    clips = {}
    for k, row in enumerate(rows):
        own = clips.setdefault((row["person"], row["smiley"]), {})
        own.setdefault(row["clip"], []).append(k)
    kept = []
    for own in clips.values():
        turns = [
            (place, number, k)
            for number, clip in enumerate(own.values())
            for place, k in enumerate(clip)
        ]
        kept += [k for _, _, k in sorted(turns)[:count]]
    return sorted(kept)


def plan(data, recipe, *, people, pictures, unseen, seeds, batches, epoch, rotate=False):
    """All arms of the grid, the smallest first.

    Parameters
    ----------
    data : experiments.smileys.data.SmileyData
    recipe : experiments.core.options.Recipe
        Its budget does not count.
    people, pictures : sequence of int
        Numbers of people who train, and of pictures of each smiley.
    unseen : int
        People who are named.
    seeds : int
    batches, epoch : int
        The budget, and batches between two measurements.
    rotate : bool
        Whether each seed has other unseen people.

    Returns
    -------
    dict of (people, pictures, seed) to GridArm
    """
    there = len({row["person"] for row in data.rows})
    most = there - unseen
    if most < min(people) or min(people) < 2:
        raise UserError(
            f"{there} people, {unseen} of them unseen, leave {max(0, most)} to learn from, and 2 "
            f"at least are needed: fewer --unseen, or other --people than {min(people)}"
        )
    folds = there // unseen if rotate else 1
    # More than anyone has are the same pictures again.
    largest = max(Counter((row["person"], row["smiley"]) for row in data.rows).values())
    budget = {"epochs": max(1, batches // epoch), "steps": min(epoch, batches)}
    budget |= {"batch": recipe.batch, "rate": recipe.rate, "schedule": recipe.schedule}
    arms = {}
    for count in [number for number in people if number <= most]:
        for most_pictures in dict.fromkeys(min(number, largest) for number in pictures):
            for seed in range(seeds):
                place = {"folds": folds, "fold": seed % folds, "repeat": 0, "seed": seed}
                size = {"count": count, "pictures": most_pictures, "unseen": unseen}
                arms[count, most_pictures, seed] = GridArm(
                    name=f"people{count}-pictures{most_pictures}-seed{seed}",
                    split="person",
                    augmentation=SMILEYS,
                    **place,
                    **budget,
                    **size,
                )
    return arms


def warnings_of(data, arms, people, pictures):
    """What to know about a grid: what of ``people`` and ``pictures`` it lacks, and classes too.

    Raises
    ------
    UserError
        If nothing could be learnt from a part.
    """
    tried = {count for count, _, _ in arms}
    found = [f"{n} people: the data set has too few" for n in people if n not in tried]
    largest = max(most for _, most, _ in arms)
    found += [
        f"nobody has {n} pictures of a smiley: {largest} are taken" for n in pictures if n > largest
    ]
    lacking = {}
    for (count, _, seed), arm in arms.items():
        there = {data.rows[k]["smiley"] for k in arm.parts(data.rows).train}
        if len(there) < 2:
            raise UserError(
                f"{count} people, of whom one chooses the epoch, would learn one class only: leave "
                f"{count} out of --people"
            )
        for name in (name for name in data.classes if name not in there):
            lacking.setdefault(count, {}).setdefault(name, set()).add(seed)
    seeds = len({seed for *_, seed in arms})
    for count, names in sorted(lacking.items()):
        counts = ", ".join(f"{name} in {len(where)}" for name, where in names.items())
        found.append(
            f"with {count} people, classes are missing from the training pictures: {counts} of "
            f"{seeds} seeds"
        )
    return found
