"""Limits on how many cases of a period are settled apart (数量上限): high outliers and reviews.

SPEC 3.2: at most a share of the discharges of the period, those of the greatest excess over the
payment standard first (按超额由大到小).
"""

from __future__ import annotations

from decimal import ROUND_FLOOR, Decimal

import numpy as np
from numpy.typing import NDArray


def places(share: Decimal, discharges: int) -> int:
    """Return how many cases a share of the discharges allows, rounded down."""
    return int((share * discharges).to_integral_value(ROUND_FLOOR))


def within_quota(
    asked: NDArray[np.bool_],
    excess: NDArray[np.int64],
    share: Decimal,
    institutions: NDArray[np.integer] | None = None,
) -> NDArray[np.bool_]:
    """Tell which of the cases that ask for a place get one.

    Parameters
    ----------
    asked
        One entry a discharge of the period: whether the case asks.
    excess
        Cost less payment standard in fen; only those of cases that ask are read.
    share
        Share of the discharges that may be granted.
    institutions
        Number of the institution of each discharge: each has its own quota. None for one.

    Returns
    -------
    array of bool
        Of equal excess the case that stands first in the table is taken.
    """
    granted = np.zeros(len(asked), np.bool_)
    owners = np.zeros(len(asked), np.int64) if institutions is None else institutions
    _, discharges = np.unique(owners, return_counts=True)
    known = dict(zip(np.unique(owners).tolist(), discharges.tolist(), strict=True))
    candidates = np.flatnonzero(asked)
    ordered = candidates[np.argsort(-excess[candidates], kind="stable")]
    for owner in np.unique(owners[candidates]).tolist():
        own = ordered[owners[ordered] == owner]
        granted[own[: places(share, known[owner])]] = True
    return granted
