"""Weigh the parts of a record classifier (加权): fitted where no part was fitted."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.optimize import minimize

from zhibian.coding.record_codes.parts import Blend, Floats, Scores, log_softmax, sigmoid

# Draws the weights towards equal ones: tuning records are few.
_RIDGE = 0.05
_TINY = 1e-7


def fit_blend(scores: Mapping[str, Scores], principal: np.ndarray, others: np.ndarray) -> Blend:
    """Fit the weights that make the filed codes of the tuning records most likely.

    The threshold for other diagnoses is then set so that as many are taken as were filed:
    neither recall nor precision is bought with the other.

    Parameters
    ----------
    scores
        Scores of the tuning records, by part.
    principal
        Label number of each filed principal diagnosis.
    others
        Which labels were filed as other diagnoses, shape (records, labels).
    """
    names = list(scores)
    heads = np.stack([scores[name].principal for name in names])
    odds = np.stack([scores[name].others for name in names])
    even = np.full(len(names), 1 / len(names))
    bounds = [(0.0, None)] * len(names)

    def principal_loss(weights: np.ndarray) -> float:
        logs = log_softmax(np.tensordot(weights, heads, 1))
        return float(-logs[np.arange(len(principal)), principal].mean()) + _ridge(weights, even)

    def others_loss(weights: np.ndarray) -> float:
        chance = np.clip(
            sigmoid(np.tensordot(weights[:-1], odds, 1) + weights[-1]), _TINY, 1 - _TINY
        )
        likely = np.where(others, np.log(chance), np.log(1 - chance))
        return float(-likely.sum(axis=1).mean() / len(names)) + _ridge(weights[:-1], even)

    first = minimize(principal_loss, even, bounds=bounds).x
    second = minimize(others_loss, np.append(even, 0.0), bounds=[*bounds, (None, None)]).x
    offset = float(second[-1])
    chance = sigmoid(np.tensordot(second[:-1], odds, 1).astype(np.float32) + np.float32(offset))
    return Blend(
        principal=dict(zip(names, map(float, first), strict=True)),
        others=dict(zip(names, map(float, second[:-1]), strict=True)),
        others_offset=offset,
        threshold=_as_many(chance, int(others.sum())),
    )


def _ridge(weights: np.ndarray, even: np.ndarray) -> float:
    return _RIDGE * float(((weights - even) ** 2).sum())


def _as_many(chances: Floats, filed: int) -> float:
    """Return the probability that as many labels reach as were filed."""
    ordered = np.sort(chances.ravel())[::-1]
    return float(ordered[min(max(filed, 1), len(ordered)) - 1])
