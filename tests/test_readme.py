"""What README and Makefile name is there."""

import re

import pytest

from common.cli import ROOT

SCRIPT = re.compile(r"\b(?:[a-z_]+/)+[a-z_0-9]+\.(?:py|sh)\b")


@pytest.mark.parametrize("name", ["README.md", "Makefile"])
def test_every_script_named_is_there(name):
    named = set(SCRIPT.findall((ROOT / name).read_text(encoding="utf-8")))
    assert len(named) > 5
    assert [path for path in sorted(named) if not (ROOT / path).is_file()] == []
