"""Fit the linear parts of a record classifier (训练线性部分)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from zhibian.coding.record_codes.features import Family, learn_space
from zhibian.coding.record_codes.parts import FLOOR, Floats, LinearPart
from zhibian.training.records import TrainingRecord

# Weights that can't move a score are not stored.
_SMALLEST = 1e-3


@dataclass(frozen=True, slots=True)
class LinearRecipe:
    """How linear parts are held back (训练参数).

    Attributes
    ----------
    least_records
        Records a feature must stand in: below, it describes single patients.
    principal_strength, others_strength
        Inverse strength of the ridge: rows have unit length, so the defaults are gentle. A
        principal diagnosis is one of few, each with many records; an other diagnosis may have
        a handful.
    """

    least_records: int = 3
    principal_strength: float = 3.0
    others_strength: float = 10.0


def fit_linear(
    family: Family,
    records: Sequence[TrainingRecord],
    labels: Sequence[str],
    groups: Mapping[str, Sequence[str]],
    terms: Iterable[str],
    recipe: LinearRecipe = LinearRecipe(),
) -> LinearPart:
    """Fit one linear part: one softmax for the principal, one logistic model an other label.

    Parameters
    ----------
    family
        Feature family.
    records
        Records to fit on.
    labels
        Codes, in the order of scores.
    groups
        Section to groups of sections.
    terms
        Words worth finding.
    recipe
        How it is held back.
    """
    passages = [record.passages for record in records]
    space = learn_space(family, passages, groups, terms, least=recipe.least_records)
    rows = space.rows(passages)
    place = {code: position for position, code in enumerate(labels)}
    principals = np.array([place[record.principal] for record in records])
    filed = np.zeros((len(records), len(labels)), bool)
    for row, record in enumerate(records):
        filed[row, [place[code] for code in record.others]] = True
    principal, principal_offset = _softmax(rows, principals, len(labels), recipe.principal_strength)
    others, others_offset = _each(rows, filed, recipe.others_strength)
    return LinearPart(space, principal, others, principal_offset, others_offset)


def _softmax(
    rows: csr_matrix, principals: NDArray[np.int64], labels: int, strength: float
) -> tuple[csr_matrix, Floats]:
    weights = np.zeros((labels, rows.shape[1]), np.float32)
    offset = np.full(labels, FLOOR, np.float32)
    seen = np.unique(principals)
    if len(seen) == 1:
        offset[seen] = 0
        return csr_matrix(weights), offset
    model = LogisticRegression(C=strength, max_iter=500).fit(rows, principals)
    coefficients, intercepts = model.coef_, model.intercept_
    if len(seen) == 2:
        # scikit-learn gives one row for two classes: log-odds of the second.
        coefficients = np.vstack([-coefficients[0] / 2, coefficients[0] / 2])
        intercepts = np.array([-intercepts[0] / 2, intercepts[0] / 2])
    weights[seen], offset[seen] = coefficients, intercepts
    offset[np.setdiff1d(np.arange(labels), seen)] += offset[seen].min()
    return _sparse(weights), offset


def _each(rows: csr_matrix, filed: NDArray[np.bool_], strength: float) -> tuple[csr_matrix, Floats]:
    count = filed.sum(axis=0)
    offset = np.log((count + 0.5) / (len(filed) - count + 0.5)).astype(np.float32)
    weights = []
    for label in range(filed.shape[1]):
        answers = filed[:, label]
        if answers.all() or not answers.any():
            weights.append(csr_matrix((1, rows.shape[1]), dtype=np.float32))
            continue
        model = LogisticRegression(C=strength, max_iter=300, solver="liblinear")
        model.fit(rows, answers)
        offset[label] = model.intercept_[0]
        weights.append(_sparse(model.coef_.astype(np.float32)))
    stacked: csr_matrix = _stack(weights)
    return stacked, offset


def _sparse(weights: Floats) -> csr_matrix:
    kept = np.where(np.abs(weights) > _SMALLEST, weights, 0).astype(np.float32)
    return csr_matrix(kept)


def _stack(rows: Sequence[csr_matrix]) -> csr_matrix:
    data = np.concatenate([row.data for row in rows])
    places = np.concatenate([row.indices for row in rows])
    ends = np.concatenate([[0], np.cumsum([row.nnz for row in rows])])
    return csr_matrix((data, places, ends), (len(rows), rows[0].shape[1]))
