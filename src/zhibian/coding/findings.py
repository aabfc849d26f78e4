"""Gather what the record says of each code (线索归并): for, against, where first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from zhibian.coding.sources import SourceTable, trust
from zhibian.coding.types import Evidence, Finding
from zhibian.documents.types import (
    Assertion,
    DocumentKind,
    Mention,
    Reading,
    SectionKind,
    Span,
)

ADMISSION_PHASE = frozenset({DocumentKind.ADMISSION_RECORD, DocumentKind.FIRST_PROGRESS})
CONCLUSIONS = frozenset(
    {
        SectionKind.DISCHARGE_DIAGNOSIS,
        SectionKind.REVISED_DIAGNOSIS,
        SectionKind.PATHOLOGY_DIAGNOSIS,
    }
)
# Places whose "未见…" speaks of one picture or one moment, not of the whole stay.
_MOMENTARY = frozenset(
    {SectionKind.REPORT, SectionKind.PHYSICAL_EXAM, SectionKind.AUXILIARY_EXAM, SectionKind.NURSING}
)
# At discharge a suspected disease is coded as if confirmed (填写规范第11条（3）、结算清单填写规范),
# elsewhere a suspicion is no diagnosis.
_SUSPECTED_AT_DISCHARGE = 0.62


@dataclass(frozen=True, slots=True)
class CodedMention:
    """A mention and one code that its words stand for.

    ``given`` is the trust and its source where a rule states them; else the place decides.
    """

    mention: Mention
    code: str
    term: str
    given: tuple[float, str] | None = None


def gather(
    coded: Iterable[CodedMention], reading: Reading, table: SourceTable
) -> dict[str, Finding]:
    """Group mentions by code.

    Parameters
    ----------
    coded
        Mentions with codes, in the order of the record.
    reading
        The record they were read from.
    table
        Trust in places.

    Returns
    -------
    dict of str to Finding
        By code, in the order of first mention. Evidence is sorted, best first.
    """
    groups: dict[str, list[CodedMention]] = defaultdict(list)
    for entry in coded:
        groups[entry.code].append(entry)
    return {code: _finding(code, group, reading, table) for code, group in groups.items()}


def _finding(code: str, group: list[CodedMention], reading: Reading, table: SourceTable) -> Finding:
    supporting: dict[tuple[int, int], Evidence] = {}
    against: list[Evidence] = []
    for entry in group:
        mention = entry.mention
        weight, source = entry.given or trust(mention, code, reading, table)
        evidence = Evidence(
            evidence_span(mention, reading),
            mention.assertion,
            mention.section,
            weight,
            source,
            mention.span.start,
        )
        suspected = (
            mention.assertion is Assertion.POSSIBLE
            and mention.section is SectionKind.DISCHARGE_DIAGNOSIS
        )
        if mention.assertion is Assertion.PRESENT or suspected:
            if suspected:
                evidence = replace(
                    evidence, weight=_SUSPECTED_AT_DISCHARGE, source="discharge-suspected"
                )
            place = (evidence.span.document, evidence.span.start)
            best = supporting.get(place)
            if best is None or best.weight < evidence.weight:
                supporting[place] = evidence
        else:
            against.append(evidence)
    ranked = sorted(supporting.values(), key=lambda e: (-e.weight, e.span.document, e.span.start))
    return Finding(
        code=code,
        term=max((entry.term for entry in group), key=len),
        supporting=tuple(ranked),
        against=tuple(sorted(against, key=lambda e: (e.span.document, e.span.start))),
        first=group[0].mention,
        listed=listed_place(group),
    )


def evidence_span(mention: Mention, reading: Reading) -> Span:
    """Return what to show a coder: the whole list entry, or else the sentence."""
    return reading.items[mention.item].span if mention.item is not None else mention.sentence


def listed_place(group: Iterable[CodedMention]) -> tuple[int, int] | None:
    """Return the entry of the discharge diagnosis list and the place in it, or None."""
    places = [
        (entry.mention.item, entry.mention.span.start)
        for entry in group
        if entry.mention.item is not None
        and entry.mention.section is SectionKind.DISCHARGE_DIAGNOSIS
        and entry.mention.assertion in {Assertion.PRESENT, Assertion.POSSIBLE}
    ]
    return min(places, default=None)


def confidence(finding: Finding, table: SourceTable) -> float:
    """Return trust in a finding: its best place, a little more for each further one, below 1."""
    if not finding.supporting:
        return 0.0
    # Passing mentions and bare abbreviations don't grow into a statement by being repeated.
    further = [e for e in finding.supporting[1:] if e.weight > table.abbreviation_cap]
    extra = table.repeat_bonus * len(further)
    return round(min(0.99, finding.supporting[0].weight + min(extra, 0.12)), 3)


def is_refuted(finding: Finding, findings: Mapping[str, Finding], reading: Reading) -> bool:
    """Return whether a later or weightier place says that the disease is not there.

    A suspicion of the first day yields to any later exclusion; a conclusion of the
    discharge list never yields; between two later places the last word counts.
    """
    if any(evidence.section in CONCLUSIONS for evidence in finding.supporting):
        return False
    denials = [
        evidence
        for other in findings.values()
        if _speaks_of(other, finding)
        for evidence in other.against
        if evidence.assertion is Assertion.NEGATED and evidence.section not in _MOMENTARY
    ]
    later = [e for e in denials if reading.kinds[e.span.document] not in ADMISSION_PHASE]
    support_later = [
        e for e in finding.supporting if reading.kinds[e.span.document] not in ADMISSION_PHASE
    ]
    if not support_later:
        # Within the first day's documents an explicit denial beats a passing mention.
        return bool(later) or (bool(denials) and finding.supporting[0].weight < 0.7)
    strongest = support_later[0].weight
    last_support = max((e.span.document, e.position) for e in support_later)
    return any((e.span.document, e.position) > last_support for e in later) and strongest < 0.9


def _speaks_of(other: Finding, finding: Finding) -> bool:
    """Return whether a denial of ``other`` is a denial of ``finding`` too."""
    if other.code == finding.code:
        return True
    return other.code[:3] == finding.code[:3] and other.term in finding.term
