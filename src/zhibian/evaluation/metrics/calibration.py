"""Calibration of confidences (置信度校准): of codes with confidence 0.8, 80 in 100 are right.

Over given codes that count and tell a confidence, the principal diagnosis among them. Bins are
those of :mod:`zhibian.evaluation.figures` (Naeini, Cooper & Hauskrecht 2015); Brier (1950) score.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from zhibian.evaluation.figures import BINS, reliability
from zhibian.evaluation.metrics.builders import Wording, metric, quotient, ratio, table
from zhibian.evaluation.metrics.metric import Metric
from zhibian.evaluation.metrics.outcomes import CodingOutcome
from zhibian.evaluation.metrics.resampling import Numbers
from zhibian.evaluation.results import ReliabilityOut


def chances(outcome: CodingOutcome) -> Iterator[tuple[float, bool]]:
    """Yield confidence and rightness of every given code that counts and tells a confidence."""
    principal = outcome.principal
    if principal.given is not None and principal.confidence is not None:
        right = principal.given in principal.accepted or principal.given == principal.gold
        yield principal.confidence, right
    for code in (*outcome.others_given, *outcome.procedures_given):
        if code.counts and code.confidence is not None:
            yield code.confidence, code.gold is not None


def reliability_bins(outcomes: Sequence[CodingOutcome]) -> tuple[ReliabilityOut, ...]:
    """Return the rows of the reliability plot (可靠性图): bins that hold codes."""
    every = [chance for outcome in outcomes for chance in chances(outcome)]
    return tuple(
        ReliabilityOut(low=row.low, high=row.high, n=row.n, claimed=row.claimed, right=row.right)
        for row in reliability(every)
    )


def _bins(outcomes: Sequence[CodingOutcome]) -> Numbers:
    """Return per record Σ confidence − Σ right of each bin, then the number of codes."""

    def row(outcome: CodingOutcome) -> list[float]:
        sums = [0.0] * (BINS + 1)
        for confidence, right in chances(outcome):
            sums[min(int(confidence * BINS), BINS - 1)] += confidence - right
            sums[BINS] += 1
        return sums

    return table(map(row, outcomes), BINS + 1)


def _error(sums: Numbers) -> Numbers:
    return quotient(np.abs(sums[..., :BINS]).sum(axis=-1), sums[..., BINS])


def _squares(outcome: CodingOutcome) -> tuple[float, float]:
    gaps = [(confidence - right) ** 2 for confidence, right in chances(outcome)]
    return sum(gaps), len(gaps)


METRICS: tuple[Metric[CodingOutcome], ...] = (
    metric(Wording("calibration.ece", "期望校准误差", better="lower"), _bins, _error),
    ratio(Wording("calibration.brier", "Brier分", better="lower"), _squares),
)
