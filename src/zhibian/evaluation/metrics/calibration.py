"""Calibration of confidences (置信度校准): of codes with confidence 0.8, 80 in 100 are right.

Over given codes that count and tell a confidence, the principal diagnosis among them. Bins are
those of :mod:`zhibian.evaluation.figures` (Naeini, Cooper & Hauskrecht 2015); Brier (1950) score.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeAlias, TypeVar

import numpy as np

from zhibian.evaluation.figures import BINS, reliability
from zhibian.evaluation.metrics.builders import Wording, metric, quotient, ratio, table
from zhibian.evaluation.metrics.metric import Metric
from zhibian.evaluation.metrics.outcomes import CodingOutcome
from zhibian.evaluation.metrics.resampling import Numbers
from zhibian.evaluation.results import ReliabilityOut

O = TypeVar("O")  # noqa: E741  (an outcome, as in `metric`)

Chances: TypeAlias = Callable[[O], Iterable[tuple[float, bool]]]


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


def calibration(prefix: str, title: str, of: Chances[O]) -> tuple[Metric[O], Metric[O]]:
    """Return the expected calibration error and the Brier score.

    Parameters
    ----------
    prefix, title
        Of names and titles.
    of
        Confidence and rightness of everything in one outcome that tells a confidence.
    """

    def bins(outcomes: Sequence[O]) -> Numbers:
        return table((_bins(of(outcome)) for outcome in outcomes), BINS + 1)

    def squares(outcome: O) -> tuple[float, float]:
        gaps = [(confidence - right) ** 2 for confidence, right in of(outcome)]
        return sum(gaps), len(gaps)

    error = Wording(f"{prefix}.ece", f"{title}期望校准误差（ECE）", better="lower")
    return (
        metric(error, bins, _error, recentred=True),
        ratio(Wording(f"{prefix}.brier", f"{title}Brier分", better="lower"), squares),
    )


def _bins(found: Iterable[tuple[float, bool]]) -> list[float]:
    """Return Σ confidence − Σ right of each bin, then how many there are."""
    sums = [0.0] * (BINS + 1)
    for confidence, right in found:
        sums[min(int(confidence * BINS), BINS - 1)] += confidence - right
        sums[BINS] += 1
    return sums


def _error(sums: Numbers) -> Numbers:
    return quotient(np.abs(sums[..., :BINS]).sum(axis=-1), sums[..., BINS])


METRICS: tuple[Metric[CodingOutcome], ...] = calibration("calibration", "置信度", chances)
