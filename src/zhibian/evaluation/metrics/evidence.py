"""Evidence of right codes (编码依据): characters and spans against those marked in gold.

Over right codes whose gold tells evidence. Definitions are those of ERASER (DeYoung et al. 2020):
token F1 over characters, since Chinese has no blanks, and span F1 where a span is right if it is
equal to, or overlaps with intersection over union of at least 0.5, a span of the other side.
"""

from __future__ import annotations

from collections.abc import Iterable

from zhibian.evaluation.metrics.builders import Wording, apart, micro, ratio
from zhibian.evaluation.metrics.metric import Metric
from zhibian.evaluation.metrics.outcomes import CodingOutcome

Span = tuple[int, int, int]

# DeYoung et al. 2020, section 4.1.
_OVERLAP = 0.5


def overlap(one: Span, other: Span) -> float:
    """Return intersection over union (交并比) of two spans (document, start, end)."""
    if one[0] != other[0]:
        return 0.0
    shared = min(one[2], other[2]) - max(one[1], other[1])
    union = max(one[2], other[2]) - min(one[1], other[1])
    return max(shared, 0) / union if union > 0 else 0.0


def characters(spans: Iterable[Span]) -> frozenset[tuple[int, int]]:
    """Return the places of all characters in spans, each once."""
    return frozenset((document, n) for document, start, end in spans for n in range(start, end))


def _character_counts(outcome: CodingOutcome) -> tuple[float, float, float]:
    hits = given = gold = 0
    for one in outcome.evidence:
        told, right = characters(one.given_spans), characters(one.gold_spans)
        hits += len(told & right)
        given += len(told)
        gold += len(right)
    return hits, given, gold


def _span_counts(outcome: CodingOutcome) -> tuple[float, float, float]:
    hits = given = gold = 0
    for one in outcome.evidence:
        hits += len(one.given_spans & one.gold_spans)
        given += len(one.given_spans)
        gold += len(one.gold_spans)
    return hits, given, gold


def _overlap_counts(outcome: CodingOutcome) -> tuple[float, float, float, float]:
    right = given = found = gold = 0
    for one in outcome.evidence:
        right += _near(one.given_spans, one.gold_spans)
        given += len(one.given_spans)
        found += _near(one.gold_spans, one.given_spans)
        gold += len(one.gold_spans)
    return right, given, found, gold


def _near(spans: Iterable[Span], others: frozenset[Span]) -> int:
    return sum(any(overlap(span, other) >= _OVERLAP for other in others) for span in spans)


def _any_given(outcome: CodingOutcome) -> tuple[float, float]:
    return sum(bool(one.given_spans) for one in outcome.evidence), len(outcome.evidence)


METRICS: tuple[Metric[CodingOutcome], ...] = (
    *micro("evidence.character.", "依据字符", _character_counts),
    *micro("evidence.span.", "依据片段（完全一致）", _span_counts),
    *apart("evidence.overlap.", "依据片段（交并比≥0.5）", _overlap_counts),
    ratio(Wording("evidence.given", "有依据的正确编码占比"), _any_given),
)
