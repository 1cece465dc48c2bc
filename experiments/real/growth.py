"""More and more people: the trainings of `eval_real_people.py`, their law, figure and report."""

import numpy as np

from common.output import write_csv, write_file
from experiments.core.growth_law import fit, law_cells
from experiments.core.page import section
from experiments.core.plots import plt, save
from experiments.core.results import table_head
from experiments.real.arms import RealArm
from experiments.real.compared import Judged, accuracy_lines, opening_of
from experiments.real.recipe import SHARES

DRAWS = 300  # laws fitted to people drawn with replacement
WANTED = (0.7, 0.8, 0.9)  # accuracies


def plan(people, seeds, **budget):
    """Trainings by (number of people, seed), those of a seed together."""
    return {
        (count, seed): RealArm(
            f"people{count}-seed{seed}", tuple(SHARES), people=count, seed=seed, **budget
        )
        for seed in range(seeds)
        for count in people
    }


def fit_law(judged):
    """The law of the error on real people, and those of people drawn: (Law, list of Law)."""
    judges = judged.groups["real"]
    curves = [
        np.mean([one.draws(judged.values(count, one))[:DRAWS] for one in judges], axis=0)
        for count in judged.kinds
    ]
    means = [judged.accuracy(count, "real").mean for count in judged.kinds]
    laws = [fit(judged.kinds, 1 - np.array(drawn)) for drawn in zip(*curves)]
    return fit(judged.kinds, 1 - np.array(means)), laws


def write_results(data, arms, results, changed, out, command):
    """Write table.csv, people.png and REPORT.md into ``out``."""
    judged = Judged(data.sets, arms, results)
    law, laws = fit_law(judged)
    rows = []
    for count in judged.kinds:
        pictures = np.mean([judged.results[count, seed]["pictures"] for seed in judged.seeds])
        for group in judged.groups:
            found = judged.accuracy(count, group)
            rows.append((count, round(pictures), group, len(judged.seeds),
                         found.mean, found.low, found.high))  # fmt: skip
    columns = ("people", "pictures", "sets", "seeds", "accuracy", "low", "high")
    write_csv(out / "table.csv", columns, rows, digits=4)
    plot(judged, law, out / "people.png")
    lines = [
        *opening_of("How many real people?", judged, changed, out, command),
        "",
        "People are drawn for each seed, of every source in proportion to its share (all of a "
        "source where it has fewer); rendered people are all there in every training.",
        "",
        *accuracy_lines(judged, "people"),
        *section("The law", []),
        *table_head("| floor c | a | b |" + "".join(f" people for {w:g} |" for w in WANTED)),
        f"| {' | '.join(law_cells(law, laws, [1 - wanted for wanted in WANTED]))} |",
        "",
        "Error on real people is c + a n^-b, by least squares, intervals by drawing the people who "
        "judge; never: the error does not fall so far. Beyond the numbers tried it is a guess.",
        "",
        "![Accuracy by people trained on](people.png)",
    ]
    write_file(out / "REPORT.md", "\n".join(lines) + "\n")


def plot(judged, law, path):
    """Accuracy over the number of people: each set, and the mean with its interval and the law."""
    figure, axes = plt.subplots(figsize=(7, 4.2), constrained_layout=True)
    counts = np.array(judged.kinds)
    for one in judged.judges:
        values = [judged.mean(count, one) for count in counts]
        dashes = ":" if one not in judged.groups["real"] else "-"
        axes.plot(counts, values, dashes, marker=".", linewidth=1, alpha=0.6, label=one.name)
    found = [judged.accuracy(count, "real") for count in counts]
    means = np.array([one.mean for one in found])
    reach = [means - [one.low for one in found], [one.high for one in found] - means]
    axes.errorbar(counts, means, yerr=reach, fmt="ko", capsize=3, label="real, 95 %")
    grid = np.geomspace(counts[0], counts[-1])
    axes.plot(grid, 1 - law(grid), "k-", linewidth=1)
    axes.set_xscale("log")
    axes.set_xticks(counts, [f"{count:,}" for count in counts])
    axes.minorticks_off()
    axes.set_xlabel("people trained on")
    axes.set_ylabel("accuracy among 17, people unseen")
    axes.grid(alpha=0.3)
    figure.legend(fontsize=8, loc="outside right upper")
    save(figure, path)
