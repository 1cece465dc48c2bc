"""The words that reports share."""

import pytest

from experiments.core.results import table_head


@pytest.mark.parametrize(
    ("names", "rule"), [("| a |", "| --- |"), ("| way | ms a frame | |", "| --- | --- | --- |")]
)
def test_the_rule_has_a_column_for_each_name(names, rule):
    assert table_head(names) == [names, rule]
