"""The model card that a training of the smiley net writes beside its weights."""

import numpy as np

from common.output import write_file
from experiments.core.confusion import row_shares
from experiments.core.results import table_head

CONFUSED = 5  # pairs named


def write_card(path, data, parts, trained, *, title, source, data_hash, command, training):
    """Write what is known of trained weights; what was not measured is said to be unknown.

    Parameters
    ----------
    path : pathlib.Path
        Markdown, written beside and renamed.
    data : experiments.smileys.data.SmileyData
    parts : splits.Parts
    trained : experiments.smileys.training.Trained
    title : str
    source, data_hash, command : str
        Where the data is, what it is, how the training was called.
    training : str
        One sentence on the optimiser.
    """
    people = len({row["person"] for row in data.rows})
    lines = [
        f"# {title}",
        "",
        "The article's network (`nets/smiles.py`, `build_net_smiles`) with "
        f"{len(data.classes)} classes: {', '.join(data.classes)}.",
        "",
        "## Data",
        "",
        f"`{source}` (hash {data_hash}): {len(data.rows)} pictures of {people} "
        f"{'person' if people == 1 else 'people'}. {len(parts.train)} pictures trained, "
        f"{len(parts.validation)} chose the epoch, {len(parts.test)} tested.",
        "",
        "## Training",
        "",
        f"`{command}`: {training} Epoch {trained.chosen['epoch']} of {len(trained.history)} was "
        "chosen, on pictures that neither trained nor tested.",
        "",
        "## Measured",
        "",
        *measured(data, trained),
        "",
        "## Where it fails",
        "",
        *failures(data, parts, trained),
    ]
    write_file(path, "\n".join(lines) + "\n")


def measured(data, trained):
    """Table of the chosen epoch."""
    chosen = trained.chosen
    yield (
        f"One window, the labelled square; chance is {1 / len(data.classes):.3f}. One seed: "
        "no spread is known from this training alone."
    )
    yield ""
    yield from table_head("| pictures | accuracy | loss |")
    for part, what in (
        ("val", "held out"),
        ("choose", "that chose the epoch"),
        ("train", "trained on (a sample)"),
    ):
        if f"{part}_loss" in chosen:
            accuracy, loss = chosen[f"{part}_accuracy"], chosen[f"{part}_loss"]
            yield f"| {what} | {accuracy:.3f} | {loss:.3f} |"


def failures(data, parts, trained):
    """What the confusion matrix tells, and what nobody has measured."""
    part = "val" if len(parts.test) else "choose"
    confusion = np.array(trained.chosen[f"{part}_confusion"])
    counts = confusion.sum(axis=1)
    shares = row_shares(confusion)
    worst = [k for k in np.argsort(np.diag(shares)) if counts[k]][:CONFUSED]
    yield (
        "Recall is lowest for "
        + ", ".join(f"{data.classes[k]} ({shares[k, k]:.2f} of {counts[k]})" for k in worst)
        + "."
    )
    np.fill_diagonal(shares, 0)
    pairs = np.dstack(np.unravel_index(np.argsort(-shares, axis=None), shares.shape))[0]
    said = [
        f"{data.classes[true]} for {data.classes[other]} ({shares[true, other]:.2f})"
        for true, other in pairs[:CONFUSED]
        if shares[true, other] > 0
    ]
    if said:
        yield f"Most often taken: {', '.join(said)}."
    known = {data.rows[k]["person"] for k in parts.train}
    strangers = len(parts.test) and all(data.rows[k]["person"] not in known for k in parts.test)
    if not strangers:
        yield (
            "The test pictures show people who also trained: on people it has not seen it "
            "was not measured here, and the article expects a failure there."
        )
    yield (
        "On boxes other than the labelled ones, and on other kinds of pictures, it was not "
        "measured here."
    )
