"""Tables, figures and words of `eval_split.py`."""

from collections import Counter
from pathlib import Path

import numpy as np

from common.output import write_csv, written
from experiments.compare.claims import FAILS, WORKS, closes, judge, skill
from experiments.compare.split_plots import plot_arms, plot_confusions, plot_growth, plot_people
from experiments.core.intervals import LEVEL, interval
from experiments.smileys.data import labels_of
from experiments.smileys.splits import MANY

COLUMNS = (
    "split", "augment", "seed", "fold", "epochs", "train_accuracy", "val_accuracy", "val_loss",
    "chance",
)  # fmt: skip


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
        self.guess = float(counts.max() / counts.sum())  # the most frequent class

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

    def values(self, name, arms):
        """One metric of the chosen epochs, seed by seed; None where there are no arms."""
        return [self.results[arm.name]["chosen"][name] for arm in arms] or None

    def learnt(self, arms):
        """Accuracy on training pictures after the last epoch, seed by seed."""
        return [self.results[arm.name]["history"]["train_accuracy"][-1] for arm in arms] or None

    def hits(self, arms):
        """Picture to the share of the trainings that held it out and named it right."""
        found = {}
        for arm in arms:
            result = self.results[arm.name]
            for index, predicted in zip(result["val"], result["predicted"]):
                found.setdefault(index, []).append(predicted == self.labels[index])
        return {index: float(np.mean(right)) for index, right in found.items()}

    def paired(self, first, second):
        """Second minus first on the same pictures: one value a seed of the first.

        A seed's held-out pictures of the first setting, named by its network and by
        those networks of the second that had them held out too.
        """
        others = self.hits(self.group(*second))
        values = []
        for arm in self.group(*first):
            own = self.hits([arm])
            common = [index for index in own if index in others]
            if common:
                values.append(np.mean([others[k] - own[k] for k in common]))
        return values

    def people(self, setting):
        """Accuracy on each person's held-out pictures: dict of person to float."""
        found = {}
        for index, right in self.hits(self.group(*setting)).items():
            found.setdefault(self.data.rows[index]["person"], []).append(right)
        return {person: float(np.mean(values)) for person, values in found.items()}

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


def verdicts_of(c):
    """The article's four claims, judged; the last one twice."""

    def judged(claim, wanted, split, augment):
        arms = c.group(split, augment)
        return judge(claim, wanted, c.values("val_accuracy", arms), c.learnt(arms), c.guess)

    found = [
        judged("(a) Without augmentation it fails (new people)", "fails", "person", False),
        judged("(b) With augmentation it still fails on new people", "fails", "person", True),
        judged("(c) By image, with augmentation, it works", "works", "image", True),
    ]
    for split, what in (("image", "pictures of known people"), ("person", "people")):
        sizes, gaps = None, None
        grown = c.growth(split)
        if grown:
            sizes, gaps = grown[0], grown[1] - grown[2]
        claim = f"(d) The gap between training and validation closes with more {what}"
        found.append(closes(claim, sizes, gaps))
    return found


def write_results(data, arms, results, leakage, warned, out, command):
    """Write everything into ``out``; returns the verdicts as lines."""
    c = Comparison(data, arms, results)
    write_table(c, out / "table.csv")
    write_people(c, out / "people.csv")
    write_growth(c, out / "growth.csv")
    write_balance(c, out / "balance.csv")
    plot_arms(c, out / "curves.png")
    plot_confusions(c, out / "confusion.png")
    plot_people(c, out / "people.png")
    plot_growth(c, out / "growth.png")
    verdicts = verdicts_of(c)
    text = "\n".join(report(c, verdicts, leakage, warned, out, command)) + "\n"
    with written(out / "REPORT.md") as beside:
        Path(beside).write_text(text, encoding="utf-8")
    return [str(verdict) for verdict in verdicts]


