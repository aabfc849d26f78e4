"""Metrics as functions of sums, their intervals and the paired test (指标、置信区间与配对检验).

Every metric here is a function of sums over records: shares, means, F1, macro F1 (one column a
label), the calibration error (three columns a bin), CMI. A bootstrap resample is then how often
each record was drawn, and all resamples are one product of matrices; the paired permutation test
swaps the two systems' sums record by record in the same way. Metrics that share their rows share
the product, and all metrics of a run see the same resamples.

Sources: percentile bootstrap, Efron & Tibshirani (1993) ch. 13; approximate randomisation,
Noreen (1989), as used for paired systems by Yeh (2000) and Berg-Kirkpatrick et al. (2012);
(b + 1) / (m + 1) as its p, Phipson & Smyth (2010).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

import numpy as np

from zhibian.evaluation.metrics.resampling import (
    Numbers,
    Rows,
    all_swaps,
    by_record,
    interval,
    random_swaps,
    resamples,
    telling,
    total,
)

O = TypeVar("O")  # noqa: E741  (an outcome: what one system did on one question)

Unit = Literal["share", "count", "yuan", "weight", "seconds", "distance"]
Better = Literal["higher", "lower", "zero"]

_NAN = float("nan")
# Sums of amounts differ in their last digits by the order of summing; ties must stay ties.
_TIE = 1e-9


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
        Outcomes to an array of shape (outcomes, columns): what is summed. Metrics of one family
        share this function, so that it is called once for all of them. A row of zeros says
        that the outcome doesn't count for the metric.
    value
        Sums of shape (..., columns) to values of shape (...); NaN where nothing is counted.
    recentred
        Whether intervals are moved so that the mean of the resamples falls on the estimate. A
        resample holds fewer distinct labels than the sample, which shifts macro averages as a
        whole, and chance gaps of its own, which raise the calibration error; the interval
        would miss its own estimate.
    """

    name: str
    title: str
    unit: Unit
    better: Better
    rows: Callable[[Sequence[O]], Rows]
    value: Callable[[Numbers], Numbers]
    recentred: bool = False


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its 95 % interval (点估计与区间).

    The interval is NaN where fewer than two records count: one record tells nothing of spread.
    """

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
    """Return one metric as :func:`estimates` does."""
    return estimates([metric], outcomes, records, seed=seed, draws=draws)[metric.name]


def estimates(
    metrics: Sequence[Metric[O]],
    outcomes: Sequence[O],
    records: Sequence[str],
    *,
    seed: int,
    draws: int,
) -> dict[str, Estimate]:
    """Return metrics over outcomes with their percentile bootstrap intervals over records.

    Parameters
    ----------
    metrics
        What to measure.
    outcomes
        One a question; at least one.
    records
        Record of each outcome: those of one record are drawn together.
    seed, draws
        Seed (not negative) and number of resamples.

    Returns
    -------
    dict
        By name. A resample over which a metric is not defined is left out of its interval.

    Raises
    ------
    ValueError
        There is no outcome, or not one record for each.
    """
    _check(records, outcomes)
    sums = {rows: by_record(rows(outcomes), records) for rows in _families(metrics)}
    drawn: dict[str, list[Numbers]] = {metric.name: [] for metric in metrics}
    for counts in resamples(len(set(records)), seed, draws):
        resampled = {rows: counts @ table for rows, table in sums.items()}
        for metric in metrics:
            drawn[metric.name].append(metric.value(resampled[metric.rows]))
    return {
        metric.name: _estimated(metric, sums[metric.rows], drawn[metric.name]) for metric in metrics
    }


def difference(
    metric: Metric[O],
    ours: Sequence[O],
    other: Sequence[O],
    records: Sequence[str],
    *,
    seed: int,
    draws: int,
) -> Difference:
    """Return one metric as :func:`differences` does."""
    return differences([metric], ours, other, records, seed=seed, draws=draws)[metric.name]


def differences(
    metrics: Sequence[Metric[O]],
    ours: Sequence[O],
    other: Sequence[O],
    records: Sequence[str],
    *,
    seed: int,
    draws: int,
) -> dict[str, Difference]:
    """Compare two systems on the same questions: paired bootstrap interval, permutation p.

    All swaps are enumerated where the records on which the two differ are so few that there are
    no more than ``draws`` of them, and p is exact; else ``draws`` random swaps are taken and the
    observed one is counted with them. A swap over which a metric is not defined counts as
    extreme, so that p is never too small.

    Parameters
    ----------
    metrics
        What to measure.
    ours, other
        Outcomes of the two systems, the same questions in the same order.
    records
        Record of each outcome.
    seed, draws
        Seed (not negative), and number of resamples and of permutations.

    Raises
    ------
    ValueError
        There is no outcome, or the sequences differ in length.
    """
    _check(records, ours, other)
    pairs = {rows: _pair(rows, ours, other, records) for rows in _families(metrics)}
    drawn: dict[str, list[Numbers]] = {metric.name: [] for metric in metrics}
    for counts in resamples(len(set(records)), seed, draws):
        resampled = {rows: (counts @ one, counts @ two) for rows, (one, two) in pairs.items()}
        for metric in metrics:
            one, two = resampled[metric.rows]
            drawn[metric.name].append(metric.value(one) - metric.value(two))
    found: dict[str, Difference] = {}
    for rows, (one, two) in pairs.items():
        family = [metric for metric in metrics if metric.rows is rows]
        chances = _chances(family, one, two, seed, draws)
        for metric in family:
            found[metric.name] = _compared(
                metric, one, two, drawn[metric.name], chances[metric.name]
            )
    return {metric.name: found[metric.name] for metric in metrics}


def by_stratum(outcomes: Sequence[O], stratum: Callable[[O], str]) -> dict[str, tuple[int, ...]]:
    """Return the places of the outcomes of each stratum (分层), strata in order of their names."""
    found: dict[str, list[int]] = {}
    for place, outcome in enumerate(outcomes):
        found.setdefault(stratum(outcome), []).append(place)
    return {name: tuple(found[name]) for name in sorted(found)}


def _check(records: Sequence[str], *systems: Sequence[Any]) -> None:
    if not records:
        raise ValueError("there is no outcome to measure")
    if any(len(outcomes) != len(records) for outcomes in systems):
        raise ValueError("outcomes must be of the same questions, one record named for each")


def _families(metrics: Sequence[Metric[O]]) -> dict[Callable[[Sequence[O]], Rows], None]:
    return dict.fromkeys(metric.rows for metric in metrics)


def _pair(
    rows: Callable[[Sequence[O]], Rows],
    ours: Sequence[O],
    other: Sequence[O],
    records: Sequence[str],
) -> tuple[Rows, Rows]:
    # Rows of both at once: a metric with a column a label lays its columns out alike for both.
    both = rows([*ours, *other])
    return by_record(both[: len(ours)], records), by_record(both[len(ours) :], records)


def _estimated(metric: Metric[O], sums: Rows, drawn: Sequence[Numbers]) -> Estimate:
    value = float(metric.value(total(sums)))
    around = value if metric.recentred else None
    low, high = interval(drawn, len(telling(sums)), around)
    if metric.recentred:
        # Moved bounds may leave 0 to 1; only shares are moved.
        low, high = max(low, 0.0), min(high, 1.0)
    return Estimate(value, low, high)


def _compared(
    metric: Metric[O], one: Rows, two: Rows, drawn: Sequence[Numbers], p: float
) -> Difference:
    value = float(metric.value(total(one)) - metric.value(total(two)))
    if np.isnan(value):
        return Difference(_NAN, _NAN, _NAN, _NAN)
    around = value if metric.recentred else None
    low, high = interval(drawn, len(telling(abs(one) + abs(two))), around)
    return Difference(value, low, high, p)


def _chances(
    family: Sequence[Metric[O]], one: Rows, two: Rows, seed: int, draws: int
) -> dict[str, float]:
    """Return for each metric the share of swaps with a difference as far from zero as observed."""
    differ = telling(two - one)
    apart = (two - one)[differ]
    ours, theirs = total(one), total(two)
    exact = len(differ) < draws.bit_length()
    swaps = all_swaps(len(differ)) if exact else random_swaps(len(differ), seed, draws)
    observed = {metric.name: _observed(metric, ours, theirs) for metric in family}
    extreme = dict.fromkeys(observed, 0)
    count = 0
    for swapped in swaps:
        moved = swapped @ apart
        count += len(swapped)
        for metric in family:
            gaps = np.abs(metric.value(ours + moved) - metric.value(theirs - moved))
            # Not less, rather than at least: an undefined gap counts as extreme.
            extreme[metric.name] += int(np.count_nonzero(~(gaps < observed[metric.name])))
    return {
        name: times / count if exact else (times + 1) / (count + 1)
        for name, times in extreme.items()
    }


def _observed(metric: Metric[O], ours: Numbers, theirs: Numbers) -> float:
    """Return the least difference, in size, that is no smaller than the observed one."""
    one, two = float(metric.value(ours)), float(metric.value(theirs))
    return abs(one - two) - _TIE * max(abs(one), abs(two))
