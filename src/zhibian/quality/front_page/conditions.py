"""Conditions of quality rules as a tree (质控条件): read from rule files, compiled, never changed.

Every condition has three values: it holds, it does not, or it can't be known.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from zhibian.quality.front_page.selectors import CodeSelector

Operator = Literal["at_least", "at_most", "above", "below", "equals"]
Shape = Literal["number", "whole", "date", "time"]
Unit = Literal["days", "hours", "minutes"]


@dataclass(frozen=True, slots=True)
class Number:
    """A number written in the rule."""

    value: float


@dataclass(frozen=True, slots=True)
class FieldValue:
    """What a field holds, as a number or a point in time."""

    field: str


@dataclass(frozen=True, slots=True)
class Derived:
    """A derived quantity (派生量) by its name, see :mod:`quantities`."""

    name: str


@dataclass(frozen=True, slots=True)
class Sum:
    """The sum of fields; a blank one adds nothing, and all blank have no sum."""

    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Span:
    """Time from one field to another, in days (of the calendar), hours or minutes."""

    unit: Unit
    start: str
    end: str


@dataclass(frozen=True, slots=True)
class Priced:
    """A number of the tariff (支付): ``weight``, ``standard``, ``payment`` or ``ratio``."""

    name: str


Quantity = Number | FieldValue | Derived | Sum | Span | Priced


@dataclass(frozen=True, slots=True)
class Filled:
    """A field is not blank."""

    field: str


@dataclass(frozen=True, slots=True)
class Shaped:
    """What a field holds can be read as a number, a whole number, a date, a time."""

    field: str
    shape: Shape


@dataclass(frozen=True, slots=True)
class OneOf:
    """A field holds one of some values."""

    field: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Matches:
    """A regular expression is found in a field."""

    field: str
    pattern: str


@dataclass(frozen=True, slots=True)
class Compare:
    """One quantity against another.

    Attributes
    ----------
    left, right
        What is compared.
    operator
        How.
    times, plus
        What the right side is multiplied by, and what is added to it then; days where times are
        compared.
    within
        How far apart equal ones may be, and how far a bound may be passed.
    exact
        Whether times are compared to the second and not by days.
    """

    left: Quantity
    operator: Operator
    right: Quantity
    times: float = 1.0
    plus: float = 0.0
    within: float = 0.0
    exact: bool = False


@dataclass(frozen=True, slots=True)
class CodeIn:
    """The code of a field is in a set of codes.

    Attributes
    ----------
    field
        A field of codes.
    selector
        The set.
    listed
        Whether a list field is meant as a whole: any of its codes.
    """

    field: str
    selector: CodeSelector
    listed: bool = False


@dataclass(frozen=True, slots=True)
class Contains:
    """The text of a field holds one of some words and none of others.

    Attributes
    ----------
    field
        A field of text.
    words, without
        Words of which one must be there, and words of which none may be.
    listed
        Whether a list field is meant as a whole: any of its texts.
    """

    field: str
    words: tuple[str, ...]
    without: tuple[str, ...] = ()
    listed: bool = False


@dataclass(frozen=True, slots=True)
class Grouped:
    """A result of grouping is one of some values: ``status``, ``mdc``, ``adrg``, ``drg``, ..."""

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tally:
    """How many entries of a repeated group meet a condition, against a number."""

    group: str
    where: Condition | None
    operator: Operator
    right: Quantity


@dataclass(frozen=True, slots=True)
class Named:
    """A named computation over pages (命名计算)."""

    name: str
    parameters: tuple[tuple[str, object], ...]

    @property
    def given(self) -> Mapping[str, object]:
        """Return the parameters by name."""
        return dict(self.parameters)


@dataclass(frozen=True, slots=True)
class Constant:
    """Holds always, or never."""

    value: bool


@dataclass(frozen=True, slots=True)
class Not:
    """A condition does not hold."""

    condition: Condition


@dataclass(frozen=True, slots=True)
class And:
    """All conditions hold."""

    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """One condition holds at least."""

    conditions: tuple[Condition, ...]


Condition = (
    Filled
    | Shaped
    | OneOf
    | Matches
    | Compare
    | CodeIn
    | Contains
    | Grouped
    | Tally
    | Named
    | Constant
    | Not
    | And
    | Or
)

ALWAYS = Constant(True)


@dataclass(frozen=True, slots=True)
class Demand:
    """What a check demands (须满足的条件).

    Attributes
    ----------
    each
        Repeated group whose entries are asked one by one; empty where the page is asked.
    when
        Entries, or pages, that are asked.
    must
        Violated where it does not hold.
    field
        Field to mend where it is another than that of the rule; empty for that of the rule.
    """

    each: str
    when: Condition
    must: Condition
    field: str = ""


def walk(condition: Condition) -> Iterator[Condition]:
    """Return a condition and all conditions inside it."""
    yield condition
    match condition:
        case And(inner) | Or(inner):
            for one in inner:
                yield from walk(one)
        case Not(one):
            yield from walk(one)
        case Tally(where=where) if where is not None:
            yield from walk(where)


def quantities_of(condition: Condition) -> tuple[Quantity, ...]:
    """Return the quantities that a single condition compares."""
    match condition:
        case Compare(left=left, right=right):
            return (left, right)
        case Tally(right=right):
            return (right,)
    return ()
