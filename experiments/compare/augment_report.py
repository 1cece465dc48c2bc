"""Tables, figures and words of `eval_augment.py`."""

import numpy as np

from common.output import write_csv, write_file
from experiments.compare.augment_arms import BASE, NAMES, NOTHING, STRENGTHS
from experiments.core.arms import read_seconds, timing
from experiments.core.page import about_data, kept_note, opening, section
from experiments.core.plots import plt, save
from experiments.core.results import table_head
from experiments.core.statistics import LEVEL, differences, holm, interval

# What each kind is compared with: what a transform takes away when left out, and what it
# gives alone.
AGAINST = {"without": BASE, "only": NOTHING}
PARTS = ("train", "choose", "val")
MEASURED = {"choose": "kept to choose", "val": "held out"}


class Ablation:
    """Accuracies after the last epoch, by split, setting, part and seed.

    Not of a chosen epoch: the choice by a few people's pictures adds noise of its own, and these
    pictures are wanted to choose a setting by.

    Parameters
    ----------
    arms : dict of (split, setting, seed) to Arm
    results : dict, as from `arms.run_arms`
    """

    def __init__(self, arms, results):
        self.settings = list(dict.fromkeys(setting for _, setting, _ in arms))
        self.seeds = sorted({seed for _, _, seed in arms})
        # Held-out by training pictures: a split of few groups has fewer folds than the others.
        self.ratio = {split: 1 / (arm.folds - 1) for (split, _, _), arm in arms.items()}
        self.found = {key: results[arm.name]["history"] for key, arm in arms.items()}

    def values(self, split, setting, part="val"):
        """Accuracy, seed by seed: ndarray."""
        return np.array(
            [self.found[split, setting, seed][f"{part}_accuracy"][-1] for seed in self.seeds]
        )

    def accuracy(self, split, setting, part):
        """Interval of the accuracy over the seeds."""
        return interval(self.values(split, setting, part), self.ratio[split]).within()

    def change(self, split, setting, part="val"):
        """Difference of accuracy from what the setting is compared with: Interval.

        Paired by seed. For the transforms, whose changes are small and many, the noise is that
        of all arms of their kind.
        """
        if setting[0] not in AGAINST:
            values = self.values(split, setting, part) - self.values(split, BASE, part)
            return interval(values, self.ratio[split])
        alike, (intervals, _) = self.family(split, setting[0], part)
        return intervals[alike.index(setting)]

    def family(self, split, kind, part):
        """Settings of a kind, and their `differences` from what they are compared with."""
        alike = [other for other in self.settings if other[0] == kind]
        rows = [self.values(split, other, part) for other in (AGAINST[kind], *alike)]
        return alike, differences(rows, self.ratio[split])

    def certain(self, split, kind, part):
        """Transforms whose change differs from 0, corrected by Holm: (gains, losses), names."""
        alike, (intervals, p_values) = self.family(split, kind, part)
        sure = [
            (name, change.mean)
            for (_, name), change, p in zip(alike, intervals, holm(p_values))
            if p < 1 - LEVEL
        ]
        return [n for n, c in sure if c > 0], [n for n, c in sure if c < 0]

    def scaled(self):
        """Whether other strengths were tried than those that all is compared with."""
        return bool({s for s in self.settings if s[0] == "strength"} - {BASE, NOTHING})

    def kinds(self):
        """Of `AGAINST`, the kinds that were tried, each with all transforms."""
        return [kind for kind in AGAINST if (kind, NAMES[0]) in self.settings]

    def recommended(self, split):
        """The strength of highest mean accuracy on the pictures kept to choose."""
        tried = [setting for setting in self.settings if setting[0] == "strength"]
        return max(tried, key=lambda setting: self.values(split, setting, "choose").mean())[1]


def write_results(data, arms, results, changed, source, out, command):
    """Write ablation.csv, the figures and REPORT.md into ``out``."""
    a = Ablation(arms, results)
    splits = list(dict.fromkeys(split for split, _, _ in arms))
    rows = [[split, *row_of(a, split, setting)] for split in splits for setting in a.settings]
    columns = ["split", "kind", "what", "seeds", *PARTS]
    columns += [f"{part}_{what}" for part in MEASURED for what in ("change", "low", "high")]
    write_csv(out / "ablation.csv", columns, rows)
    plot_strengths(a, splits, out / "strength.png")
    plot_changes(a, splits, out / "transforms.png")
    about = f"{about_data(source, data)}. {about_arms(a, list(arms.values()), out)}"
    lines = [
        *opening("Ablation of the augmentation", command, about, kept_note(changed)),
        *section("Strength", strength_lines(a, splits)),
        *section("Transforms", transform_lines(a, splits)),
    ]
    write_file(out / "REPORT.md", "\n".join(lines) + "\n")


def row_of(a, split, setting):
    """Cells of a setting in ablation.csv."""
    means = [f"{a.values(split, setting, part).mean():.4f}" for part in PARTS]
    changes = [a.change(split, setting, part) for part in MEASURED]
    bounds = [f"{value:.4f}" for c in changes for value in (c.mean, c.low, c.high)]
    return [*setting, len(a.seeds), *means, *bounds]


