"""What a condition means for one case: the only place where rules are evaluated (规则求值)."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from zhibian.grouping.language import (
    VIRTUAL_SETS,
    And,
    CodeField,
    Compare,
    Condition,
    Constant,
    Count,
    Length,
    Member,
    Not,
    NumberField,
    Operator,
    Or,
    conjuncts,
    number_fields_of,
    render,
)
from zhibian.grouping.severity import Level, SeverityTables


class Facts:
    """One case as the rules see it.

    Parameters
    ----------
    principal
        Principal diagnosis ZYZD 主要诊断.
    others
        Other diagnoses QTZD 其他诊断.
    procedures
        Procedures, the principal one (ZYSS 主要手术) first, the rest QTSS.
    numbers
        NL age in years, XB sex, XSRTL age in days, XSRTZ weight in grams; None when missing.
    tables
        Decide which other diagnoses count as MCC or CC.
    """

    __slots__ = ("_counted", "_tables", "codes", "numbers")

    def __init__(
        self,
        principal: str,
        others: tuple[str, ...],
        procedures: tuple[str, ...],
        numbers: Mapping[NumberField, float | None],
        tables: SeverityTables,
    ) -> None:
        self.codes: dict[CodeField, tuple[str, ...]] = {
            "ZYZD": (principal,),
            "QTZD": others,
            "ZYSS": procedures[:1],
            "QTSS": procedures[1:],
        }
        self.numbers = numbers
        self._tables = tables
        self._counted: dict[Level, frozenset[str]] | None = None

    def counted(self, level: Level) -> frozenset[str]:
        """Return the other diagnoses that count at a level (未被排除的 MCC 或 CC)."""
        if self._counted is None:
            self._counted = self._tables.counted(self.codes["ZYZD"][0], self.codes["QTZD"])
        return self._counted[level]

    def assume(self, counted: Mapping[Level, frozenset[str]]) -> None:
        """State what counts, for questions about groups rather than about a case."""
        self._counted = dict(counted)


Predicate = Callable[[Facts], bool]
Comparison = Callable[[float, float], bool]
_COMPARE: Mapping[Operator, Comparison] = {
    "=": operator.eq,
    "!=": operator.ne,
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a rule that must hold.

    Attributes
    ----------
    text
        The part as rule text, for the trace.
    numbers
        Number fields that it compares.
    test
        Its meaning.
    """

    text: str
    numbers: tuple[NumberField, ...]
    test: Predicate


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule ready to be asked.

    Attributes
    ----------
    text
        The rule as written in the table.
    condition
        Its tree.
    parts
        The parts that must all hold, in the order written.
    numbers
        Number fields that the rule compares.
    """

    text: str
    condition: Condition
    parts: tuple[Part, ...]
    numbers: frozenset[NumberField]

    def first_failed(self, facts: Facts) -> Part | None:
        """Return the first part that does not hold, None when the rule holds."""
        for part in self.parts:
            if not part.test(facts):
                return part
        return None


def rule(text: str, condition: Condition, sets: Mapping[str, frozenset[str]]) -> Rule:
    """Make a rule out of its tree.

    Raises
    ------
    KeyError
        The rule names a set that the pack does not have.
    """
    parts = tuple(
        Part(render(part), tuple(sorted(number_fields_of(part))), _test(part, sets))
        for part in conjuncts(condition)
    )
    return Rule(text, condition, parts, number_fields_of(condition))


def _test(condition: Condition, sets: Mapping[str, frozenset[str]]) -> Predicate:
    test: Predicate
    match condition:
        case Constant(value):
            test = _constant(value != 0)
        case Member(fields, names, negated):
            test = _any_in(fields, names, sets)
            if negated:
                test = _negated(test)
        case Compare(field, sign, number):
            test = _compared(field, _COMPARE[sign], number)
        case Length(names, fields, sign, number):
            test = _length(fields, names, sets, _COMPARE[sign], number)
        case Count(conditions, sign, number):
            test = _count(_tests(conditions, sets), _COMPARE[sign], number)
        case Not(inner):
            test = _negated(_test(inner, sets))
        case And(conditions):
            test = _all(_tests(conditions, sets))
        case Or(conditions):
            test = _any(_tests(conditions, sets))
    return test


def _tests(
    conditions: tuple[Condition, ...], sets: Mapping[str, frozenset[str]]
) -> tuple[Predicate, ...]:
    return tuple(_test(c, sets) for c in conditions)


def _constant(truth: bool) -> Predicate:
    return lambda _: truth


def _negated(test: Predicate) -> Predicate:
    return lambda facts: not test(facts)


def _all(tests: tuple[Predicate, ...]) -> Predicate:
    return lambda facts: all(test(facts) for test in tests)


def _any(tests: tuple[Predicate, ...]) -> Predicate:
    return lambda facts: any(test(facts) for test in tests)


def _count(tests: tuple[Predicate, ...], compare: Comparison, number: float) -> Predicate:
    return lambda facts: compare(sum(test(facts) for test in tests), number)


def _compared(field: NumberField, compare: Comparison, number: float) -> Predicate:
    def compared(facts: Facts) -> bool:
        value = facts.numbers.get(field)
        return value is not None and compare(value, number)

    return compared


def _length(
    fields: tuple[CodeField, ...],
    names: tuple[str, ...],
    sets: Mapping[str, frozenset[str]],
    compare: Comparison,
    number: float,
) -> Predicate:
    known = frozenset[str]().union(*(sets[n] for n in names if n not in VIRTUAL_SETS))
    levels = _levels(names)

    def enough(facts: Facts) -> bool:
        codes = {c for f in fields for c in facts.codes[f]}
        wanted = known.union(*(facts.counted(level) for level in levels))
        return compare(len(codes & wanted), number)

    return enough


def _levels(names: tuple[str, ...]) -> tuple[Level, ...]:
    return tuple(Level(n) for n in names if n in VIRTUAL_SETS)


def _any_in(
    fields: tuple[CodeField, ...], names: tuple[str, ...], sets: Mapping[str, frozenset[str]]
) -> Predicate:
    """Return the test of ``{fields} in {sets}``; the two commonest shapes are kept short."""
    real = [sets[n] for n in names if n not in VIRTUAL_SETS]
    known = real[0] if len(real) == 1 else frozenset[str]().union(*real)
    levels = _levels(names)
    if levels:

        def counted(facts: Facts) -> bool:
            wanted = known.union(*(facts.counted(level) for level in levels))
            return any(not wanted.isdisjoint(facts.codes[f]) for f in fields)

        return counted
    if len(fields) == 1:
        field = fields[0]
        return lambda facts: not known.isdisjoint(facts.codes[field])
    return lambda facts: any(not known.isdisjoint(facts.codes[f]) for f in fields)
