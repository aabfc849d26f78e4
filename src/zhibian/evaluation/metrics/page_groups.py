"""Groups of given against gold pages (入组一致性).

Over records whose gold page has a group; a given page without one is wrong.
"""

from __future__ import annotations

from collections.abc import Callable

from zhibian.evaluation.metrics.builders import Wording, mean
from zhibian.evaluation.metrics.metric import Metric
from zhibian.evaluation.metrics.outcomes import CodingOutcome, PageGroup


def _same(level: Callable[[PageGroup], str | None]) -> Callable[[CodingOutcome], float | None]:
    def same(outcome: CodingOutcome) -> float | None:
        gold = None if outcome.gold_page is None else level(outcome.gold_page)
        if gold is None:
            return None
        return float(outcome.given_page is not None and level(outcome.given_page) == gold)

    return same


def _ungrouped(outcome: CodingOutcome) -> float | None:
    """Return whether the given page has no group where the gold page has one."""
    if outcome.gold_page is None or outcome.gold_page.drg is None:
        return None
    return float(outcome.given_page is None or outcome.given_page.drg is None)


METRICS: tuple[Metric[CodingOutcome], ...] = (
    mean(Wording("group.mdc", "MDC一致率"), _same(lambda page: page.mdc)),
    mean(Wording("group.adrg", "ADRG一致率"), _same(lambda page: page.adrg)),
    mean(Wording("group.drg", "DRG一致率"), _same(lambda page: page.drg)),
    mean(Wording("group.ungrouped", "未入组率", better="lower"), _ungrouped),
)
