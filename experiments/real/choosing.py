"""People and pictures that choose: no source trains on them, and they judge nothing."""

from dataclasses import dataclass

import numpy as np

from common.crops import crop
from experiments.real.acted import ACTED, read_acted
from experiments.real.labels import LABELS, SMILEYS, allowed
from experiments.real.recipe import read_source
from nets.input import network_input
from pipeline.light import normalize_contrast
from pipeline.windows import neighbours

VOTING = (1.0,)  # scales of the windows that vote: nine, as good as the pipeline's 45
FEWEST = 3  # pictures of a label: a mean over labels would hang on fewer
SHOWN = 500  # pictures of a set at most
# Sets that are told beside: faces of which is known what they are not, and winks out of blinks.
TOLD = ("mistaken", "winks")


@dataclass
class Chooser:
    """Pictures of one origin that choose.

    Parameters
    ----------
    name : str
    inputs : ndarray of float32 (N, 3, 48, 48)
        The face's square as it is.
    targets : ndarray of float32 (N, labels)
    votes : ndarray of uint8 (N, 9, 48, 48, 3)
        Windows beside it, as the pipeline asks them: where it stands and where it does not.
    people : list of str
        Whom each picture shows.
    among : tuple of str
        Smileys of which the set holds one: two answers are counted, among all and among these.
    """

    name: str
    inputs: np.ndarray
    targets: np.ndarray
    votes: np.ndarray
    people: list
    among: tuple = SMILEYS

    @classmethod
    def of(cls, faces, among=SMILEYS):
        """From a source, thinned to `SHOWN` pictures."""
        some = range(0, len(faces), -(-len(faces) // SHOWN))
        votes = [crop(faces.pictures[k], neighbours(faces.boxes[k], VOTING)) for k in some]
        middle = len(votes[0]) // 2  # the square itself
        votes = np.stack([normalize_contrast(windows, windows[middle]) for windows in votes])
        people = [faces.people[k] for k in some]
        inputs = network_input(votes[:, middle])
        return cls(faces.name, inputs, faces.targets[list(some)], votes, people, among)

    def measure(self, predicted):
        """Accuracies of probabilities (N, classes), each the mean over the labels.

        Named ``NAME_own`` and ``NAME_among``.
        """
        measured = {f"{self.name}_own": mean_recall(predicted, self.targets, SMILEYS)}
        if self.among != SMILEYS:
            measured[f"{self.name}_among"] = mean_recall(predicted, self.targets, self.among)
        return measured


def recalls(predicted, targets, among):
    """Share of right answers for each label that the targets have: {label: share}.

    An answer is the class of highest probability among some; right is one that a face's
    heaviest label allows.
    """
    known = np.isin(SMILEYS, among)
    answers = np.where(known, predicted, -1).argmax(axis=1)
    heaviest = targets.argmax(axis=1)
    right = allowed(SMILEYS)[heaviest, answers]
    names = list(LABELS)
    return {names[k]: float(right[heaviest == k].mean()) for k in np.unique(heaviest)}


def mean_recall(predicted, targets, among):
    """Mean of `recalls` over the labels of at least `FEWEST` pictures, or over all if none has."""
    counts = np.bincount(targets.argmax(axis=1), minlength=len(LABELS))
    found = recalls(predicted, targets, among)
    known = [found[name] for name, count in zip(LABELS, counts) if count >= FEWEST]
    return float(np.mean(known or list(found.values())))


def choosers(names, data, rendered, puppets, acted=True):
    """The sets that choose for a mixture of named sources.

    Performers of the first half choose but for those who train; without ``acted`` none does.
    """
    made = []
    if acted:
        part = "choose" if "acted" in names else "first half"
        made.append(Chooser.of(read_acted(data, part), ACTED))
    for name in ("fer", "labelled", "strangers", "portraits", "puppets"):
        if name in names or name not in ("rendered", "puppets"):
            faces = read_source(name, data, rendered, puppets, "choose")
            among = {"fer": ACTED, "strangers": SMILEYS, "portraits": ACTED}.get(name, SMILEYS)
            made.append(Chooser.of(faces, among))
    return made


def told(data):
    """The sets of `TOLD`: told beside those that choose."""
    return [Chooser.of(read_source(name, data, None, None, "choose")) for name in TOLD]


def chosen_metrics(sets, predicted):
    """All sets' accuracies, and their mean as ``choose_accuracy``.

    Sets of `TOLD` choose nothing: who names rare smileys less is right about what a face is not,
    and who winks at every shadow about winks.

    Parameters
    ----------
    sets : list of Chooser
    predicted : list of ndarray (N, classes)
        Probabilities, a set each.
    """
    measured = {}
    for one, rows in zip(sets, predicted):
        measured.update(one.measure(rows))
    counted = [value for name, value in measured.items() if not name.startswith(TOLD)]
    mean = float(np.mean(counted))
    return {**measured, "choose_accuracy": mean, "choose_loss": 1 - mean}
