"""Agreement in the hierarchy of codes (层级一致性): near misses count in part.

Principal: levels up to where given and gold meet, over the depth of the tree; for leaves of equal
depth this is the tree distance of Dekel, Keshet & Singer (2004) over its maximum. Sets: precision,
recall and F1 over codes with all their ancestors (Kiritchenko et al. 2006; "set-based measures" of
Kosmopoulos et al. 2015), the root left out, sums over records.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from zhibian.evaluation.metrics import icd10, procedure_levels
from zhibian.evaluation.metrics.builders import Wording, mean, micro
from zhibian.evaluation.metrics.code_parts import PartOf, diagnoses, procedures
from zhibian.evaluation.metrics.metric import Metric
from zhibian.evaluation.metrics.outcomes import CodingOutcome


def principal_distance(outcome: CodingOutcome) -> float:
    """Return 0 for an accepted principal diagnosis to 1 for one of another chapter, or none."""
    principal = outcome.principal
    if principal.given is None:
        return 1.0
    accepted = {principal.gold, *principal.accepted}
    return min(icd10.distance(principal.given, code) for code in accepted) / icd10.DEPTH


def _augmented(
    part_of: PartOf, ancestors: Callable[[str], frozenset[str]]
) -> Callable[[CodingOutcome], tuple[float, float, float]]:
    def closure(codes: Iterable[str]) -> frozenset[str]:
        return frozenset().union(*map(ancestors, codes))

    def counts(outcome: CodingOutcome) -> tuple[float, float, float]:
        part = part_of(outcome)
        given, gold = closure(part.given), closure(part.gold)
        return len(given & gold), len(given), len(gold)

    return counts


METRICS: tuple[Metric[CodingOutcome], ...] = (
    mean(
        Wording("hierarchy.principal_distance", "主要诊断层级距离", "distance", "lower"),
        principal_distance,
    ),
    *micro("hierarchy.diagnoses.", "诊断层级", _augmented(diagnoses, icd10.ancestors)),
    *micro(
        "hierarchy.procedures.", "手术操作层级", _augmented(procedures, procedure_levels.ancestors)
    ),
)