def write_table(c, path):
    """One row a training of the comparison itself."""
    rows = []
    for setting in c.settings():
        for arm in c.group(*setting):
            chosen = c.results[arm.name]["chosen"]
            rows.append(
                [arm.split, int(setting[1]), arm.seed, arm.fold, arm.epochs]
                + [f"{chosen[name]:.4f}" for name in COLUMNS[5:8]]
                + [f"{c.chance:.4f}"]
            )
    write_csv(path, COLUMNS, rows)


def write_people(c, path):
    """Accuracy on each person's pictures, by setting."""
    rows = []
    for split, augment in c.settings():
        for person, accuracy in sorted(c.people((split, augment)).items()):
            rows.append((person, split, int(augment), f"{accuracy:.4f}"))
    write_csv(path, ("person", "split", "augment", "val_accuracy"), rows)


def write_growth(c, path):
    """One row a training of the arms with less data, and of those with all."""
    rows = []
    for split in ("person", "image"):
        for arm in c.arms:
            if arm.split == split and arm.augmentation:
                result = c.results[arm.name]
                chosen = result["chosen"]
                row = [split, arm.share, result["people"], result["pictures"], arm.seed]
                scores = [f"{chosen[f'{part}_accuracy']:.4f}" for part in ("train", "val")]
                rows.append(row + scores)
    columns = ("split", "share", "people", "pictures", "seed", "train_accuracy", "val_accuracy")
    write_csv(path, columns, rows)


def write_balance(c, path):
    """How many pictures of each class each fold holds out."""
    rows, seen = [], set()
    for arm in c.arms:
        fold = arm.split, arm.deal, arm.fold
        if arm.share == 1 and fold not in seen:
            seen.add(fold)
            counts = Counter(c.data.rows[k]["smiley"] for k in arm.parts(c.data.rows).val)
            rows += [(*fold, name, counts[name]) for name in c.data.classes]
    write_csv(path, ("split", "deal", "fold", "smiley", "pictures"), rows)


def report(c, verdicts, leakage, warned, out, command):
    """Lines of REPORT.md."""
    people = {row["person"] for row in c.data.rows}
    first = c.arms[0]
    hash_ = c.results[first.name]["settings"]["data"]
    seeds = len({arm.seed for arm in c.arms})
    hours = sum(result["seconds"] for result in c.results.values()) / 3600
    yield "# Splits and augmentation: does it work on new people?"
    yield ""
    yield f"`{command}`"
    yield ""
    yield (
        f"Data {hash_}: {len(c.data.rows)} pictures, {len(people)} people, {len(c.data.classes)} "
        f"classes; chance {c.chance:.3f}, the most frequent class {c.guess:.3f}. {seeds} seeds, "
        f"each with another fold held out; {first.epochs * first.steps} batches of {first.batch} "
        f"in every arm; {len(c.arms)} arms took {hours:.1f} hours of one core. The epoch is "
        "chosen on training people, clips or pictures kept for it; what is held out judges once."
    )
    if seeds < 5:
        yield ""
        decide = "1 seed decides" if seeds == 1 else f"{seeds} seeds decide"
        yield f"**{decide} little: this run shows that everything works.**"
    yield ""
    yield "## The article's claims"
    yield ""
    for verdict in verdicts:
        yield f"- **{verdict.claim}: {verdict.answer}.** {verdict.why}"
    yield ""
    yield (
        f"Skill is 0 for always naming the most frequent class, 1 for all right. Fixed beforehand: "
        f"a setting works if its {100 * LEVEL:.0f} % interval lies above {WORKS}, and fails if it "
        f"lies below {FAILS} though the training pictures are learnt "
        "(`experiments/compare/claims.py`). Intervals are Student's t over the seeds; folds share "
        "training pictures, which makes them a little too narrow."
    )
    yield ""
    yield "## All arms"
    yield ""
    yield "| split | augmentation | training | held out | skill | nearest training picture |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for split, augment in c.settings():
        arms = c.group(split, augment)
        train, val = (interval(c.values(f"{part}_accuracy", arms)) for part in ("train", "val"))
        right = val.map(lambda accuracy: skill(accuracy, c.guess))
        yield (
            f"| {split} | {'yes' if augment else 'no'} | {train} | {val} | {right} "
            f"| {interval(leakage[split])} |"
        )
    yield ""
    yield (
        "The last column needs no network: the label of the training picture nearest in pixels "
        "(24x24). Where it is high, the split asks little."
    )
    yield ""
    yield "![Training and validation, epoch by epoch](curves.png)"
    yield ""
    yield "## Differences on the same pictures"
    yield ""
    yield from differences(c)
    yield ""
    yield "## More data"
    yield ""
    yield from growth_lines(c)
    yield ""
    yield "## People"
    yield ""
    for setting in c.settings():
        values = sorted(c.people(setting).values())
        yield (
            f"- by {setting[0]}, {'augmented' if setting[1] else 'plain'}: from {values[0]:.3f} "
            f"to {values[-1]:.3f}, median {np.median(values):.3f} of {len(values)} people"
        )
    yield ""
    yield "![Accuracy of each person](people.png)"
    yield ""
    yield "## Classes"
    yield ""
    yield "![Confusion matrices](confusion.png)"
    yield ""
    yield from balance_lines(c)
    for warning in warned:
        yield f"- warning: {warning}"


