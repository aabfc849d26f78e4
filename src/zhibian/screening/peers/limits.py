"""Limits of a rate (界限): exact binomial tails, widened by what departments differ beyond chance.

Source: Spiegelhalter, Funnel plots for comparing institutional performance, Statistics in Medicine
2005;24:1185-1202, with its appendix A.1 (interpolated limits) and section 5 (excess).
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr, ndtr, ndtri

Floats = NDArray[np.float64]


class LimitRules(Protocol):
    """What limits depend on; see :class:`zhibian.screening.peers.peers.PeerRules`."""

    @property
    def warning(self) -> float:
        """Two-sided share of chance outside the inner limit."""

    @property
    def alarm(self) -> float:
        """Two-sided share of chance outside the outer limit."""

    @property
    def winsorised(self) -> float:
        """Share of scores that is drawn in at each end."""

    @property
    def least_units(self) -> int:
        """Units below which no excess is estimated."""


def scores_of(events: Floats, cases: Floats, share: Floats) -> Floats:
    """Return the distance from what is expected in binomial standard deviations."""
    spread = np.sqrt(cases * share * (1 - share))
    return np.divide(events - cases * share, spread, out=np.zeros_like(events), where=spread > 0)


def excess_of(scores: Floats, rules: LimitRules) -> float:
    """Return by how much the variance of scores exceeds chance, at least 1."""
    if len(scores) < rules.least_units:
        return 1.0
    low, high = np.quantile(scores, [rules.winsorised, 1 - rules.winsorised])
    return max(1.0, float(np.mean(np.clip(scores, low, high) ** 2)))


def signals_of(
    events: Floats, cases: Floats, share: Floats, excess: float, rules: LimitRules
) -> list[str]:
    """Return which rates are outside the limits.

    Parameters
    ----------
    events, cases
        What was counted.
    share
        Rate that is expected of each.
    excess
        Variance beyond chance.
    rules
        Shares of chance that are let be.

    Returns
    -------
    list of str
        ``high``, ``low``, ``alarm_high``, ``alarm_low`` or empty. The tails are exact binomial
        ones; with excess their normal deviates are divided by its root.
    """
    upper = np.where(events > 0, 1 - _at_most(np.maximum(events - 1, 0), cases, share), 1.0)
    lower = _at_most(events, cases, share)
    less = np.where(upper < lower, upper, lower)
    chance = 2 * ndtr(ndtri(np.clip(less, 0, 0.5)) / np.sqrt(excess))
    sides = np.where(upper < lower, "high", "low")
    return [
        f"alarm_{side}" if p < rules.alarm else str(side) if p < rules.warning else ""
        for side, p in zip(sides, chance, strict=True)
    ]


def limits_of(cases: Floats, rate: Floats, chance: float, excess: float) -> tuple[Floats, Floats]:
    """Return the limits of a rate at numbers of cases.

    Parameters
    ----------
    cases
        Numbers of cases.
    rate
        The rate that is expected of each.
    chance
        Two-sided share of chance outside.
    excess
        Variance beyond chance; limits are widened by its root.

    Returns
    -------
    tuple of arrays
        Lower and upper limit. Without excess they are binomial quantiles, interpolated between
        counts so that the lines are smooth (Spiegelhalter 2005, appendix A.1).
    """
    low = _quantile(cases, rate, chance / 2)
    high = _quantile(cases, rate, 1 - chance / 2)
    if excess > 1:
        wider = np.sqrt(excess)
        low, high = rate - (rate - low) * wider, rate + (high - rate) * wider
    return np.clip(low, 0, 1), np.clip(high, 0, 1)


def _quantile(cases: Floats, rate: Floats, share: float) -> Floats:
    """Return interpolated binomial quantiles as rates."""
    # The smallest count whose distribution function reaches the share, by halving.
    low = np.full_like(cases, -1.0)
    high = cases.copy()
    while np.any(high - low > 1):
        middle = np.floor((low + high) / 2)
        reached = _at_most(middle, cases, rate) >= share
        high = np.where(reached & (high - low > 1), middle, high)
        low = np.where(~reached & (high - low > 1), middle, low)
    at = _at_most(high, cases, rate)
    below = np.where(high > 0, _at_most(np.maximum(high - 1, 0), cases, rate), 0.0)
    part = np.divide(at - share, at - below, out=np.zeros_like(at), where=at > below)
    found: Floats = np.maximum(high - part, 0) / cases
    # What always or never happens has no spread.
    return np.where((rate > 0) & (rate < 1), found, rate)


def _at_most(events: Floats, cases: Floats, rate: Floats) -> Floats:
    """Return the binomial chance of at most so many events."""
    chance: Floats = bdtr(events, cases.astype(np.int64), rate)
    return chance
