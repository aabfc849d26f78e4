"""Re-rank and choose (重排与取舍): first each candidate alone, then beside its rivals.

The second stage knows what stronger candidates already say of the term. A name that
says nothing new, or is another spelling of a stronger one, loses; a name for a stretch
of the term that no other explains, wins. So one term may keep several codes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from zhibian.coding.terms.features import Compared
from zhibian.coding.terms.trees import Trees, trees_from
from zhibian.coding.terms.types import Floats, Integers

FINALISTS = 12
_STRONG = 0.4

CONTEXT = (
    "alone",
    "rank",
    "of_best",
    "above",
    "below",
    "new_words",
    "new_share",
    "left_words",
    "alike",
    "alike_score",
    "expected",
    "strong",
    "same_category",
    "morphology_above",
)


@dataclass(frozen=True, slots=True)
class Ranker:
    """The two stages and the limit of choice, for one kind of codes (重排模型).

    Attributes
    ----------
    columns
        Names of the features that the first stage expects.
    alone, beside
        First and second stage.
    limit
        Least probability of a second or further code.
    """

    columns: tuple[str, ...]
    alone: Trees
    beside: Trees
    limit: float

    def rank(
        self, compared: Sequence[Compared], codes: Sequence[str]
    ) -> list[tuple[Integers, Floats]]:
        """Return, a term each, positions of names and their probabilities, best first.

        Parameters
        ----------
        compared
            Terms with their candidates.
        codes
            Code of every name.
        """
        if not compared:
            return []
        sizes = np.cumsum([len(one.places) for one in compared])[:-1]
        scores = np.split(self.alone.probability(np.concatenate([c.rows for c in compared])), sizes)
        finals = [
            _finalists(one, score, codes) for one, score in zip(compared, scores, strict=True)
        ]
        sizes = np.cumsum([len(rows) for _, rows in finals])[:-1]
        seconds = self.beside.probability(np.concatenate([rows for _, rows in finals]))
        found = []
        for one, (order, _), score in zip(compared, finals, np.split(seconds, sizes), strict=True):
            best = np.argsort(-score, kind="stable")
            found.append((one.places[order[best]], score[best]))
        return found

    def chosen(self, scores: Floats) -> int:
        """Return how many of the sorted probabilities are kept: the first always is."""
        return max(1, int((scores >= self.limit).sum()))


def _finalists(one: Compared, scores: Floats, codes: Sequence[str]) -> tuple[Integers, Floats]:
    order = np.argsort(-scores, kind="stable")[:FINALISTS]
    return order, beside_rows(one, scores, order, codes)


def beside_rows(one: Compared, scores: Floats, order: Integers, codes: Sequence[str]) -> Floats:
    """Return the features of the second stage: the first stage's row and its context.

    Parameters
    ----------
    one
        A term with its candidates.
    scores
        Probabilities of the first stage (candidates,).
    order
        Best candidates, best first.
    codes
        Code of every name.
    """
    own = one.cover[order]
    score = scores[order]
    count = len(order)
    taken = np.zeros_like(own)
    taken[1:] = np.maximum.accumulate(own * score[:, None], axis=0)[:-1].clip(0)
    new = np.maximum(own - taken, 0).sum(1)
    above = np.tri(count, k=-1, dtype=np.bool_)
    near = np.where(above, one.alike(order), -np.inf)
    nearest = near.argmax(1)
    strong = above & (score > _STRONG)
    held = [codes[place] for place in one.places[order]]
    category = np.array([code[:3] for code in held])
    morphology = np.array(["/" in code for code in held])
    context = np.zeros((count, len(CONTEXT)), np.float32)
    context[:, 0] = score
    context[:, 1] = np.arange(count)
    context[:, 2] = score / (score[0] + 1e-6)
    context[1:, 3] = score[:-1] - score[1:]
    context[:, 4] = score - np.append(score[1:], 0)
    context[:, 5] = new
    context[:, 6] = new / (own.sum(1) + 1e-6)
    context[:, 7] = (1 - taken).clip(0).sum(1)
    context[1:, 8] = near.max(1)[1:]
    context[1:, 9] = score[nearest[1:]]
    context[:, 10] = scores.sum()
    context[:, 11] = strong.sum(1)
    context[:, 12] = (strong & (category[:, None] == category)).sum(1)
    context[:, 13] = (strong & morphology).sum(1)
    return np.column_stack([one.rows[order], context]).astype(np.float32)


def ranker_from(content: Mapping[str, Any]) -> Ranker:
    """Read a ranker from the mapping of its JSON file."""
    return Ranker(
        columns=tuple(content["columns"]),
        alone=trees_from(content["alone"]),
        beside=trees_from(content["beside"]),
        limit=float(content["limit"]),
    )
