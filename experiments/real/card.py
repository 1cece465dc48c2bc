"""The model card of a net for real people."""

import numpy as np

from common.output import write_file
from experiments.real.labels import LABELS, SMILEYS

TERMS = {
    "fer": "FER2013 (web pictures, no licence; its `train.npz`, grey, 48x48) with the votes of "
    "FER+ (MIT)",
    "genki": 'GENKI-4K, crops (acknowledge "http://mplab.ucsd.edu, The MPLab GENKI-4K Dataset")',
    "strangers": "LFW and AFLW as in MTFL (research; cite MTFL, LFW, AFLW): smile or not",
    "labelled": "smileys by eye: beside `strangers`, `grimaces` (Helen, research) and in "
    "`dataset/real/labels.csv` (those, YouTube Faces, GENKI-4K, FER2013)",
    "portraits": "Face Research Lab London Set (DeBruine & Jones 2017, CC BY 4.0)",
    "rendered": "rendered people, `dataset/make_data.py`, and those of `weights/replay.npz`",
    "puppets": "photographs of real people puppeteered into all 17 smileys, "
    "`dataset/make_puppets.py`, of YouTube Faces, LFW, AFLW and the London Set",
    "mistaken": "what faces are not, by eye: `dataset/real/labels.csv`, as `labelled`",
    "winks": "YouTube Faces: frames in which somebody blinks, one eye open and one shut "
    "(`dataset/puppet/one_eye.py`), and both open or shut",
    "acted": "Taiwanese facial expression database (academic use, cite it): performers of its "
    "first half",
}


def data_lines(mixture):
    """The table of sources: counts, shares, labels, terms."""
    yield "| source | faces | share of the batches | what it says, and its terms |"
    yield "| --- | --- | --- | --- |"
    for part, share in zip(mixture.parts, mixture.shares):
        name = part.source.name
        yield f"| {name} | {len(part.source)} | {share:.2f} | {TERMS[name]} |"


def class_lines(mixture):
    """How often each smiley is shown, and what knowing the source alone would tell."""
    prior = mixture.prior()
    shown = ", ".join(f"{name} {share:.3f}" for name, share in zip(SMILEYS, prior))
    yield f"Shown (a set's mass spread evenly): {shown}."
    yield ""
    yield (
        f"Who knew a window's source only, and answered with its commonest smiley, would be right "
        f"in {betrayed(mixture):.3f} of the windows; who knew nothing, in {prior.max():.3f}."
    )


def betrayed(mixture):
    """Share of right answers that the source alone gives: a shortcut's worth at most.

    The smiley of a face with a set of them is drawn evenly from the set.
    """
    return float(sum(share * prior.max() for share, prior in mixture.priors()))


def chosen_lines(chosen):
    """What those who chose said of each way to finish."""
    tried = chosen["finish"]
    names = [name for name in tried[0] if name.endswith(("_own", "_among"))]
    yield f"| statistics of real faces | bias | mean | {' | '.join(names)} |"
    yield "| --- " * (len(names) + 3) + "|"
    for one in tried:
        same = all(one[name] == chosen[name] for name in ("weight", "penalty"))
        mark = " (taken)" if same else ""
        bias = bias_words(one["penalty"])
        cells = " | ".join(f"{one[name]:.3f}" for name in names)
        yield (f"| {one['weight']:.2f} | {bias}{mark} | {one['choose_accuracy']:.3f} | {cells} |")


def bias_words(penalty):
    """How the last layer's bias was found: a penalty, None for none, or words already."""
    return f"penalty {penalty:g}" if isinstance(penalty, float) else penalty or "as learnt"


def failure_lines(recalled):
    """The labels that are read worst, by set that chose: dict of name to recalls."""
    for name, recall in recalled.items():
        worst = sorted(recall, key=recall.get)[:5]
        said = ", ".join(f"{label} {recall[label]:.2f}" for label in worst)
        yield f"- {name}: recall is lowest for {said}."


def training_lines(chosen, before):
    """How it was trained: one line, or two where another training has chosen before it."""
    lines = [f"`python {one['command']}`: {one['training']}" for one in (before, chosen) if one]
    return [f"{k}. {line}" for k, line in enumerate(lines, 1)] if before else lines


def write_card(path, mixture, chosen, recalled, before=None):
    """Write what is known of trained weights.

    Parameters
    ----------
    path : pathlib.Path
    mixture : experiments.real.mixture.Mixture
    chosen : dict
        As ``chosen.json`` has it: ``command`` and ``training`` (a sentence), what was tried to
        ``finish`` it, what was taken, and the last epoch's metrics.
    recalled : dict of str to dict
        Recall of each label, a set that chose each.
    before : dict, optional
        The same of the training that has chosen how this one is finished.
    """
    faces = sum(len(part.source) for part in mixture.parts)
    labels = np.unique(np.concatenate([part.source.strata for part in mixture.parts]))
    names = list(LABELS)
    sets = [name for k, name in enumerate(names) if k in labels and len(LABELS[name]) > 1]
    lines = [
        f"# {path.stem}.npz: the smiley net for real people",
        "",
        "The article's network (`nets/smiles.py`, `build_net_smiles`) with "
        f"{len(SMILEYS)} classes: {', '.join(SMILEYS)}.",
        "",
        "## Data",
        "",
        f"{faces} faces of {len(mixture.parts)} sources, none of them a person or picture that "
        "chose or judged:",
        "",
        *data_lines(mixture),
        "",
        f"Some labels are sets of smileys ({', '.join(sets)}): the loss is minus the logarithm "
        "of the probability that the set has.",
        *class_lines(mixture),
        "",
        "## Training",
        "",
        *training_lines(chosen, before),
        "",
        "## Measured",
        "",
        "On those who chose how it was finished: people and pictures that no source "
        "trains on, among them performers of the Taiwanese facial expression database (`acted`) "
        "of the first half, unless all of those train. A vote of nine windows; means over the "
        "labels; `own`: the answer among all 17 smileys, `among`: among those that the set has. "
        "`mistaken`, which chooses nothing: how many faces that a net took for a rare smiley and "
        "that are none it names otherwise. A calibrated bias is asked of the people on whom it was "
        "not fitted.",
        "",
        *(["After step 1:", "", *chosen_lines(before), "", "After step 2:", ""] if before else []),
        *chosen_lines(chosen),
        "",
        "## Where it fails",
        "",
        *failure_lines(recalled),
    ]
    write_file(path, "\n".join(lines) + "\n")
