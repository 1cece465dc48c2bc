"""What the words of other data sets and other packages mean in smileys (`vocabulary.csv`)."""

from pathlib import Path

from common.cli import ROOT, UserError
from common.smileys import SMILEYS
from common.tables import read_csv

VOCABULARY = Path(__file__).with_name("vocabulary.csv")


def smileys():
    """The slugs of the 17 smileys, in the order of ``smileys.csv``."""
    return [row["slug"] for row in read_csv(SMILEYS)]


def meanings():
    """Word to the smileys it may mean: dict of str to tuple of slugs; () for none of them.

    A smiley's slug means that smiley alone.
    """
    words = {row["word"]: tuple(row["slugs"].split()) for row in read_csv(VOCABULARY)}
    return {**words, **{slug: (slug,) for slug in smileys()}}


def meaning(word):
    """The smileys that a word may mean, in small letters or large.

    Raises
    ------
    UserError
        If nobody has said what it means.
    """
    known = meanings()
    if word.lower() not in known:
        raise UserError(
            f"no smiley is known for {word!r}: add it to {VOCABULARY.relative_to(ROOT)}, "
            f"nothing after the comma if it is none, or use one of {', '.join(known)}"
        )
    return known[word.lower()]
