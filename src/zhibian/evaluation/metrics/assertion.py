"""What one system said of one event (发生状态判断的结果), and its metrics."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from zhibian.evaluation.metrics.builders import Labels, Wording, macro, mean, micro
from zhibian.evaluation.metrics.calibration import calibration
from zhibian.evaluation.metrics.metric import Metric

#: English name, tendency as the data write it, Chinese name.
TENDENCIES = (
    ("negated", "否定", "否定"),
    ("uncertain", "不确定", "不确定"),
    ("stated", "", "肯定"),
)


@dataclass(frozen=True, slots=True)
class AssertionOutcome:
    """One event under one system: gold tendency, the one given, and how sure (0 to 1, or None)."""

    gold: str
    given: str
    confidence: float | None = None


def _right(outcome: AssertionOutcome) -> bool:
    return outcome.given == outcome.gold


def _labels(outcome: AssertionOutcome) -> Labels:
    return (outcome.gold,) if _right(outcome) else (), (outcome.given,), (outcome.gold,)


def _counts(tendency: str) -> Callable[[AssertionOutcome], tuple[float, float, float]]:
    def counts(outcome: AssertionOutcome) -> tuple[float, float, float]:
        given, gold = outcome.given == tendency, outcome.gold == tendency
        return given and gold, given, gold

    return counts


def _chances(outcome: AssertionOutcome) -> Iterator[tuple[float, bool]]:
    if outcome.confidence is not None:
        yield outcome.confidence, _right(outcome)


METRICS: tuple[Metric[AssertionOutcome], ...] = (
    mean(Wording("assertion.accuracy", "发生状态正确率"), _right),
    *macro("assertion.macro", "发生状态宏平均", _labels),
    *(
        metric
        for name, tendency, title in TENDENCIES
        for metric in micro(f"assertion.{name}.", title, _counts(tendency))
    ),
    *calibration("assertion", "发生状态", _chances),
)
