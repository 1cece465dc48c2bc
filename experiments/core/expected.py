"""What each experiment takes on two cores, and the number that it should give.

The numbers are read from the committed results when ``--help`` asks: they cannot go stale.
"""

import statistics
import textwrap

from common.cli import UserError
from experiments.core.findings import Findings


def detector(found):
    """Recall of the shipped nets on the composed pictures."""
    recall = found.value("detector/table.csv", "recall", detector="ours", rate="0.1")
    return f"recall {recall} at 0.1 false faces a picture"


def real_faces(found):
    """The shipped net on pictures from the web."""
    return f"{found.real('fer_valid', 'real')} of web pictures right, among the set's labels"


def rare(found):
    """On strangers in news photos."""
    value = found.value("eval_rare/table.csv", "share", set="strangers", net="real")
    return f"{value} of strangers in news photos are named a rare smiley"


def real_people(found):
    """From the fewest people to the most."""
    rows = found.rows("eval_real_people/table.csv", sets="real")
    first, last = ((row["people"], float(row["accuracy"])) for row in (rows[0], rows[-1]))
    return f"{first[1]:.3f} right with {first[0]} people, {last[1]:.3f} with {last[0]}"


def sources(found):
    """What rendered people alone give."""
    all_, rendered = (found.sources("real")[kind][0] for kind in ("all", "rendered only"))
    return f"{all_} right of real people by all sources, {rendered} by rendered people only"


def splits(found):
    """The article's comparison, on rendered people."""
    by_image = found.split("rendered", "image", True)
    by_person = found.split("rendered", "person", True)
    return f"held-out accuracy {by_image} by image and {by_person} by person, augmented"


def enrolment(found):
    """Mean over rendered women, of one shot of each smiley."""
    rows = found.rows("enrol/table.csv", plan="one shot")
    before, after = (statistics.mean(float(row[k]) for row in rows) for k in ("before", "after"))
    return f"accuracy on her other pictures {before:.3f} before, {after:.3f} after"


def augmentation(found):
    """Held-out people without augmentation and with the default one."""
    none, default = (
        found.value("eval_augment/strength/ablation.csv", "val", split="person", what=strength)
        for strength in ("0.0", "1.0")
    )
    return f"accuracy by person {none} without augmentation, {default} with it"


def leakage(found):
    """What copying the nearest picture gets."""
    by_image, by_person = (
        found.value("leakage/leakage.csv", "accuracy", set="takes", split=split,
                    method="nearest pixel")
        for split in ("image", "person")
    )  # fmt: skip
    return f"the nearest training picture names {by_image} by image, {by_person} by person"


def realism(found):
    """A classifier that is no network, on photographs."""
    value = found.value(
        "calibration/table.csv", "accuracy", set="real", classifier="HOG, linear", split="person"
    )
    return f"HOG and a linear classifier name {value} of new real people's pictures"


def people(found):
    """The largest number of people that was tried."""
    most = max(found.rows("eval_people/rendered/people.csv"), key=lambda row: int(row["people"]))
    return f"accuracy {float(most['accuracy']):.3f} on new people from {most['people']} people"


def recipe(found):
    """What was chosen."""
    chosen = found.json("recipe/recipe.json")["chosen"]
    return ", ".join(f"{name} {value}" for name, value in chosen.items())


def enrolment_real(found):
    """Mean over real people, with fewest and with most pictures."""
    rows = found.rows("enrol_real/table.csv")
    rows = [row for row in rows if row["pictures_each"].isdigit()]  # the others are puppets
    first, last = (
        (row["pictures_each"], *(float(row[name]) for name in ("before", "after")))
        for row in (rows[0], rows[-1])
    )
    return (
        f"of real people's other pictures {first[1]:.3f} right before, {first[2]:.3f} after "
        f"{first[0]} and {last[2]:.3f} after {last[0]} of each smiley"
    )


def losses(found):
    """Of composed pictures."""
    row = found.row("detector/news/shipped.csv", set="composed")
    return f"{row['found']} of {row['faces']} faces found"


def difference(found):
    """Of the nets that went on from the shipped ones."""
    row = found.row("detector/news/difference.csv", rate="0.1")
    gain, low, high = (f"{float(row[name]):+.3f}" for name in ("difference", "low", "high"))
    return f"recall {gain} ({low} to {high}) at 0.1 false squares a picture"


def ceiling(found):
    """What a net twice as wide gains on as many batches."""
    where = {"nets": "wide less on", "rate": "0.1"}
    gain, low, high = (
        f"{float(found.row('detector/ceiling/difference.csv', **where)[name]):+.3f}"
        for name in ("difference", "low", "high")
    )
    return f"recall {gain} ({low} to {high}) by a net twice as wide"


def agreement(found):
    """At half the size."""
    row = found.row("detector/agreement/composed.csv", change="half")
    return f"{row['stay']} of {row['found']} faces stay found at half the size"


