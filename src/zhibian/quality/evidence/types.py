"""A condition and the nodes its evidence is written in (证据条件与判定节点)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from zhibian.documents.types import Span


@dataclass(frozen=True, slots=True)
class Indicator:
    """One piece of evidence: what it says, where it stands, the words themselves (指标)."""

    text: str
    span: Span
    quote: str


@dataclass(frozen=True, slots=True)
class Threshold:
    """A measured value beyond a limit (数值界限).

    Attributes
    ----------
    fact, bound, limit
        Measure, one of ``below``, ``at_most``, ``above``, ``at_least``, and the limit in the
        canonical unit.
    count
        How many different values must lie beyond it.
    ages
        Ages in full years (from, to) for which the limit holds; None for all.
    text
        How the indicator reads on screen.
    without
        Flags of facts that do not count, such as ``postoperative``.
    apart
        Days that must lie between two values beyond the limit; 0 for none.
    from_day
        Only values dated this many days or more after the admission; 0 for all.
    """

    fact: str
    bound: str
    limit: Decimal
    count: int
    ages: tuple[int, int] | None
    text: str
    without: frozenset[str] = frozenset()
    apart: int = 0
    from_day: int = 0


@dataclass(frozen=True, slots=True)
class Change:
    """A change between two values of one measure (动态变化).

    ``series`` lets the values of one series count without dates: ``Hb 入院86,术中复查62``.

    ``rise`` and ``fall`` are differences in the canonical unit from an earlier to a later value;
    ``ratio`` is the greater over the lesser in any order. ``days`` limits the time between them and
    then needs dates; a baseline value counts as the earlier one whatever its date.
    """

    fact: str
    how: str
    amount: Decimal
    days: int | None
    text: str
    series: bool = False


@dataclass(frozen=True, slots=True)
class Quotient:
    """One measure over another that stands beside it, such as PaO2 / FiO2 (比值)."""

    over: str
    under: str
    factor: Decimal
    bound: str
    limit: Decimal
    text: str


@dataclass(frozen=True, slots=True)
class OverReference:
    """A value that exceeds the upper reference limit several times (参考上限倍数)."""

    fact: str
    times: Decimal
    upper: Decimal
    text: str


@dataclass(frozen=True, slots=True)
class Given:
    """A drug, a treatment, a device or a finding is recorded (用药、治疗、器械、所见).

    ``past`` lets what is told of the past count too, as for a transplant or a stoma.
    """

    fact: str
    routes: frozenset[str]
    text: str
    without: frozenset[str] = frozenset()
    from_day: int = 0
    past: bool = False


@dataclass(frozen=True, slots=True)
class Documented:
    """A disease of one of these families is documented (已有诊断记载); it shows no indicator."""

    families: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Negation:
    """A node does not hold (不成立); it shows no indicator."""

    node: Node


@dataclass(frozen=True, slots=True)
class Among:
    """At least ``least`` of several nodes hold; all_of and any_of are special cases."""

    least: int
    nodes: tuple[Node, ...]


Node = Threshold | Change | Quotient | OverReference | Given | Documented | Negation | Among


@dataclass(frozen=True, slots=True)
class EvidenceCondition:
    """One condition with its codes and its measurable evidence (证据条件).

    Attributes
    ----------
    id, name
        Stable id, Chinese name.
    row
        Row of the table of conditions in the specification.
    codes
        Code families that document it: one of them present means no query.
    supports
        Code families whose filing is checked against ``support``.
    requires
        Families of which one must be documented for a query; empty for none.
    explained_by
        Documented families that explain the indicators.
    query
        Evidence that leads to a query; None when only filed codes are checked.
    support
        Evidence that backs a filed code.
    unless
        Facts that explain the indicators.
    ages
        Ages in full years (from, to) to which the condition applies.
    topic
        What the clinician is asked about, without naming a diagnosis.
    question
        Wording of the query with ``{topic}`` and ``{indicators}``.
    options
        Answers to choose from; the same for every condition, none of them favoured.
    absence_needs
        Measured values a record must hold before missing evidence says anything.
    group
        Conditions of a group yield one query between them.
    confounders
        What else may cause the indicators, for the coder.
    source
        Where the rule comes from.
    """

    id: str
    name: str
    row: int
    codes: tuple[str, ...]
    supports: tuple[str, ...]
    requires: tuple[str, ...]
    explained_by: tuple[str, ...]
    query: Node | None
    support: Node
    unless: Node | None
    ages: tuple[int, int]
    topic: str
    question: str
    options: tuple[str, ...]
    absence_needs: int
    group: str
    confounders: tuple[str, ...]
    source: str


class SupportStatus(StrEnum):
    """What the facts say of a filed or proposed code (证据支持程度)."""

    SUPPORTED = "有客观证据"
    WEAK = "未见客观证据"
    NOT_ASSESSED = "未评估"


@dataclass(frozen=True, slots=True)
class SupportAssessment:
    """How far the facts back a filed or proposed code (编码的证据评估).

    Attributes
    ----------
    code
        The code.
    condition
        Id of the condition that was applied, empty where none speaks of the code.
    status
        Supported, weak, or not assessed.
    indicators
        Evidence found.
    against
        Measured values that do not reach the limits, the nearest one of each measure.
    reason
        One sentence for the coder.
    telling
        Whether missing evidence says something: a value lies short of the limit, or the record
        holds so many measurements that this one would be among them. A discharge summary alone
        tells nothing.
    """

    code: str
    condition: str
    status: SupportStatus
    indicators: tuple[Indicator, ...]
    against: tuple[Indicator, ...]
    reason: str
    telling: bool = True


def belongs(code: str, families: Iterable[str]) -> bool:
    """Tell whether ``code`` lies in one of ``families``, or is itself a family holding one."""
    return any(code.startswith(f) or (len(code) >= 3 and f.startswith(code)) for f in families)


def documented_in(families: Collection[str], codes: Iterable[str]) -> bool:
    """Tell whether one of ``codes`` (or a family holding it) is among ``families``."""
    wanted = tuple(codes)
    return any(belongs(family, wanted) for family in families)
