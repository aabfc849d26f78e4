"""What one system did on one record (单份病历的结果): the input of every coding metric.

It holds codes, levels, groups and amounts, never text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["MCC", "CC", "none"]


@dataclass(frozen=True, slots=True)
class GivenCode:
    """A code that a system gave (给出的编码).

    Attributes
    ----------
    code
        As given.
    confidence
        0 to 1, or None.
    gold
        The gold code that it hits, itself or as an acceptable one; None where it is wrong.
    counts
        False for codes that are neither right nor wrong by the conventions of the gold codes.
    level
        CC/MCC level of the code in the scheme, before exclusion.
    """

    code: str
    confidence: float | None
    gold: str | None
    counts: bool
    level: Level


@dataclass(frozen=True, slots=True)
class GoldCode:
    """A gold code that counts (金标准编码).

    Attributes
    ----------
    code
        As it stands in gold.
    level
        CC/MCC level of the code in the scheme, before exclusion.
    hit
        Whether a given code hits it, itself or an acceptable one.
    accepted
        Other codes that count as it.
    seen
        How many records of the fit part carry it; None where a task has no fit part.
    """

    code: str
    level: Level
    hit: bool
    accepted: frozenset[str] = frozenset()
    seen: int | None = None


@dataclass(frozen=True, slots=True)
class PrincipalOutcome:
    """The principal diagnosis (主要诊断): gold, all codes accepted for it, and the one given.

    Attributes
    ----------
    gold
        The gold code.
    accepted
        Codes that are right, the gold one among them.
    given
        As given; None where none is.
    confidence
        0 to 1, or None.
    seen
        How many records of the fit part carry the gold code; None where a task has no fit part.
    """

    gold: str
    accepted: frozenset[str]
    given: str | None
    confidence: float | None = None
    seen: int | None = None


@dataclass(frozen=True, slots=True)
class PageGroup:
    """A page grouped and priced (入组与付费): None where it has no group, weight or amount."""

    mdc: str | None
    adrg: str | None
    drg: str | None
    weight: float | None
    amount: float | None


@dataclass(frozen=True, slots=True)
class EvidenceOutcome:
    """Evidence of one right code (依据): gold and given places, as (document, start, end)."""

    gold_spans: frozenset[tuple[int, int, int]]
    given_spans: frozenset[tuple[int, int, int]]


@dataclass(frozen=True, slots=True)
class CodingOutcome:
    """One record under one system (单份病历的编码结果).

    Attributes
    ----------
    record
        Id; unit of resampling.
    mdc, department
        Of the gold group and of the admission; empty where unknown.
    principal
        The principal diagnosis.
    others_given, procedures_given
        What the system gave, in order.
    others_gold, procedures_gold
        Gold codes that count.
    ranked_diagnoses, ranked_procedures
        For every ranked code, best first, the gold code it hits or None; neutral codes left out.
    must_not_hit, must_not_families
        Families that must not be coded: hit, and all.
    entry_right, entry_compared
        Entry conditions of right diagnoses: equal, and compared.
    evidence
        One entry a right code whose gold tells evidence.
    gold_page, given_page
        Both pages grouped under the scheme; None where the task groups nothing.
    seconds
        Time for this record; None where not measured.
    """

    record: str
    mdc: str
    department: str
    principal: PrincipalOutcome
    others_given: tuple[GivenCode, ...]
    others_gold: tuple[GoldCode, ...]
    procedures_given: tuple[GivenCode, ...]
    procedures_gold: tuple[GoldCode, ...]
    ranked_diagnoses: tuple[str | None, ...] = ()
    ranked_procedures: tuple[str | None, ...] = ()
    must_not_hit: int = 0
    must_not_families: int = 0
    entry_right: int = 0
    entry_compared: int = 0
    evidence: tuple[EvidenceOutcome, ...] = ()
    gold_page: PageGroup | None = None
    given_page: PageGroup | None = None
    seconds: float | None = None
