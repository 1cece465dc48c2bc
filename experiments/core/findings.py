"""Numbers of the pages and of the scripts' help, read from tables that commands have written."""

import json
import math
from dataclasses import dataclass
from pathlib import Path

from common.cli import ROOT, UserError
from common.smileys import read_smileys
from common.tables import read_csv
from experiments.core.statistics import over_people

RESULTS = ROOT / "results"
# Of people, pictures or clips: a fifth is held out, an eighth of the others chooses.
SHARING = 0.2 / (0.8 * 7 / 8)


@dataclass(frozen=True)
class Value:
    """A number with its 95 % interval, if it has one, as pages show it.

    Parameters
    ----------
    mean, low, high : float
        nan where there is no interval.
    """

    mean: float
    low: float = math.nan
    high: float = math.nan

    @classmethod
    def of(cls, interval):
        """From an `experiments.core.statistics.Interval`."""
        return cls(interval.mean, interval.low, interval.high)

    def __str__(self):
        """Three decimals: 0.645 [0.591, 0.699]."""
        if math.isnan(self.low):
            return f"{self.mean:.3f}"
        return f"{self.mean:.3f} [{self.low:.3f}, {self.high:.3f}]"

    @property
    def signed(self):
        """A difference with its sign: +0.076 [-0.010, +0.162]."""
        if math.isnan(self.low):
            return f"{self.mean:+.3f}"
        return f"{self.mean:+.3f} [{self.low:+.3f}, {self.high:+.3f}]"

    @property
    def percent(self):
        """Whole percent: 65 % [59, 70]; a proportion's bounds stay within 0 and 100."""
        if math.isnan(self.low):
            return f"{100 * self.mean:.0f} %"
        low, high = (round(100 * bound) for bound in (self.low, self.high))
        if self.mean >= 0 and self.low >= -0.1 and self.high > 1:
            high = min(high, 100)
        return f"{100 * self.mean:.0f} % [{low}, {high}]"


