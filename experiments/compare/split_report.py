"""Tables, figures and words of `eval_split.py`."""

from collections import Counter

import numpy as np

from common.output import write_csv, write_file
from experiments.compare.claims import FAILS, WORKS, assess, closes, skill
from experiments.compare.comparison import Comparison
from experiments.compare.controls import METHODS, identity_by_hog
from experiments.compare.convergence import RISE, is_flat, rise
from experiments.compare.split_plots import plot_arms, plot_confusions, plot_growth, plot_people
from experiments.core.arms import read_seconds, timing
from experiments.core.results import table_head
from experiments.core.statistics import LEVEL, holm, interval, over_people, p_value
from experiments.smileys.splits import MANY

COLUMNS = (
    "split", "augment", "seed", "fold", "epochs", "train_accuracy", "val_accuracy", "val_loss",
    "chance",
)  # fmt: skip


def verdicts_of(c):
    """The article's four claims, assessed; the last one twice."""

    def assessed(claim, wanted, split, augment):
        arms = c.group(split, augment)
        if not arms:
            return assess(claim, wanted, None, [], c.majority_rate)
        hits = c.hits(arms)
        people, curves = list(c.by_person(hits).values()), c.curves(arms)
        return assess(claim, wanted, people, curves, c.majority_rate, c.ratio(split), len(hits))

    found = [
        assessed("(a) Without augmentation it fails (new people)", "fails", "person", False),
        assessed("(b) With augmentation it still fails on new people", "fails", "person", True),
        assessed("(c) By image, with augmentation, it works", "works", "image", True),
    ]
    for split, what in (("image", "pictures of known people"), ("person", "people")):
        sizes, gaps = None, None
        grown = c.growth(split)
        if grown:
            sizes, gaps = grown[0], grown[1] - grown[2]
        claim = f"(d) The gap between training and validation closes with more {what}"
        found.append(closes(claim, sizes, gaps, c.ratio(split) if grown else 0))
    return found


def write_results(data, arms, results, controls, notes, out, command):
    """Write everything into ``out``; returns the verdicts.

    Parameters
    ----------
    controls : dict, as from `controls.controls_of`
    notes : list of str
        What the report has to warn of.
    """
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
    write_controls(c, controls, out / "controls.csv")
    write_verdicts(verdicts, out / "claims.csv")
    text = "\n".join(report(c, verdicts, controls, notes, out, command)) + "\n"
    write_file(out / "REPORT.md", text)
    return verdicts


def write_controls(c, controls, path):
    """Accuracy of each control and of the nets in each split, with its interval over people."""
    rows = []
    for name, splits in controls.items():
        for split, hits in splits.items():
            rows.append((split, name, *numbers(c.accuracy(hits, split))))
    for split, augment in c.settings():
        name = f"net, {'augmented' if augment else 'plain'}"
        rows.append((split, name, *numbers(c.accuracy(c.hits(c.group(split, augment)), split))))
    write_csv(path, ("split", "method", "accuracy", "low", "high", "people"), rows)


def write_verdicts(verdicts, path):
    """Each claim, the answer and the skill that it rests on."""
    rows = [
        (v.claim, v.answer, *(numbers(v.skill) if v.skill else ("", "", "", ""))) for v in verdicts
    ]
    write_csv(path, ("claim", "answer", "skill", "low", "high", "people"), rows)


def numbers(found):
    """An interval as cells of a table."""
    return (*(f"{value:.4f}" for value in (found.mean, found.low, found.high)), found.count)


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


