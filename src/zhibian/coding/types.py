"""What coding yields (编码结果): findings, proposed codes and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from zhibian.documents.types import Assertion, Mention, SectionKind, Span
from zhibian.records.types import EntryCondition


@dataclass(frozen=True, slots=True)
class Term:
    """One dictionary term (词条): its spelling, its codes and where it comes from.

    ``origin`` is ``alias``, ``name`` (official name), ``variant`` (official name with its
    bracketed remark taken away) or ``clinical`` (name in the clinical edition, converted).
    """

    spelling: str
    codes: tuple[str, ...]
    origin: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a code is proposed or doubted (依据): a stretch of text and what it says.

    Attributes
    ----------
    span
        The sentence or list entry shown to the coder.
    assertion
        What the record says of the finding there.
    section
        Section in which it stands.
    weight
        How far this place is trusted, 0 to 1 (rules/coding/sources.yaml).
    source
        Id of the rule that gave the weight.
    position
        Where in the document the term itself begins.
    """

    span: Span
    assertion: Assertion
    section: SectionKind
    weight: float
    source: str
    position: int


@dataclass(frozen=True, slots=True)
class Finding:
    """All places that speak of one code (编码线索), best evidence first.

    ``listed`` is its place in the discharge diagnosis list: index of the entry in
    ``Reading.items`` and offset in the document; None when it is not in that list.
    """

    code: str
    term: str
    supporting: tuple[Evidence, ...]
    against: tuple[Evidence, ...]
    first: Mention
    listed: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another code for the same place (备选编码); scores order alternatives, no more."""

    code: str
    score: float
    source: str


@dataclass(frozen=True, slots=True)
class ProposedDiagnosis:
    """A proposed diagnosis code (建议诊断).

    Attributes
    ----------
    confidence
        Calibrated: the share of such proposals that is right.
    trust
        Trust in the places that state it, 0 to 1, by which rules choose.
    """

    code: str
    poa: EntryCondition
    poa_reason: str
    confidence: float
    evidence: tuple[Evidence, ...]
    raised_by: str
    trust: float = 0.0
    alternatives: tuple[Alternative, ...] = ()


@dataclass(frozen=True, slots=True)
class ProposedProcedure:
    """A proposed procedure code (建议手术操作); fields as `ProposedDiagnosis`."""

    code: str
    date: str | None
    confidence: float
    evidence: tuple[Evidence, ...]
    raised_by: str
    trust: float = 0.0
    alternatives: tuple[Alternative, ...] = ()


@dataclass(frozen=True, slots=True)
class AppliedRule:
    """A coding rule that shaped the proposal (已用规则).

    ``decides`` marks the one that decided the principal diagnosis.
    """

    id: str
    explanation: str
    codes: tuple[str, ...] = ()
    decides: bool = False


@dataclass(frozen=True, slots=True)
class Proposal:
    """The proposed front page (建议首页) and everything a reviewer needs to judge it.

    ``findings`` holds every code the record speaks of, proposed or not, so that
    unsupported codes on a filed page can be told from unmentioned ones. What coding would
    have proposed but is too unsure of stands under ``doubtful_…``.
    """

    principal: ProposedDiagnosis | None
    others: tuple[ProposedDiagnosis, ...]
    procedures: tuple[ProposedProcedure, ...]
    rules: tuple[AppliedRule, ...]
    findings: Mapping[str, Finding] = field(default_factory=dict)
    procedure_findings: Mapping[str, Finding] = field(default_factory=dict)
    doubtful_diagnoses: tuple[ProposedDiagnosis, ...] = ()
    doubtful_procedures: tuple[ProposedProcedure, ...] = ()
