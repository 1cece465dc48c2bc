"""Short trainings that are compared: who trains, and what an arm gives."""

import json

import numpy as np
import pytest

from common.cli import ROOT
from experiments.core.provenance import code_hashes
from experiments.core.training import CHECKPOINT
from experiments.real import ablation, arms, growth
from experiments.real.choosing import Chooser
from experiments.real.labels import SMILEYS
from experiments.real.mixture import Part
from experiments.real.recipe import SHARES
from tests.experiments.real.drawn import faces

pytestmark = pytest.mark.slow


def parts_of_people(**counts):
    """Parts with so many people each, two pictures a person; shares 0.75 and 0.25, rendered 0.5."""
    shares = {"fer": 0.75, "genki": 0.25, "rendered": 0.5}
    made = []
    for name, count in counts.items():
        people = [f"{name}{k // 2}" for k in range(2 * count)]
        made.append(Part(faces(name, ["smile"] * (2 * count), people=people), shares[name]))
    return made


def people_in(parts):
    return {part.source.name: set(part.source.people) for part in parts}


def test_few_people_are_drawn_by_share_with_all_their_pictures_and_are_among_many():
    parts = parts_of_people(fer=40, genki=40, rendered=5)
    few, many = (people_in(arms.fewer(parts, count, seed=3)) for count in (8, 40))
    assert {name: len(people) for name, people in few.items()} == {
        "fer": 6, "genki": 2, "rendered": 5,
    }  # fmt: skip
    assert {name: len(people) for name, people in many.items()} == {
        "fer": 30, "genki": 10, "rendered": 5,
    }  # fmt: skip
    assert all(few[name] <= many[name] for name in few)
    assert few["fer"] != people_in(arms.fewer(parts, 8, seed=4))["fer"]
    kept = {part.source.name: len(part.source) for part in arms.fewer(parts, 8, seed=3)}
    assert kept == {"fer": 12, "genki": 4, "rendered": 10}


def test_a_source_with_fewer_people_gives_all_and_every_source_one():
    parts = parts_of_people(fer=3, genki=40, rendered=1)
    assert len(people_in(arms.fewer(parts, 100, seed=0))["fer"]) == 3
    assert len(people_in(arms.fewer(parts, 1, seed=0))["genki"]) == 1


def test_leaving_a_source_out_leaves_the_shares_of_the_others():
    data = arms.RealData(parts_of_people(fer=3, genki=3, rendered=1), [])
    mixture = data.mixture(arms.RealArm("x", ("genki", "rendered")))
    assert [part.source.name for part in mixture.parts] == ["genki", "rendered"]
    assert mixture.shares == pytest.approx([1 / 3, 2 / 3])


def test_the_ablation_leaves_out_each_source_once_a_seed():
    found = ablation.plan(2, epochs=1, steps=2, batch=3)
    left = {kind: set(SHARES) - set(arm.sources) for (kind, seed), arm in found.items()}
    assert left == {
        "all": set(),
        "rendered only": set(SHARES) - {"rendered"},
        **{f"without {name}": {name} for name in SHARES},
    }
    assert [seed for _, seed in found] == [0] * len(left) + [1] * len(left)
    assert len({arm.name for arm in found.values()}) == 2 * len(left)


def test_all_that_a_training_imports_of_this_folder_is_counted_in_its_code():
    """Of what `train_arm` runs nothing of `experiments/real` may change unnoticed."""
    unneeded = {"__init__", "ablation", "answers", "card", "compared", "finish_as", "growth",
                "measures", "options", "peers", "rare", "report",
                "unpack", "vocabulary"}  # fmt: skip
    there = {path.stem for path in (ROOT / "experiments" / "real").glob("*.py")}
    assert {f"experiments/real/{name}.py" for name in there - unneeded} <= set(arms.MODULES)
    assert set(code_hashes(arms.MODULES)) == set(arms.MODULES)


@pytest.fixture
def toy(monkeypatch):
    """Data of drawn faces."""
    monkeypatch.setattr(arms, "START", None)
    parts = [Part(faces(name, ["smile", "wink", "sad"]), share) for name, share in SHARES.items()]
    sets = [Chooser.of(faces(name, ["smile", "wink"])) for name in ("acted", "puppets")]
    return arms.RealData(parts, sets)


def trained(arm, data, folder, stop=lambda: False):
    folder.mkdir(exist_ok=True)
    return arms.train_arm(arm, data.hash(), data, folder, stop, lambda: None)


def test_an_arm_names_every_picture_and_the_same_again(toy, tmp_path):
    arm = arms.RealArm("all", tuple(SHARES), epochs=2, steps=2, batch=4)
    found = trained(arm, toy, tmp_path / "a")
    assert json.loads(json.dumps(found)) == found | {"settings": json.loads(
        json.dumps(found["settings"]))}  # fmt: skip
    assert {name: len(named) for name, named in found["named"].items()} == {
        "acted": 2, "puppets": 2,
    }  # fmt: skip
    assert all(0 <= k < len(SMILEYS) for named in found["named"].values() for k in named)
    assert found["pictures"] == 3 * len(SHARES)
    assert len(found["curve"]) == 2
    assert trained(arm, toy, tmp_path / "b") == found


def test_an_arm_that_was_stopped_goes_on_unless_the_code_is_another(toy, tmp_path, monkeypatch):
    from common.interrupt import Stopped

    arm = arms.RealArm("all", tuple(SHARES), epochs=2, steps=2, batch=4)
    asked = iter([False, False, False, True])
    with pytest.raises(Stopped):
        trained(arm, toy, tmp_path, stop=lambda: next(asked))
    steps = []
    begun = tmp_path / CHECKPOINT
    kept = begun.read_bytes()
    arms.train_arm(arm, toy.hash(), toy, tmp_path, lambda: False, lambda: steps.append(1))
    assert len(steps) == 1
    begun.write_bytes(kept)
    monkeypatch.setattr(arms, "codes", lambda: {"augment/stream.py": "00000000"})
    steps.clear()
    arms.train_arm(arm, toy.hash(), toy, tmp_path, lambda: False, lambda: steps.append(1))
    assert len(steps) == 4


@pytest.mark.parametrize("module", [ablation, growth])
def test_a_report_names_what_was_measured(toy, tmp_path, module):
    plan = ablation.plan if module is ablation else lambda *a, **k: growth.plan((20, 60, 200), *a)
    planned = plan(2)
    chance = np.random.default_rng(0)
    named = [int(one.targets[0].argmax()) for one in toy.sets]
    results = {
        arm.name: {
            "pictures": 7,
            "curve": [0.25],
            "named": {
                one.name: [right, int(chance.integers(17))] for one, right in zip(toy.sets, named)
            },
        }
        for arm in planned.values()
    }
    module.write_results(toy, planned, results, ["nets/smiles.py"], tmp_path, "python x.py")
    report = (tmp_path / "REPORT.md").read_text()
    assert "python x.py" in report
    assert "nets/smiles.py" in report
    assert "acted 2 (2), puppets 2 (2)" in report
    assert len(list(tmp_path.glob("*.png"))) == 1
    rows = (tmp_path / "table.csv").read_text().splitlines()
    sets = 3 if module is ablation else 2
    assert len(rows) == 1 + sets * len({kind for kind, _ in planned})
