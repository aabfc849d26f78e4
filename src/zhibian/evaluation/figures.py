"""Figures over many cases, with bootstrap intervals (评测指标与置信区间).

Intervals are percentile bootstraps over cases (Efron & Tibshirani 1993). The expected
calibration error is that of Naeini, Cooper & Hauskrecht (2015): ten bins of equal width,
weighted by the number of proposals in each.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from zhibian.evaluation.gold_cases import CaseScore

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
    return _ratio(gaps, len(chances))


def _ratio(top: float, bottom: float) -> float:
    return top / bottom if bottom else 0.0


def _f1(hits: int, proposed: int, gold: int) -> float:
    return _ratio(2 * hits, proposed + gold)


Metric = Callable[[Sequence[CaseScore]], float]
METRICS: Mapping[str, Metric] = {
    "principal exact": lambda s: _ratio(sum(c.principal_exact for c in s), len(s)),
    "principal 3-character": lambda s: _ratio(sum(c.principal_category for c in s), len(s)),
    "others precision": lambda s: _ratio(
        sum(c.others_hit for c in s), sum(c.others_proposed for c in s)
    ),
    "others recall": lambda s: _ratio(sum(c.others_hit for c in s), sum(c.others_gold for c in s)),
    "others F1": lambda s: _f1(
        sum(c.others_hit for c in s),
        sum(c.others_proposed for c in s),
        sum(c.others_gold for c in s),
    ),
    "procedures precision": lambda s: _ratio(
        sum(c.procedures_hit for c in s), sum(c.procedures_proposed for c in s)
    ),
    "procedures recall": lambda s: _ratio(
        sum(c.procedures_hit for c in s), sum(c.procedures_gold for c in s)
    ),
    "procedures F1": lambda s: _f1(
        sum(c.procedures_hit for c in s),
        sum(c.procedures_proposed for c in s),
        sum(c.procedures_gold for c in s),
    ),
    "DRG exact": lambda s: _ratio(sum(c.drg_exact for c in s), len(s)),
    "must-not violations per case": lambda s: _ratio(sum(c.must_not for c in s), len(s)),
    "must-not families": lambda s: _ratio(
        sum(c.must_not_hit for c in s), sum(c.must_not_families for c in s)
    ),
    "entry condition": lambda s: _ratio(
        sum(c.entry_right for c in s), sum(c.entry_compared for c in s)
    ),
    "calibration error": lambda s: calibration_error([chance for c in s for chance in c.chances]),
}


def figures(scores: Sequence[CaseScore], seed: int, draws: int) -> dict[str, Figure]:
    """Return every metric with its bootstrap interval.

    Parameters
    ----------
    scores
        One entry a case; at least one.
    seed
        Seed of the resampling.
    draws
        Number of resamples.
    """
    dice = random.Random(seed)
    resamples = [dice.choices(scores, k=len(scores)) for _ in range(draws)]
    result = {}
    for name, metric in METRICS.items():
        low, high = interval(metric(sample) for sample in resamples)
        result[name] = Figure(metric(scores), low, high)
    return result


def by_category(scores: Sequence[CaseScore]) -> dict[str, list[CaseScore]]:
    """Return the cases of each major diagnostic category (MDC) of gold, in letter order."""
    found: dict[str, list[CaseScore]] = {}
    for score in sorted(scores, key=lambda s: s.category):
        found.setdefault(score.category, []).append(score)
    return found
