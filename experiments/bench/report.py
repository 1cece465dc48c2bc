"""What the bench writes: tables, curves, REPORT.md."""

from pathlib import Path

import numpy as np

from common.output import write_file
from common.tables import read_csv
from experiments.bench.machine import DISTURBED
from experiments.core.results import table_head


def read_table(path):
    """Rows of a table that an earlier run wrote, numbers as numbers; [] without one."""
    if not path.exists():
        return []
    return [{k: number(v) for k, v in row.items()} for row in read_csv(path)]


def number(text):
    """A number where ``text`` is one, else the text."""
    try:
        return float(text) if "." in text or "e" in text else int(text)
    except ValueError:
        return text


def plot_growth(rows, path):
    """Draw each of `growth`'s plots, a line for each number of threads."""
    from experiments.core.plots import plt, save

    titles = list(dict.fromkeys(row["plot"] for row in rows))
    figure, axes = plt.subplots(2, 2, figsize=(9, 6), constrained_layout=True)
    for title, axis in zip(titles, axes.flat):
        what, _, over = title.partition(", ")
        for threads in sorted({row["threads"] for row in rows}):
            mine = [row for row in rows if (row["plot"], row["threads"]) == (title, threads)]
            x = np.array([row["x"] for row in mine])
            seconds = np.array([row["seconds"] for row in mine])
            y = 1e3 * seconds if over.startswith("ms") else x / seconds
            axis.plot(x, y, "o-", label=f"{threads} thread{'s' if threads > 1 else ''}")
        if over.startswith("ms"):
            axis.set(xlabel=over.removeprefix("ms over "), ylabel="ms")
        else:
            axis.set(xlabel="batch", ylabel=over, xscale="log", xticks=x, xticklabels=x)
            axis.minorticks_off()
        axis.set(title=what, ylim=(0, None))
        axis.grid(alpha=0.3)
        axis.legend(loc="lower right")
    save(figure, path)


def write_report(rows, videos, told, out):
    """Write REPORT.md.

    Parameters
    ----------
    rows, videos : list of dict
        The tables.
    told : dict of str to str
        The machine, as `experiments.bench.machine.describe` tells it; with a ``time`` where that is
        not the wall's.
    out : path-like
    """
    lines = [
        "# Speed, side by side",
        "",
        "Written by `make bench`. Medians of turns in which all take part one after the other;",
        'in brackets the lowest and the highest. "Ours is faster by" is the ratio of times within',
        "a turn: above 1, ours is faster.",
        "",
        *table_head("| the machine | |"),
        *(f"| {name} | {value} |" for name, value in told.items()),
        "",
        "Rates are this machine's: on another one, read the ratios.",
    ]
    busy = max((row["others"] for row in [*rows, *videos]), default=0)
    if busy > DISTURBED and "time" in told:
        lines += ["", f"Others took up to {busy:.0%} of the machine; of their work this time holds"]
        lines += ["only what it did to the caches."]
    elif busy > DISTURBED:
        lines += ["", f"**Disturbed: others took up to {busy:.0%} of the machine. Do not cite.**"]
    for title, threads in dict.fromkeys((row["what"], row["threads"]) for row in rows):
        lines += ["", f"## {title}; threads: {threads}", ""]
        lines += [
            *table_head("| who | rate | ours is faster by | turns | peak memory, MB |"),
        ]
        for row in rows:
            if (row["what"], row["threads"]) == (title, threads):
                lines.append(
                    "| {who} | {rate:.3g} ({rate_low:.3g} to {rate_high:.3g}) | {ours_faster:.2f} "
                    "({ours_faster_low:.2f} to {ours_faster_high:.2f}) | {turns} | "
                    "{peak_mb:.0f} |".format(**row)
                )
    if videos:
        lines += [
            "",
            "## run_video at 640x360, one face, decoding, drawing and encoding included",
            "",
            *table_head("| run | frames | whole run, s | frames a second | peak memory, MB |"),
        ]
        for row in videos:
            rate = f"{row['rate']:.1f}" if row["rate"] != "" else ""
            lines.append(
                f"| {row['what']} | {row['frames']} | {row['seconds']:.1f} | {rate} | "
                f"{row['peak_mb']} |"
            )
    if (Path(out) / "growth.png").exists():
        lines += ["", "![How times grow](growth.png)"]
    lines.append("")
    write_file(Path(out) / "REPORT.md", "\n".join(lines))
