"""Missed and unsupported codes (疑似漏报、疑似无依据编码), both directions alike.

Sources: 《住院病案首页数据填写质量规范（暂行）》第18、20条 (an other diagnosis needs the
physician's word and care in this stay); quality rules K36–K39 of the domain specification.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from zhibian.coding.types import Evidence, Proposal, ProposedDiagnosis
from zhibian.documents.types import Assertion
from zhibian.records.types import CodedDiagnosis, CodedProcedure, FrontPage

Level = Literal["MCC", "CC", "none"]
LevelOf = Callable[[str], Level]
#: Places of the record that resemble the names of a filed code, given the code and its filed name.
Resembling = Callable[[str, str], tuple[Evidence, ...]]
#: Whether a filed code, given first, says what a proposed one says, at least as exactly.
Holds = Callable[[str, str], bool]
Doubt = Literal[
    "not_mentioned", "denied", "only_possible", "only_history", "only_mentioned", "weak_indicators"
]

DOUBT_IN_CHINESE: dict[Doubt, str] = {
    "not_mentioned": "病历中未见记载",
    "denied": "病历中予以否定",
    "only_possible": "病历中仅为疑似或拟行",
    "only_history": "病历中仅为既往或家族情况",
    "only_mentioned": "病历中仅提及，未作诊断或未予处理",
    "weak_indicators": "检验检查与治疗不支持",
}

_CATEGORY = 3
_SUBCATEGORY = 5
_RANK: dict[Level, int] = {"none": 0, "CC": 1, "MCC": 2}


@dataclass(frozen=True, slots=True)
class TrustLimits:
    """How far places must be trusted (来源可信度界限).

    Attributes
    ----------
    stated_from
        A place trusted this far states a disease, whatever else denies it.
    mentioned_below
        A disease whose best place is trusted less is only mentioned.
    """

    stated_from: float = 0.0
    mentioned_below: float = 0.0


@dataclass(frozen=True, slots=True)
class MissedCode:
    """A code that the record supports and the filed page lacks (疑似漏报)."""

    kind: Literal["diagnosis", "procedure"]
    code: str
    level: Level
    confidence: float
    instead_of: str | None
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class UnsupportedCode:
    """A filed code that the record does not support (疑似无依据编码)."""

    kind: Literal["principal", "diagnosis", "procedure"]
    code: str
    level: Level
    reason: Doubt
    evidence: tuple[Evidence, ...]


def _nothing(code: str, name: str) -> tuple[Evidence, ...]:
    return ()


def _only_itself(filed: str, proposed: str) -> bool:
    return filed == proposed


def missed_codes(
    filed: FrontPage, proposal: Proposal, level_of: LevelOf, holds: Holds = _only_itself
) -> tuple[MissedCode, ...]:
    """Return what the record supports and the filed page lacks.

    A proposed diagnosis is missed when nothing of its subcategory is filed, or when
    what is filed of its category has a lower CC/MCC level. A proposed procedure is missed when
    nothing of its subcategory is filed; a filed one of the same organ that the record does not
    name may be meant by the other code. Ordered by level, then trust.

    Parameters
    ----------
    filed
        The filed page.
    proposal
        What coding proposes.
    level_of
        CC/MCC level of a diagnosis.
    holds
        Whether a filed code says what a proposed diagnosis says, which is no omission then.
    """
    filed_codes = [filed.principal.code, *(entry.code for entry in filed.others)]
    filed_procedures = [entry.code for entry in filed.procedures]
    proposed = [p for p in (proposal.principal, *proposal.others) if p is not None]
    diagnoses = (
        missed
        for diagnosis in proposed
        if not any(holds(code, diagnosis.code) for code in (*filed_codes, *filed_procedures))
        and (missed := _missed_diagnosis(diagnosis, filed_codes, level_of)) is not None
    )
    procedures = (
        MissedCode(
            "procedure",
            p.code,
            "none",
            p.confidence,
            next(iter(_unfound_kin(p.code, filed_procedures, proposal)), None),
            p.evidence,
        )
        for p in proposal.procedures
        if not _same_procedure(p.code, filed_procedures)
    )
    ranked = sorted(diagnoses, key=lambda m: (-_RANK[m.level], -m.confidence))
    return (*ranked, *procedures)


def _missed_diagnosis(
    diagnosis: ProposedDiagnosis, filed: Sequence[str], level_of: LevelOf
) -> MissedCode | None:
    if diagnosis.code in filed:
        return None
    level = level_of(diagnosis.code)
    # A principal or a heading of the same disease is a question of choice, not an omission.
    relatives = [code for code in filed if code[:_CATEGORY] == diagnosis.code[:_CATEGORY]]
    same = [code for code in relatives if code[:_SUBCATEGORY] == diagnosis.code[:_SUBCATEGORY]]
    nearest = next(iter(same or relatives), None)
    if nearest is not None and _RANK[level_of(nearest)] >= _RANK[level]:
        return None
    return MissedCode(
        "diagnosis", diagnosis.code, level, diagnosis.confidence, nearest, diagnosis.evidence
    )


def _same_procedure(code: str, filed: Iterable[str]) -> bool:
    return any(code[:_SUBCATEGORY] == other[:_SUBCATEGORY] for other in filed)


def _unfound_kin(code: str, filed: Iterable[str], proposal: Proposal) -> list[str]:
    """Return filed procedures of the same organ that no dictionary term of the record names.

    One of them and the proposed procedure may be two codes for the same act.
    """
    return [
        other
        for other in filed
        if other[:_CATEGORY] == code[:_CATEGORY] and not _is_found(other, proposal)
    ]


def _is_found(procedure: str, proposal: Proposal) -> bool:
    return any(
        finding.supporting and code[:_SUBCATEGORY] == procedure[:_SUBCATEGORY]
        for code, finding in proposal.procedure_findings.items()
    )


def unsupported_codes(
    filed: FrontPage,
    proposal: Proposal,
    level_of: LevelOf,
    resembling: Resembling = _nothing,
    limits: TrustLimits = TrustLimits(),
) -> tuple[UnsupportedCode, ...]:
    """Return filed codes that the record denies, doubts or never mentions.

    A code is supported by a place that states a disease of its category as present. A place that
    is hardly trusted, or that is denied elsewhere, does not support it (:class:`TrustLimits`).
    Ordered by level: a doubtful MCC first.

    Parameters
    ----------
    filed
        The filed page.
    proposal
        What coding found, proposed or not.
    level_of
        CC/MCC level of a diagnosis.
    resembling
        Places that name a code in other words than the dictionaries; they count where no
        dictionary term of the category is found.
    limits
        How far places must be trusted.
    """
    doubts: list[UnsupportedCode] = []
    principal = _doubt(filed.principal, proposal, resembling, limits)
    if principal is not None:
        doubts.append(
            UnsupportedCode("principal", filed.principal.code, "none", principal[0], principal[1])
        )
    others = []
    for entry in filed.others:
        doubt = _doubt(entry, proposal, resembling, limits)
        if doubt is not None:
            others.append(
                UnsupportedCode("diagnosis", entry.code, level_of(entry.code), doubt[0], doubt[1])
            )
    doubts.extend(sorted(others, key=lambda u: -_RANK[u.level]))
    filed_procedures = [entry.code for entry in filed.procedures]
    for procedure in filed.procedures:
        doubt = _doubt_about_procedure(procedure, filed_procedures, proposal, resembling)
        if doubt is not None:
            doubts.append(UnsupportedCode("procedure", procedure.code, "none", doubt[0], doubt[1]))
    return tuple(doubts)


_Doubted = tuple[Doubt, tuple[Evidence, ...]]


def _doubt(
    entry: CodedDiagnosis, proposal: Proposal, resembling: Resembling, limits: TrustLimits
) -> _Doubted | None:
    related = [
        f for f in proposal.findings.values() if f.code[:_CATEGORY] == entry.code[:_CATEGORY]
    ]
    if not related:
        return _doubt_by_likeness(entry, resembling)
    supporting = [evidence for finding in related for evidence in finding.supporting]
    against = [evidence for finding in related for evidence in finding.against]
    if not supporting:
        return _kind(against)
    trust = max(evidence.weight for evidence in supporting)
    denied = any(evidence.assertion is Assertion.NEGATED for evidence in against)
    if denied and trust < limits.stated_from:
        return _kind(against)
    if trust < limits.mentioned_below:
        return "only_mentioned", tuple(supporting)
    return None


def _doubt_by_likeness(
    entry: CodedDiagnosis | CodedProcedure, resembling: Resembling
) -> _Doubted | None:
    alike = resembling(entry.code, entry.name)
    if not alike:
        return "not_mentioned", ()
    if any(evidence.assertion is Assertion.PRESENT for evidence in alike):
        return None
    return _kind(alike)


def _kind(against: Iterable[Evidence]) -> _Doubted:
    """Return what kind of doubt the places raise that don't state a disease as present."""
    ordered = sorted(
        against,
        key=lambda e: (e.assertion is not Assertion.NEGATED, -e.span.document, -e.span.start),
    )
    said = {evidence.assertion for evidence in ordered}
    if Assertion.NEGATED in said:
        return "denied", tuple(ordered)
    if Assertion.POSSIBLE in said or Assertion.CONDITIONAL in said or Assertion.PLANNED in said:
        return "only_possible", tuple(ordered)
    return "only_history", tuple(ordered)


def _doubt_about_procedure(
    entry: CodedProcedure, filed: Sequence[str], proposal: Proposal, resembling: Resembling
) -> _Doubted | None:
    """Return the doubt about a filed procedure; a question of choice is told as a missed code."""
    unfiled = (p.code for p in proposal.procedures if not _same_procedure(p.code, filed))
    if _is_found(entry.code, proposal) or any(
        entry.code[:_CATEGORY] == code[:_CATEGORY] for code in unfiled
    ):
        return None
    return _doubt_by_likeness(entry, resembling)
