"""The lexicon of clinical facts (客观事实词典) as compiled from ``lexicons/facts.yaml``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

NUMBER = r"\d{1,9}(?:\.\d{1,4})?"
TIME = r"\d{1,2}:\d{2}"
DATE = (
    r"(?<![\d.\-/])"
    r"(?:(?:19|20)\d{2}[-./年](?:0?[1-9]|1[0-2])[-./月](?:3[01]|[12]\d|0?[1-9])日?"
    r"|(?:0[1-9]|1[0-2])-(?:3[01]|[12]\d|0[1-9])"
    r"|(?:1[0-2]|0?[1-9])月(?:3[01]|[12]\d|0?[1-9])日)"
    r"(?![\d.\-/%A-Z×*]|\s(?:MMOL|UMOL|MMHG|G/L|MG|NG|PG|U/L|ML|CM|MM|%|×))"
    r"(?:\s?\d{1,2}:\d{2})?"
)


class FactKind(StrEnum):
    """Kind of a clinical fact (事实类别)."""

    LABORATORY = "检验"
    VITAL = "生命体征"
    SCORE = "评分"
    OUTPUT = "尿量"
    DRUG = "药物"
    TREATMENT = "治疗"
    FINDING = "所见"


@dataclass(frozen=True, slots=True)
class Measure:
    """Something with a value: its unit, conversions and plausible range."""

    id: str
    kind: FactKind
    label: str
    unit: str
    factors: Mapping[str, Decimal]
    bare: str
    low: Decimal
    high: Decimal
    form: str
    parts: tuple[str, ...]
    oxygen: bool
    fraction: bool


@dataclass(frozen=True, slots=True)
class Term:
    """A drug, treatment or finding: its id and what may stand behind it."""

    id: str
    kind: FactKind
    label: str
    quantity: re.Pattern[str] | None
    needs_amount: bool = False


@dataclass(frozen=True, slots=True)
class Near:
    """The first word of a finding that needs a second one in the same clause."""

    term: Term
    tails: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Staged:
    """A word whose stage stands in front of it (Ⅱ期压疮)."""

    measure: Measure
    pattern: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Cues:
    """Words that say in the same clause how a fact is meant."""

    negated_before: re.Pattern[str]
    negated_after: re.Pattern[str]
    planned_before: re.Pattern[str]
    planned_after: re.Pattern[str]
    history_after: re.Pattern[str]
    stopped_before: re.Pattern[str]
    target_before: re.Pattern[str]
    baseline: re.Pattern[str]
    protected: re.Pattern[str]


Target = Measure | Term | Near | Staged


@dataclass(frozen=True, slots=True)
class FactLexicon:
    """What the lexicon file says, compiled for matching.

    Attributes
    ----------
    labels
        Chinese name of each id.
    units
        Canonical unit of each measure.
    """

    labels: Mapping[str, str]
    units: Mapping[str, str]
    targets: Mapping[str, tuple[Target, ...]]
    names: Any
    measures: Mapping[str, Measure]
    unit_of: Mapping[str, str]
    gap: re.Pattern[str]
    value: re.Pattern[str]
    next: re.Pattern[str]
    route: re.Pattern[str]
    routes: Mapping[str, str]
    dose: re.Pattern[str]
    doses: Mapping[str, str]
    oxygen: re.Pattern[str]
    room_air: re.Pattern[str]
    cues: Cues
