"""From conditions to expressions (质控条件的编译): one expression a check, over prepared columns.

Columns bear what they hold: ``F`` a field as filed, ``filled:F``, ``num:F``, ``time:F``,
``bits:F:W`` answers to questions about codes or names, ``derived:NAME``, ``tally:N:low`` and
``:high`` how many entries meet a condition at least and at most, ``check:N`` a named computation,
``page:N`` a condition of the page that entries ask, ``group:NAME``, ``tariff:NAME``. See
:mod:`prepared` for how each is made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import get_args

import polars as pl

from zhibian.quality.front_page.book import Check, RuleBook
from zhibian.quality.front_page.computations import Kind
from zhibian.quality.front_page.conditions import (
    ALWAYS,
    And,
    CodeIn,
    Compare,
    Condition,
    Constant,
    Contains,
    Demand,
    Derived,
    FieldValue,
    Filled,
    Grouped,
    Matches,
    Named,
    Not,
    Number,
    OneOf,
    Operator,
    Or,
    Priced,
    Quantity,
    Shaped,
    Span,
    Sum,
    Tally,
    Unit,
    quantities_of,
)
from zhibian.quality.front_page.masks import Answers, NameQuestion, Question, Questions
from zhibian.quality.front_page.page_fields import Domain, PageFields
from zhibian.quality.front_page.quantities import QUANTITIES, days_between, total

# Decimal fractions of one cent are no binary fractions; far below any tolerance that rules name.
_LEAST = 1e-6
_OVER_CELLS = frozenset({"filled", "num", "time"})
_UNIT_SECONDS = {"hours": 3600, "minutes": 60}


@dataclass(frozen=True, slots=True)
class Test:
    """One demand of a check.

    Attributes
    ----------
    check, demand
        What is tested.
    when
        Column of pages that tells where the check applies; empty where it does to all.
    violated
        Expression that is true where the demand is violated, on a page it applies to.
    """

    check: Check
    demand: Demand
    when: str
    violated: pl.Expr


@dataclass(frozen=True, slots=True)
class FindingTest:
    """A demand that a named computation answers with places; ``when`` as in :class:`Test`."""

    check: Check
    named: Named
    when: str


@dataclass(slots=True)
class Program:
    """Checks made ready for tables.

    Attributes
    ----------
    questions
        What codes and names are asked.
    answers
        What is known of codes and names already, by kind of text.
    pages
        Tests of whole pages.
    entries
        Tests of single entries by repeated group.
    places
        Tests that named computations answer with places.
    conditions
        Conditions of pages that have a column ``page:N`` of their own, by N.
    tallies
        Counts of entries by number: the group and, if not all count, which do.
    computations
        Named computations that have a column ``check:N``, by N.
    simple
        Columns of pages that are asked and made from cells alone, or from such columns.
    """

    questions: Questions = field(default_factory=Questions)
    pages: list[Test] = field(default_factory=list)
    entries: dict[str, list[Test]] = field(default_factory=dict)
    places: list[FindingTest] = field(default_factory=list)
    conditions: list[pl.Expr] = field(default_factory=list)
    tallies: list[tuple[str, pl.Expr | None]] = field(default_factory=list)
    computations: list[Named] = field(default_factory=list)
    simple: tuple[str, ...] = ()
    answers: Mapping[Domain, Answers] = field(default_factory=dict)


def compile_checks(book: RuleBook, checks: Sequence[Check]) -> Program:
    """Compile checks.

    Parameters
    ----------
    book
        The rule book, for its computations.
    checks
        Which of its checks.
    """
    compiler = _Compiler(book)
    for check in checks:
        for demand in check.demands:
            compiler.add(check, demand)
    questions = compiler.program.questions
    compiler.program.answers = {d: Answers(questions.of(d)) for d in get_args(Domain)}
    compiler.program.simple = _simple(compiler.program, book.names.fields)
    return compiler.program


def _simple(program: Program, fields: PageFields) -> tuple[str, ...]:
    expressions = [
        *(test.violated for test in program.pages),
        *(test.violated for tests in program.entries.values() for test in tests),
        *(where for _, where in program.tallies if where is not None),
        *program.conditions,
    ]
    names = {root for e in expressions for root in e.meta.root_names()}
    return tuple(sorted(n for n in names if _is_simple(n, fields)))


def _is_simple(column: str, fields: PageFields) -> bool:
    kind, _, name = column.partition(":")
    return kind == "derived" or (kind in _OVER_CELLS and not fields.is_list(name))


class _Compiler:
    def __init__(self, book: RuleBook) -> None:
        self._book = book
        self._fields = book.names.fields
        self.program = Program()
        self._conditions: dict[Condition, int] = {}
        self._tallies: dict[tuple[str, Condition | None], int] = {}
        self._named: dict[Named, int] = {}

    def add(self, check: Check, demand: Demand) -> None:
        must = demand.must
        if isinstance(must, Named) and self._kind(must) is Kind.FINDINGS:
            self.program.places.append(FindingTest(check, must, self._when(check)))
            return
        when = self._when(check)
        broken = Not(must) if demand.when == ALWAYS else And((demand.when, Not(must)))
        violated = self._expression(broken, demand.each)
        applied = pl.col(when) & violated if when else violated
        test = Test(check, demand, when, applied.fill_null(value=False))
        if demand.each:
            self.program.entries.setdefault(demand.each, []).append(test)
        else:
            self.program.pages.append(test)

    def _when(self, check: Check) -> str:
        return "" if check.when == ALWAYS else self._page_column(check.when)

    def _kind(self, named: Named) -> Kind:
        return self._book.computations[named.name].kind

    def _page_column(self, condition: Condition) -> str:
        """Return the column that holds a condition of the page."""
        number = self._conditions.get(condition)
        if number is None:
            # Inner conditions may need columns of their own first.
            expression = self._expression(condition, "")
            number = self._conditions[condition] = len(self.program.conditions)
            self.program.conditions.append(expression)
        return f"page:{number}"

    def _expression(self, condition: Condition, group: str) -> pl.Expr:
        if group and not isinstance(condition, Constant) and not self._asks_entry(condition, group):
            return pl.col(self._page_column(condition))
        match condition:
            case Constant(value):
                found = pl.lit(value)
            case And(inner):
                found = pl.all_horizontal([self._expression(c, group) for c in inner])
            case Or(inner):
                found = pl.any_horizontal([self._expression(c, group) for c in inner])
            case Not(one):
                found = ~self._expression(one, group)
            case Filled(name):
                found = pl.col(f"filled:{name}")
            case Shaped():
                found = _shaped(condition)
            case OneOf(name, values):
                found = pl.col(name).is_in(list(values))
            case Matches(name, pattern):
                found = pl.col(name).str.contains(pattern)
            case Compare():
                found = _compared(condition, self._fields)
            case CodeIn(name, selector):
                found = self._bit(name, selector)
            case Contains(name, words, without):
                found = self._bit(name, NameQuestion(words, without))
            case Grouped(name, values):
                found = pl.col(f"group:{name}").is_in(list(values))
            case Tally():
                found = self._tally(condition)
            case Named():
                found = pl.col(self._check_column(condition))
        return found

    def _asks_entry(self, condition: Condition, group: str) -> bool:
        """Tell whether a condition asks a field of the entries of a group."""
        fields = frozenset(self._fields.groups[group].fields)
        return any(_fields_of(c) & fields for c in _own(condition))

    def _bit(self, name: str, question: Question) -> pl.Expr:
        word, bit = self.program.questions.place(name, question)
        return (pl.col(f"bits:{name}:{word}") & pl.lit(bit, pl.UInt64)) != 0

    def _check_column(self, named: Named) -> str:
        number = self._named.get(named)
        if number is None:
            number = self._named[named] = len(self.program.computations)
            self.program.computations.append(named)
        return f"check:{number}"

    def _tally(self, tally: Tally) -> pl.Expr:
        key = (tally.group, tally.where)
        number = self._tallies.get(key)
        if number is None:
            where = None if tally.where is None else self._expression(tally.where, tally.group)
            number = self._tallies[key] = len(self.program.tallies)
            self.program.tallies.append((tally.group, where))
        low, high = pl.col(f"tally:{number}:low"), pl.col(f"tally:{number}:high")
        return _between(low, high, tally.operator, _quantity(tally.right, self._fields))


def _own(condition: Condition) -> list[Condition]:
    """Return the conditions inside one that are asked where it is asked."""
    match condition:
        case And(inner) | Or(inner):
            return [c for one in inner for c in _own(one)]
        case Not(one):
            return _own(one)
    return [condition]


def _fields_of(condition: Condition) -> frozenset[str]:
    match condition:
        case CodeIn(name, _, listed) | Contains(name, _, _, listed):
            return frozenset() if listed else frozenset({name})
        case Filled(name) | Shaped(name, _) | OneOf(name, _) | Matches(name, _):
            return frozenset({name})
    return frozenset(f for q in quantities_of(condition) for f in fields_of_quantity(q))


def fields_of_quantity(quantity: Quantity) -> tuple[str, ...]:
    """Return the fields that a quantity is taken from."""
    match quantity:
        case FieldValue(name):
            return (name,)
        case Sum(fields):
            return fields
        case Span(_, start, end):
            return tuple(f for f in (start, end) if f not in QUANTITIES)
        case Derived(name):
            return QUANTITIES[name].fields
    return ()


def _shaped(condition: Shaped) -> pl.Expr:
    name = condition.field
    text, moment = pl.col(name), pl.col(f"time:{name}")
    if condition.shape == "number":
        found = pl.col(f"num:{name}").is_not_null()
    elif condition.shape == "whole":
        found = text.str.contains(r"^[+-]?\d+$")
    elif condition.shape == "date":
        found = moment.is_not_null()
    else:
        found = moment.is_not_null() & text.str.contains(":", literal=True)
    return pl.when(text.is_not_null()).then(found)


def _is_time(quantity: Quantity, fields: PageFields) -> bool:
    """Tell whether a quantity is a point in time."""
    match quantity:
        case FieldValue(name):
            return fields.is_time(name)
        case Derived(name):
            return QUANTITIES[name].is_time
    return False


def _quantity(quantity: Quantity, fields: PageFields) -> pl.Expr:
    match quantity:
        case Number(value):
            found = pl.lit(value)
        case FieldValue(name):
            found = pl.col(f"time:{name}" if fields.is_time(name) else f"num:{name}")
        case Derived(name):
            found = pl.col(f"derived:{name}")
        case Sum(parts):
            found = total(parts)
        case Priced(name):
            found = pl.col(f"tariff:{name}")
        case Span(unit, start, end):
            found = _span(unit, _moment(start), _moment(end))
    return found


def _span(unit: Unit, start: pl.Expr, end: pl.Expr) -> pl.Expr:
    if unit == "days":
        return days_between(start, end)
    return (end - start).dt.total_seconds() / _UNIT_SECONDS[unit]


def _moment(name: str) -> pl.Expr:
    return pl.col(f"derived:{name}" if name in QUANTITIES else f"time:{name}")


def _compared(compare: Compare, fields: PageFields) -> pl.Expr:
    left, right = (_quantity(q, fields) for q in (compare.left, compare.right))
    if _is_time(compare.left, fields):
        if not compare.exact:
            left, right = left.dt.truncate("1d"), right.dt.truncate("1d")
        left, right = (q.dt.epoch("s").cast(pl.Float64) for q in (left, right))
        right = right + compare.plus * 86400 if compare.plus else right
    else:
        right = right * compare.times if compare.times != 1 else right
        right = right + compare.plus if compare.plus else right
    room = compare.within + _LEAST if compare.within else 0.0
    match compare.operator:
        case "at_least":
            return left >= (right - room if room else right)
        case "at_most":
            return left <= (right + room if room else right)
        case "above":
            return left > (right + room if room else right)
        case "below":
            return left < (right - room if room else right)
        case "equals":
            return (left - right).abs() <= max(room, _LEAST)


def _between(low: pl.Expr, high: pl.Expr, operator: Operator, right: pl.Expr) -> pl.Expr:
    """Compare a count known to lie between two bounds; unknown where the bounds disagree."""
    match operator:
        case "at_least":
            sure, possible = low >= right, high >= right
        case "above":
            sure, possible = low > right, high > right
        case "at_most":
            sure, possible = high <= right, low <= right
        case "below":
            sure, possible = high < right, low < right
        case "equals":
            sure, possible = (low == right) & (high == right), (low <= right) & (high >= right)
    return pl.when(sure).then(pl.lit(True)).when(~possible).then(pl.lit(False))
