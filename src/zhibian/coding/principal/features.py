"""What the record shows of each candidate for principal diagnosis (候选主要诊断的特征).

Every feature lies between 0 and 1 and is readable by a coder: its place in the lists,
the operation that treats it, the complaint that brought the patient in, how much of the
treatment narrative is about it. Money is no feature: resources are what the narrative tells.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from zhibian.coding.types import Evidence, Finding, ProposedDiagnosis
from zhibian.documents.types import Assertion, DocumentKind, Reading, SectionKind

NAMES = (
    "discharge_list",
    "discharge_rank",
    "trust",
    "admission_first",
    "admission_only",
    "postoperative",
    "reason",
    "operation",
    "narrative",
    "throughout",
)
_LAST_RANK = 8
_LAST_ADMISSION_RANK = 6
_REASON_SECTIONS = frozenset({SectionKind.CHIEF_COMPLAINT, SectionKind.ADMISSION_STATE})
_NARRATIVE = frozenset(
    {
        SectionKind.TREATMENT_COURSE,
        SectionKind.PROGRESS,
        SectionKind.CONSULTATION,
        SectionKind.PROCEDURE_COURSE,
    }
)
_FIRST_DAY = frozenset({DocumentKind.ADMISSION_RECORD, DocumentKind.FIRST_PROGRESS})


@dataclass(frozen=True, slots=True)
class OperationFamily:
    """Operations and the diagnoses that they treat (手术与所治疾病), by code prefix."""

    id: str
    operations: tuple[str, ...]
    diagnoses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Stay:
    """What is known of the whole stay before candidates are compared.

    Attributes
    ----------
    procedures
        Proposed procedure codes, the main one first.
    facts
        Names of the phrases of rules/coding/principal.yaml that the record holds.
    """

    procedures: tuple[str, ...]
    facts: frozenset[str]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A proposed diagnosis with what the choice looks at.

    Attributes
    ----------
    diagnosis
        The proposal.
    place
        Entry of the discharge list and place in it, or None.
    rank
        Number of that entry, from 0, or None.
    values
        Feature → value.
    treated_by_operation
        The main operation of the stay treats it.
    is_reason
        Chief complaint or reason for admission name it.
    suspected
        The discharge list only suspects it.
    grey
        Its code may not be filed (灰码).
    """

    diagnosis: ProposedDiagnosis
    place: tuple[int, int] | None
    rank: int | None
    values: Mapping[str, float]
    treated_by_operation: bool
    is_reason: bool
    suspected: bool
    grey: bool

    @property
    def code(self) -> str:
        """Return the code."""
        return self.diagnosis.code


def candidates_of(
    proposed: Sequence[ProposedDiagnosis],
    findings: Mapping[str, Finding],
    stated: Mapping[str, Finding],
    reading: Reading,
    stay: Stay,
    families: Sequence[OperationFamily],
    grey: frozenset[str],
) -> tuple[Candidate, ...]:
    """Return every candidate with its features.

    Parameters
    ----------
    proposed
        Proposed diagnoses.
    findings
        Their findings, after combination.
    stated
        Every finding of the record: a vaguer code of the same category shows that the
        disease was the reason for admission.
    reading
        The record.
    stay
        Procedures and phrases.
    families
        Which operations treat which diseases.
    grey
        Proposed codes that may not be filed.
    """
    told = {entry.code: _told(entry, stated) for entry in proposed}
    counts = {code: _narrated(evidence) for code, evidence in told.items()}
    most = max(counts.values(), default=0)
    treated = _treated(stay.procedures, families)
    has_list = any(item.section is SectionKind.DISCHARGE_DIAGNOSIS for item in reading.items)
    result = []
    for entry in proposed:
        finding = findings.get(entry.code)
        place = finding.listed if finding else None
        rank = reading.items[place[0]].order if place is not None else None
        evidence = told[entry.code]
        orders = _admission_orders(evidence, reading)
        is_reason = any(e.section in _REASON_SECTIONS for e in evidence)
        postoperative = any(e.section is SectionKind.POSTOPERATIVE_DIAGNOSIS for e in evidence)
        # Where no procedure was coded, the postoperative diagnosis tells what was operated on.
        by_operation = (
            (bool(treated) and entry.code.startswith(treated)) if stay.procedures else postoperative
        )
        values = {
            "discharge_list": 0.0 if rank is None else 1.0,
            "discharge_rank": 0.0 if rank is None else min(rank, _LAST_RANK) / _LAST_RANK,
            "trust": entry.confidence if rank is None else 0.0,
            "admission_first": float(has_list and 0 in orders),
            "admission_only": 0.0
            if has_list or not orders
            else max(0.0, 1.0 - min(orders) / _LAST_ADMISSION_RANK),
            "postoperative": float(postoperative),
            "reason": float(is_reason),
            "operation": float(by_operation),
            "narrative": counts[entry.code] / most if most else 0.0,
            "throughout": float(_throughout(evidence, reading)),
        }
        result.append(
            Candidate(
                entry,
                place,
                rank,
                values,
                by_operation,
                is_reason,
                _suspected(entry.evidence),
                entry.code in grey,
            )
        )
    return tuple(result)


def _told(entry: ProposedDiagnosis, stated: Mapping[str, Finding]) -> tuple[Evidence, ...]:
    """Return what the record says of a candidate or of its category."""
    spoken = [
        evidence
        for finding in stated.values()
        if finding.code[:3] == entry.code[:3]
        for evidence in finding.supporting
    ]
    return (*entry.evidence, *spoken)


def _narrated(evidence: Sequence[Evidence]) -> int:
    return len({e.span for e in evidence if e.section in _NARRATIVE})


def _admission_orders(evidence: Sequence[Evidence], reading: Reading) -> list[int]:
    items = {item.span: item for item in reading.items}
    listed = [items[e.span] for e in evidence if e.span in items]
    return [item.order for item in listed if item.section is SectionKind.ADMISSION_DIAGNOSIS]


def _throughout(evidence: Sequence[Evidence], reading: Reading) -> bool:
    """Return whether both the first day and the discharge record speak of it."""
    kinds = {reading.kinds[e.span.document] for e in evidence}
    return bool(kinds & _FIRST_DAY) and DocumentKind.DISCHARGE_RECORD in kinds


def _treated(procedures: Sequence[str], families: Sequence[OperationFamily]) -> tuple[str, ...]:
    """Return the diagnoses that the first procedure with a known family treats."""
    for code in procedures:
        found = [
            diagnosis
            for family in families
            if code.startswith(family.operations)
            for diagnosis in family.diagnoses
        ]
        if found:
            return tuple(found)
    return ()


def _suspected(evidence: Sequence[Evidence]) -> bool:
    return bool(evidence) and evidence[0].assertion is Assertion.POSSIBLE
