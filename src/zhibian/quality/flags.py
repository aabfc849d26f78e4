"""Missed and unsupported codes (疑似漏报、疑似无依据编码), both directions alike.

Sources: 《住院病案首页数据填写质量规范（暂行）》第18、20条 (an other diagnosis needs the
physician's word and care in this stay); quality rules K36–K39 of the domain specification.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from zhibian.coding.types import Evidence, Finding, Proposal, ProposedDiagnosis
from zhibian.documents.types import Assertion
from zhibian.records.types import CodedDiagnosis, CodedProcedure, FrontPage

Level = Literal["MCC", "CC", "none"]
LevelOf = Callable[[str], Level]
Doubt = Literal["not_mentioned", "denied", "only_possible", "only_history", "weak_indicators"]

DOUBT_IN_CHINESE: dict[Doubt, str] = {
    "not_mentioned": "病历中未见记载",
    "denied": "病历中予以否定",
    "only_possible": "病历中仅为疑似或拟行",
    "only_history": "病历中仅为既往或家族情况",
    "weak_indicators": "检验检查与治疗不支持",
}

_CATEGORY = 3
_SUBCATEGORY = 5
_RANK: dict[Level, int] = {"none": 0, "CC": 1, "MCC": 2}


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


def missed_codes(filed: FrontPage, proposal: Proposal, level_of: LevelOf) -> tuple[MissedCode, ...]:
    """Return what the record supports and the filed page lacks.

    A proposed diagnosis is missed when nothing of its subcategory is filed, or when
    what is filed of its category has a lower CC/MCC level. Ordered by level, then trust.
    """
    filed_codes = [filed.principal.code, *(entry.code for entry in filed.others)]
    proposed = [p for p in (proposal.principal, *proposal.others) if p is not None]
    diagnoses = (
        missed
        for diagnosis in proposed
        if (missed := _missed_diagnosis(diagnosis, filed_codes, level_of)) is not None
    )
    filed_procedures = [entry.code for entry in filed.procedures]
    procedures = (
        MissedCode("procedure", p.code, "none", p.confidence, None, p.evidence)
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


def unsupported_codes(
    filed: FrontPage, proposal: Proposal, level_of: LevelOf
) -> tuple[UnsupportedCode, ...]:
    """Return filed codes that the record denies, doubts or never mentions.

    A code is supported by any place that states a disease of its category as present.
    Ordered by level: a doubtful MCC first.
    """
    doubts: list[UnsupportedCode] = []
    principal = _doubt(filed.principal, proposal.findings.values())
    if principal is not None:
        doubts.append(
            UnsupportedCode("principal", filed.principal.code, "none", principal[0], principal[1])
        )
    others = []
    for entry in filed.others:
        doubt = _doubt(entry, proposal.findings.values())
        if doubt is not None:
            others.append(
                UnsupportedCode("diagnosis", entry.code, level_of(entry.code), doubt[0], doubt[1])
            )
    doubts.extend(sorted(others, key=lambda u: -_RANK[u.level]))
    for procedure in filed.procedures:
        if _procedure_unmentioned(procedure, proposal):
            doubts.append(UnsupportedCode("procedure", procedure.code, "none", "not_mentioned", ()))
    return tuple(doubts)


def _doubt(
    entry: CodedDiagnosis, findings: Iterable[Finding]
) -> tuple[Doubt, tuple[Evidence, ...]] | None:
    related = [f for f in findings if f.code[:_CATEGORY] == entry.code[:_CATEGORY]]
    if not related:
        return "not_mentioned", ()
    if any(finding.supporting for finding in related):
        return None
    against = sorted(
        (evidence for finding in related for evidence in finding.against),
        key=lambda e: (e.assertion is not Assertion.NEGATED, -e.span.document, -e.span.start),
    )
    said = {evidence.assertion for evidence in against}
    if Assertion.NEGATED in said:
        return "denied", tuple(against)
    if Assertion.POSSIBLE in said or Assertion.CONDITIONAL in said or Assertion.PLANNED in said:
        return "only_possible", tuple(against)
    return "only_history", tuple(against)


def _procedure_unmentioned(entry: CodedProcedure, proposal: Proposal) -> bool:
    return not any(
        finding.supporting and code[:_SUBCATEGORY] == entry.code[:_SUBCATEGORY]
        for code, finding in proposal.procedure_findings.items()
    )
