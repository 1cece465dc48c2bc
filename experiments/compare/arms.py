"""What the arms are made of that compare smiley nets of labelled people."""

from experiments.compare.training import train_arm
from experiments.core.arms import Work
from experiments.core.provenance import COUNTED
from experiments.smileys.data import SmileyData


def train_one(arm, data_hash, data, folder, stop, tick):
    """`train_arm` in the order of `experiments.core.arms.Work`."""
    return train_arm(arm, data, data_hash, folder, stop, tick)


WORK = Work(SmileyData.read, train_one, COUNTED)
