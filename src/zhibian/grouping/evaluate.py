"""What a condition means for one case: the only place where rules are evaluated (规则求值).

A field that the front page leaves empty has no answer. Every condition is therefore read twice:
whether it certainly holds, and whether it may hold once the field is filled. The two differ only
where a needed field is missing.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import get_args

from zhibian.grouping.language import (
    DEPARTMENT,
    VIRTUAL_SETS,
    And,
    CodeField,
    Compare,
    Condition,
    Constant,
    Count,
    InputField,
    Length,
    Member,
    Not,
    NumberField,
    Operator,
    Or,
    conjuncts,
    inputs_of,
    render,
)
from zhibian.grouping.severity import Level, SeverityTables

_NUMBERS: tuple[NumberField, ...] = get_args(NumberField)


class Inputs:
    """The fields that a front page may leave empty (可缺项).

    Parameters
    ----------
    numbers
        NL age in years, XB sex, XSRTL age in days, XSRTZ weight in grams, ZYTS days of stay,
        LYFS discharge way, ICUSC hours in intensive care; None or absent when missing.
    department
        KS 科别, None when missing.
    """

    __slots__ = ("department", "numbers")

    def __init__(
        self, numbers: Mapping[NumberField, float | None], department: str | None = None
    ) -> None:
        self.numbers = numbers
        self.department = department

    @property
    def missing(self) -> frozenset[InputField]:
        """Return the fields without value."""
        absent: set[InputField] = {n for n in _NUMBERS if self.numbers.get(n) is None}
        return frozenset(absent if self.department is not None else {*absent, DEPARTMENT})


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
    inputs
        The fields that may be missing.
    tables
        Decide which other diagnoses count as MCC or CC.
    """

    __slots__ = ("_counted", "_inputs", "_missing", "_tables", "codes", "numbers")

    def __init__(
        self,
        principal: str,
        others: tuple[str, ...],
        procedures: tuple[str, ...],
        inputs: Inputs,
        tables: SeverityTables,
    ) -> None:
        self.codes: dict[CodeField, tuple[str, ...]] = {
            "ZYZD": (principal,),
            "QTZD": others,
            "ZYSS": procedures[:1],
            "QTSS": procedures[1:],
            "KS": () if inputs.department is None else (inputs.department,),
        }
        self.numbers = inputs.numbers
        self._inputs = inputs
        self._missing: frozenset[InputField] | None = None
        self._tables = tables
        self._counted: dict[Level, frozenset[str]] | None = None

    @property
    def missing(self) -> frozenset[InputField]:
        """Return the fields without value; found once, and only when a rule asks for one."""
        if self._missing is None:
            self._missing = self._inputs.missing
        return self._missing

    def counted(self, level: Level) -> frozenset[str]:
        """Return the other diagnoses that count at a level (未被排除的 MCC 或 CC)."""
        if self._counted is None:
            self._counted = self._tables.counted(self.codes["ZYZD"][0], self.codes["QTZD"])
        return self._counted[level]

    def assume(self, counted: Mapping[Level, frozenset[str]]) -> None:
        """State what counts, for questions about groups rather than about a case."""
        self._counted = dict(counted)


def counting(levels: Collection[Level]) -> Facts:
    """Return facts of which nothing is known but that an other diagnosis counts at some levels.

    Parameters
    ----------
    levels
        MCC, CC, both or none.
    """
    facts = Facts("", ("",), (), Inputs({}), SeverityTables({}, {}))
    facts.assume({v: frozenset({""} if v in levels else ()) for v in (Level.MCC, Level.CC)})
    return facts


