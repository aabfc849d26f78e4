"""Coding of whole records as a kind of task (全文编码评测)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from zhibian.evaluation.coders.interface import CodedPage, RecordQuestion
from zhibian.evaluation.examples import Example
from zhibian.evaluation.kinds.coding_details import (
    NameOf,
    Part,
    confusion_out,
    deviation_out,
    gallery_out,
    reliability_out,
)
from zhibian.evaluation.kinds.coding_outcome import coding_outcome
from zhibian.evaluation.kinds.page_groups import NHSA, PageGroups, page_groups
from zhibian.evaluation.metrics.coding import CODING_METRICS
from zhibian.evaluation.metrics.metric import Metric
from zhibian.evaluation.metrics.outcomes import CodingOutcome
from zhibian.evaluation.questions import RecordGold
from zhibian.evaluation.resources import Resources
from zhibian.evaluation.tasks.kind import Details
from zhibian.evaluation.tasks.spec import TaskSpec
from zhibian.review.assemble import name_of
from zhibian.review.reviewer import NO_TARIFF, Reviewer

RecordExample = Example[RecordQuestion, RecordGold]


@dataclass(frozen=True, slots=True)
class CodingScorer:
    """Scores coded pages under the scheme and tariff of a task (编码评分).

    Attributes
    ----------
    groups
        Grouping and pricing of pages; None where the task groups nothing.
    name
        Official name of a code, for galleries.
    """

    groups: PageGroups | None
    name: NameOf

    @property
    def metrics(self) -> Sequence[Metric[CodingOutcome]]:
        """Return every metric of coding."""
        return CODING_METRICS

    def outcome(self, example: RecordExample, answer: CodedPage) -> CodingOutcome:
        """Compare one page with gold."""
        return coding_outcome(
            example.record, example.question, example.gold.block, answer, self.groups
        )

    def strata(self, example: RecordExample, outcome: CodingOutcome) -> Mapping[str, str]:
        """Return category, department, and whether gold has one diagnosis or several."""
        return {
            **example.strata,
            "mdc": outcome.mdc or example.strata.get("mdc", ""),
            "department": outcome.department or example.strata.get("department", ""),
            "diagnoses": "several" if example.gold.block["others"] else "one",
        }

    def details(
        self,
        examples: Sequence[RecordExample],
        answers: Sequence[CodedPage],
        outcomes: Sequence[CodingOutcome],
        *,
        invented: bool,
    ) -> Details:
        """Return calibration, confusion of categories, payment deviation, and errors."""
        return Details(
            reliability=reliability_out(outcomes),
            confusion=confusion_out(outcomes),
            deviation=deviation_out(outcomes),
            gallery=gallery_out(examples, answers, outcomes, self.name) if invented else (),
        )


def coding_scorer(task: TaskSpec, resources: Resources) -> CodingScorer:
    """Return the scoring of a coding task.

    Raises
    ------
    InputError
        Scheme, tariff or variant is unknown, or the tariff is for another scheme.
    """
    if task.scheme is None:
        return CodingScorer(None, _no_name)
    reviewer = resources.reviewer(task.scheme, task.tariff or NO_TARIFF, task.variant)
    names = _names(reviewer) if task.code_set == NHSA else _no_name
    return CodingScorer(page_groups(reviewer, task.code_set), names)


def _names(reviewer: Reviewer) -> NameOf:
    def name(code: str, part: Part) -> str:
        return name_of(code, "procedure" if part == "procedures" else "diagnosis", reviewer)

    return name


def _no_name(code: str, part: Part) -> str:
    return ""
