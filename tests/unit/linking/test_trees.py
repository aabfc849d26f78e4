"""Trees as data give the probabilities of the library that grew them."""

from __future__ import annotations

import json

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits

from zhibian.coding.terms.trees import trees_from
from zhibian.training.ranker import as_data


def test_trees_from_json_agree_with_the_library_also_on_unknown_values() -> None:
    dice = np.random.default_rng(3)
    rows = dice.normal(size=(600, 5)).astype(np.float32)
    truth = (rows[:, 0] * rows[:, 1] + 0.3 * rows[:, 2] > 0).astype(int)
    rows[dice.random(rows.shape) < 0.1] = np.nan
    model = HistGradientBoostingClassifier(max_iter=20, max_leaf_nodes=8, random_state=0)
    with threadpool_limits(1):
        model.fit(rows, truth)
    trees = trees_from(json.loads(json.dumps(as_data(model))))
    ours, theirs = trees.probability(rows), model.predict_proba(rows)[:, 1]
    assert np.abs(ours - theirs).max() < 1e-4


def test_no_rows_give_no_probabilities() -> None:
    tree = {
        "feature": [-1],
        "threshold": [0.0],
        "left": [0],
        "right": [0],
        "missing_left": [0],
        "value": [0.0],
    }
    trees = trees_from({"baseline": 0.0, "depth": 0, "trees": [tree]})
    assert trees.probability(np.zeros((0, 3), np.float32)).shape == (0,)
    assert trees.probability(np.zeros((2, 3), np.float32)).tolist() == [0.5, 0.5]