Predicate = Callable[[Facts], bool]
Comparison = Callable[[float, float], bool]
COMPARE: Mapping[Operator, Comparison] = {
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
        The part as rule text.
    detail
        What a step of the trace says where the part does not hold.
    inputs
        Fields that it asks for and that may be missing.
    test
        Whether it certainly holds.
    possible
        Whether it may hold once missing fields are filled.
    """

    text: str
    detail: tuple[tuple[str, str], ...]
    inputs: tuple[InputField, ...]
    test: Predicate
    possible: Predicate


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
    inputs
        Fields that the rule asks for and that may be missing.
    """

    text: str
    condition: Condition
    parts: tuple[Part, ...]
    inputs: frozenset[InputField]

    def first_failed(self, facts: Facts) -> Part | None:
        """Return the first part that does not certainly hold, None when the rule holds."""
        for part in self.parts:
            if not part.test(facts):
                return part
        return None

    def awaits(self, facts: Facts) -> frozenset[InputField]:
        """Return the missing fields that decide whether the rule holds, empty when none does.

        Parameters
        ----------
        facts
            A case for which the rule does not certainly hold.
        """
        absent = self.inputs & facts.missing
        if absent and all(part.possible(facts) for part in self.parts):
            return absent
        return frozenset()


def rule(text: str, condition: Condition, sets: Mapping[str, frozenset[str]]) -> Rule:
    """Make a rule out of its tree.

    Raises
    ------
    KeyError
        The rule names a set that the pack does not have.
    """
    parts = tuple(_part(part, sets) for part in conjuncts(condition))
    return Rule(text, condition, parts, inputs_of(condition))


def _part(condition: Condition, sets: Mapping[str, frozenset[str]]) -> Part:
    inputs = tuple(sorted(inputs_of(condition)))
    certain = _test(condition, sets, missing=False)
    possible = _test(condition, sets, missing=True) if inputs else certain
    text = render(condition)
    return Part(text, (("failed", text),), inputs, certain, possible)


def _test(condition: Condition, sets: Mapping[str, frozenset[str]], *, missing: bool) -> Predicate:
    """Return the test of a condition; a question about a missing field is answered ``missing``."""
    test: Predicate
    match condition:
        case Constant(value):
            test = _constant(value != 0)
        case Member((field,), names, negated) if field == DEPARTMENT:
            test = _department(names, sets, negated=negated, missing=missing)
        case Member(fields, names, negated):
            test = _any_in(fields, names, sets)
            if negated:
                test = _negated(test)
        case Compare(field, sign, number):
            test = _compared(field, COMPARE[sign], number, missing=missing)
        case Length(names, fields, sign, number):
            test = _length(fields, names, sets, COMPARE[sign], number)
        case Count(conditions, sign, number):
            least = _tests(conditions, sets, missing=False)
            most = _tests(conditions, sets, missing=True) if inputs_of(condition) else least
            test = _count(least, most, COMPARE[sign], number, missing=missing)
        case Not(inner):
            # What certainly does not hold is what can't possibly hold.
            test = _negated(_test(inner, sets, missing=not missing))
        case And(conditions):
            test = _all(_tests(conditions, sets, missing=missing))
        case Or(conditions):
            test = _any(_tests(conditions, sets, missing=missing))
    return test


def _tests(
    conditions: tuple[Condition, ...], sets: Mapping[str, frozenset[str]], *, missing: bool
) -> tuple[Predicate, ...]:
    return tuple(_test(c, sets, missing=missing) for c in conditions)


def _constant(truth: bool) -> Predicate:
    return lambda _: truth


def _negated(test: Predicate) -> Predicate:
    return lambda facts: not test(facts)


def _all(tests: tuple[Predicate, ...]) -> Predicate:
    return lambda facts: all(test(facts) for test in tests)


def _any(tests: tuple[Predicate, ...]) -> Predicate:
    return lambda facts: any(test(facts) for test in tests)


def _count(
    least: tuple[Predicate, ...],
    most: tuple[Predicate, ...],
    compare: Comparison,
    number: float,
    *,
    missing: bool,
) -> Predicate:
    """Return the test of a count between what certainly and what possibly holds."""
    agree = any if missing else all

    def counted(facts: Facts) -> bool:
        low = sum(test(facts) for test in least)
        if most is least:
            return compare(low, number)
        high = sum(test(facts) for test in most)
        return agree(compare(found, number) for found in range(low, high + 1))

    return counted


def _compared(
    field: NumberField, compare: Comparison, number: float, *, missing: bool
) -> Predicate:
    def compared(facts: Facts) -> bool:
        value = facts.numbers.get(field)
        return missing if value is None else compare(value, number)

    return compared


def _department(
    names: tuple[str, ...], sets: Mapping[str, frozenset[str]], *, negated: bool, missing: bool
) -> Predicate:
    wanted = frozenset[str]().union(*(sets[n] for n in names))

    def within(facts: Facts) -> bool:
        known = facts.codes[DEPARTMENT]
        return (wanted.isdisjoint(known) is negated) if known else missing

    return within


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
