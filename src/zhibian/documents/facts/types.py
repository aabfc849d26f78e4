"""What was read (客观事实): one fact with its place, and the values that were dropped."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from zhibian.documents.facts.lexicon import FactKind, Measure
from zhibian.documents.types import Span


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that was measured, given, done or seen (一条客观事实).

    Attributes
    ----------
    kind
        What kind of fact it is.
    name
        Id in the lexicon, such as ``K`` or ``vasopressor``.
    value
        Value in ``unit``; for a treatment the amount, for a drug the dose; None if none stands
        there.
    comparator
        ``<``, ``<=``, ``>`` or ``>=`` when the record gives a bound, else an empty string.
    unit
        Canonical unit of the value; empty for a pure number.
    span
        From the name to the value.
    quote
        The text of the span as the record has it.
    when
        Date (and time) written beside the value, ahead of it in its line, or that of the document.
    flags
        ``high``, ``low`` (arrow), ``range`` (one end of a range), ``baseline``, ``oxygen``,
        ``room_air``, ``negated``, ``planned``, ``stopped``, ``target``, ``history``, ``family``,
        ``differential``.
    route
        Route of a drug (给药途径), or None.
    reference
        Reference range written beside the value (low, high), or None.
    """

    kind: FactKind
    name: str
    value: Decimal | None
    comparator: str
    unit: str
    span: Span
    quote: str
    when: str | None = None
    flags: frozenset[str] = frozenset()
    route: str | None = None
    reference: tuple[Decimal | None, Decimal | None] | None = None


@dataclass(frozen=True, slots=True)
class RejectedValue:
    """A value that looked like a fact but can't be one (被舍弃的数值)."""

    name: str
    span: Span
    reason: str


@dataclass(frozen=True, slots=True)
class FactReading:
    """The facts of a case and the values that were dropped, with the reason."""

    facts: tuple[Fact, ...]
    rejected: tuple[RejectedValue, ...]


def implausible(measure: Measure) -> str:
    """Return why a value beyond the plausible range of its measure was dropped."""
    return f"数值超出可信范围 {measure.low}～{measure.high}{measure.unit}"
