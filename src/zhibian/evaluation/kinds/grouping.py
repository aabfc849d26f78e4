"""Agreement of groups with a reference (分组一致性): status, category, core group, group."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from zhibian.evaluation.answers import GroupingAnswer
from zhibian.evaluation.examples import Example
from zhibian.evaluation.metrics.grouping import METRICS, GroupingOutcome
from zhibian.evaluation.metrics.metric import Metric
from zhibian.evaluation.questions import GroupingGold, GroupingQuestion
from zhibian.evaluation.resources import Resources
from zhibian.evaluation.results import ConfusionOut
from zhibian.evaluation.tasks.kind import Details
from zhibian.evaluation.tasks.spec import TaskSpec

GroupingExample = Example[GroupingQuestion, GroupingGold]


@dataclass(frozen=True, slots=True)
class GroupingScorer:
    """Scores groups (分组一致性评分)."""

    @property
    def metrics(self) -> Sequence[Metric[GroupingOutcome]]:
        """Return the metrics of grouping."""
        return METRICS

    def knowing(self, fit: Sequence[GroupingExample]) -> GroupingScorer:
        """Return itself: nothing here depends on what could be learned."""
        return self

    def outcome(self, example: GroupingExample, answer: GroupingAnswer) -> GroupingOutcome:
        """Put the group of the reference and the one given side by side."""
        gold = replace(example.gold, mdc=_letter(example.gold.mdc))
        return GroupingOutcome(gold, replace(answer, mdc=_letter(answer.mdc)))

    def strata(self, example: GroupingExample, outcome: GroupingOutcome) -> Mapping[str, str]:
        """Return category and status of the reference beside what the reader tells."""
        return {**example.strata, "mdc": _category(outcome.gold.mdc), "status": outcome.gold.status}

    def details(
        self,
        examples: Sequence[GroupingExample],
        answers: Sequence[GroupingAnswer],
        outcomes: Sequence[GroupingOutcome],
        *,
        invented: bool,
    ) -> Details:
        """Return how often each category was given for each other."""
        pairs = Counter((_category(one.gold.mdc), _category(one.given.mdc)) for one in outcomes)
        return Details(
            confusion=tuple(
                ConfusionOut(gold=gold, given=given, n=n)
                for (gold, given), n in sorted(pairs.items())
            )
        )


def _letter(mdc: str) -> str:
    """Return a category as its letter: schemes write MDCF, data sets F."""
    return mdc.removeprefix("MDC")


def _category(letter: str) -> str:
    """Return a category, or nothing for the code that a scheme gives to ungrouped pages."""
    return letter if letter.isalpha() else ""


def grouping_scorer(task: TaskSpec, resources: Resources) -> GroupingScorer:
    """Make the scorer; a `ScorerFactory`."""
    return GroupingScorer()
