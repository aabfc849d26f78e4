"""Intervals of means over records (自助法区间): percentile bootstrap (Efron & Tibshirani 1993).

A resample of n records is a multinomial draw of how often each distinct value occurs, so that a
million records cost no more than their distinct values. Beyond ``MOST_VALUES`` distinct values the
middle ones are merged into groups of equal count that stand at their mean, while the extreme ones,
which carry the spread, are kept: the mean of a resample is unchanged, its spread nearly so.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 1000
MOST_VALUES = 512
_SHARE_OF_LOW = 0.025
_SHARE_OF_HIGH = 0.975

Numbers = NDArray[np.float64]


class Interval(NamedTuple):
    """A mean with its 95 % interval."""

    mean: float
    low: float
    high: float


def mean_interval(values: NDArray[np.number], seed: int = 0) -> Interval | None:
    """Return the mean of values over records with its 95 % percentile interval.

    Parameters
    ----------
    values
        One value a record.
    seed
        Of the random numbers: the same records give the same interval.

    Returns
    -------
    Interval or None
        None for no records.
    """
    if not len(values):
        return None
    distinct, counts = _distinct(values.astype(np.float64))
    size = int(counts.sum())
    draws = np.random.default_rng(seed).multinomial(size, counts / size, RESAMPLES)
    means = np.sort(draws @ distinct / size)
    last = RESAMPLES - 1
    return Interval(
        float(values.mean()),
        float(means[int(_SHARE_OF_LOW * last)]),
        float(means[int(_SHARE_OF_HIGH * last)]),
    )


def _distinct(values: Numbers) -> tuple[Numbers, NDArray[np.int64]]:
    found, counts = np.unique(values, return_counts=True)
    if len(found) <= MOST_VALUES:
        return found, counts
    ordered = np.sort(values)
    tail = MOST_VALUES // 4
    middle = np.array_split(ordered[tail:-tail], MOST_VALUES // 2)
    means = np.array([part.mean() for part in middle])
    merged = np.concatenate([ordered[:tail], means, ordered[-tail:]])
    sizes = np.array([1] * tail + [len(part) for part in middle] + [1] * tail, np.int64)
    return merged, sizes
