"""The page of `eval_split.py`, and what goes with it; ``c`` is a `comparison.Comparison`."""

from collections import Counter

import numpy as np

from common.output import write_file
from experiments.compare.claims import FAILS, WORKS, assess, closes, skill
from experiments.compare.comparison import Comparison, name_of
from experiments.compare.controls import METHODS, identity_by_hog
from experiments.compare.convergence import RISE, is_flat, rise
from experiments.compare.split_plots import plot_arms, plot_confusions, plot_growth, plot_people
from experiments.compare.split_tables import write_tables
from experiments.core.arms import read_seconds, timing
from experiments.core.page import about_data, opening, section
from experiments.core.results import table_head
from experiments.core.statistics import LEVEL, holm, interval, over_people, p_value
from experiments.smileys.splits import MANY


def write_results(data, arms, results, controls, notes, source, out, command):
    """Write everything into ``out``; returns the verdicts.

    Parameters
    ----------
    controls : dict, as from `controls.controls_of`
    notes : list of str
        What the page has to warn of.
    source : path-like
        Of the data.
    """
    c = Comparison(data, arms, results)
    verdicts = verdicts_of(c)
    write_tables(c, verdicts, controls, out)
    plot_arms(c, out / "curves.png")
    plot_confusions(c, out / "confusion.png")
    plot_people(c, out / "people.png")
    plot_growth(c, out / "growth.png")
    about = f"{about_data(source, data)}; {about_arms(c, out)}"
    title = "Splits and augmentation: does it work on new people?"
    lines = [
        *opening(title, command, about, [*notes, *partly_held_out(c)]),
        *section("The article's claims", claim_lines(verdicts)),
        *section("All arms", arm_lines(c)),
        *section("Without a network", control_lines(c, controls)),
        *section("Differences on the same pictures", differences(c, controls)),
        *section("More data", growth_lines(c)),
        *section("People", people_lines(c)),
        *section("Classes", class_lines(c)),
    ]
    write_file(out / "REPORT.md", "\n".join(lines) + "\n")
    return verdicts


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


def about_arms(c, out):
    """How all of them were trained, in words."""
    arm = c.arms[0]
    return (
        f"chance {c.chance:.3f}, the most frequent class {c.majority_rate:.3f}. "
        f"{arm.epochs * arm.steps} batches of {arm.batch} in every arm, first learning rate "
        f"{arm.rate:g}, schedule {arm.schedule}; {len(c.arms)} arms"
        f"{timing(read_seconds(c.arms, out))}. The epoch is chosen on training people, clips or "
        "pictures kept for it; what is held out judges once."
    )


def partly_held_out(c):
    """A warning for each split whose seeds do not hold out everyone."""
    everyone = {row["person"] for row in c.data.rows}
    for split in c.splits():
        held = {c.data.rows[k]["person"] for k in c.hits(c.any_group(split))}
        if held < everyone:
            yield (
                f"By {split}, {len(held)} of {len(everyone)} people were held out: more seeds "
                "(--seeds) cover the others."
            )


def claim_lines(verdicts):
    """The verdicts, and by what rule."""
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


def arm_lines(c):
    """Table of the settings: what was learnt, what was named of the rest."""
    yield from table_head(
        "| split | augmentation | training | its rise | flat | held out | skill | person |"
    )
    for split, augment in c.settings():
        arms = c.group(split, augment)
        curves = c.curves(arms)
        val = c.accuracy(c.hits(arms), split)
        right = val.map(lambda accuracy: skill(accuracy, c.majority_rate))
        most = max(map(rise, curves))
        yield (
            f"| {split} | {'yes' if augment else 'no'} | {np.mean([v[-1] for v in curves]):.3f} "
            f"| {'unknown' if np.isnan(most) else f'{most:.4f}'} "
            f"| {sum(map(is_flat, curves))} of {len(curves)} | {val} | {right} "
            f"| {identity(c, arms)} |"
        )
    yield ""
    yield (
        f"Training: accuracy after the last epoch. It is flat if it rises "
        f"by less than {RISE} over the last fifth of the "
        "batches; the largest rise of the seeds is given (unknown: fewer than ten epochs). Person: "
        "how many pictures a linear "
        "classifier of the net's last features gives to the right one of "
        f"{len({row['person'] for row in c.data.rows})} people, half of whose clips it has learnt "
        f"(HOG: {in_words(identity_by_hog(c.data))})."
    )
    yield ""
    yield "![Training and validation, epoch by epoch](curves.png)"