def differences(c):
    """Table of paired differences."""
    there = c.settings()
    pairs = [((split, False), (split, True)) for split in ("person", "clip", "image")]
    pairs += [
        ((first, augment), (second, augment))
        for augment in (True, False)
        for first, second in (("person", "clip"), ("clip", "image"), ("person", "image"))
    ]
    pairs = [pair for pair in pairs if set(pair) <= set(there)]
    if not pairs:
        yield "One setting was trained: there is nothing to compare."
        return
    yield "| from | to | change of accuracy |"
    yield "| --- | --- | --- |"
    for first, second in pairs:
        values = c.paired(first, second)
        if values:
            yield f"| {name_of(first)} | {name_of(second)} | {interval(values)} |"
    yield ""
    yield (
        "Each value is of one seed: the pictures it held out in the first setting, named by it and "
        "by the networks of the second setting that had them held out as well."
    )


def name_of(setting):
    """A setting in words."""
    return f"by {setting[0]}, {'augmented' if setting[1] else 'plain'}"


def growth_lines(c):
    """Tables of the arms with less data."""
    found = False
    for split in ("image", "person"):
        grown = c.growth(split)
        if not grown:
            continue
        found = True
        yield f"| {'people' if split == 'person' else 'pictures'} | training | held out | gap |"
        yield "| --- | --- | --- | --- |"
        for sizes, train, val in zip(*(values.T for values in grown)):
            yield (
                f"| {np.mean(sizes):.0f} | {interval(train)} | {interval(val)} "
                f"| {interval(train - val)} |"
            )
        yield ""
        yield f"Split by {split}, augmented, as many steps at each size."
        yield ""
    yield "![Accuracy and data](growth.png)" if found else "No arms with less data were trained."


def balance_lines(c):
    """How evenly the folds are filled, in words."""
    yield "Held out in a fold (balance.csv has every class of every fold):"
    yield ""
    for split in dict.fromkeys(setting[0] for setting in c.settings()):
        sizes, classes, groups = [], [], set()
        for arm in c.group(split, c.settings()[-1][1]):
            val = arm.parts(c.data.rows).val
            counts = Counter(c.data.rows[k]["smiley"] for k in val)
            sizes.append(len(val))
            classes += [counts[name] for name in c.data.classes]
            groups.add(arm.folds)
        yield (
            f"- by {split}, one of {max(groups)} parts of the {MANY[split]}: {min(sizes)} to "
            f"{max(sizes)} pictures, {min(classes)} to {max(classes)} of a class"
        )
