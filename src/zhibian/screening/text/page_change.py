"""The group of a filed page after one change (一处改动后的病组)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from zhibian.grouping.engine import group
from zhibian.grouping.stay import grouping_input
from zhibian.grouping.types import Grouping, GroupingInput
from zhibian.grouping.what_if import without_diagnosis, without_procedure
from zhibian.payment.what_if import weight_of
from zhibian.records.types import Admission, CodedDiagnosis, FrontPage
from zhibian.review.assemble import level_of, name_of
from zhibian.review.reviewer import Reviewer


@dataclass(frozen=True, slots=True)
class Effect:
    """What a change would do to the group (对病组的影响).

    Attributes
    ----------
    filed, possible
        Group as filed and after the change; None where the page has no group.
    changes
        Whether group or status differ.
    weight
        Possible minus filed weight, None where either has none.
    """

    filed: str | None
    possible: str | None
    changes: bool
    weight: Decimal | None


def named_page(page: FrontPage, reviewer: Reviewer) -> FrontPage:
    """Return the page with official names where none is filed."""

    def diagnosis(line: CodedDiagnosis) -> CodedDiagnosis:
        name = line.name or name_of(line.code, "diagnosis", reviewer) or line.code
        return line.model_copy(update={"name": name})

    return page.model_copy(
        update={
            "principal": diagnosis(page.principal),
            "others": tuple(map(diagnosis, page.others)),
        }
    )


class FiledPage:
    """A filed page in NHSA codes and its group, asked for the effect of single changes.

    Parameters
    ----------
    page
        The page, in NHSA codes.
    stay
        The admission.
    reviewer
        Scheme and tariff.
    """

    def __init__(self, page: FrontPage, stay: Admission | None, reviewer: Reviewer) -> None:
        self.page = page
        self._reviewer = reviewer
        self._case = grouping_input(page.principal, page.others, page.procedures, stay)
        self._filed = self._grouped(self._case)

    def with_diagnosis(self, code: str, instead_of: str | None) -> Effect:
        """Return the effect of another diagnosis; it takes the place of a less exact one."""
        others = [c for c in self._case.others if c != instead_of]
        return self._effect(replace(self._case, others=(*others, code)))

    def with_procedure(self, code: str, instead_of: str | None) -> Effect:
        """Return the effect of another procedure; in the place of one, else as the last."""
        procedures = self._case.procedures
        if instead_of in procedures:
            procedures = tuple(code if c == instead_of else c for c in procedures)
        else:
            procedures = (*procedures, code)
        return self._effect(replace(self._case, procedures=procedures))

    def without(self, code: str, *, procedure: bool) -> Effect:
        """Return the effect of leaving an other diagnosis or a procedure out."""
        left_out = without_procedure if procedure else without_diagnosis
        return self._effect(left_out(self._case, code))

    def with_principal(self, code: str) -> Effect:
        """Return the effect of another principal diagnosis; the old one takes its place."""
        old, others = self.page.principal.code, self._case.others
        # In the place of the code that becomes principal, else first.
        if code not in others:
            others = (code, *others)
        exchanged = tuple(old if c == code else c for c in others)
        return self._effect(replace(self._case, principal=code, others=exchanged))

    def level(self, code: str) -> str:
        """Return the CC/MCC level of a diagnosis under the scheme."""
        return level_of(code, self._reviewer)

    def unchanged(self) -> Effect:
        """Return the effect of a change that does not touch the group."""
        return Effect(self._filed.drg or None, self._filed.drg or None, changes=False, weight=None)

    def _grouped(self, case: GroupingInput) -> Grouping:
        return group(case, self._reviewer.pack, self._reviewer.codebook, trace=False)

    def _effect(self, case: GroupingInput) -> Effect:
        possible = self._grouped(case)
        tariff = self._reviewer.tariff
        before, after = weight_of(self._filed, tariff), weight_of(possible, tariff)
        return Effect(
            filed=self._filed.drg or None,
            possible=possible.drg or None,
            changes=(self._filed.status, self._filed.drg) != (possible.status, possible.drg),
            weight=None if before is None or after is None else after - before,
        )