def identity(c, arms):
    """Mean of the trainings' identity probes, in words."""
    values = [c.results[arm.name].get("identity") for arm in arms]
    return in_words(None if None in values else np.mean(values))


def in_words(accuracy):
    """An accuracy of an identity probe, None or nan where there was nobody to tell apart."""
    return "unknown" if accuracy is None or np.isnan(accuracy) else f"{accuracy:.3f}"


def control_lines(c, controls):
    """Table of the controls."""
    yield from table_head(f"| method | {' | '.join(f'by {split}' for split in c.splits())} |")
    for name, found in controls.items():
        yield f"| {name} | {' | '.join(str(c.accuracy(found[s], s)) for s in c.splits())} |"
    yield ""
    for name in controls:
        yield f"- {name}: {METHODS[name]}"


def differences(c, controls):
    """Table of paired differences, corrected as one family."""
    compared = [
        (name_of(first), name_of(second), first[0], *(c.hits(c.group(*s)) for s in (first, second)))
        for first, second in pairs_of(c.settings())
    ]
    compared += [
        (f"by {setting[0]}, HOG + ridge", name_of(setting), setting[0],
         controls["HOG + ridge"][setting[0]], c.hits(c.group(*setting)))
        for setting in c.settings()
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
        f"{100 * LEVEL:.0f} % intervals and p; corrected for the comparisons of "
        f"this table ({len(compared)}) by Holm's method, which alone says which differ."
    )


def pairs_of(settings):
    """Settings that differ in one thing, as far as both are there."""
    pairs = [((split, False), (split, True)) for split in ("person", "clip", "image")]
    pairs += [
        ((first, augment), (second, augment))
        for augment in (True, False)
        for first, second in (("person", "clip"), ("clip", "image"), ("person", "image"))
    ]
    return [pair for pair in pairs if set(pair) <= set(settings)]


def growth_lines(c):
    """Tables of the arms with less data."""
    found = {split: c.growth(split) for split in ("image", "person") if c.growth(split)}
    for split, grown in found.items():
        yield from table_head(
            f"| {'people' if split == 'person' else 'pictures'} | training | held out | gap |"
        )
        for sizes, train, val in zip(*(values.T for values in grown)):
            yield (
                f"| {np.mean(sizes):.0f} | {train.mean():.3f} | {val.mean():.3f} "
                f"| {interval(train - val, c.ratio(split))} |"
            )
        yield ""
        yield (
            f"Split by {split}, augmented, as many steps at each size; means over the seeds, "
            "intervals with Nadeau and Bengio's correction."
        )
        yield ""
    yield "![Accuracy and data](growth.png)" if found else "No arms with less data were trained."


def people_lines(c):
    """How far people differ."""
    for setting in c.settings():
        values = sorted(c.people(setting).values())
        yield (
            f"- {name_of(setting)}: from {values[0]:.3f} to {values[-1]:.3f}, "
            f"median {np.median(values):.3f} of {len(values)} people"
        )
    yield ""
    yield "![Accuracy of each person](people.png)"


def class_lines(c):
    """The confusions, and how evenly the folds are filled."""
    yield "![Confusion matrices](confusion.png)"
    yield ""
    yield "Held out in a fold (balance.csv has every class of every fold):"
    yield ""
    for split in c.splits():
        sizes, classes = [], []
        for arm in c.any_group(split):
            test = arm.parts(c.data.rows).test
            counts = Counter(c.data.rows[k]["smiley"] for k in test)
            sizes.append(len(test))
            classes += [counts[name] for name in c.data.classes]
        yield (
            f"- by {split}, one of {arm.folds} parts of the {MANY[split]}: {min(sizes)} to "
            f"{max(sizes)} pictures, {min(classes)} to {max(classes)} of a class"
        )