def about_arms(a, arms, out):
    """How all of them were trained and are measured, in words."""
    first, took = arms[0], timing(read_seconds(arms, out))
    return (
        f"{len(a.seeds)} seeds, each with another fold held out; {first.epochs * first.steps} "
        f"batches of {first.batch} in every arm; {len(arms)} arms{took}. "
        "Accuracies are of the last epoch, which is not chosen; kept to choose are training "
        "people's pictures that the network does not learn from. Intervals are Student's t over "
        "the seeds with Nadeau and Bengio's correction, since folds share training pictures; "
        "differences are paired by seed, on the same held-out pictures, those of "
        "transforms with the noise of all arms of their kind."
    )


def strength_lines(a, splits):
    """Tables of the strengths, and the recommendation."""
    for split in splits:
        yield f"By {split}; 1 is `SMILEYS` of `experiments/smileys/data.py`:"
        yield ""
        yield from table_head(
            "| strength | training | training, kept to choose | held out | change from 1 |"
        )
        for setting in sorted(s for s in a.settings if s[0] == "strength"):
            cells = " | ".join(str(a.accuracy(split, setting, part)) for part in PARTS)
            yield f"| {setting[1]:g} | {cells} | {a.change(split, setting)} |"
        yield ""
        if a.scaled():
            best = a.recommended(split)
            yield (
                f"The pictures kept to choose, which are training people's, are named best at "
                f"strength {best:g} (against 1: {a.change(split, ('strength', best), 'choose')})"
                "; the held-out ones had no part in that."
            )
            yield ""
    yield "![Accuracy and strength](strength.png)" if a.scaled() else "No others were tried."


def transform_lines(a, splits):
    """Tables of the transforms, and what is certain of them."""
    panels = [(kind, part) for kind in a.kinds() for part in MEASURED]
    if not panels:
        yield "Only strengths were tried."
        return
    for split in splits:
        yield f"By {split}, change of accuracy:"
        yield ""
        yield from table_head(
            f"| transform | {' | '.join(f'{kind} it, {MEASURED[part]}' for kind, part in panels)} |"
        )
        for name in NAMES:
            cells = [str(a.change(split, (kind, name), part)) for kind, part in panels]
            yield f"| {name} | {' | '.join(cells)} |"
        yield ""
    yield (
        "Without it: change against the whole augmentation. Only it: change against none. By the "
        "pictures kept to choose a default may be chosen; those held out only report. The "
        f"{len(NAMES) * len(splits) * len(panels)} intervals are plain ones of "
        f"{100 * LEVEL:.0f} %; what differs is said below, each column corrected by Holm's method."
    )
    yield ""
    for split in splits:
        for kind, part in panels:
            gains, losses = a.certain(split, kind, part)
            helps, harms = (losses, gains) if kind == "without" else (gains, losses)
            yield (
                f"- by {split}, {kind}, {MEASURED[part]}: helps {', '.join(helps) or 'none'}; "
                f"harms {', '.join(harms) or 'none'}"
            )
    yield ""
    yield "![Each transform left out, and alone](transforms.png)"


def plot_strengths(a, splits, path):
    """Accuracy of the three parts against strength."""
    if not a.scaled():
        path.unlink(missing_ok=True)
        return
    figure, grid = plt.subplots(
        1, len(splits), figsize=(4.5 * len(splits), 3.5), squeeze=False, constrained_layout=True
    )
    strengths = [s for s in STRENGTHS if ("strength", s) in a.settings]
    labels = {"train": "training", "choose": "training, kept to choose", "val": "held out"}
    for axes, split in zip(grid[0], splits):
        for number, part in enumerate(PARTS):
            values = np.array([a.values(split, ("strength", s), part) for s in strengths])
            axes.plot(strengths, values.mean(axis=1), f"C{number}-", label=labels[part])
            axes.plot(strengths, values, f"C{number}.", alpha=0.4)
        axes.set(xlabel="strength", ylabel="accuracy", ylim=(0, 1.02), title=f"by {split}")
        axes.grid(alpha=0.3)
    grid[0, 0].legend()
    save(figure, path)


def plot_changes(a, splits, path):
    """Paired differences of each transform with their intervals."""
    panels = [(split, kind) for split in splits for kind in a.kinds()]
    if not panels:
        path.unlink(missing_ok=True)
        return
    figure, grid = plt.subplots(
        1,
        len(panels),
        figsize=(3.2 * len(panels), 4.5),
        sharey=True,
        squeeze=False,
        constrained_layout=True,
    )
    places = np.arange(len(NAMES))
    for axes, (split, kind) in zip(grid[0], panels):
        for number, part in enumerate(MEASURED):
            changes = [a.change(split, (kind, name), part) for name in NAMES]
            means = np.array([change.mean for change in changes])
            reach = np.nan_to_num([change.high - change.mean for change in changes])
            axes.errorbar(
                means,
                places + 0.2 * (2 * number - 1),
                xerr=reach,
                fmt=f"C{number + 1}o",
                markersize=4,
                capsize=2,
                label=MEASURED[part],
            )
        axes.axvline(0, color="gray", linestyle=":")
        axes.set_yticks(places, NAMES)
        axes.set_title(f"{kind} it, by {split}", fontsize=9)
        axes.set_xlabel("change of accuracy")
        axes.grid(alpha=0.3)
    marks = axes.get_legend_handles_labels()  # alike in all panels
    figure.legend(*marks, fontsize=8, ncols=2, loc="outside lower center")
    grid[0, 0].invert_yaxis()
    save(figure, path)
