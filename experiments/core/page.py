"""What the pages of all comparisons have in common."""

from pathlib import Path


def name_of_set(source):
    """What a data set is called: its folder's or its file's name, wherever that lies."""
    path = Path(source).resolve()
    return path.parent.name if path.name == "manifest.csv" else path.name


def about_data(source, data):
    """A data set in words, with the digits that tell it from others."""
    people = len({row["person"] for row in data.rows})
    return (
        f"Data {name_of_set(source)} ({data.hash()}): {len(data.rows)} pictures, {people} people, "
        f"{len(data.classes)} classes"
    )


def opening(title, command, about, notes=()):
    """Lines of a page down to its first section; ``notes`` are what it has to warn of."""
    lines = [f"# {title}", "", f"`{command}`", "", about]
    for note in notes:
        lines += ["", f"**{note}**"]
    return lines


def section(title, lines):
    """Lines of a section."""
    return ["", f"## {title}", "", *lines]


def kept_note(modules):
    """What to warn of where finished arms were made before these modules changed: list of str."""
    return [f"Finished arms of other code were kept: {', '.join(modules)}."] if modules else []
