"""The tables of `eval_split.py`; ``c`` is a `comparison.Comparison`."""

from collections import Counter

from common.output import write_csv

COLUMNS = (
    "split", "augment", "seed", "fold", "epochs", "train_accuracy", "val_accuracy", "val_loss",
    "chance",
)  # fmt: skip
ACCURACIES = COLUMNS[5:7]


def write_tables(c, verdicts, controls, out):
    """Write all of them into ``out``."""
    write_csv(out / "table.csv", COLUMNS, trainings(c))
    columns = ("person", "split", "augment", "val_accuracy")
    write_csv(out / "people.csv", columns, people(c))
    columns = ("split", "share", "people", "pictures", "seed", *ACCURACIES)
    write_csv(out / "growth.csv", columns, growth(c))
    columns = ("split", "repeat", "fold", "smiley", "pictures")
    write_csv(out / "balance.csv", columns, balance(c))
    columns = ("split", "method", "accuracy", "low", "high", "people")
    write_csv(out / "controls.csv", columns, methods(c, controls))
    columns = ("claim", "answer", "skill", "low", "high", "people")
    write_csv(out / "claims.csv", columns, claims(verdicts))


def trainings(c):
    """One row a training of the comparison itself."""
    for split, augment in c.settings():
        for arm in c.group(split, augment):
            chosen = c.results[arm.name]["chosen"]
            scores = [f"{chosen[name]:.4f}" for name in COLUMNS[5:8]]
            yield (split, int(augment), arm.seed, arm.fold, arm.epochs, *scores, f"{c.chance:.4f}")


def people(c):
    """Accuracy on each person's pictures, by setting."""
    for split, augment in c.settings():
        for person, accuracy in sorted(c.people((split, augment)).items()):
            yield person, split, int(augment), f"{accuracy:.4f}"


def growth(c):
    """One row a training of the arms with less data, and of those with all."""
    for split in ("person", "image"):
        for arm in c.arms:
            if arm.split == split and arm.augmentation:
                result = c.results[arm.name]
                scores = [f"{result['chosen'][name]:.4f}" for name in ACCURACIES]
                yield (split, arm.share, result["people"], result["pictures"], arm.seed, *scores)


def balance(c):
    """How many pictures of each class each fold holds out."""
    seen = set()
    for arm in c.arms:
        fold = arm.split, arm.repeat, arm.fold
        if arm.share == 1 and fold not in seen:
            seen.add(fold)
            counts = Counter(c.data.rows[k]["smiley"] for k in arm.parts(c.data.rows).test)
            yield from ((*fold, name, counts[name]) for name in c.data.classes)


def methods(c, controls):
    """Accuracy of each control and of the nets in each split, with its interval over people."""
    for name, splits in controls.items():
        for split, hits in splits.items():
            yield (split, name, *cells(c.accuracy(hits, split)))
    for split, augment in c.settings():
        found = c.accuracy(c.hits(c.group(split, augment)), split)
        yield (split, f"net, {'augmented' if augment else 'plain'}", *cells(found))


def claims(verdicts):
    """Each claim, the answer and the skill that it rests on."""
    for v in verdicts:
        yield (v.claim, v.answer, *(cells(v.skill) if v.skill else ("", "", "", "")))


def cells(found):
    """An interval as cells of a table."""
    return (*(f"{value:.6f}" for value in (found.mean, found.low, found.high)), found.count)
