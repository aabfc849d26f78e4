"""Figures over many cases, with bootstrap intervals (评测指标与置信区间).

Intervals are percentile bootstraps over cases (Efron & Tibshirani 1993). The expected
calibration error is that of Naeini, Cooper & Hauskrecht (2015): ten bins of equal width,
weighted by the number of proposals in each.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

BINS = 10


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured share with its 95 % bootstrap interval."""

    value: float
    low: float
    high: float


def interval(resampled: Iterable[float]) -> tuple[float, float]:
    """Return the 95 % percentile interval of a figure over resamples; at least one."""
    ordered = sorted(resampled)
    last = len(ordered) - 1
    return ordered[int(0.025 * last)], ordered[int(0.975 * last)]


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """One row of a reliability plot (可靠性图): what was claimed and what came true.

    Attributes
    ----------
    low, high
        Bounds of the confidence, ``high`` exclusive but for the last bin.
    n
        Proposals in the bin.
    claimed
        Their mean confidence.
    right
        Their share of right codes.
    """

    low: float
    high: float
    n: int
    claimed: float
    right: float


def reliability(chances: Sequence[tuple[float, bool]]) -> tuple[ReliabilityBin, ...]:
    """Return the bins that hold proposals.

    Parameters
    ----------
    chances
        Confidence, 0 to 1, and rightness of each proposal.
    """
    bins: list[list[tuple[float, bool]]] = [[] for _ in range(BINS)]
    for chance in chances:
        bins[min(int(chance[0] * BINS), BINS - 1)].append(chance)
    return tuple(
        ReliabilityBin(
            low=place / BINS,
            high=(place + 1) / BINS,
            n=len(held),
            claimed=sum(confidence for confidence, _ in held) / len(held),
            right=sum(right for _, right in held) / len(held),
        )
        for place, held in enumerate(bins)
        if held
    )


def calibration_error(chances: Sequence[tuple[float, bool]]) -> float:
    """Return the expected calibration error, 0 to 1; 0 for no proposal."""
    gaps = sum(row.n * abs(row.claimed - row.right) for row in reliability(chances))
    return gaps / len(chances) if chances else 0.0
