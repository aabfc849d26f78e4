"""Coding of whole records as a kind of task (全文编码评测)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from zhibian.evaluation.coders.interface import CodedPage
from zhibian.evaluation.kinds.coding_details import (
    NameOf,
    Part,
    RecordExample,
    confusion_out,
    deviation_out,
    gallery_out,
    waterfalls_out,
)
from zhibian.evaluation.kinds.coding_outcome import coding_outcome
from zhibian.evaluation.kinds.page_groups import NHSA, PageGroups, page_groups
from zhibian.evaluation.metrics.calibration import reliability_bins
from zhibian.evaluation.metrics.coding import METRICS
from zhibian.evaluation.metrics.frequency import Band, count_codes, load_bands, with_seen
from zhibian.evaluation.metrics.metric import Metric
from zhibian.evaluation.metrics.outcomes import CodingOutcome
from zhibian.evaluation.resources import Resources
from zhibian.evaluation.tasks.kind import Details
from zhibian.evaluation.tasks.spec import TaskSpec
from zhibian.review.assemble import name_of
from zhibian.review.reviewer import NO_TARIFF, Reviewer


@dataclass(frozen=True, slots=True)
class CodingScorer:
    """Scores coded pages under the scheme and tariff of a task (编码评分).

    Attributes
    ----------
    groups
        Grouping and pricing of pages; None where the task groups nothing.
    name
        Official name of a code, for galleries.
    bands
        Bands of frequency in the fit part.
    seen
        In how many records of the fit part each code is gold; None without a fit part.
    """

    groups: PageGroups | None
    name: NameOf
    bands: Sequence[Band]
    seen: Mapping[str, int] | None = None

    @property
    def metrics(self) -> Sequence[Metric[CodingOutcome]]:
        """Return every metric of coding."""
        return METRICS

    def knowing(self, fit: Sequence[RecordExample]) -> CodingScorer:
        """Return the scoring that knows in how many records of a fit part each code is gold."""
        if not fit:
            return self
        return replace(self, seen=count_codes(example.gold.block for example in fit))

    def outcome(self, example: RecordExample, answer: CodedPage) -> CodingOutcome:
        """Compare one page with gold."""
        outcome = coding_outcome(example, answer, self.groups)
        return outcome if self.seen is None else with_seen(outcome, self.seen)

    def strata(self, example: RecordExample, outcome: CodingOutcome) -> Mapping[str, str]:
        """Return category, department, one gold diagnosis or several, and how often it was seen."""
        return {
            **example.strata,
            "mdc": outcome.mdc.removeprefix("MDC") or example.strata.get("mdc", ""),
            "department": outcome.department,
            "diagnoses": "several" if example.gold.block["others"] else "one",
            "frequency": frequency_band(outcome.principal.seen, self.bands),
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
            reliability=reliability_bins(outcomes),
            confusion=confusion_out(outcomes),
            deviation=deviation_out(outcomes),
            waterfalls=waterfalls_out(examples, answers, self.groups) if self.groups else (),
            gallery=gallery_out(examples, answers, outcomes, self.name) if invented else (),
        )


def coding_scorer(task: TaskSpec, resources: Resources) -> CodingScorer:
    """Return the scoring of a coding task.

    Raises
    ------
    InputError
        Scheme, tariff or variant is unknown, or the tariff is for another scheme.
    """
    bands = load_bands()
    if task.scheme is None:
        return CodingScorer(None, _no_name, bands)
    reviewer = resources.reviewer(task.scheme, task.tariff or NO_TARIFF, task.variant)
    names = _names(reviewer) if task.code_set == NHSA else _no_name
    return CodingScorer(page_groups(reviewer, task.code_set), names, bands)


def frequency_band(seen: int | None, bands: Sequence[Band]) -> str:
    """Return how often a gold principal diagnosis could be learned; empty without a fit part."""
    return next((b.name for b in bands if seen is not None and b.holds(seen)), "")


def _names(reviewer: Reviewer) -> NameOf:
    def name(code: str, part: Part) -> str:
        return name_of(code, "procedure" if part == "procedures" else "diagnosis", reviewer)

    return name


def _no_name(code: str, part: Part) -> str:
    return ""
