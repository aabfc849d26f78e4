"""The same page for every record (多数类): the floor that every system must clear.

The principal diagnosis that was filed most often, and the other diagnoses and procedures that were
filed most often: as many as make the best micro-F1 on the records to choose by.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from pydantic import Field

from zhibian.evaluation.coders.gold_codes import GoldPage, gold_pages
from zhibian.evaluation.coders.interface import (
    CodedLine,
    CodedPage,
    CoderInfo,
    LearningSet,
    RecordQuestion,
)
from zhibian.evaluation.coders.learning import fit_and_tune, refuse_empty, refuse_unlearned
from zhibian.evaluation.coders.parameters import Parameters
from zhibian.evaluation.coders.registered import RegisteredCoder

NAME, TITLE = "majority", "多数类"
_MOST_RANKED = 50


class MajorityParameters(Parameters):
    """Settings (参数)."""

    others: int | None = Field(
        default=None, ge=0, description="Other diagnoses a page; null: chosen by micro-F1"
    )
    procedures: int | None = Field(
        default=None, ge=0, description="Procedures a page; null: chosen by micro-F1"
    )


@dataclass(frozen=True, slots=True)
class MajorityCoder:
    """Gives one page, whatever the record says (多数类基线).

    Attributes
    ----------
    parameters
        Settings.
    page
        What it gives; None before learning.
    """

    parameters: MajorityParameters = field(default_factory=MajorityParameters)
    page: CodedPage | None = None

    @property
    def info(self) -> CoderInfo:
        """Return what a reader of a result must know."""
        return CoderInfo(NAME, TITLE, learns=True, parameters=self.parameters.model_dump())

    def learn(self, material: LearningSet) -> MajorityCoder:
        """Return the system with the most frequent codes.

        Raises
        ------
        InputError
            There is nothing to learn from.
        """
        refuse_empty(material, NAME, TITLE)
        _, tune = fit_and_tune(material)
        pages = gold_pages(material.fit)
        return MajorityCoder(self.parameters, _page(pages, gold_pages(tune), self.parameters))

    def code(self, questions: Sequence[RecordQuestion]) -> Iterator[CodedPage]:
        """Yield the same page for every record.

        Raises
        ------
        InputError
            It has not learned.
        """
        if self.page is None:
            refuse_unlearned(NAME)
        for _ in questions:
            yield self.page


def _page(
    pages: Sequence[GoldPage], tune: Sequence[GoldPage], parameters: MajorityParameters
) -> CodedPage:
    principals = _shares([[page.principal] for page in pages])
    first = principals[0]
    others = [line for line in _shares([p.others for p in pages]) if line.code != first.code]
    procedures = _shares([page.procedures for page in pages])
    diagnoses = _shares([(page.principal, *page.others) for page in pages])
    taken = _count(others, [page.others for page in tune], parameters.others)
    done = _count(procedures, [page.procedures for page in tune], parameters.procedures)
    return CodedPage(
        principal=first,
        others=tuple(others[:taken]),
        procedures=tuple(procedures[:done]),
        ranked_diagnoses=tuple(line.code for line in diagnoses[:_MOST_RANKED]),
        ranked_procedures=tuple(line.code for line in procedures[:_MOST_RANKED]),
    )


def _shares(filed: Sequence[Sequence[str]]) -> list[CodedLine]:
    """Return codes by falling share of records, equal ones by code; the share is confidence."""
    counts = Counter(code for codes in filed for code in codes)
    ordered = sorted(counts, key=lambda code: (-counts[code], code))
    return [CodedLine(code, counts[code] / len(filed)) for code in ordered]


def _count(lines: Sequence[CodedLine], filed: Sequence[Sequence[str]], given: int | None) -> int:
    """Return how many of the most frequent codes make the best micro-F1; the fewest of equals."""
    if given is not None:
        return given
    wanted = sum(map(len, filed))
    best, best_count, hits = 0.0, 0, 0
    for count, line in enumerate(lines, start=1):
        hits += sum(line.code in codes for codes in filed)
        f1 = 2 * hits / (count * len(filed) + wanted)
        if f1 > best:
            best, best_count = f1, count
    return best_count


MAJORITY = RegisteredCoder(
    NAME, TITLE, MajorityParameters, lambda given, task, resources: MajorityCoder(given)
)
