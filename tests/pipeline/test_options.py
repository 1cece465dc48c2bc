"""Which smiley net speaks where nobody names one."""

import argparse
from pathlib import Path

import pytest

from pipeline.options import add_smiles_option, smiles_path


@pytest.mark.parametrize(
    ("there", "words", "chosen"),
    [
        (["real.npz", "smiles.npz"], [], "real.npz"),
        (["smiles.npz"], [], "smiles.npz"),  # a folder that a training left
        (["real.npz", "smiles.npz"], ["--smiles", "mine.npz"], "mine.npz"),
    ],
)
def test_the_net_for_real_people_goes_first(there, words, chosen, tmp_path):
    for name in there:
        (tmp_path / name).touch()
    parser = argparse.ArgumentParser()
    add_smiles_option(parser)
    parser.set_defaults(weights=tmp_path)
    path = smiles_path(parser.parse_args(words))
    assert path == (Path(chosen) if words else tmp_path / chosen)
