"""The table of the smileys, ``smileys.csv``: the article's 17, in the order of the classes."""

import csv
from pathlib import Path

from common.cli import UserError

SMILEYS = Path(__file__).with_name("smileys.csv")


def read_smileys(path=SMILEYS):
    """The table of smileys: dict of slug to a dict with emoticon, emoji and how."""
    try:
        with open(path, newline="", encoding="utf-8") as file:
            return {row["slug"]: row for row in csv.DictReader(file)}
    except (OSError, KeyError) as error:
        raise UserError(f"cannot read the smileys' table {path}: {error}") from None
