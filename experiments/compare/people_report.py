"""Table, figure and words of `eval_people.py`."""

import numpy as np

from common.output import write_csv, write_file
from experiments.compare.claims import skill
from experiments.compare.comparison import Comparison
from experiments.compare.convergence import RISE, is_flat
from experiments.core.arms import read_seconds, timing
from experiments.core.growth_law import bounds, fit_people
from experiments.core.plots import plt, save
from experiments.core.results import table_head
from experiments.core.statistics import over_people

WANTED = (0.8, 0.9, 0.95)  # skills
LEAST = 3  # numbers of people, for a law


def write_results(data, arms, results, changed, out, command):
    """Write people.csv, law.png and REPORT.md into ``out``."""
    c = Comparison(data, list(arms.values()), results)
    cells = {}  # (people, pictures) to accuracy of each unseen person
    for count, pictures, _ in arms:
        group = [arm for (n, k, _), arm in arms.items() if (n, k) == (count, pictures)]
        cells[count, pictures] = c.by_person(c.hits(group)), group
    rows, lines = [], []
    for (count, pictures), (people, group) in cells.items():
        found = over_people(list(people.values()), pictures=len(c.hits(group)))
        curves = c.curves(group)
        flat = sum(map(is_flat, curves))
        training = float(np.mean([curve[-1] for curve in curves]))
        bounds_ = (found.mean, found.low, found.high)
        rows.append((count, pictures, len(group), len(people), *bounds_, training, flat))
        lines.append(
            f"| {count} | {pictures} | {training:.3f} | {flat} of {len(group)} | {found} "
            f"| {skill(found.mean, c.majority_rate):.3f} |"
        )
    columns = ("people", "pictures", "seeds", "unseen", "accuracy", "low", "high", "training",
               "flat")  # fmt: skip
    write_csv(out / "people.csv", columns, rows, digits=4)
    laws = {}
    for pictures in dict.fromkeys(pictures for _, pictures in cells):
        counts = [count for count, k in cells if k == pictures]
        if len(counts) >= LEAST:
            common = set.intersection(*(set(cells[n, pictures][0]) for n in counts))
            errors = [
                [1 - skill(cells[n, pictures][0][who], c.majority_rate) for who in sorted(common)]
                for n in counts
            ]
            laws[pictures] = counts, np.array(errors), *fit_people(counts, errors)
    plot(laws, out / "law.png")
    first = next(iter(arms.values()))
    seconds = read_seconds(arms.values(), out)
    there = len({row["person"] for row in data.rows})
    text = [
        "# How many people would it have taken?",
        "",
        f"`{command}`",
        "",
        f"Data {results[first.name]['settings']['data']}: {len(data.rows)} pictures, {there} "
        f"people, {len(data.classes)} classes. {first.epochs * first.steps} batches of "
        f"{first.batch} in every arm, augmented; {len(arms)} arms{timing(seconds)}. "
        f"Of the people who train, one in eight chooses the epoch; {first.unseen} are unseen"
        + (", others in each seed." if first.folds > 1 else ", the same in all arms."),
        "",
        *(f"**Finished arms of other code were kept: {name}.**" for name in changed),
        *("" for _ in changed[:1]),
        *table_head("| people | pictures a smiley | training | flat | unseen people | skill |"),
        *lines,
        "",
        f"Flat: training accuracy rose by less than {RISE} over the last fifth. Intervals of 95 % "
        "resample the unseen people; other training people would vary them further.",
        "",
        "## The law",
        "",
        *law_lines(laws),
    ]
    write_file(out / "REPORT.md", "\n".join(text) + "\n")


def law_lines(laws):
    """Fitted parameters, and the people for each skill wanted."""
    if not laws:
        yield f"Fewer than {LEAST} numbers of people were tried: no law is fitted."
        return
    heads = " | ".join(f"people for skill {wanted:g}" for wanted in WANTED)
    yield from table_head(f"| pictures | floor c | a | b | {heads} |")
    for pictures, (_, _, law, drawn) in laws.items():
        cells = [
            f"{value:.3f} ({low:.3f} to {high:.3f})"
            for value, (low, high) in (
                (getattr(law, name), bounds([getattr(other, name) for other in drawn]))
                for name in ("floor", "scale", "power")
            )
        ]
        cells += [
            f"{number(law.people(1 - wanted))} "
            f"({' to '.join(map(number, bounds([o.people(1 - wanted) for o in drawn])))})"
            for wanted in WANTED
        ]
        yield f"| {pictures} | {' | '.join(cells)} |"
    yield ""
    yield (
        "Error is 1 - skill = c + a n^-b, by least squares; never: the floor lies above. Beyond "
        "the numbers tried the law is a guess."
    )
    yield ""
    yield "![Error and people](law.png)"


def number(people):
    """A number of people in words."""
    if np.isinf(people) or people > 1e6:
        return "never"
    return f"{np.ceil(round(people, 1)):.0f}"  # 10.02 of a fit are 10


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
    axes.legend()
    axes.grid(alpha=0.3)
    save(figure, path)
