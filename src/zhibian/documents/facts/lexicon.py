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
# What may stand between the cells of a table.
CELL = r"(?:[ \t]{0,3}\|)?\s{0,6}"
# Arrows, and the letters or words that stand for them in a table.
ARROW = (
    r"(?:\s{0,2}(?:\([↑↓]{1,3}\)|[↑↓]{1,3}|\((?:H{1,2}|L{1,2}|偏?[高低])\)|偏[高低])"
    r"|\s{0,4}\|?[ \t]{0,4}(?:H{1,2}|L{1,2})(?=[\s,;|)。]|$))?"
)
DATE = (
    r"(?<![\d.\-/])"
    r"(?:(?:19|20)\d{2}[-./年](?:0?[1-9]|1[0-2])[-./月](?:3[01]|[12]\d|0?[1-9])日?"
    r"|(?:0[1-9]|1[0-2])-(?:3[01]|[12]\d|0[1-9])"
    r"|[1-9]-(?:3[01]|[12]\d)(?=\s\d{1,3}(?:\.\d)?(?![\d^.]))"
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
    STAGE = "分期分级"
    DEVICE = "器械"


@dataclass(frozen=True, slots=True)
class Measure:
    """Something with a value: its unit, conversions and plausible range.

    ``bare`` tells whether the unit may be missing: ``never``, ``decimal`` (only with a decimal
    point), ``any``, or ``within`` the values of ``bare_range``, which no other unit would give.
    """

    id: str
    kind: FactKind
    label: str
    unit: str
    factors: Mapping[str, Decimal]
    bare: str
    bare_range: tuple[Decimal, Decimal] | None
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
class PatternPart:
    """What a named group of a pattern means: the fact, and the values of words in it."""

    id: str
    kind: FactKind
    unit: str
    words: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class Pattern:
    """A wording with values at fixed places (固定写法): ``pT3N1M0``, ``Apgar 9-10-10分``.

    ``total`` names the fact that is the sum of all groups, or is empty.
    """

    regex: re.Pattern[str]
    parts: Mapping[str, PatternPart]
    total: str


@dataclass(frozen=True, slots=True)
class Course:
    """A treatment that has a beginning and an end (有起止时间的治疗): its hours are computed."""

    id: str
    kind: FactKind
    unit: str
    patterns: tuple[re.Pattern[str], ...]
    other: re.Pattern[str]


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
    target_after: re.Pattern[str]
    goal_before: re.Pattern[str]
    examination_begins: re.Pattern[str]
    venous_before: re.Pattern[str]
    family_before: re.Pattern[str]
    prophylactic: re.Pattern[str]
    doubtful_after: re.Pattern[str]
    falling_after: re.Pattern[str]
    rising_after: re.Pattern[str]
    postoperative: re.Pattern[str]
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
    patterns: tuple[Pattern, ...]
    courses: tuple[Course, ...]
    led_by: frozenset[str]
    unit: re.Pattern[str]
