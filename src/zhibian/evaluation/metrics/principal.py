"""The principal diagnosis (主要诊断): right to the code, its subcategory, category and chapter."""

from __future__ import annotations

from collections.abc import Callable

from zhibian.evaluation.metrics.builders import Wording, mean
from zhibian.evaluation.metrics.icd10 import category, chapter, subcategory
from zhibian.evaluation.metrics.metric import Metric
from zhibian.evaluation.metrics.outcomes import CodingOutcome


def _right_to(level: Callable[[str], str]) -> Callable[[CodingOutcome], float]:
    """Return whether the given code is at that level equal to an accepted one; none is wrong."""

    def right(outcome: CodingOutcome) -> float:
        principal = outcome.principal
        if principal.given is None:
            return 0.0
        accepted = {level(code) for code in (principal.gold, *principal.accepted)}
        return float(level(principal.given) in accepted)

    return right


METRICS: tuple[Metric[CodingOutcome], ...] = (
    mean(Wording("principal.exact", "主要诊断完全一致率"), _right_to(str)),
    mean(Wording("principal.4", "主要诊断亚目一致率"), _right_to(subcategory)),
    mean(Wording("principal.3", "主要诊断类目一致率"), _right_to(category)),
    mean(Wording("principal.chapter", "主要诊断章一致率"), _right_to(chapter)),
)
