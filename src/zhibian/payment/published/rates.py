"""The rate behind published amounts (由支付标准倒算费率).

Each amount and weight, both rounded, leave an interval for the rate. The rate is the shortest
decimal in the interval that most groups share.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_CEILING, Decimal
from typing import NamedTuple

_MOST_DECIMALS = 10


class Observation(NamedTuple):
    """One published amount (一个组的公布金额): yuan, weight times k, and what both may be off."""

    amount: Decimal
    units: Decimal
    amount_rounding: Decimal
    units_rounding: Decimal


class FoundRate(NamedTuple):
    """A rate (倒算的费率), yuan per unit, and how many of the amounts it reproduces."""

    rate: Decimal
    agree: int
    of: int


def find_rate(observations: Sequence[Observation]) -> FoundRate | None:
    """Return the rate that reproduces most of the amounts within their rounding.

    Parameters
    ----------
    observations
        Amounts and units, all above zero.

    Returns
    -------
    FoundRate or None
        None without observations.
    """
    if not observations:
        return None
    ends: list[tuple[Decimal, int]] = []
    for seen in observations:
        low, high = _interval(seen)
        ends += [(low, -1), (high, 1)]
    ends.sort()
    open_now = best = 0
    found = (ends[0][0], ends[0][0])
    for (at, kind), (then, _) in zip(ends, [*ends[1:], ends[-1]], strict=True):
        open_now -= kind
        if open_now > best:
            best, found = open_now, (at, then)
    return FoundRate(_shortest(*found), best, len(observations))


def _interval(seen: Observation) -> tuple[Decimal, Decimal]:
    """Return the lowest and the highest rate that an amount allows."""
    low = (seen.amount - seen.amount_rounding) / (seen.units + seen.units_rounding)
    least = seen.units - seen.units_rounding
    high = (seen.amount + seen.amount_rounding) / least if least > 0 else Decimal("Infinity")
    return low, high


def _shortest(low: Decimal, high: Decimal) -> Decimal:
    """Return the decimal with the fewest places in an interval."""
    for places in range(_MOST_DECIMALS + 1):
        tried = low.quantize(Decimal(1).scaleb(-places), ROUND_CEILING)
        if tried <= high:
            return tried.normalize() + 0
    return low
