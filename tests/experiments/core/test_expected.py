"""What each experiment's help begins with: how long it takes, and the committed number."""

import json

import pytest

from common.cli import ROOT
from common.tables import read_csv
from experiments import eval_leakage
from experiments.core import expected
from experiments.core.expected import EXPECTED, expecting
from experiments.core.findings import Findings

EXPERIMENTS = ROOT / "experiments"
# What measures nothing: pages, old pictures packed, and the benches' other processes.
OTHERS = {"make_docs", "make_replay", "bench/ours"}
WAITING = {"choose_recipe"}  # no result is committed yet


def test_every_experiment_says_what_to_expect():
    named = set()
    for path in sorted(EXPERIMENTS.rglob("*.py")):
        name = path.relative_to(EXPERIMENTS).with_suffix("").as_posix()
        text = path.read_text(encoding="utf-8")
        if "use_project_python()" in text and name not in OTHERS and not name.startswith("real/"):
            assert f'expecting(__doc__, "{name}")' in text, name
            named.add(name)
    assert named == set(EXPECTED)


@pytest.mark.parametrize(
    "script", sorted(name for name, (_, words) in EXPECTED.items() if words and name not in WAITING)
)
def test_committed_results_have_the_numbers(script):
    _, words = EXPECTED[script]
    assert any(letter.isdigit() for letter in words(Findings()))


def test_the_help_begins_with_the_tables_number(capsys):
    with pytest.raises(SystemExit):
        eval_leakage.parse_args(["--help"])
    (person,) = [
        float(row["accuracy"])
        for row in read_csv(ROOT / "results" / "leakage" / "leakage.csv")
        if [row[k] for k in ("set", "split", "method")] == ["takes", "person", "nearest pixel"]
    ]
    title, cost = capsys.readouterr().out.split("options:")[0].split("\n\n")[1:3]
    assert title == eval_leakage.__doc__.split("\n\n")[0]
    assert cost.startswith("Takes minutes on two cores. To expect: ")
    assert f"{person:.3f}" in cost


def test_results_to_come(tmp_path, monkeypatch):
    monkeypatch.setattr(expected, "Findings", lambda: Findings(tmp_path))
    scripts = ("choose_recipe", "eval_enrol_real", "eval_people")
    for script in scripts:
        said = expecting("What it does.\n\nMore.\n", script)
        assert said.endswith("two cores. Its result is not committed yet.\n\nMore.\n")
    for name in ("recipe", "eval_people/rendered", "enrol_real"):
        (tmp_path / name).mkdir(parents=True)
    chosen = {"batch": 64, "batches": 3000}
    (tmp_path / "recipe" / "recipe.json").write_text(json.dumps({"chosen": chosen}))
    (tmp_path / "eval_people" / "rendered" / "people.csv").write_text(
        "people,accuracy\n5,0.3\n20,0.61234\n"
    )
    (tmp_path / "enrol_real" / "table.csv").write_text(
        "pictures_each,before,after\n1,0.1,0.2\n5,0.1,0.75\n"
    )
    said = [expecting("What it does.", script) for script in scripts]
    assert "batch 64, batches 3000." in said[0]
    assert "0.100 right before, 0.200 after 1 and 0.750 after 5 of each smiley" in " ".join(
        said[1].split()
    )
    assert "accuracy 0.612 on new people from 20 people" in said[2]
