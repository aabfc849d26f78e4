"""Detection of CC and MCC (并发症与合并症的识别): other diagnoses of a level, right and missed.

A level is that of the code in the scheme, before exclusion. Precision is over given codes of the
level, recall over gold codes of the level; they have hits of their own, as an acceptable code may
be of another level than its gold code.
"""

from __future__ import annotations

from collections.abc import Callable, Set

from zhibian.evaluation.metrics.builders import Wording, apart, mean
from zhibian.evaluation.metrics.metric import Metric
from zhibian.evaluation.metrics.outcomes import CodingOutcome, Level

_EITHER: frozenset[Level] = frozenset({"MCC", "CC"})


def _counts(
    levels: Set[Level],
) -> Callable[[CodingOutcome], tuple[float, float, float, float]]:
    def counts(outcome: CodingOutcome) -> tuple[float, float, float, float]:
        given = [c for c in outcome.others_given if c.counts and c.level in levels]
        gold = [c for c in outcome.others_gold if c.level in levels]
        right = sum(c.gold is not None for c in given)
        return right, len(given), sum(c.hit for c in gold), len(gold)

    return counts


def missed(outcome: CodingOutcome) -> int:
    """Return how many gold CC/MCC are not hit (漏编)."""
    _, _, hit, gold = _counts(_EITHER)(outcome)
    return int(gold - hit)


def unsupported(outcome: CodingOutcome) -> int:
    """Return how many given CC/MCC hit no gold code (无依据)."""
    right, given, _, _ = _counts(_EITHER)(outcome)
    return int(given - right)


METRICS: tuple[Metric[CodingOutcome], ...] = (
    *apart("severity.mcc.", "MCC识别", _counts(frozenset({"MCC"}))),
    *apart("severity.cc.", "CC识别", _counts(frozenset({"CC"}))),
    *apart("severity.either.", "CC/MCC识别", _counts(_EITHER)),
    mean(Wording("severity.missed", "例均漏编CC/MCC", "count", "lower"), missed),
    mean(Wording("severity.unsupported", "例均无依据CC/MCC", "count", "lower"), unsupported),
)
