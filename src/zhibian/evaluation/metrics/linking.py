"""What one system did on one term (术语链接的结果), and its metrics.

Names are compared, not codes: several codes of a set may share a name. Gold names that the code
set lacks count as missed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from zhibian.evaluation.metrics.builders import Wording, mean, micro, ratio
from zhibian.evaluation.metrics.metric import Metric

DEPTHS = (1, 10, 50)


@dataclass(frozen=True, slots=True)
class LinkingOutcome:
    """One term under one system (单条术语的链接结果).

    Attributes
    ----------
    hits
        Right names among the chosen.
    chosen, gold
        Names chosen, gold names; gold names that the code set lacks count.
    first_right
        Whether the first chosen name is a gold name.
    places
        For each gold name its place among the candidates, from 0, chosen names first; None where
        it is not among them.
    """

    hits: int
    chosen: int
    gold: int
    first_right: bool
    places: tuple[int | None, ...]


def reciprocal_rank(outcome: LinkingOutcome) -> float | None:
    """Return 1 over the place, from 1, of the first gold name; 0 where none is a candidate."""
    if not outcome.gold:
        return None
    places = [place for place in outcome.places if place is not None]
    return 1 / (1 + min(places)) if places else 0.0


def _counts(outcome: LinkingOutcome) -> tuple[float, float, float]:
    return outcome.hits, outcome.chosen, outcome.gold


def _whole_set(outcome: LinkingOutcome) -> float:
    return float(outcome.hits == outcome.chosen == outcome.gold)


def _within(depth: int) -> Callable[[LinkingOutcome], tuple[float, float]]:
    def counts(outcome: LinkingOutcome) -> tuple[float, float]:
        found = sum(place is not None and place < depth for place in outcome.places)
        return found, outcome.gold

    return counts


METRICS: tuple[Metric[LinkingOutcome], ...] = (
    *micro("linking.micro", "术语链接微平均", _counts),
    mean(Wording("linking.accuracy", "整组名称正确率"), _whole_set),
    mean(Wording("linking.first_right", "首个名称正确率"), lambda outcome: outcome.first_right),
    *(
        ratio(Wording(f"linking.recall@{depth}", f"前{depth}个候选召回率"), _within(depth))
        for depth in DEPTHS
    ),
    mean(Wording("linking.mrr", "平均倒数排名（MRR）"), reciprocal_rank),
)
