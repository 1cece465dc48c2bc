"""What the net for real people learns from, and in which shares."""

from experiments.real import sources
from experiments.real.acted import read_acted
from experiments.real.mixture import Part
from experiments.real.winks import read_winks

# Of all windows. Rendered and puppeteered people bring all 17 smileys, each as often as the
# others, so that none belongs to one source; votes are nearest to what people act.
SHARES = {
    "puppets": 0.30,
    "fer": 0.40,
    "rendered": 0.04,
    "labelled": 0.09,
    "genki": 0.04,
    "strangers": 0.09,
    "portraits": 0.04,
    "acted": 0.08,
    "mistaken": 0.04,
    "winks": 0.04,
}
# How far a source's labels are shown equally often: a smiley with two pictures is not shown as
# often as one with forty.
LEVELLED = {"labelled": 0.6, "fer": 0.9}


def read_source(name, data, rendered, puppets, part="train"):
    """A source by its name; ``data`` is the folder of published sets, ``puppets`` a list."""
    readers = {
        "fer": sources.read_fer,
        "genki": sources.read_genki,
        "strangers": sources.read_strangers,
        "labelled": sources.read_labelled,
        "mistaken": sources.read_mistaken,
        "portraits": sources.read_portraits,
        "acted": read_acted,
        "winks": read_winks,
    }
    if name in readers:
        return readers[name](data, part)
    if name == "rendered":
        return sources.read_rendered(rendered, part)
    return sources.read_puppets(puppets, part, sources.unseen_people(data))


def parts_of(names, data, rendered, puppets, acting="train"):
    """The mixture of named sources, their shares as in `SHARES`.

    ``acting`` is the part of the performers who train (`experiments.real.acted.read_acted`).
    """
    return [
        Part(
            read_source(name, data, rendered, puppets, acting if name == "acted" else "train"),
            SHARES[name],
            LEVELLED.get(name, 1.0),
        )
        for name in names
    ]
