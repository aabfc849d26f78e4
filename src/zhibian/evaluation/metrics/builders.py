"""How metrics are built from counts of one outcome (指标的构造): ratios, means, P/R/F1, macro.

A ratio over nothing is NaN, never 0. Macro averages follow scikit-learn with ``zero_division=0``
over the labels that occur.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from scipy.sparse import csr_array

from zhibian.evaluation.metrics.metric import Better, Metric, Unit
from zhibian.evaluation.metrics.resampling import Numbers, Rows

O = TypeVar("O")  # noqa: E741  (an outcome, as in `metric`)

#: Right, given and gold labels of one outcome; a label stands once for each time it counts.
Labels = tuple[Iterable[str], Iterable[str], Iterable[str]]

# Columns of precision, recall and F1.
_HITS, _GIVEN, _GOLD = 0, 1, 2


def table(rows: Iterable[Sequence[float]], columns: int) -> Numbers:
    """Return rows as an array of so many columns, also where there are no rows."""
    return np.array(list(rows), dtype=np.float64).reshape(-1, columns)


def quotient(top: Numbers, bottom: Numbers) -> Numbers:
    """Divide, NaN where the denominator is 0."""
    unknown = np.full(np.broadcast(top, bottom).shape, np.nan)
    found: Numbers = np.divide(top, bottom, out=unknown, where=np.asarray(bottom) != 0)
    return found


def harmonic(precision: Numbers, recall: Numbers) -> Numbers:
    """Return F1 of a precision and a recall whose hits are counted apart; 0 where both are 0."""
    both = precision + recall
    return np.where(both == 0, 0.0, quotient(2 * precision * recall, both))


@dataclass(frozen=True, slots=True)
class Wording:
    """What a metric is called (名称), its unit and its direction."""

    name: str
    title: str
    unit: Unit = "share"
    better: Better = "higher"


def ratio(wording: Wording, counts: Callable[[O], tuple[float, float]]) -> Metric[O]:
    """Return Σ first / Σ second of ``counts``."""

    def rows(outcomes: Sequence[O]) -> Numbers:
        return table(map(counts, outcomes), 2)

    def value(sums: Numbers) -> Numbers:
        return quotient(sums[..., 0], sums[..., 1])

    return metric(wording, rows, value)


def mean(wording: Wording, of: Callable[[O], float | None]) -> Metric[O]:
    """Return the mean over the outcomes for which ``of`` is not None."""

    def counts(outcome: O) -> tuple[float, float]:
        found = of(outcome)
        return (0.0, 0.0) if found is None else (float(found), 1.0)

    return ratio(wording, counts)


def metric(
    wording: Wording,
    rows: Callable[[Sequence[O]], Rows],
    value: Callable[[Numbers], Numbers],
    *,
    recentred: bool = False,
) -> Metric[O]:
    """Return a metric of that wording."""
    name, title, unit, better = wording.name, wording.title, wording.unit, wording.better
    return Metric(name, title, unit, better, rows, value, recentred)


def micro(
    prefix: str, title: str, counts: Callable[[O], tuple[float, float, float]]
) -> tuple[Metric[O], Metric[O], Metric[O]]:
    """Return micro precision, recall and F1 (微平均).

    Parameters
    ----------
    prefix
        Of the names, such as ``others.micro``: ``others.micro_precision`` and so on; one that
        ends in a full stop gives ``severity.cc.precision``.
    title
        Of the titles.
    counts
        How many are right, given, gold.
    """

    def rows(outcomes: Sequence[O]) -> Numbers:
        return table(map(counts, outcomes), 3)

    def f1(sums: Numbers) -> Numbers:
        return quotient(2 * sums[..., _HITS], sums[..., _GIVEN] + sums[..., _GOLD])

    return _three(prefix, title, rows, (_share(_HITS, _GIVEN), _share(_HITS, _GOLD), f1))


def apart(
    prefix: str, title: str, counts: Callable[[O], tuple[float, float, float, float]]
) -> tuple[Metric[O], Metric[O], Metric[O]]:
    """Return precision, recall and their harmonic mean where each has hits of its own.

    Parameters
    ----------
    prefix, title
        As for :func:`micro`.
    counts
        How many of the given are right, given, how many of the gold are found, gold.
    """

    def rows(outcomes: Sequence[O]) -> Numbers:
        return table(map(counts, outcomes), 4)

    def f1(sums: Numbers) -> Numbers:
        # Where nothing is given, or nothing gold, but not both, F1 is 0 as in micro averages.
        precision = quotient(sums[..., 0], sums[..., 1])
        recall = quotient(sums[..., 2], sums[..., 3])
        found = harmonic(np.nan_to_num(precision), np.nan_to_num(recall))
        return np.where(sums[..., 1] + sums[..., 3] == 0, np.nan, found)

    return _three(prefix, title, rows, (_share(0, 1), _share(2, 3), f1))


def macro(
    prefix: str, title: str, labels: Callable[[O], Labels]
) -> tuple[Metric[O], Metric[O], Metric[O]]:
    """Return macro precision, recall and F1 over labels (宏平均).

    Labels that are neither given nor gold in what is summed are left out; of the others, a
    precision over nothing given and a recall over nothing gold are 0.

    Parameters
    ----------
    prefix, title
        As for :func:`micro`.
    labels
        Right, given and gold labels of one outcome.
    """

    def rows(outcomes: Sequence[O]) -> Rows:
        return label_rows([labels(outcome) for outcome in outcomes])

    def averaged(score: Callable[[Numbers, Numbers, Numbers], Numbers]) -> Callable[..., Numbers]:
        def value(sums: Numbers) -> Numbers:
            hits, given, gold = np.split(sums, 3, axis=-1)
            known = given + gold > 0
            found = np.where(known, np.nan_to_num(score(hits, given, gold)), 0.0)
            return quotient(found.sum(axis=-1), known.sum(axis=-1))

        return value

    scores = (
        averaged(lambda hits, given, gold: quotient(hits, given)),
        averaged(lambda hits, given, gold: quotient(hits, gold)),
        averaged(lambda hits, given, gold: quotient(2 * hits, given + gold)),
    )
    return _three(prefix, title, rows, scores, recentred=True)


def kappa(wording: Wording, pair: Callable[[O], tuple[str, str]]) -> Metric[O]:
    """Return Cohen's kappa (Cohen 1960) of two labels an outcome; NaN where chance agrees fully.

    It needs no more of the confusion than its diagonal and its margins.
    """

    def rows(outcomes: Sequence[O]) -> Rows:
        pairs = [pair(outcome) for outcome in outcomes]
        return label_rows([((one,) if one == two else (), (one,), (two,)) for one, two in pairs])

    def value(sums: Numbers) -> Numbers:
        same, one, two = np.split(sums, 3, axis=-1)
        n = one.sum(axis=-1)
        agreed = quotient(same.sum(axis=-1), n)
        chance = quotient((one * two).sum(axis=-1), n * n)
        return quotient(agreed - chance, 1 - chance)

    return metric(wording, rows, value)


def label_rows(labels: Sequence[Labels]) -> csr_array:
    """Return sparse rows: a column a label for right, then for given, then for gold ones.

    Thousands of codes over tens of thousands of records would not fit in memory otherwise.
    """
    places: dict[str, int] = {}
    found = [
        (row, part, places.setdefault(label, len(places)))
        for row, parts in enumerate(labels)
        for part, names in enumerate(parts)
        for label in names
    ]
    width = len(places)
    return csr_array(
        (
            np.ones(len(found)),
            ([row for row, _, _ in found], [part * width + place for _, part, place in found]),
        ),
        shape=(len(labels), 3 * width),
    )


def _share(top: int, bottom: int) -> Callable[[Numbers], Numbers]:
    def value(sums: Numbers) -> Numbers:
        return quotient(sums[..., top], sums[..., bottom])

    return value


def _three(
    prefix: str,
    title: str,
    rows: Callable[[Sequence[O]], Rows],
    values: tuple[Callable[[Numbers], Numbers], ...],
    *,
    recentred: bool = False,
) -> tuple[Metric[O], Metric[O], Metric[O]]:
    joint = "" if prefix.endswith(".") else "_"
    precision, recall, f1 = (
        metric(
            Wording(f"{prefix}{joint}{name}", f"{title}{shown}"), rows, value, recentred=recentred
        )
        for (name, shown), value in zip(
            (("precision", "精确率"), ("recall", "召回率"), ("f1", "F1")), values, strict=True
        )
    )
    return precision, recall, f1
