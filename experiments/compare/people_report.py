"""Table, figure and words of `eval_people.py`."""

import numpy as np

from common.output import write_csv, write_file
from experiments.compare.claims import skill
from experiments.compare.comparison import Comparison
from experiments.compare.convergence import RISE, is_flat
from experiments.core.arms import read_seconds, timing
from experiments.core.growth_law import fit_people, law_cells
from experiments.core.page import about_data, opening, section
from experiments.core.plots import plt, save
from experiments.core.results import table_head
from experiments.core.statistics import Interval, over_people

WANTED = (0.8, 0.9, 0.95)  # skills
LEAST = 3  # numbers of people, for a law
COLUMNS = ("people", "pictures", "learnt", "seeds", "unseen", "accuracy", "low", "high", "training",
           "flat")  # fmt: skip


def write_results(data, arms, results, notes, source, out, command):
    """Write people.csv, law.png and REPORT.md into ``out``; ``notes`` are warned of."""
    c = Comparison(data, list(arms.values()), results)
    groups = {}  # (people, pictures) to arms
    for (count, pictures, _), arm in arms.items():
        groups.setdefault((count, pictures), []).append(arm)
    cells = {cell: c.by_person(c.hits(group)) for cell, group in groups.items()}
    rows = [row_of(c, *cell, groups[cell], cells[cell]) for cell in cells]
    write_csv(out / "people.csv", COLUMNS, rows, digits=4)
    laws = laws_of(cells, c.majority_rate)
    plot(laws, out / "law.png")
    about = f"{about_data(source, data)}. {about_arms(list(arms.values()), out)}"
    lines = [
        *opening(
            "How many people would it have taken?", command, about, [*notes, *flat_note(rows)]
        ),
        "",
        *grid_lines(rows, c.majority_rate),
        *section("The law", law_lines(laws)),
    ]
    write_file(out / "REPORT.md", "\n".join(lines) + "\n")


def row_of(c, count, pictures, group, people):
    """Cells of people.csv: ``people`` is the accuracy of each unseen person."""
    there, unseen = len({row["person"] for row in c.data.rows}), group[0].unseen
    # In turn, people are unseen of one training and learnt by the others.
    ratio = unseen / (there - unseen) if group[0].folds > 1 else 0
    found = over_people(list(people.values()), ratio, len(c.hits(group)))
    curves = c.curves(group)
    training = float(np.mean([curve[-1] for curve in curves]))
    learnt = round(np.mean([c.results[arm.name]["pictures"] for arm in group]))
    return (
        count, pictures, learnt, len(group), len(people), found.mean, found.low, found.high,
        training, sum(map(is_flat, curves)),
    )  # fmt: skip


def laws_of(cells, majority_rate):
    """The law for each number of pictures, where enough numbers of people were tried.

    Returns
    -------
    dict of int to (list of int, ndarray (K, P), Law, list of Law)
        People who train, errors of the unseen, and what `growth_law.fit_people` makes of them.
    """
    laws = {}
    for pictures in dict.fromkeys(pictures for _, pictures in cells):
        counts = [count for count, k in cells if k == pictures]
        if len(counts) >= LEAST:
            common = sorted(set.intersection(*(set(cells[n, pictures]) for n in counts)))
            errors = [
                [1 - skill(cells[n, pictures][who], majority_rate) for who in common]
                for n in counts
            ]
            laws[pictures] = counts, np.array(errors), *fit_people(counts, errors)
    return laws


def about_arms(arms, out):
    """How all of them were trained, in words."""
    first = arms[0]
    who = "others in each seed" if first.folds > 1 else "the same in all arms"
    return (
        f"{first.epochs * first.steps} batches of {first.batch} in every arm, augmented; "
        f"{len(arms)} arms{timing(read_seconds(arms, out))}. Of the people who train, one in "
        f"eight chooses the epoch; {first.unseen} are unseen, {who}."
    )


def flat_note(rows):
    """What to warn of where trainings have not learnt to the end: list of str."""
    trainings, flat = (sum(row[COLUMNS.index(name)] for row in rows) for name in ("seeds", "flat"))
    if flat == trainings:
        return []
    return [
        f"{trainings - flat} of {trainings} trainings were not flat, or too short to tell: with a "
        "larger budget fewer people might do"
    ]


def grid_lines(rows, majority_rate):
    """Table of the cells, and what it means."""
    yield from table_head(
        "| people | of a smiley, at most | pictures learnt | training | flat | unseen people "
        "| skill |"
    )
    for count, pictures, learnt, seeds, unseen, mean, low, high, training, flat in rows:
        yield (
            f"| {count} | {pictures} | {learnt} | {training:.3f} | {flat} of {seeds} "
            f"| {Interval(mean, low, high, unseen)} | {skill(mean, majority_rate):.3f} |"
        )
    yield ""
    yield (
        f"Flat: training accuracy rose by less than {RISE} over the last fifth. Intervals of 95 % "
        "resample the unseen people; other training people would vary them further."
    )


def law_lines(laws):
    """Fitted parameters, and the people for each skill wanted."""
    if not laws:
        yield f"Fewer than {LEAST} numbers of people were tried: no law is fitted."
        return
    heads = " | ".join(f"people for skill {wanted:g}" for wanted in WANTED)
    yield from table_head(f"| pictures | floor c | a | b | {heads} |")
    for pictures, (_, _, law, drawn) in laws.items():
        cells = law_cells(law, drawn, [1 - wanted for wanted in WANTED])
        yield f"| {pictures} | {' | '.join(cells)} |"
    yield ""
    yield (
        "Error is 1 - skill = c + a n^-b, by least squares; never: the error does not fall so far. "
        "Beyond the numbers tried the law is a guess."
    )
    yield ""
    yield "![Error and people](law.png)"


def plot(laws, path):
    """Errors and fitted laws on logarithmic axes."""
    if not laws:
        path.unlink(missing_ok=True)
        return
    figure, axes = plt.subplots(figsize=(6, 4), constrained_layout=True)
    for place, (pictures, (counts, errors, law, drawn)) in enumerate(laws.items()):
        colour = f"C{place}"
        axes.plot(counts, errors.mean(axis=1), f"{colour}o", label=f"{pictures} a smiley")
        line = np.geomspace(min(counts), 4 * max(counts), 60)
        axes.plot(line, law(line), colour)
        low, high = np.quantile([other(line) for other in drawn], [0.025, 0.975], axis=0)
        axes.fill_between(line, low, high, color=colour, alpha=0.2)
    for wanted in WANTED:
        axes.axhline(1 - wanted, color="gray", linestyle=":")
    axes.set(xscale="log", yscale="log", xlabel="people who train", ylabel="1 - skill, unseen")
    ticks = sorted({count for counts, *_ in laws.values() for count in counts})
    axes.set_xticks(ticks, list(map(str, ticks)))
    ticks = [1, 0.5, *(1 - wanted for wanted in WANTED)]
    axes.set_yticks(ticks, [f"{tick:.2g}" for tick in ticks])
    axes.minorticks_off()
    axes.legend()
    axes.grid(alpha=0.3)
    save(figure, path)