def report(c, verdicts, controls, notes, out, command):
    """Lines of REPORT.md."""
    people = {row["person"] for row in c.data.rows}
    first = c.arms[0]
    hash_ = c.results[first.name]["settings"]["data"]
    seconds = read_seconds(c.arms, out)
    yield "# Splits and augmentation: does it work on new people?"
    yield ""
    yield f"`{command}`"
    yield ""
    yield (
        f"Data {hash_}: {len(c.data.rows)} pictures, {len(people)} people, {len(c.data.classes)} "
        f"classes; chance {c.chance:.3f}, the most frequent class {c.majority_rate:.3f}. "
        f"{first.epochs * first.steps} batches of {first.batch} in every arm, first learning rate "
        f"{first.rate:g}, schedule {first.schedule}; {len(c.arms)} arms"
        f"{timing(seconds)}. The epoch is chosen on training people, clips or pictures kept for "
        "it; what is held out judges once."
    )
    for note in notes:
        yield ""
        yield f"**{note}**"
    for split in dict.fromkeys(setting[0] for setting in c.settings()):
        held = {c.data.rows[k]["person"] for k in c.hits(c.group(split, c.settings()[-1][1]))}
        if len(held) < len(people):
            yield ""
            yield (
                f"**By {split}, {len(held)} of {len(people)} people were held out: more seeds "
                "(--seeds) cover the others.**"
            )
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
        "(`experiments/compare/claims.py`). Intervals resample people, with all their pictures and "
        "seeds, and allow for folds that share training people "
        "(`experiments/core/statistics.py`)."
    )
    yield ""
    yield "## All arms"
    yield ""
    yield from table_head(
        "| split | augmentation | training | its rise | flat | held out | skill | person |"
    )
    for split, augment in c.settings():
        arms = c.group(split, augment)
        curves = c.curves(arms)
        val = c.accuracy(c.hits(arms), split)
        right = val.map(lambda accuracy: skill(accuracy, c.majority_rate))
        rises = [rise(curve) for curve in curves]
        yield (
            f"| {split} | {'yes' if augment else 'no'} | {np.mean([v[-1] for v in curves]):.3f} "
            f"| {max(rises):.4f} | {sum(map(is_flat, curves))} of {len(curves)} | {val} | {right} "
            f"| {identity(c, arms)} |"
        )
    yield ""
    yield (
        f"Training: accuracy after the last epoch. It is flat if it rises "
        f"by less than {RISE} over the last fifth of the "
        "batches; the largest rise of the seeds is given. Person: how many pictures a linear "
        "classifier of the net's last features gives to the right one of "
        f"{len(people)} people, half of whose clips it has learnt (HOG: "
        f"{identity_by_hog(c.data):.3f})."
    )
    yield ""
    yield "![Training and validation, epoch by epoch](curves.png)"
    yield ""
    yield "## Without a network"
    yield ""
    yield from control_lines(c, controls)
    yield ""
    yield "## Differences on the same pictures"
    yield ""
    yield from differences(c, controls)
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


def identity(c, arms):
    """Mean of the trainings' identity probes, in words."""
    values = [c.results[arm.name].get("identity") for arm in arms]
    return "unknown" if None in values else f"{np.mean(values):.3f}"


def control_lines(c, controls):
    """Table of the controls."""
    splits = list(dict.fromkeys(setting[0] for setting in c.settings()))
    yield from table_head(f"| method | {' | '.join(f'by {split}' for split in splits)} |")
    for name, found in controls.items():
        yield f"| {name} | {' | '.join(str(c.accuracy(found[s], s)) for s in splits)} |"
    yield ""
    for name in controls:
        yield f"- {name}: {METHODS[name]}"


def differences(c, controls):
    """Table of paired differences, corrected as one family."""
    there = c.settings()
    pairs = [((split, False), (split, True)) for split in ("person", "clip", "image")]
    pairs += [
        ((first, augment), (second, augment))
        for augment in (True, False)
        for first, second in (("person", "clip"), ("clip", "image"), ("person", "image"))
    ]
    compared = [
        (name_of(first), name_of(second), first[0], *(c.hits(c.group(*s)) for s in (first, second)))
        for first, second in pairs
        if {first, second} <= set(there)
    ]
    compared += [
        (f"by {setting[0]}, HOG + ridge", name_of(setting), setting[0],
         controls["HOG + ridge"][setting[0]], c.hits(c.group(*setting)))
        for setting in there
    ]  # fmt: skip
    values = [(c.paired(first, second), c.ratio(split)) for *_, split, first, second in compared]
    p_values = [p_value(*value) for value in values]
    yield from table_head("| from | to | change of accuracy | p | p, corrected | |")
    for (first, second, *_), value, p, q in zip(compared, values, p_values, holm(p_values)):
        said = "" if np.isnan(q) else "differs" if q < 1 - LEVEL else "undecided"
        yield f"| {first} | {second} | {over_people(*value)} | {p:.2g} | {q:.2g} | {said} |"
    yield ""
    yield (
        "Means over people of what she gains on the pictures that both name. Plain "
        f"{100 * LEVEL:.0f} % intervals and p; corrected for the {len(compared)} comparisons of "
        "this table by Holm's method, which alone says which differ."
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
        yield from table_head(
            f"| {'people' if split == 'person' else 'pictures'} | training | held out | gap |"
        )
        ratio = c.ratio(split)
        for sizes, train, val in zip(*(values.T for values in grown)):
            yield (
                f"| {np.mean(sizes):.0f} | {train.mean():.3f} | {val.mean():.3f} "
                f"| {interval(train - val, ratio)} |"
            )
        yield ""
        yield (
            f"Split by {split}, augmented, as many steps at each size; means over the seeds, "
            "intervals with Nadeau and Bengio's correction."
        )
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
