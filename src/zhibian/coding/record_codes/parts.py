"""Parts of a record classifier and how they are blended (分类器的组成与加权).

Each part gives, for every label, a log-probability of being the principal diagnosis and
the log-odds of being one of the others. A blend weighs them; its weights are fitted on
records that no part was fitted on, so that what comes out is a calibrated probability.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from zhibian.coding.record_codes.features import FeatureSpace
from zhibian.coding.record_codes.text import Passage

Floats = NDArray[np.float32]

# No label is impossible: a part that never saw one principal still gives it this much.
FLOOR = np.float32(np.log(1e-4))
_STEEPEST = np.float32(12.0)


@dataclass(frozen=True, slots=True)
class Scores:
    """What a part says of records (评分), shape (records, labels).

    Attributes
    ----------
    principal
        Log-probability of being the principal diagnosis.
    others
        Log-odds of being one of the other diagnoses.
    """

    principal: Floats
    others: Floats


@dataclass(frozen=True, slots=True)
class LinearPart:
    """A linear model over one feature space (线性模型).

    Attributes
    ----------
    space
        Its features.
    principal, others
        Weights, sparse, shape (labels, features).
    principal_offset, others_offset
        One a label.
    """

    space: FeatureSpace
    principal: csr_matrix
    others: csr_matrix
    principal_offset: Floats
    others_offset: Floats

    def score(self, records: Sequence[Sequence[Passage]]) -> Scores:
        """Score records."""
        rows = self.space.rows(records)
        principal = np.asarray((rows @ self.principal.T).todense(), np.float32)
        others = np.asarray((rows @ self.others.T).todense(), np.float32)
        return Scores(
            log_softmax(principal + self.principal_offset),
            np.clip(others + self.others_offset, -_STEEPEST, _STEEPEST),
        )


@dataclass(frozen=True, slots=True)
class Blend:
    """Weights of the parts (加权).

    Attributes
    ----------
    principal, others
        Part to weight.
    others_offset
        Added to the log-odds.
    threshold
        Probability from which an other diagnosis is taken: the best for micro-F1.
    """

    principal: Mapping[str, float]
    others: Mapping[str, float]
    others_offset: float
    threshold: float

    def blend(self, scores: Mapping[str, Scores]) -> tuple[Floats, Floats]:
        """Return probabilities of being principal and of being another diagnosis."""
        principal = sum((w * scores[name].principal for name, w in self.principal.items()), FLOOR)
        others = sum((w * scores[name].others for name, w in self.others.items()), FLOOR * 0)
        chances = np.exp(log_softmax(np.asarray(principal, np.float32)))
        return chances, sigmoid(np.asarray(others, np.float32) + np.float32(self.others_offset))


def log_softmax(values: Floats) -> Floats:
    """Return log-probabilities along the last axis, none below the floor."""
    shifted = values - values.max(axis=-1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return np.asarray(np.maximum(logs, FLOOR), np.float32)


def sigmoid(values: Floats) -> Floats:
    """Return probabilities of log-odds."""
    return np.asarray(1 / (1 + np.exp(-values)), np.float32)
