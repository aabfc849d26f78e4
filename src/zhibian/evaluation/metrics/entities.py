"""What one system marked in one text (实体抽取的结果), and its metrics.

Strict: start, end and type are equal. Overlap: the type is equal and at least one character is
shared, the relaxed measure of the CCKS and Yidu-S4K evaluations (松弛指标).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from zhibian.documents.tagger import EntityType
from zhibian.evaluation.metrics.builders import Labels, apart, macro, micro
from zhibian.evaluation.metrics.metric import Metric

#: Start, end (exclusive) and type of an entity.
Stretch = tuple[int, int, str]


@dataclass(frozen=True, slots=True)
class EntitiesOutcome:
    """One text under one system: gold entities and those given, places alone, no words."""

    gold: frozenset[Stretch]
    given: frozenset[Stretch]


def _counts(types: frozenset[str]) -> Callable[[EntitiesOutcome], tuple[float, float, float]]:
    """Return strict counts over entities of some types; of every type where none is named."""

    def counts(outcome: EntitiesOutcome) -> tuple[float, float, float]:
        given = {one for one in outcome.given if not types or one[2] in types}
        gold = {one for one in outcome.gold if not types or one[2] in types}
        return len(given & gold), len(given), len(gold)

    return counts


def _labels(outcome: EntitiesOutcome) -> Labels:
    right = outcome.given & outcome.gold
    return _types(right), _types(outcome.given), _types(outcome.gold)


def _types(entities: frozenset[Stretch]) -> list[str]:
    return [kind for _, _, kind in entities]


def _overlapping(outcome: EntitiesOutcome) -> tuple[float, float, float, float]:
    return (
        _touching(outcome.given, outcome.gold),
        len(outcome.given),
        _touching(outcome.gold, outcome.given),
        len(outcome.gold),
    )


def _touching(entities: frozenset[Stretch], others: frozenset[Stretch]) -> int:
    return sum(
        any(kind == of and start < stop and first < end for first, stop, of in others)
        for start, end, kind in entities
    )


METRICS: tuple[Metric[EntitiesOutcome], ...] = (
    *micro("entities.micro", "实体微平均", _counts(frozenset())),
    *macro("entities.macro", "实体各类宏平均", _labels),
    *apart("entities.overlap.", "实体（有重叠即可）", _overlapping),
    *(
        metric
        for kind in EntityType
        for metric in micro(
            f"entities.{kind.name.lower()}.", kind.value, _counts(frozenset({kind.value}))
        )
    ),
)
