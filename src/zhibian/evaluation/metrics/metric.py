"""Metrics as functions of sums, their intervals and the paired test (指标、置信区间与配对检验).

Every metric here is a function of sums over records: shares, means, F1, macro F1 (one column a
label), the calibration error (three columns a bin), CMI. A bootstrap resample is then how often
each record was drawn, and all resamples are one product of matrices; the paired permutation test
swaps the two systems' rows record by record in the same way.

Sources: percentile bootstrap, Efron & Tibshirani (1993) ch. 13; approximate randomisation,
Noreen (1989), as used for paired systems by Yeh (2000) and Berg-Kirkpatrick et al. (2012).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

O = TypeVar("O")  # noqa: E741  (an outcome: what one system did on one question)

Numbers = NDArray[np.float64]
Unit = Literal["share", "count", "yuan", "weight", "seconds", "distance"]
Better = Literal["higher", "lower", "zero"]

_LOW, _HIGH = 2.5, 97.5
# Rows of the draw matrix held at once: 20,000 records at 256 draws are 41 MB.
_BLOCK = 256


@dataclass(frozen=True, slots=True)
class Metric(Generic[O]):
    """One metric (指标).

    Attributes
    ----------
    name
        Key in results, such as ``others.micro_f1``; stable across versions.
    title
        Chinese name for tables.
    unit
        Unit of the value.
    better
        In which direction it is better; ``zero`` for signed deviations.
    rows
        Outcomes to an array of shape (outcomes, columns): what is summed.
    value
        Sums of shape (..., columns) to values of shape (...); NaN where nothing is counted.
    """

    name: str
    title: str
    unit: Unit
    better: Better
    rows: Callable[[Sequence[O]], Numbers]
    value: Callable[[Numbers], Numbers]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its 95 % interval (点估计与区间); the interval is NaN for a single record."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Difference:
    """One system less another on the same records (配对差值).

    Attributes
    ----------
    value, low, high
        Difference and its 95 % paired bootstrap interval.
    p
        Two-sided p of the paired permutation test; NaN where the difference is.
    """

    value: float
    low: float
    high: float
    p: float


def estimate(
    metric: Metric[O], outcomes: Sequence[O], records: Sequence[str], *, seed: int, draws: int
) -> Estimate:
    """Return a metric over outcomes with its percentile bootstrap interval over records.

    Parameters
    ----------
    metric
        What to measure.
    outcomes
        One a question; at least one.
    records
        Record of each outcome: those of one record are drawn together.
    seed, draws
        Seed and number of resamples.
    """
    sums = by_record(metric.rows(outcomes), records)
    drawn = np.concatenate([metric.value(w @ sums) for w in _draws(len(sums), seed, draws)])
    return Estimate(float(metric.value(sums.sum(axis=0))), *_interval(drawn))


def difference(
    metric: Metric[O],
    ours: Sequence[O],
    other: Sequence[O],
    records: Sequence[str],
    *,
    seed: int,
    draws: int,
) -> Difference:
    """Compare two systems on the same questions: paired bootstrap interval, permutation p.

    Parameters
    ----------
    metric
        What to measure.
    ours, other
        Outcomes of the two systems, the same questions in the same order.
    records
        Record of each outcome.
    seed, draws
        Seed and number of resamples and of permutations.

    Raises
    ------
    ValueError
        The two sequences differ in length.
    """
    if not len(ours) == len(other) == len(records):
        raise ValueError("paired outcomes must be of the same questions")
    # Rows of both at once: a metric with a column a label lays its columns out alike for both.
    rows = metric.rows([*ours, *other])
    one, two = by_record(rows[: len(ours)], records), by_record(rows[len(ours) :], records)

    def gap(first: Numbers, second: Numbers) -> Numbers:
        return metric.value(first) - metric.value(second)

    value = float(gap(one.sum(axis=0), two.sum(axis=0)))
    drawn = np.concatenate([gap(w @ one, w @ two) for w in _draws(len(one), seed, draws)])
    total, apart = one.sum(axis=0) + two.sum(axis=0), two - one
    base = one.sum(axis=0)
    swapped = np.concatenate(
        [gap(base + m @ apart, total - base - m @ apart) for m in _swaps(len(one), seed + 1, draws)]
    )
    extreme = np.count_nonzero(np.abs(swapped) >= abs(value) - 1e-12)
    p = float("nan") if np.isnan(value) else (extreme + 1) / (draws + 1)
    return Difference(value, *_interval(drawn), p)


def by_record(rows: Numbers, records: Sequence[str]) -> Numbers:
    """Sum rows of the same record, shape (records, columns), records in order of appearance."""
    places = {record: place for place, record in enumerate(dict.fromkeys(records))}
    sums = np.zeros((len(places), rows.shape[1]))
    np.add.at(sums, [places[record] for record in records], rows)
    return sums


def _draws(n: int, seed: int, draws: int) -> Iterator[Numbers]:
    dice = np.random.default_rng(seed)
    for start in range(0, draws, _BLOCK):
        size = min(_BLOCK, draws - start)
        yield dice.multinomial(n, np.full(n, 1 / n), size=size).astype(np.float64)


def _swaps(n: int, seed: int, draws: int) -> Iterator[Numbers]:
    dice = np.random.default_rng(seed)
    for start in range(0, draws, _BLOCK):
        yield dice.integers(0, 2, size=(min(_BLOCK, draws - start), n)).astype(np.float64)


def _interval(drawn: Numbers) -> tuple[float, float]:
    # A resample that holds nothing of the kind says nothing of it.
    known = drawn[~np.isnan(drawn)]
    if not len(known):
        return float("nan"), float("nan")
    low, high = np.percentile(known, [_LOW, _HIGH])
    return float(low), float(high)
