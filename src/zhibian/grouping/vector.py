"""Rules over many cases at once (整表规则求值); means what :mod:`zhibian.grouping.evaluate` says.

The questions "is a code of these fields in these sets" of a group of rules are numbered, and every
code of the vocabulary gets one bit a question for each field. A case has the bits of all its codes
joined; a rule then compares a few bits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from zhibian.grouping.cases import Cases, CodeLists, Flags, Floats, Ids, Vocabulary
from zhibian.grouping.evaluate import Rule as CaseRule
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
)
from zhibian.grouping.severity import Level

_WORD = 64
_COMPARE: Mapping[Operator, np.ufunc] = {
    "=": np.equal,
    "!=": np.not_equal,
    ">=": np.greater_equal,
    "<=": np.less_equal,
    ">": np.greater,
    "<": np.less,
}
Words = NDArray[np.uint64]
_CODE_FIELDS: tuple[CodeField, ...] = ("ZYZD", "QTZD", "ZYSS", "QTSS", "KS")


@dataclass(frozen=True, slots=True)
class Block:
    """Some cases of a table, ready to be asked.

    Attributes
    ----------
    cases
        The table.
    rows
        Which cases.
    words
        Bits of the questions, one row of words a case.
    severity
        MCC and CC of every case of the table.
    numbers
        Number fields of the rule language for every case of the table, NaN where missing.
    """

    cases: Cases
    rows: Ids
    words: Words
    severity: Severity
    numbers: Mapping[NumberField, Floats]

    def __len__(self) -> int:
        return len(self.rows)

    def among(self, chosen: Flags) -> Block:
        """Return some of the cases of the block."""
        return replace(self, rows=self.rows[chosen], words=self.words[:, chosen])

    def missing(self, fields: Sequence[InputField]) -> Flags:
        """Return whether any of the fields is missing."""
        found = np.zeros(len(self.rows), dtype=np.bool_)
        for field in fields:
            found |= self.absent(field)
        return found

    def absent(self, field: InputField) -> Flags:
        """Return whether a field is missing."""
        if field == DEPARTMENT:
            return ~self.cases.placed[self.rows]
        return np.isnan(self.numbers[field][self.rows])


@dataclass(frozen=True, slots=True)
class Severity:
    """MCC and CC of every case of a table.

    Attributes
    ----------
    counts
        Whether an other diagnosis counts at a level.
    codes
        Level of each other diagnosis that counts: 2 MCC, 1 CC, 0 for those that do not.
    """

    counts: Mapping[Level, Flags]
    codes: NDArray[np.uint8]


Test = Callable[[Block], Flags]
LEVEL_NUMBER: Mapping[Level, int] = {Level.MCC: 2, Level.CC: 1}


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a rule that must hold, over a block."""

    inputs: tuple[InputField, ...]
    test: Test


@dataclass(frozen=True, slots=True)
class VectorRule:
    """A rule over a block.

    Attributes
    ----------
    inputs
        Fields that the rule asks for and that may be missing, in the order of their names.
    holds
        Whether it certainly holds.
    possible
        Whether it may hold once missing fields are filled.
    parts
        The parts that must all hold, in the order written.
    """

    inputs: tuple[InputField, ...]
    holds: Test
    possible: Test
    parts: tuple[Part, ...]


