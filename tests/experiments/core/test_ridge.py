"""Ridge against its normal equations, and the choice of its penalty against trying all."""

import numpy as np
import pytest

from experiments.core.ridge import Ridge, ridge_names


@pytest.mark.parametrize("shape", [(30, 8), (12, 40)])
@pytest.mark.parametrize("penalty", [0.01, 3.0])
def test_outputs_solve_the_normal_equations(shape, penalty):
    rng = np.random.default_rng(0)
    train, test = rng.normal(size=shape), rng.normal(size=(25, shape[1]))
    labels = np.array(list("abc"))[rng.integers(3, size=len(train))]
    ridge = Ridge(train)
    (found,) = ridge.name(ridge.project(test), labels, [penalty])
    x = train - train.mean(axis=0)
    target = (labels[:, None] == np.array(list("abc"))).astype(float)
    weights = np.linalg.solve(
        x.T @ x + penalty * np.eye(shape[1]), x.T @ (target - target.mean(axis=0))
    )
    outputs = (test - train.mean(axis=0)) @ weights + target.mean(axis=0)
    assert "".join(found) == "".join("abc"[k] for k in outputs.argmax(axis=1))


def test_the_penalty_is_chosen_on_groups_that_are_held_out():
    rng = np.random.default_rng(1)
    # Each group of four carries its own mark, which without a penalty is learnt by heart.
    groups = np.repeat(np.arange(20), 4)
    labels = rng.integers(2, size=80)
    train = np.hstack([rng.normal(size=(80, 30)), np.eye(20)[groups] * 5])
    train[:, 0] += labels
    penalties = (1e-6, 1.0, 100.0)
    right = dict.fromkeys(penalties, 0)
    for fold in range(4):
        own = groups % 4 == fold
        ridge = Ridge(train[~own])
        for penalty in penalties:
            (named,) = ridge.name(ridge.project(train[own]), labels[~own], [penalty])
            right[penalty] += (named == labels[own]).sum()
    best = max(penalties, key=lambda penalty: (right[penalty], penalty))
    assert len(set(right.values())) == 3
    test = rng.normal(size=(50, 50))
    (found,) = ridge_names(train, [labels], test, groups.tolist(), penalties)
    ridge = Ridge(train)
    assert found.tolist() == ridge.name(ridge.project(test), labels, [best])[0].tolist()
