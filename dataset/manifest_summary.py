"""What is in a data set, as text: people, smileys, clips, pictures, and what is missing."""

from collections import Counter

MISSING_SHOWN = 10  # missing combinations named
TABLE_PEOPLE = 40  # of more people, the table shows only the sums


def summary(path, rows, smileys):
    """Describe a data set.

    Parameters
    ----------
    path : path-like
    rows : list of dict
        Rows of its manifest.
    smileys : list of str
        Names expected of every person; the order of the table's columns.

    Returns
    -------
    str
        Several lines; the table has a row a person and a column a smiley.
    """
    people = sorted({row["person"] for row in rows})
    counts = Counter((row["person"], row["smiley"]) for row in rows)
    clips = Counter((row["person"], row["clip"]) for row in rows)
    used = {row["smiley"] for row in rows}
    frames = sorted(clips.values())
    sides = sorted(min(row["w"], row["h"]) for row in rows)
    lines = [
        f"{path}: {len(rows)} pictures, {len(people)} people, {len(used)} smileys, "
        f"{len(clips)} clips",
        f"frames a clip: {frames[0]} to {frames[-1]}, median {frames[len(frames) // 2]}; "
        f"side of the face: {sides[0]:g} to {sides[-1]:g} pixels, "
        f"median {sides[len(sides) // 2]:g}",
        "",
    ]
    shown = people if len(people) <= TABLE_PEOPLE else []
    table = [[person, *(counts[person, smiley] for smiley in smileys)] for person in shown]
    table.append(["all", *(sum(counts[p, smiley] for p in people) for smiley in smileys)])
    lines += aligned([["", *smileys, "all"], *([*row, sum(row[1:])] for row in table)])
    missing = [f"{p}/{smiley}" for p in people for smiley in smileys if not counts[p, smiley]]
    if missing:
        more = ", …" if len(missing) > MISSING_SHOWN else ""
        lines += [
            "",
            f"{len(missing)} of {len(people) * len(smileys)} combinations are missing: "
            f"{', '.join(missing[:MISSING_SHOWN])}{more}",
        ]
    return "\n".join(lines)


def aligned(table):
    """Lines of a table, each column as wide as its longest entry; zeros are shown as dots."""
    texts = [["." if entry == 0 else str(entry) for entry in row] for row in table]
    widths = [max(map(len, column)) for column in zip(*texts)]
    return [
        "  ".join(
            text.rjust(width) if k else text.ljust(width)
            for k, (text, width) in enumerate(zip(row, widths))
        ).rstrip()
        for row in texts
    ]