def promise(found):
    """The shipped way to choose, judged on groups of people and scenes left out."""
    row = found.row("detector/threshold/table.csv", level="0.95", **{"left out": "1"})
    return f"{row['false']} false squares a picture on people and scenes left out"


def mirror(found):
    """Browser and Theano on the demo's videos."""
    same = found.json("smielfy/mirror.json")
    return f"the same answer in {same['same']} of {same['frames']} frames"


def load(found):
    """How long a page is waited for."""
    asked = found.json("smielfy/load.json")
    return f"{asked['failed']} requests fail, half of them take {asked['all']['median']:.3f} s"


def vote(found):
    """What the vote of 45 windows gains."""
    gain = found.vote_gain("shifted by two fifths")
    return f"the vote gains {gain} points on squares shifted by two fifths"


def speed(found):
    """The vote beside the fastest peer's, on one core."""
    what = "vote of 45 windows, votes a second"
    rows = found.rows("bench/amd-epyc-26-2/table.csv", what=what, threads="1")
    others = [row for row in rows if not row["who"].startswith("ours")]
    peer = min(others, key=lambda row: float(row["ours_faster"]))
    return f"the vote is {float(peer['ours_faster']):.1f} times as fast as by {peer['who']}"


def shortcuts(found):
    """The cheaper vote."""
    row = found.row("bench/agreement.csv", video="known.mp4", way="vote shared")
    return f"the same smiley in {float(row['same_smiley']):.1%} of the frames by the shared vote"


def precision(found):
    """Over all pictures."""
    rows = found.rows("bench/precision.csv")
    same = sum(float(row["same_winner"]) * int(row["frames"]) for row in rows)
    return f"the same winner in {same / sum(int(row['frames']) for row in rows):.2%} of the frames"


def convolutions(found):
    """Sums over the blocks, one window."""
    theirs, ours = (
        sum(float(row["microseconds"]) for row in found.rows("bench/layers.csv", precision=name))
        for name in ("float32", "float32 here")
    )
    return f"minimal filtering is {theirs / ours:.1f} times as fast as oneDNN's float32"


def memory(found):
    """The second half's largest."""
    rows = found.rows("bench/memory.csv")
    return f"at most {max(float(row['megabytes']) for row in rows):.0f} MB"


# Script to its time and, where results are committed, what they say.
EXPECTED = {
    "bench/agreement": ("ten minutes", shortcuts),
    "bench/bench": ("five minutes", speed),
    "bench/layers": ("a minute", convolutions),
    "bench/memory": ("30 minutes", memory),
    "bench/precision": ("minutes", precision),
    "blend_detector": ("seconds", None),
    "choose_recipe": ("3 to 5 hours", recipe),
    "claims_figure": ("seconds", None),
    "compare_detectors": ("minutes", difference),
    "enrol": ("ten seconds", enrolment_real),
    "eval_agreement": ("minutes", agreement),
    "eval_augment": ("8 hours", augmentation),
    "eval_ceiling": ("an hour", ceiling),
    "eval_detector": ("half an hour", detector),
    "eval_enrol": ("ten minutes", enrolment),
    "eval_enrol_real": ("two minutes", enrolment_real),
    "eval_frames": ("minutes", None),
    "eval_leakage": ("minutes", leakage),
    "eval_server_load": ("minutes", load),
    "eval_stages": ("minutes", losses),
    "eval_mirror": ("minutes", mirror),
    "eval_people": ("two hours", people),
    "eval_rare": ("minutes", rare),
    "eval_real": ("minutes", real_faces),
    "eval_real_people": ("an hour and a half", real_people),
    "eval_realism": ("25 minutes", realism),
    "eval_sealed": ("minutes", None),
    "eval_sources": ("an hour and a half", sources),
    "eval_split": ("a night", splits),
    "eval_threshold": ("minutes", promise),
    "eval_transfer": ("minutes", None),
    "eval_vote": ("half an hour", vote),
    "make_hard_faces": ("minutes", None),
    "make_odd_faces": ("minutes", None),
    "make_parts": ("a minute", None),
    "make_wallpapers": ("seconds", None),
    "set_confidence": ("minutes", None),
    "set_threshold": ("minutes", None),
    "train_calibration": ("20 minutes", None),
    "train_detector": ("an hour", detector),
    "train_real": ("an hour", real_faces),
    "train_smiles": ("a quarter of an hour", splits),
}


def expecting(doc, script):
    """A script's docstring; after its first line what a run takes and should give.

    Parameters
    ----------
    doc : str
    script : str
        Of `EXPECTED`.

    Returns
    -------
    str
        A result that is not committed yet is said to be so.
    """
    takes, words = EXPECTED[script]
    title, _, rest = doc.partition("\n\n")
    try:
        found = f" To expect: {words(Findings())}." if words else ""
    except UserError:
        found = " Its result is not committed yet."
    cost = textwrap.fill(f"Takes {takes} on two cores.{found}", 100)
    return f"{title}\n\n{cost}\n\n{rest}"
