"""What errors do to group, weight and payment (差错的影响), by rate, with bootstrap intervals.

Every page is spoilt once by each kind of error; whether it is spoilt at a rate is decided by one
random number a page, so that the pages spoilt at 5 % are among those spoilt at 10 % and curves
are smooth. Figures compare the page as it would be filed with the right one:

- groups: share of pages whose MDC, core group, group differs;
- CMI: mean weight as filed over mean weight when right, less 1;
- payment: mean signed and mean absolute deviation, and the sum filed over the sum right, less 1;
- over and under: share of pages that are paid too much and too little; lost: share of pages that
  have no price any more, because they fall into no group or an ambiguous one. These count in no
  sum of yuan.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zhibian.evaluation.injection.errors import ERRORS, Neighbours, Page
from zhibian.evaluation.metrics.metric import Estimate
from zhibian.evaluation.metrics.resampling import Numbers, interval, resamples

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Grouped:
    """Pages grouped and priced (入组与付费).

    Attributes
    ----------
    mdc, adrg, drg
        Codes; an empty text where there is none.
    weight, amount
        Relative weight and yuan; NaN where the tariff has none.
    """

    mdc: NDArray[np.str_]
    adrg: NDArray[np.str_]
    drg: NDArray[np.str_]
    weight: Numbers
    amount: Numbers


@dataclass(frozen=True, slots=True)
class Point:
    """One point of a curve (曲线上一点).

    Attributes
    ----------
    error, title
        Kind of error and its Chinese title.
    rate
        Share of pages at which the error was tried.
    spoilt
        Share of pages that it could be made in.
    figures
        By name, with 95 % intervals over pages.
    """

    error: str
    title: str
    rate: float
    spoilt: float
    figures: Mapping[str, Estimate]


#: Pages to their groups and prices; admissions stay those of the right pages, in their order.
Grouper = Callable[[Sequence[Page]], Grouped]

_COLUMNS = (
    "n",
    "mdc",
    "adrg",
    "drg",
    "w0",
    "w1",
    "deviation",
    "absolute",
    "a0",
    "over",
    "under",
    "lost",
)
_SHARES = {
    "group.mdc_changed": "mdc",
    "group.adrg_changed": "adrg",
    "group.drg_changed": "drg",
    "payment.over": "over",
    "payment.under": "under",
    "payment.lost": "lost",
    "payment.mean": "deviation",
    "payment.absolute": "absolute",
}


def curves(
    pages: Sequence[Page],
    around: Neighbours,
    group: Grouper,
    *,
    errors: Sequence[str],
    rates: Sequence[float],
    seed: int,
    draws: int,
    step: Callable[[int], None] = lambda _: None,
) -> Iterator[Point]:
    """Yield a point for every kind of error and rate.

    Parameters
    ----------
    pages
        Right pages.
    around
        What could be written instead.
    group
        Groups and prices pages.
    errors
        Keys of :data:`~zhibian.evaluation.injection.errors.ERRORS`.
    rates
        Between 0 and 1.
    seed, draws
        Seed of errors and resampling, and number of resamples.
    step
        Told of every finished kind of error.
    """
    right = group(pages)
    # The same resamples for all points: they differ by the errors alone.
    drawn = list(resamples(len(pages), seed, draws))
    for name in errors:
        title, edit = ERRORS[name]
        chance = np.random.default_rng([seed, *name.encode()]).random(len(pages))
        spoilt = [
            edit(page, around, random.Random(f"{seed} {name} {place}"))
            for place, page in enumerate(pages)
        ]
        possible = np.array([page is not None for page in spoilt])
        wrong = group([new or old for new, old in zip(spoilt, pages, strict=True)])
        for rate in rates:
            hit = possible & (chance < rate)
            rows = _rows(right, wrong, hit)
            yield Point(name, title, rate, float(hit.mean()), _figures(rows, drawn))
        step(1)


def _rows(right: Grouped, wrong: Grouped, hit: Flags) -> Numbers:
    """Return what is summed, shape (pages, columns); unpriced pairs count for groups only."""
    weight = np.where(hit, wrong.weight, right.weight)
    amount = np.where(hit, wrong.amount, right.amount)
    weighed = ~(np.isnan(weight) | np.isnan(right.weight))
    priced = ~(np.isnan(amount) | np.isnan(right.amount))
    gap = np.where(priced, amount - right.amount, 0.0)
    columns = {
        "n": np.ones(len(hit)),
        "mdc": hit & (wrong.mdc != right.mdc),
        "adrg": hit & (wrong.adrg != right.adrg),
        "drg": hit & (wrong.drg != right.drg),
        "w0": np.where(weighed, right.weight, 0.0),
        "w1": np.where(weighed, weight, 0.0),
        "deviation": gap,
        "absolute": np.abs(gap),
        "a0": np.where(priced, right.amount, 0.0),
        "over": gap > 0,
        "under": gap < 0,
        "lost": ~np.isnan(right.amount) & np.isnan(amount),
    }
    return np.column_stack([columns[name].astype(np.float64) for name in _COLUMNS])


def _figures(rows: Numbers, drawn: Sequence[Numbers]) -> dict[str, Estimate]:
    sums = rows.sum(axis=0)
    blocks = [weights @ rows for weights in drawn]
    found = {}
    for name, value in _VALUES.items():
        low, high = interval([value(block) for block in blocks], len(rows))
        found[name] = Estimate(float(value(sums)), low, high)
    return found


def _share(column: str) -> Callable[[Numbers], Numbers]:
    return lambda sums: _of(sums, column) / _of(sums, "n")


def _relative(top: str, bottom: str, less: float) -> Callable[[Numbers], Numbers]:
    def value(sums: Numbers) -> Numbers:
        below = _of(sums, bottom)
        ratio: Numbers = np.divide(
            _of(sums, top), below, out=np.full_like(below, np.nan), where=below != 0
        )
        return ratio - less

    return value


def _of(sums: Numbers, column: str) -> Numbers:
    found: Numbers = np.asarray(sums[..., _COLUMNS.index(column)])
    return found


_VALUES: Mapping[str, Callable[[Numbers], Numbers]] = {
    **{name: _share(column) for name, column in _SHARES.items()},
    "payment.cmi": _relative("w1", "w0", 1.0),
    "payment.relative": _relative("deviation", "a0", 0.0),
}
