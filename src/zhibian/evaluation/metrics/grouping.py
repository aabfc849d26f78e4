"""Where one system put one page (分组一致性的结果), and its metrics.

Neither side is taken to be right: no group on both sides is agreement, as for Cohen's kappa
(Cohen 1960), where "no group" is a category of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from zhibian.evaluation.answers import GroupingAnswer
from zhibian.evaluation.metrics.builders import Wording, kappa, mean
from zhibian.evaluation.metrics.metric import Metric
from zhibian.evaluation.questions import GroupingGold


@dataclass(frozen=True, slots=True)
class GroupingOutcome:
    """One page under one system: the group of the reference and the one given."""

    gold: GroupingGold
    given: GroupingAnswer


Level = Callable[[GroupingGold | GroupingAnswer], str]

LEVELS: tuple[tuple[str, str, Level], ...] = (
    ("status", "入组状态", lambda group: group.status),
    ("mdc", "MDC", lambda group: group.mdc),
    ("adrg", "ADRG", lambda group: group.adrg),
    ("drg", "DRG", lambda group: group.drg),
)


def _same(level: Level) -> Callable[[GroupingOutcome], float]:
    def same(outcome: GroupingOutcome) -> float:
        return float(level(outcome.gold) == level(outcome.given))

    return same


def _pair(level: Level) -> Callable[[GroupingOutcome], tuple[str, str]]:
    def pair(outcome: GroupingOutcome) -> tuple[str, str]:
        return level(outcome.gold), level(outcome.given)

    return pair


def differing(outcome: GroupingOutcome) -> tuple[str, ...]:
    """Return the levels on which the two differ (不一致的层级), broadest first."""
    return tuple(name for name, _, level in LEVELS if level(outcome.gold) != level(outcome.given))


METRICS: tuple[Metric[GroupingOutcome], ...] = (
    *(
        mean(Wording(f"grouping.{name}", f"{title}一致率"), _same(level))
        for name, title, level in LEVELS
    ),
    *(
        kappa(Wording(f"grouping.{name}_kappa", f"{title}一致性Kappa"), _pair(level))
        for name, title, level in LEVELS
    ),
    mean(
        Wording("grouping.different", "任一层级不一致占比", better="lower"),
        lambda outcome: float(bool(differing(outcome))),
    ),
)