class Findings:
    """Access to the tables under a folder, for templates.

    Parameters
    ----------
    results : pathlib.Path
    """

    def __init__(self, results=RESULTS):
        self.results = Path(results)

    def rows(self, table, **where):
        """Rows of a CSV file that have these values: list of dict of str.

        Raises
        ------
        UserError
            If there is no such file or no such row.
        """
        path = self.results / table
        try:
            rows = read_csv(path)
        except OSError as error:
            raise UserError(f"cannot read {path}: {error.strerror}") from None
        found = [r for r in rows if all(r.get(k) == str(v) for k, v in where.items())]
        if not found:
            said = ", ".join(f"{key} {value!r}" for key, value in where.items())
            raise UserError(f"{path} has no row of {said}")
        return found

    def json(self, name):
        """A JSON file's content."""
        path = self.results / name
        try:
            return json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise UserError(f"cannot read {path}: {error.strerror}") from None

    def row(self, table, **where):
        """The only row of a table that has these values."""
        found = self.rows(table, **where)
        if len(found) > 1:
            raise UserError(f"{self.results / table} has {len(found)} rows of {where}")
        return found[0]

    def value(self, table, mean, low="low", high="high", **where):
        """A number and its bounds from the columns of one row."""
        row = self.row(table, **where)
        bounds = [float(row[name]) if row.get(name) else math.nan for name in (low, high)]
        return Value(float(row[mean]), *bounds)

    def people(self, comparison, split, augment):
        """Accuracy on held-out pictures of `eval_split.py`, mean over people: an `Interval`."""
        rows = self.rows(f"eval_split/{comparison}/people.csv", split=split, augment=int(augment))
        return over_people([float(row["val_accuracy"]) for row in rows], SHARING)

    def split(self, comparison, split, augment):
        """The same, to be shown."""
        return Value.of(self.people(comparison, split, augment))

    def majority_rate(self, comparison):
        """Accuracy of naming the most frequent class of a comparison's data."""
        counts = {}
        rows = self.rows(f"eval_split/{comparison}/balance.csv", repeat=0)
        for row in (row for row in rows if row["split"] == rows[0]["split"]):
            counts[row["smiley"]] = counts.get(row["smiley"], 0) + int(row["pictures"])
        return max(counts.values()) / sum(counts.values())

    @staticmethod
    def rare(row, most=3):
        """The rare smileys that `eval_rare.py` counts most often in one of its rows: text."""
        counts = {name: int(row[name]) for name in read_smileys() if int(row.get(name, 0))}
        first = sorted(counts, key=counts.get, reverse=True)[:most]
        return ", ".join(f"{name} {counts[name]}" for name in first)

    def real(self, report, who, way="detector", among="the set's"):
        """Accuracy of `eval_real.py`, mean over the labels."""
        where = {"who": who, "way": way, "among": among, "label": "mean"}
        return self.value(f"eval_real/{report}/table.csv", "recall", **where)

    def sources(self, sets):
        """What each kind of training of `eval_sources.py` reaches, and changes: dict of two texts.

        A change is bold where it survives the correction; training on all changes nothing.
        """
        found = {}
        for row in self.rows("eval_sources/table.csv", sets=sets):
            change = ""
            if row["change"]:
                mean, low, high = (float(row[f"change{name}"]) for name in ("", " low", " high"))
                change = f"{mean:+.3f} [{low:+.3f}, {high:+.3f}]"
                if float(row["p corrected"]) < 0.05:
                    change = f"**{change}**"
            found[row["trained on"]] = f"{float(row['accuracy']):.3f}", change
        return found

    def enrolment(self):
        """What pictures of each smiley teach, by `eval_enrol_real.py`: (how many, texts).

        The texts: people taught, accuracy before and after, the gain, the others' before and
        their change.
        """
        table = "enrol_real/table.csv"
        for row in self.rows(table):
            each = row["pictures_each"]
            before, after, gain, others, change = (
                self.value(table, what, f"{what} low", f"{what} high", pictures_each=each)
                for what in ("before", "after", "gain", "others_before", "others_gain")
            )
            texts = (row["people"], before, after, gain.signed, others, change.signed)
            yield each, [str(text) for text in texts]

    def vote_gain(self, box):
        """What the vote gains on a kind of squares, in whole points with a sign."""
        row = self.row("eval_vote/boxes.csv", box=box)
        low, gain, high = (100 * float(row[name]) for name in ("gain_low", "gain", "gain_high"))
        return f"{gain:+.0f} [{low:.0f}, {high:.0f}]"

    def demo(self, video, of="of"):
        """Frames named rightly in a video of the demo: '609 of 630'."""
        row = self.row("demo.csv", video=video)
        return f"{row['right']} {of} {row['held']}"

    def realism(self):
        """Accuracies of classifiers on rendered and real people: (classifier, four cells)."""
        rows = self.rows("calibration/table.csv", set="rendered, spread x1")
        for who in dict.fromkeys(row["classifier"] for row in rows):
            yield (
                who,
                [
                    self.value(
                        "calibration/table.csv", "accuracy", set=people, classifier=who, split=split
                    )
                    for people in ("rendered, spread x1", "real")
                    for split in ("image", "person")
                ],
            )

    def nets(self, report):
        """Who was measured in a report of `eval_real.py`, in its order."""
        return list(dict.fromkeys(row["who"] for row in self.rows(f"eval_real/{report}/table.csv")))

    def labels(self, report):
        """The labels of a report of `eval_real.py`."""
        labels = (row["label"] for row in self.rows(f"eval_real/{report}/table.csv"))
        return [label for label in dict.fromkeys(labels) if label != "mean"]

    def by_label(self, report, who):
        """Recall of each label through the detector, among the set's: two decimals."""
        where = {"who": who, "way": "detector", "among": "the set's"}
        rows = self.rows(f"eval_real/{report}/table.csv", **where)
        return [f"{float(row['recall']):.2f}" for row in rows if row["label"] != "mean"]
