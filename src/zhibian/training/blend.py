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

    The threshold for other diagnoses is half the best micro-F1 that the tuning records allow.
    For calibrated probabilities no other threshold gives a better F1 (Lipton, Elkan and
    Narayanaswamy 2014), and it hangs less on single records than the best cut itself.

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
        threshold=_best_f1(chance, others) / 2,
    )


def _ridge(weights: np.ndarray, even: np.ndarray) -> float:
    return _RIDGE * float(((weights - even) ** 2).sum())


def _best_f1(chances: Floats, filed: np.ndarray) -> float:
    """Return the best micro-F1 over all cuts."""
    order = np.argsort(-chances.ravel(), kind="stable")
    hits = np.cumsum(filed.ravel()[order])
    taken = np.arange(1, len(order) + 1)
    return float((2 * hits / (taken + max(int(filed.sum()), 1))).max())
