"""Sums by record, resamples and swaps of records (按病历求和、重抽样与互换).

Sums may be sparse: thousands of codes over tens of thousands of records, a column a code, would
not fit in memory otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

Numbers: TypeAlias = NDArray[np.float64]
#: One row an outcome or a record: dense, or sparse where a metric has a column a label.
Rows: TypeAlias = Numbers | csr_array

_LOW, _HIGH = 2.5, 97.5
# Rows of the draw matrix held at once: 20,000 records at 256 draws are 41 MB.
_BLOCK = 256
# Streams of random numbers under one seed.
_BOOTSTRAP, _PERMUTATION = 0, 1


def by_record(rows: Rows, records: Sequence[str]) -> Rows:
    """Sum rows of the same record, shape (records, columns), records in order of appearance."""
    places = {record: place for place, record in enumerate(dict.fromkeys(records))}
    held = [places[record] for record in records]
    ones = np.ones(len(held))
    member = csr_array((ones, (held, range(len(held)))), shape=(len(places), len(held)))
    return member @ rows


def total(sums: Rows) -> Numbers:
    """Return the sums of columns."""
    return np.asarray(sums.sum(axis=0), dtype=np.float64)


def telling(sums: Rows) -> NDArray[np.intp]:
    """Return the rows that are not all zero: records that count."""
    return np.flatnonzero(np.asarray(abs(sums).sum(axis=1)))


def resamples(n: int, seed: int, draws: int) -> Iterator[Numbers]:
    """Yield blocks of bootstrap resamples of n records.

    Yields
    ------
    numpy.ndarray
        How often each record was drawn, shape (resamples, n); each row sums to n.
    """
    dice = np.random.default_rng((seed, _BOOTSTRAP))
    for start in range(0, draws, _BLOCK):
        size = min(_BLOCK, draws - start)
        chosen = dice.integers(0, n, size=(size, n)) + n * np.arange(size)[:, None]
        yield np.bincount(chosen.ravel(), minlength=size * n).reshape(size, n).astype(np.float64)


def random_swaps(n: int, seed: int, draws: int) -> Iterator[Numbers]:
    """Yield blocks of random swaps: 1 where a record changes sides, shape (swaps, n)."""
    dice = np.random.default_rng((seed, _PERMUTATION))
    for start in range(0, draws, _BLOCK):
        yield dice.integers(0, 2, size=(min(_BLOCK, draws - start), n)).astype(np.float64)


def all_swaps(n: int) -> Iterator[Numbers]:
    """Yield blocks of all 2^n swaps of n records."""
    every = np.arange(2**n)[:, None] >> np.arange(n) & 1
    for start in range(0, 2**n, _BLOCK):
        yield every[start : start + _BLOCK].astype(np.float64)


def interval(
    drawn: Sequence[Numbers], records: int, around: float | None = None
) -> tuple[float, float]:
    """Return the 95 % percentile interval; NaN where fewer than two records count.

    Parameters
    ----------
    drawn
        Values over resamples, block by block; NaN where one holds nothing of the kind, which
        says nothing of it.
    records
        How many records count.
    around
        Where the mean of the resamples is moved to; None leaves them where they are.
    """
    values = np.concatenate(drawn) if drawn else np.empty(0)
    known = values[~np.isnan(values)]
    if records < 2 or not len(known):
        return float("nan"), float("nan")
    moved = 0.0 if around is None else around - known.mean()
    low, high = np.percentile(known, [_LOW, _HIGH]) + moved
    return float(low), float(high)
