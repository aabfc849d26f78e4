"""Names that are confused with the right ones (难负例): mined by spelling, or from vectors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer

from zhibian.evaluation.data.term_pairs import TermPair, all_names

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Task:
    """Pairs of one code set, and the names that are wrong answers.

    Attributes
    ----------
    name
        Shown in the log.
    pairs
        Pairs to learn.
    names
        All names of the code set.
    per_epoch
        Pairs drawn for one epoch; None for all.
    """

    name: str
    pairs: Sequence[TermPair]
    names: Sequence[str]
    per_epoch: int | None = None


@dataclass(slots=True)
class Prepared:
    """A task with its confusions (带难负例的任务).

    Attributes
    ----------
    task
        The task.
    wrong
        Wrong names of every pair, the nearest.
    pool
        Names that may be mined, the right ones included.
    """

    task: Task
    wrong: list[list[str]]
    pool: list[str]


def prepare(task: Task, count: int) -> Prepared:
    """Mine wrong names by spelling; they and the right ones are what is mined in later.

    Parameters
    ----------
    task
        Pairs and names.
    count
        Wrong names a pair.
    """
    vectorizer = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), sublinear_tf=True)
    names = list(dict.fromkeys(task.names))
    matrix = vectorizer.fit_transform(names).T.tocsr()
    wrong: list[list[str]] = []
    for start in range(0, len(task.pairs), 256):
        some = task.pairs[start : start + 256]
        near = (vectorizer.transform([p.wording for p in some]) @ matrix).toarray()
        wrong += nearest_wrong(near, names, some, count)
    met = {name for some in wrong for name in some} | all_names(task.pairs)
    return Prepared(task, wrong, [name for name in names if name in met])


def nearest_wrong(
    near: Floats, names: Sequence[str], pairs: Sequence[TermPair], count: int
) -> list[list[str]]:
    """Return the nearest wrong names of every pair.

    Parameters
    ----------
    near
        Nearness of terms and names (pairs, names).
    names
        The names.
    pairs
        The pairs.
    count
        Wrong names a pair.
    """
    wide = min(count + 13, near.shape[1] - 1)
    best = np.argpartition(-near, wide, axis=1)[:, : wide + 1]
    found = []
    for row, pair in zip(best, pairs, strict=True):
        wrong = [names[i] for i in row if names[i] not in pair.names]
        found.append(wrong[:count])
    return found
