"""Tendency of clinical events (发生状态判断): negated, uncertain, or neither.

Events of one text are drawn together: the unit of resampling is the text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from zhibian.evaluation.answers import EventAnswer
from zhibian.evaluation.examples import Example
from zhibian.evaluation.metrics.assertion import METRICS, TENDENCIES, AssertionOutcome
from zhibian.evaluation.metrics.metric import Metric
from zhibian.evaluation.questions import EventGold, EventQuestion
from zhibian.evaluation.resources import Resources
from zhibian.evaluation.tasks.kind import Details
from zhibian.evaluation.tasks.spec import TaskSpec

EventExample = Example[EventQuestion, EventGold]

_STRATA = {tendency: name for name, tendency, _ in TENDENCIES}


@dataclass(frozen=True, slots=True)
class AssertionScorer:
    """Scores the tendency of events (发生状态评分)."""

    @property
    def metrics(self) -> Sequence[Metric[AssertionOutcome]]:
        """Return the metrics of assertion."""
        return METRICS

    def knowing(self, fit: Sequence[EventExample]) -> AssertionScorer:
        """Return itself: nothing here depends on what could be learned."""
        return self

    def outcome(self, example: EventExample, answer: EventAnswer) -> AssertionOutcome:
        """Put gold and given tendency side by side."""
        return AssertionOutcome(example.gold.tendency, answer.tendency, answer.confidence)

    def strata(self, example: EventExample, outcome: AssertionOutcome) -> Mapping[str, str]:
        """Return the gold tendency beside what the reader tells."""
        return {**example.strata, "tendency": _STRATA.get(outcome.gold, "")}

    def details(
        self,
        examples: Sequence[EventExample],
        answers: Sequence[EventAnswer],
        outcomes: Sequence[AssertionOutcome],
        *,
        invented: bool,
    ) -> Details:
        """Return nothing: each tendency has its metrics."""
        return Details()


def assertion_scorer(task: TaskSpec, resources: Resources) -> AssertionScorer:
    """Make the scorer; a `ScorerFactory`."""
    return AssertionScorer()
