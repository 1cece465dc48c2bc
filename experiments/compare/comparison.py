"""The results of a comparison's arms, by what one asks of them."""

import numpy as np

from experiments.core.statistics import over_people
from experiments.smileys.data import labels_of


class Comparison:
    """The results of all arms, by what one asks of them.

    Parameters
    ----------
    data : experiments.smileys.data.SmileyData
    arms : list of arms.Arm
    results : dict, as from `arms.run_arms`
    """

    def __init__(self, data, arms, results):
        self.data, self.arms, self.results = data, arms, results
        self.labels = labels_of(data.rows, data.classes)
        counts = np.bincount(self.labels)
        self.chance = 1 / len(data.classes)
        self.majority_rate = float(counts.max() / counts.sum())  # the most frequent class

    def group(self, split, augment, share=1):
        """Arms of one setting, seed by seed."""
        return [
            arm
            for arm in self.arms
            if (arm.split, arm.augmentation is not None, arm.share) == (split, augment, share)
        ]

    def settings(self):
        """(split, augment) of the comparison itself, in the order of the article."""
        found = {(arm.split, arm.augmentation is not None) for arm in self.arms if arm.share == 1}
        order = ("person", "clip", "image")
        return sorted(found, key=lambda setting: (order.index(setting[0]), setting[1]))

    def splits(self):
        """Those of the comparison itself."""
        return list(dict.fromkeys(split for split, _ in self.settings()))

    def any_group(self, split):
        """Arms of one setting of a split: which pictures they hold out is the same in all."""
        return next(self.group(*setting) for setting in self.settings() if setting[0] == split)

    def values(self, name, arms):
        """One metric of the chosen epochs, seed by seed; None where there are no arms."""
        return [self.results[arm.name]["chosen"][name] for arm in arms] or None

    def curves(self, arms):
        """Accuracy on training pictures, epoch by epoch, of each training."""
        return [self.results[arm.name]["history"]["train_accuracy"] for arm in arms]

    def ratio(self, split):
        """Held-out by training groups of a fold."""
        return 1 / (max(arm.folds for arm in self.arms if arm.split == split) - 1)

    def hits(self, arms):
        """Picture to the share of the trainings that held it out and named it right."""
        found = {}
        for arm in arms:
            result = self.results[arm.name]
            for index, predicted in zip(result["val"], result["predicted"]):
                found.setdefault(index, []).append(predicted == self.labels[index])
        return {index: float(np.mean(right)) for index, right in found.items()}

    def by_person(self, hits):
        """Mean over each person's pictures of what `hits` gives: dict of person to float."""
        found = {}
        for index, right in hits.items():
            found.setdefault(self.data.rows[index]["person"], []).append(right)
        return {person: float(np.mean(values)) for person, values in found.items()}

    def people(self, setting):
        """Accuracy on each person's held-out pictures: dict of person to float."""
        return self.by_person(self.hits(self.group(*setting)))

    def paired(self, first, second):
        """Second minus first on the same pictures: one value a person.

        Parameters
        ----------
        first, second : dict of picture to share named right, as from `hits`
        """
        common = first.keys() & second.keys()
        return list(self.by_person({k: second[k] - first[k] for k in sorted(common)}).values())

    def accuracy(self, hits, split):
        """Interval over people of what `hits` gives."""
        people = list(self.by_person(hits).values())
        return over_people(people, self.ratio(split), len(hits))

    def confusion(self, setting):
        """Sum over the seeds: ndarray of int (true, predicted)."""
        return sum(
            np.array(self.results[arm.name]["chosen"]["val_confusion"])
            for arm in self.group(*setting)
        )

    def growth(self, split):
        """Sizes, training and validation accuracies of growing training data.

        Returns
        -------
        (sizes, train, val) : ndarrays (seeds, sizes), or None
            Sizes are people, by person, and pictures, by image.
        """
        shares = sorted({arm.share for arm in self.arms if arm.split == split and arm.augmentation})
        table = [self.group(split, True, share) for share in shares]
        seeds = min(map(len, table), default=0)
        if len(shares) < 2 or not seeds:
            return None
        key = "people" if split == "person" else "pictures"
        sizes = [[self.results[arm.name][key] for arm in arms[:seeds]] for arms in table]
        train, val = (
            [self.values(name, arms[:seeds]) for arms in table]
            for name in ("train_accuracy", "val_accuracy")
        )
        return tuple(np.array(values, float).T for values in (sizes, train, val))


def name_of(setting):
    """A (split, augment) in words."""
    return f"by {setting[0]}, {'augmented' if setting[1] else 'plain'}"