class Questions:
    """Numbers the questions of a group of rules and answers them for blocks of cases.

    Parameters
    ----------
    vocabulary
        Numbers the codes.
    sets
        Code sets by name.
    """

    def __init__(self, vocabulary: Vocabulary, sets: Mapping[str, frozenset[str]]) -> None:
        self._vocabulary = vocabulary
        self._sets = sets
        self._numbers: dict[tuple[tuple[CodeField, ...], tuple[str, ...]], int] = {}
        self._tables: dict[CodeField, Words] | None = None

    def rule(self, rule: CaseRule) -> VectorRule:
        """Return a rule that can be asked of a block whose words come from here."""
        inputs = tuple(sorted(rule.inputs))
        holds = self._test(rule.condition, missing=False)
        possible = self._test(rule.condition, missing=True) if inputs else holds
        parts = tuple(
            Part(tuple(sorted(inputs_of(part))), self._test(part, missing=False))
            for part in conjuncts(rule.condition)
        )
        return VectorRule(inputs, holds, possible, parts if inputs else ())

    def words(self, cases: Cases, rows: Ids) -> Words:
        """Return the bits of the questions for some cases, shape (words, cases)."""
        tables = self._built()
        found = np.zeros((self._width(), len(rows)), dtype=np.uint64)
        whole = len(rows) == len(cases)
        for field, ids in (
            ("ZYZD", cases.principal),
            ("ZYSS", cases.first),
            ("KS", cases.department),
        ):
            if field in tables:
                chosen = ids if whole else ids[rows]
                for number, bits in enumerate(tables[field]):
                    found[number] |= bits[chosen]
        for field, lists in (("QTZD", cases.others), ("QTSS", cases.more)):
            if field in tables:
                _join(found, tables[field], lists if whole else lists.of(rows))
        return found

    def _built(self) -> dict[CodeField, Words]:
        if self._tables is None:
            self._tables = self._build()
        return self._tables

    def _width(self) -> int:
        return max(1, -(-len(self._numbers) // _WORD))

    def _build(self) -> dict[CodeField, Words]:
        tables: dict[CodeField, Words] = {}
        for (fields, names), number in self._numbers.items():
            word, bit = divmod(number, _WORD)
            codes = frozenset[str]().union(*(self._sets[n] for n in names))
            positions = self._vocabulary.positions(codes)
            for field in fields:
                if field not in tables:
                    size = self._vocabulary.unknown + 1
                    tables[field] = np.zeros((self._width(), size), dtype=np.uint64)
                tables[field][word, positions] |= np.uint64(1 << bit)
        return tables

    def _ask(self, fields: Sequence[CodeField], names: Sequence[str]) -> int:
        key = (tuple(sorted(set(fields))), tuple(sorted(set(names))))
        return self._numbers.setdefault(key, len(self._numbers))

    def _test(self, condition: Condition, *, missing: bool) -> Test:
        test: Test
        match condition:
            case Constant(value):
                test = _constant(value != 0)
            case Member((field,), names, negated) if field == DEPARTMENT:
                test = _department(self._ask((field,), names), negated=negated, missing=missing)
            case Member(fields, names, negated):
                test = self._member(fields, names)
                if negated:
                    test = _negated(test)
            case Compare(field, sign, number):
                test = _compared(field, _COMPARE[sign], number, missing=missing)
            case Length(names, fields, sign, number):
                test = self._length(names, fields, _COMPARE[sign], number)
            case Count(conditions, sign, number):
                least = self._tests(conditions, missing=False)
                most = self._tests(conditions, missing=True) if inputs_of(condition) else least
                test = _count(least, most, _COMPARE[sign], number, missing=missing)
            case Not(inner):
                test = _negated(self._test(inner, missing=not missing))
            case And(conditions):
                test = self._all(conditions, missing=missing)
            case Or(conditions):
                test = _joined(self._tests(conditions, missing=missing), np.logical_or)
        return test

    def _tests(self, conditions: Sequence[Condition], *, missing: bool) -> tuple[Test, ...]:
        return tuple(self._test(c, missing=missing) for c in conditions)

    def _all(self, conditions: Sequence[Condition], *, missing: bool) -> Test:
        """Return the test of an ``and``; its plain questions are compared at once."""
        masks: dict[int, int] = {}
        rest: list[Condition] = []
        for part in (p for c in conditions for p in conjuncts(c)):
            if isinstance(part, Member) and _is_plain(part):
                word, bit = divmod(self._ask(part.fields, part.sets), _WORD)
                masks[word] = masks.get(word, 0) | 1 << bit
            else:
                rest.append(part)
        tests = [_bits(word, mask) for word, mask in masks.items()]
        tests += self._tests(rest, missing=missing)
        return _joined(tests, np.logical_and)

    def _member(self, fields: Sequence[CodeField], names: Sequence[str]) -> Test:
        real = [n for n in names if n not in VIRTUAL_SETS]
        tests: list[Test] = []
        if real:
            word, bit = divmod(self._ask(fields, real), _WORD)
            tests.append(_bits(word, 1 << bit))
        size = self._vocabulary.unknown + 1
        tests += [_level(Level(n), fields, size) for n in names if n in VIRTUAL_SETS]
        return tests[0] if len(tests) == 1 else _joined(tests, np.logical_or)

    def _length(
        self,
        names: Sequence[str],
        fields: Sequence[CodeField],
        compare: np.ufunc,
        number: float,
    ) -> Test:
        real = (self._sets[n] for n in names if n not in VIRTUAL_SETS)
        wanted = self._vocabulary.mask(frozenset[str]().union(*real))
        levels = tuple(Level(n) for n in names if n in VIRTUAL_SETS)

        def enough(block: Block) -> Flags:
            owners, ids = _codes(block, fields)
            kept = wanted[ids]
            if levels:
                kept |= _counts(block, owners, ids, levels, len(wanted))
            pairs = np.unique(owners[kept] * len(wanted) + ids[kept])
            found = np.bincount(pairs // len(wanted), minlength=len(block))
            return np.asarray(compare(found, number), dtype=np.bool_)

        return enough


def _is_plain(member: Member) -> bool:
    return (
        not member.negated
        and DEPARTMENT not in member.fields
        and VIRTUAL_SETS.isdisjoint(member.sets)
    )


def _join(found: Words, table: Words, lists: CodeLists) -> None:
    """Add the bits of every code of a list to its case."""
    filled = np.flatnonzero(np.diff(lists.starts))
    if len(filled) == 0:
        return
    starts = lists.starts[filled]
    for number, bits in enumerate(table):
        found[number, filled] |= np.bitwise_or.reduceat(bits[lists.ids], starts)


def _bits(word: int, mask: int) -> Test:
    wanted = np.uint64(mask)
    if mask & (mask - 1):
        return lambda block: (block.words[word] & wanted) == wanted
    return lambda block: (block.words[word] & wanted) != 0


def _constant(truth: bool) -> Test:
    return lambda block: np.full(len(block), truth)


def _negated(test: Test) -> Test:
    return lambda block: ~test(block)


def _joined(tests: Sequence[Test], how: np.ufunc) -> Test:
    def joined(block: Block) -> Flags:
        found = tests[0](block)
        for test in tests[1:]:
            found = how(found, test(block))
        return found

    return joined if len(tests) > 1 else tests[0]


def _compared(field: NumberField, compare: np.ufunc, number: float, *, missing: bool) -> Test:
    def compared(block: Block) -> Flags:
        values = block.numbers[field][block.rows]
        found = np.asarray(compare(values, number), dtype=np.bool_)
        absent = np.isnan(values)
        return found | absent if missing else found & ~absent

    return compared


def _department(number: int, *, negated: bool, missing: bool) -> Test:
    word, bit = divmod(number, _WORD)
    within = _bits(word, 1 << bit)

    def asked(block: Block) -> Flags:
        absent = block.absent(DEPARTMENT)
        found = within(block) ^ negated
        return found | absent if missing else found & ~absent

    return asked


def _count(
    least: Sequence[Test],
    most: Sequence[Test],
    compare: np.ufunc,
    number: float,
    *,
    missing: bool,
) -> Test:
    """Return the test of a count between what certainly and what possibly holds."""

    def total(tests: Sequence[Test], block: Block) -> NDArray[np.intp]:
        found = np.zeros(len(block), dtype=np.intp)
        for test in tests:
            found += test(block)
        return found

    def counted(block: Block) -> Flags:
        low = total(least, block)
        if most is least:
            return np.asarray(compare(low, number), dtype=np.bool_)
        high = total(most, block)
        answer = np.full(len(block), not missing)
        for found in range(len(least) + 1):
            reached = (low <= found) & (found <= high)
            if compare(found, number) == missing:
                answer[reached] = missing
        return answer

    return counted


def _level(level: Level, fields: Sequence[CodeField], size: int) -> Test:
    """Return whether a code that counts at a level is among the fields."""
    if "QTZD" in fields:
        return lambda block: block.severity.counts[level][block.rows]
    if "ZYZD" in fields:
        return lambda block: _counts(block, *_codes(block, ("ZYZD",)), (level,), size)
    return _constant(truth=False)


def _codes(block: Block, fields: Sequence[CodeField]) -> tuple[Ids, Ids]:
    """Return the codes of the fields, each with the number of its case within the block."""
    cases = block.cases
    owners: list[Ids] = []
    ids: list[Ids] = []
    single = {"ZYZD": cases.principal, "ZYSS": cases.first, "KS": cases.department}
    several = {"QTZD": cases.others, "QTSS": cases.more}
    for field in fields:
        if field in single:
            owners.append(np.arange(len(block)))
            ids.append(single[field][block.rows])
        else:
            lists = several[field].of(block.rows)
            owners.append(lists.owners())
            ids.append(lists.ids)
    return np.concatenate(owners), np.concatenate(ids)


def _counts(block: Block, owners: Ids, ids: Ids, levels: Sequence[Level], size: int) -> Flags:
    """Return whether a code of a case is among its other diagnoses that count."""
    chosen = [LEVEL_NUMBER[level] for level in levels]
    others = block.cases.others
    lists = CodeLists(np.arange(len(others.ids)), others.starts).of(block.rows)
    counting = np.isin(block.severity.codes[lists.ids], chosen)
    pairs = lists.owners()[counting] * size + others.ids[lists.ids[counting]]
    return np.isin(owners * size + ids, pairs)
