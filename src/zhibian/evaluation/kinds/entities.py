"""Entities of a text (实体抽取): places and types, strictly and by overlap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from zhibian.evaluation.answers import TextAnswer
from zhibian.evaluation.examples import Example
from zhibian.evaluation.metrics.entities import METRICS, EntitiesOutcome
from zhibian.evaluation.metrics.metric import Metric
from zhibian.evaluation.questions import TextGold, TextQuestion
from zhibian.evaluation.resources import Resources
from zhibian.evaluation.tasks.kind import Details
from zhibian.evaluation.tasks.spec import TaskSpec

TextExample = Example[TextQuestion, TextGold]


@dataclass(frozen=True, slots=True)
class EntitiesScorer:
    """Scores marked entities (实体抽取评分)."""

    @property
    def metrics(self) -> Sequence[Metric[EntitiesOutcome]]:
        """Return the metrics of entities; those of each type are among them."""
        return METRICS

    def knowing(self, fit: Sequence[TextExample]) -> EntitiesScorer:
        """Return itself: nothing here depends on what could be learned."""
        return self

    def outcome(self, example: TextExample, answer: TextAnswer) -> EntitiesOutcome:
        """Put gold and given entities side by side."""
        return EntitiesOutcome(frozenset(example.gold.entities), frozenset(answer.entities))

    def strata(self, example: TextExample, outcome: EntitiesOutcome) -> Mapping[str, str]:
        """Return what the reader tells; a text holds many types, so types are no stratum."""
        return example.strata

    def details(
        self,
        examples: Sequence[TextExample],
        answers: Sequence[TextAnswer],
        outcomes: Sequence[EntitiesOutcome],
        *,
        invented: bool,
    ) -> Details:
        """Return nothing: no table stands beside the figures of entities."""
        return Details()


def entities_scorer(task: TaskSpec, resources: Resources) -> EntitiesScorer:
    """Make the scorer; a `ScorerFactory`."""
    return EntitiesScorer()
