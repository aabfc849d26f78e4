"""Train the re-ranker (训练重排模型) on pairs that the encoder has not seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import KFold
from threadpoolctl import threadpool_limits

from zhibian.coding.terms.features import Compared
from zhibian.coding.terms.ranker import FINALISTS, beside_rows
from zhibian.coding.terms.types import Floats, Integers

FOLDS = 5
_LIMITS = np.arange(0.2, 0.8, 0.02)


@dataclass(frozen=True, slots=True)
class Example:
    """A term with its candidates and the right ones among them (训练样本).

    Attributes
    ----------
    compared
        Candidates and features.
    right
        Positions of the right names; those that are no candidates included.
    wanted
        Right names in all, also those that the code set lacks.
    """

    compared: Compared
    right: frozenset[int]
    wanted: int


@dataclass(frozen=True, slots=True)
class TreeRecipe:
    """How trees are grown (训练参数); the defaults are those of the shipped weights.

    Attributes
    ----------
    trees
        Trees a stage.
    rate
        Learning rate.
    leaves
        Most leaves of a tree.
    least
        Least rows of a leaf.
    ridge
        L2 penalty of leaf values.
    share
        Share of the features that a split may choose from, 0 to 1.
    seed
        Of folds and trees.
    """

    trees: int = 200
    rate: float = 0.04
    leaves: int = 12
    least: int = 20
    ridge: float = 2.0
    share: float = 0.3
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Score:
    """How well choices agree with the right names (一致性).

    Attributes
    ----------
    f1
        Micro-F1 over names.
    accuracy
        Share of terms whose whole set is right.
    """

    f1: float
    accuracy: float


def train_ranker(
    examples: Sequence[Example],
    columns: Sequence[str],
    codes: Sequence[str],
    *,
    goal: str,
    recipe: TreeRecipe = TreeRecipe(),
) -> tuple[dict[str, Any], Score]:
    """Train both stages and choose the limit.

    The second stage learns from first-stage scores of folds that did not see the term;
    so does the limit from the second stage. The score returned is cross-validated too.

    Parameters
    ----------
    examples
        Terms with candidates.
    columns
        Names of the feature columns.
    codes
        Code of every name.
    goal
        ``f1`` or ``accuracy``: what the limit is chosen for.
    recipe
        How trees are grown.

    Returns
    -------
    tuple
        The mapping of the ranker's JSON file, and its cross-validated score.
    """
    second = replace(recipe, seed=recipe.seed + 1)
    rows = [e.compared.rows for e in examples]
    truth = [_truth(e.compared.places, e) for e in examples]
    alone_out = _out_of_fold(rows, truth, recipe)
    finals = [np.argsort(-s, kind="stable")[:FINALISTS] for s in alone_out]
    beside = [
        beside_rows(e.compared, s, order, codes)
        for e, s, order in zip(examples, alone_out, finals, strict=True)
    ]
    beside_truth = [t[order] for t, order in zip(truth, finals, strict=True)]
    beside_out = _out_of_fold(beside, beside_truth, second)
    places = [e.compared.places[order] for e, order in zip(examples, finals, strict=True)]
    scored = [measure(examples, places, beside_out, float(limit)) for limit in _LIMITS]
    best = max(range(len(scored)), key=lambda i: getattr(scored[i], goal))
    content = {
        "columns": list(columns),
        "alone": as_data(_fit(rows, truth, recipe)),
        "beside": as_data(_fit(beside, beside_truth, second)),
        "limit": round(float(_LIMITS[best]), 2),
    }
    return content, scored[best]


def measure(
    examples: Sequence[Example],
    places: Sequence[Integers],
    scores: Sequence[Floats],
    limit: float,
) -> Score:
    """Score the choices at one limit."""
    hits = chosen = wanted = whole = 0
    for example, found, score in zip(examples, places, scores, strict=True):
        kept = set(found[score >= limit].tolist()) or {int(found[score.argmax()])}
        right = len(kept & example.right)
        hits += right
        chosen += len(kept)
        wanted += example.wanted
        whole += right == len(kept) == example.wanted
    return Score(2 * hits / (chosen + wanted), whole / len(examples))


def as_data(model: HistGradientBoostingClassifier) -> dict[str, Any]:
    """Return boosted trees as lists of numbers; see `zhibian.coding.terms.trees`."""
    grown = []
    depth = 0
    for (predictor,) in model._predictors:
        nodes = predictor.nodes
        inner = ~nodes["is_leaf"].astype(bool)
        depth = max(depth, int(nodes["depth"].max()))
        thresholds = np.where(inner, nodes["num_threshold"], 0.0)
        values = np.where(inner, 0.0, nodes["value"])
        grown.append(
            {
                "feature": np.where(inner, nodes["feature_idx"].astype(np.int64), -1).tolist(),
                # In full: a rounded threshold sends values beside it the wrong way.
                "threshold": thresholds.tolist(),
                "left": nodes["left"].tolist(),
                "right": nodes["right"].tolist(),
                "missing_left": nodes["missing_go_to_left"].tolist(),
                "value": [float(f"{v:.6g}") for v in values],
            }
        )
    baseline = float(np.ravel(model._baseline_prediction)[0])
    return {"baseline": baseline, "depth": depth, "trees": grown}


def _truth(places: Integers, example: Example) -> NDArray[np.int64]:
    return np.array([int(p) in example.right for p in places], np.int64)


def _fit(
    rows: Sequence[Floats], truth: Sequence[NDArray[np.int64]], recipe: TreeRecipe
) -> HistGradientBoostingClassifier:
    model = HistGradientBoostingClassifier(
        max_iter=recipe.trees,
        learning_rate=recipe.rate,
        max_leaf_nodes=recipe.leaves,
        min_samples_leaf=recipe.least,
        l2_regularization=recipe.ridge,
        max_features=recipe.share,
        early_stopping=False,
        random_state=recipe.seed,
    )
    # One thread: the tables are small, and waiting for a second busy core costs more.
    with threadpool_limits(1):
        return model.fit(np.concatenate(rows), np.concatenate(truth))


def _out_of_fold(
    rows: Sequence[Floats], truth: Sequence[NDArray[np.int64]], recipe: TreeRecipe
) -> list[Floats]:
    found: list[Floats] = [np.zeros(0, np.float32)] * len(rows)
    for fit, rest in KFold(FOLDS, shuffle=True, random_state=recipe.seed).split(rows):
        model = _fit([rows[i] for i in fit], [truth[i] for i in fit], recipe)
        scores = model.predict_proba(np.concatenate([rows[i] for i in rest]))[:, 1]
        ends = np.cumsum([len(rows[i]) for i in rest])[:-1]
        for i, some in zip(rest, np.split(scores.astype(np.float32), ends), strict=True):
            found[i] = some
    return found
