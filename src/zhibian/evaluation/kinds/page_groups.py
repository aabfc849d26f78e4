"""Group and price the pages of an evaluation (金标准页与给出页的分组与付费)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from zhibian.evaluation.metrics.outcomes import Level, PageGroup
from zhibian.grouping.engine import group
from zhibian.grouping.stay import grouping_input
from zhibian.grouping.types import Grouping, GroupingInput, Status
from zhibian.records.types import Admission
from zhibian.review.assemble import level_of
from zhibian.review.pipeline import standard_of
from zhibian.review.reviewer import Reviewer
from zhibian.terminology.crosswalk import Crosswalk

#: Edition of the codes that rule packs are written in.
NHSA = "nhsa-2.0"
_GROUPED = frozenset({Status.GROUPED, Status.AMBIGUOUS})

Convert = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class _Line:
    code: str


@dataclass(frozen=True, slots=True)
class PageGroups:
    """A scheme and a tariff, for pages in the edition of a task (分组与付费).

    Attributes
    ----------
    reviewer
        Rule pack, code book, tariff.
    diagnosis, procedure
        Convert a code of the edition to an NHSA code; unknown ones stay as they are, so that the
        page is told as invalid and not grouped by half.
    """

    reviewer: Reviewer
    diagnosis: Convert
    procedure: Convert

    def level(self, code: str) -> Level:
        """Return the CC/MCC level of a diagnosis under the scheme, before exclusion."""
        return level_of(self.diagnosis(code), self.reviewer)

    def page(
        self,
        principal: str | None,
        others: Sequence[str],
        procedures: Sequence[str],
        stay: Admission | None,
    ) -> GroupingInput | None:
        """Return a page as the grouper needs it; None without a principal diagnosis."""
        if principal is None:
            return None
        return grouping_input(
            _Line(self.diagnosis(principal)),
            [_Line(self.diagnosis(code)) for code in others],
            [_Line(self.procedure(code)) for code in procedures],
            stay,
        )

    def priced(self, page: GroupingInput | None) -> PageGroup:
        """Return group, weight and amount of a page; all None for no page."""
        if page is None:
            return PageGroup(None, None, None, None, None)
        found = group(page, self.reviewer.pack, self.reviewer.codebook, trace=False)
        standard = standard_of(found, self.reviewer)
        return _page_group(
            found,
            None if standard is None else standard.weight,
            None if standard is None else standard.amount,
        )


def page_groups(reviewer: Reviewer, edition: str) -> PageGroups:
    """Return the grouping of pages in an edition: those of others are converted first."""
    if edition == NHSA:
        return PageGroups(reviewer, _unchanged, _unchanged)
    return PageGroups(
        reviewer,
        _converter(reviewer.diagnosis_crosswalk),
        _converter(reviewer.procedure_crosswalk),
    )


def _unchanged(code: str) -> str:
    return code


def _converter(crosswalk: Crosswalk) -> Convert:
    def convert(code: str) -> str:
        return crosswalk.convert(code).target or code

    return convert


def _page_group(found: Grouping, weight: Decimal | None, amount: Decimal | None) -> PageGroup:
    # The codes of the row for ungrouped cases are no group: two such pages do not agree.
    grouped = found.status in _GROUPED
    return PageGroup(
        mdc=found.mdc if grouped and found.mdc else None,
        adrg=found.adrg if grouped and found.adrg else None,
        drg=found.drg if grouped and found.drg else None,
        weight=None if weight is None else float(weight),
        amount=None if amount is None else float(amount),
    )
