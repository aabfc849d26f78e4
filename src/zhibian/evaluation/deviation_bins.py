"""The distribution of payment deviation (支付偏差分布): signed, no deviation told apart.

Most records deviate by nothing at all and a few by very much: exact zeros have a bar of their own,
bars have a round width, and the two outer ones take all that lies beyond.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor, log10

import numpy as np

from zhibian.evaluation.results import BinOut

# Bars of each sign; the width is the smallest round one by which they hold 95 % of that sign.
_BARS = 10
_ROUND = (1, 2, 5, 10)
_HELD = 95
# Narrower bars than a yuan tell nothing.
_NARROWEST = 1.0


def deviation_bins(amounts: Sequence[float]) -> tuple[BinOut, ...]:
    """Return the bars of a distribution, from the lowest to the highest.

    Parameters
    ----------
    amounts
        Deviation of each record in yuan: payment of the given page less that of the gold page.

    Returns
    -------
    tuple of BinOut
        A bar holds ``low < x <= high`` below zero, ``low <= x < high`` above, and exactly zero
        where both are zero; the outermost bars reach to the lowest and the highest amount, both
        within. Bars between them may be empty. No bars for no amounts.
    """
    if not amounts:
        return ()
    fen = np.round(np.asarray(amounts, dtype=np.float64), 2)
    width = _width(np.abs(fen[fen != 0]))
    below = [BinOut(low=-b.high, high=-b.low, n=b.n) for b in _side(-fen[fen < 0], width)]
    zero = BinOut(low=0, high=0, n=int(np.count_nonzero(fen == 0)))
    return (*reversed(below), zero, *_side(fen[fen > 0], width))


def _width(sizes: np.ndarray) -> float:
    wanted = float(np.percentile(sizes, _HELD)) / _BARS if len(sizes) else _NARROWEST
    wanted = max(wanted, _NARROWEST)
    power = 10.0 ** floor(log10(wanted))
    return next(step * power for step in _ROUND if step * power >= wanted * (1 - 1e-9))


def _side(sizes: np.ndarray, width: float) -> list[BinOut]:
    """Return bars over positive amounts; the last one reaches up to the highest."""
    if not len(sizes):
        return []
    bars = min(ceil(float(sizes.max()) / width + 1e-9), _BARS)
    places = np.minimum((sizes / width + 1e-9).astype(int), bars - 1)
    counts = np.bincount(places, minlength=bars)
    highest = max(float(sizes.max()), bars * width)
    edges = [*(round(i * width, 2) for i in range(bars)), highest]
    return [BinOut(low=edges[i], high=edges[i + 1], n=int(counts[i])) for i in range(bars)]
