"""The columnar engine (整表分组): the walk of :mod:`zhibian.grouping.engine` over many cases.

Cases go through the categories in order, all at once; those that a category admits are put to its
core groups in order, and a case that is answered is not asked again. The answer of every case is
that of the single-case engine; a property test holds the two equal on every pack.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, get_args

import numpy as np
import polars as pl
from numpy.typing import NDArray

from zhibian.grouping.cases import Cases, Flags, Ids, Vocabulary, read_cases
from zhibian.grouping.codebook import CodeBook
from zhibian.grouping.engine import (
    DAYS_A_YEAR,
    NEWBORN_INPUTS,
)
from zhibian.grouping.language import InputField
from zhibian.grouping.pack import AdrgRule, MdcRule, RulePack
from zhibian.grouping.reasons import Reason
from zhibian.grouping.severity import Level
from zhibian.grouping.types import Status
from zhibian.grouping.validate import (
    DISCHARGE_WAYS,
    HEAVIEST_NEWBORN_G,
    LONGEST_DAYS,
    MISSING,
    OLDEST_YEARS,
)
from zhibian.grouping.vector import LEVEL_NUMBER, Block, Questions, Severity, VectorRule

_STATUSES = tuple(s.value for s in Status)
_REASONS = tuple(r.value for r in Reason)
_LEVELS = tuple(v.value for v in Level)
# What counts is numbered: nothing, a CC, an MCC, both.
_LEVEL_OF_COUNTS = np.array(
    [_LEVELS.index(v) for v in (Level.NONE, Level.CC, Level.MCC, Level.MCC)], np.int8
)
_INPUTS: tuple[InputField, ...] = get_args(InputField)
_NEWBORN_BITS = sum(1 << i for i, field in enumerate(_INPUTS) if field in NEWBORN_INPUTS)
_NOTHING = -1

Numbers = NDArray[np.int32]
Bits = NDArray[np.uint16]


class _Drg(NamedTuple):
    code: int
    rule: VectorRule


class _Adrg(NamedTuple):
    """A core group: its groups by what counts where that alone decides, else one by one."""

    code: int
    placeholder: int
    kind: str
    rule: VectorRule
    gaps: tuple[VectorRule, ...]
    by_counts: Numbers | None
    drgs: tuple[_Drg, ...]


class _Plain(NamedTuple):
    """The core groups of a category in which no missing field, gap or placeholder has a say.

    Attributes
    ----------
    adrgs
        Codes of the core groups.
    ambiguous
        Which of them are ambiguous groups.
    groups
        Group by core group and by what counts, none for an ambiguous group.
    """

    adrgs: Numbers
    ambiguous: Flags
    groups: Numbers


class _Mdc(NamedTuple):
    """A category; ``plain`` where its core groups can be answered all at once."""

    code: int
    gate: VectorRule
    asks_diagnosis: bool
    asks_sex: bool
    questions: Questions
    adrgs: tuple[_Adrg, ...]
    plain: _Plain | None


class ColumnarPack:
    """A scheme made ready for tables (整表分组器): immutable, made once, used from any thread.

    Parameters
    ----------
    pack
        The scheme.
    codebook
        Code sets of the authority; with them unknown codes make a case invalid and a grey
        principal diagnosis is named as the reason.
    """

    def __init__(self, pack: RulePack, codebook: CodeBook | None = None) -> None:
        self.scheme = pack.scheme
        self.strict = pack.strict
        self.vocabulary = Vocabulary(_all_codes(pack, codebook))
        codes = tuple(dict.fromkeys(("", *_group_codes(pack))))
        self.group_names = _names(codes)
        self._number = {code: i for i, code in enumerate(codes)}
        ungrouped = pack.manifest.ungrouped
        self.ungrouped = tuple(
            self._number[c] for c in (ungrouped.mdc, ungrouped.adrg, ungrouped.drg)
        )
        self.gates = Questions(self.vocabulary, pack.sets)
        self.mdcs = tuple(self._mdc(m, pack) for m in pack.mdcs)
        self.level_of, self.table_of, self.principal_table = _severity_tables(pack, self.vocabulary)
        self.checks_codes = codebook is not None
        known = codebook or CodeBook(frozenset(), frozenset())
        self.diagnoses = self.vocabulary.mask(known.diagnoses)
        self.procedures = self.vocabulary.mask(known.procedures)
        self.grey = self.vocabulary.mask(known.grey_diagnoses)

    def _mdc(self, mdc: MdcRule, pack: RulePack) -> _Mdc:
        questions = Questions(self.vocabulary, pack.sets)
        adrgs = tuple(self._adrg(a, questions) for a in mdc.adrgs)
        return _Mdc(
            self._number[mdc.code],
            self.gates.rule(mdc.rule),
            mdc.asks_diagnosis,
            "XB" in mdc.rule.inputs,
            questions,
            adrgs,
            _plain(adrgs),
        )

    def _adrg(self, adrg: AdrgRule, questions: Questions) -> _Adrg:
        fallback = adrg.kind == "fallback" and adrg.drgs
        by_counts = None
        if adrg.by_counts is not None:
            numbers = [self._number[d.code] if d else _NOTHING for d in adrg.by_counts]
            by_counts = np.array(numbers, np.int32)
        return _Adrg(
            self._number[adrg.code],
            self._number[adrg.drgs[0].code if fallback else adrg.code],
            adrg.kind,
            questions.rule(adrg.rule),
            tuple(questions.rule(g.rule) for g in adrg.gaps),
            by_counts,
            tuple(_Drg(self._number[d.code], questions.rule(d.rule)) for d in adrg.drgs),
        )


def group_table(frame: pl.DataFrame, pack: ColumnarPack) -> pl.DataFrame:
    """Group a table of cases.

    Parameters
    ----------
    frame
        One row a case, columns of :data:`zhibian.grouping.cases.SCHEMA`: ``principal``,
        ``others``, ``procedures`` (lists, the principal procedure first), ``sex``, ``age`` and, if
        known, ``age_days``, ``weight_g``, ``days``, ``discharge_way``, ``department``,
        ``icu_hours``.
    pack
        The scheme, made ready.

    Returns
    -------
    polars.DataFrame
        As many rows, in the same order: ``status``, ``mdc``, ``adrg``, ``drg`` (codes as
        :class:`zhibian.grouping.types.Grouping` has them), ``level`` (``MCC``, ``CC``, ``NONE``;
        null without a group), ``reason`` (null with a group) and ``missing`` (fields without which
        the group is open, joined by commas; null where there are none).

    Raises
    ------
    InputError
        Every column that is missing or of another type. A single row never raises: it has a
        status.
    """
    cases = read_cases(frame, pack.vocabulary)
    walk = _Walk(cases, pack)
    walk.run()
    return walk.table()


class _Walk:
    """One walk of a table through a pack; the arrays hold one entry a case."""

    def __init__(self, cases: Cases, pack: ColumnarPack) -> None:
        size = len(cases)
        self._cases = cases
        self._pack = pack
        self._status = np.full(size, _NOTHING, np.int8)
        self._mdc = np.zeros(size, np.int32)
        self._adrg = np.zeros(size, np.int32)
        self._drg = np.zeros(size, np.int32)
        self._level = np.full(size, _NOTHING, np.int8)
        self._reason = np.full(size, _NOTHING, np.int8)
        self._awaited = np.zeros(size, np.uint16)
        self._entered = np.zeros(size, np.bool_)
        self._missing = np.zeros(size, np.bool_)
        self._numbers = dict(cases.numbers)
        self._numbers["XSRTL"] = _age_in_days(cases)
        self._severity = _severity(cases, pack)
        counts = self._severity.counts
        self._counts = counts[Level.CC] + 2 * counts[Level.MCC].astype(np.int8)

    def run(self) -> None:
        self._refuse()
        valid = np.flatnonzero(self._status == _NOTHING)
        gates = self._block(self._pack.gates, valid)
        for mdc in self._pack.mdcs:
            holds = mdc.gate.holds(gates)
            asked = holds | self._open(mdc.gate, gates, holds)
            chosen = np.flatnonzero(asked & (self._status[valid] == _NOTHING))
            if len(chosen):
                rows = valid[chosen]
                certain = holds[chosen]
                self._awaited[rows] = 0
                if not certain.all():
                    self._await(mdc.gate, gates.among(asked & ~holds))
                if mdc.asks_diagnosis:
                    self._entered[rows[certain]] = True
                self._within(mdc, rows, certain)
        self._leave()

    def table(self) -> pl.DataFrame:
        names = self._pack.group_names
        insufficient = self._status == _STATUSES.index(Status.INSUFFICIENT)
        return pl.DataFrame(
            {
                "status": _chosen(_names(_STATUSES), self._status),
                "mdc": _chosen(names, self._mdc),
                "adrg": _chosen(names, self._adrg),
                "drg": _chosen(names, self._drg),
                "level": _chosen(_names(_LEVELS), self._level),
                "reason": _chosen(_names(_REASONS), self._reason),
                "missing": _missing_fields(np.where(insufficient, self._awaited, 0)),
            }
        )

    def _block(self, questions: Questions, rows: Ids) -> Block:
        words = questions.words(self._cases, rows)
        return Block(self._cases, rows, words, self._severity, self._numbers)

    def _refuse(self) -> None:
        """Mark the cases that can't be grouped at all, as :mod:`validate` does."""
        cases, pack = self._cases, self._pack
        wrong = _out_of_range(cases) | cases.absent
        causes = [(wrong, Reason.INPUT_INVALID)]
        if pack.checks_codes:
            diagnoses = ~pack.diagnoses[cases.principal] & ~cases.absent
            diagnoses |= _any_of(~pack.diagnoses[cases.others.ids], cases.others.starts)
            procedures = _any_of(~pack.procedures[cases.more.ids], cases.more.starts)
            procedures |= ~pack.procedures[cases.first] & cases.operated
            causes += [(diagnoses, Reason.DX_NOT_IN_DICT), (procedures, Reason.PROC_NOT_IN_DICT)]
        for found, reason in reversed(causes):
            self._status[found] = _STATUSES.index(Status.INVALID)
            self._reason[found] = _REASONS.index(reason)

    def _open(self, rule: VectorRule, block: Block, holds: Flags) -> Flags:
        """Return where a missing field decides whether the rule holds."""
        if not self._pack.strict or not rule.inputs:
            return np.zeros(len(block), np.bool_)
        missing = block.missing(rule.inputs)
        return missing & rule.possible(block) & ~holds if missing.any() else missing

    def _await(self, rule: VectorRule, block: Block) -> None:
        """Keep the missing fields that a rule asks for."""
        for field in rule.inputs:
            rows = block.rows[block.absent(field)]
            self._awaited[rows] |= np.uint16(1 << _INPUTS.index(field))

    def _within(self, mdc: _Mdc, rows: Ids, certain: Flags) -> None:
        block = self._block(mdc.questions, rows)
        if mdc.plain is not None and certain.all():
            self._within_plain(mdc, mdc.plain, block)
            return
        free = np.ones(len(rows), np.bool_)
        undecided = np.zeros(len(rows), np.bool_)
        for adrg in mdc.adrgs:
            for gap in adrg.gaps:
                holds = gap.holds(block)
                undecided |= self._collect(gap, block, holds, free)
                hit = holds & free & (self._awaited[rows] == 0)
                self._end(
                    rows[hit],
                    Status.NOT_COVERED,
                    Reason.NOT_COVERED,
                    mdc,
                    adrg.code,
                    adrg.placeholder,
                )
                free &= ~hit
            holds = adrg.rule.holds(block)
            self._note_missing(adrg.rule, block, free)
            undecided |= self._collect(adrg.rule, block, holds, free)
            hit = holds & free
            if hit.any():
                free &= ~hit
                lacking = hit & (self._awaited[rows] != 0)
                self._insufficient_end(mdc, rows[lacking], certain[lacking])
                self._take(mdc, adrg, block, hit & ~lacking)
        lacking = undecided & free
        self._insufficient_end(mdc, rows[lacking], certain[lacking])

    def _within_plain(self, mdc: _Mdc, plain: _Plain, block: Block) -> None:
        """Find the first core group of every case, then all groups at once."""
        first = np.full(len(block), _NOTHING, np.int32)
        for number in range(len(mdc.adrgs) - 1, -1, -1):
            np.putmask(first, mdc.adrgs[number].rule.holds(block), number)
        taken = first != _NOTHING
        rows, first = block.rows[taken], first[taken]
        unclear = plain.ambiguous[first]
        adrgs = plain.adrgs[first]
        self._end(rows[unclear], Status.AMBIGUOUS, Reason.QY, mdc, adrgs[unclear], adrgs[unclear])
        groups = plain.groups[first, self._counts[rows]]
        found = groups != _NOTHING
        self._group(mdc, adrgs[found], rows[found], groups[found])

    def _collect(self, rule: VectorRule, block: Block, holds: Flags, free: Flags) -> Flags:
        found = self._open(rule, block, holds) & free
        if found.any():
            self._await(rule, block.among(found))
        return found

    def _note_missing(self, rule: VectorRule, block: Block, asked: Flags) -> None:
        """Note where the first condition that fails does so for want of a field."""
        if self._pack.strict or not rule.inputs:
            return
        alive = asked.copy()
        for part in rule.parts:
            holds = part.test(block)
            if part.inputs:
                failed = alive & ~holds & block.missing(part.inputs)
                self._missing[block.rows[failed]] = True
            alive &= holds

    def _take(self, mdc: _Mdc, adrg: _Adrg, block: Block, hit: Flags) -> None:
        rows = block.rows[hit]
        if adrg.kind == "ambiguous":
            self._end(rows, Status.AMBIGUOUS, Reason.QY, mdc, adrg.code, adrg.code)
        elif adrg.kind == "fallback":
            self._end(rows, Status.UNGROUPED, None, mdc, adrg.code, adrg.placeholder)
        elif adrg.by_counts is not None:
            groups = adrg.by_counts[self._counts[rows]]
            found = groups != _NOTHING
            self._group(mdc, adrg.code, rows[found], groups[found])
        else:
            self._split(mdc, adrg, block.among(hit))

    def _split(self, mdc: _Mdc, adrg: _Adrg, block: Block) -> None:
        pending = np.ones(len(block), np.bool_)
        for drg in adrg.drgs:
            holds = drg.rule.holds(block)
            self._note_missing(drg.rule, block, pending)
            hit = holds & pending & (self._awaited[block.rows] == 0)
            self._group(mdc, adrg.code, block.rows[hit], drg.code)
            pending &= ~hit
            self._collect(drg.rule, block, holds, pending)
        rows = block.rows[pending & (self._awaited[block.rows] != 0)]
        self._insufficient_end(mdc, rows, np.ones(len(rows), np.bool_))
        self._adrg[rows] = adrg.code

    def _group(self, mdc: _Mdc, adrgs: Numbers | int, rows: Ids, groups: Numbers | int) -> None:
        self._status[rows] = _STATUSES.index(Status.GROUPED)
        self._mdc[rows] = mdc.code
        self._adrg[rows] = adrgs
        self._drg[rows] = groups
        self._level[rows] = _LEVEL_OF_COUNTS[self._counts[rows]]

    def _end(
        self,
        rows: Ids,
        status: Status,
        reason: Reason | None,
        mdc: _Mdc,
        adrgs: Numbers | int,
        groups: Numbers | int,
    ) -> None:
        """End without a group; a reason that is None is looked for."""
        if len(rows) == 0:
            return
        self._status[rows] = _STATUSES.index(status)
        self._mdc[rows] = mdc.code
        self._adrg[rows] = adrgs
        self._drg[rows] = groups
        self._reason[rows] = self._reasons(rows) if reason is None else _REASONS.index(reason)

    def _insufficient_end(self, mdc: _Mdc, rows: Ids, certain: Flags) -> None:
        if len(rows) == 0:
            return
        newborn = (self._awaited[rows] & _NEWBORN_BITS) != 0
        self._status[rows] = _STATUSES.index(Status.INSUFFICIENT)
        self._mdc[rows[certain]] = mdc.code
        self._reason[rows] = np.where(
            newborn, _REASONS.index(Reason.NEWBORN_ERROR), _REASONS.index(Reason.DATA_MISSING)
        )

    def _leave(self) -> None:
        """End the cases that no category took."""
        rows = np.flatnonzero(self._status == _NOTHING)
        if len(rows) == 0:
            return
        self._status[rows] = _STATUSES.index(Status.UNGROUPED)
        self._mdc[rows], self._adrg[rows], self._drg[rows] = self._pack.ungrouped
        self._reason[rows] = self._reasons(rows)

    def _reasons(self, rows: Ids) -> NDArray[np.int8]:
        """Return why cases have no group, the first reason that applies."""
        grey = self._pack.grey[self._cases.principal[rows]]
        found = np.where(
            grey, _REASONS.index(Reason.PDX_NOT_GROUPABLE), _REASONS.index(Reason.PDX_NO_MDC)
        )
        found[self._of_other_sex(rows)] = _REASONS.index(Reason.PDX_SEX_MISMATCH)
        found[self._entered[rows]] = _REASONS.index(Reason.NO_ADRG)
        if not self._pack.strict:
            found[self._missing[rows]] = _REASONS.index(Reason.NEWBORN_ERROR)
        return found.astype(np.int8)

    def _of_other_sex(self, rows: Ids) -> Flags:
        """Tell whether the other sex would open the gate of a category."""
        numbers = {**self._numbers, "XB": 3 - self._numbers["XB"]}
        words = self._pack.gates.words(self._cases, rows)
        other = Block(self._cases, rows, words, self._severity, numbers)
        found = np.zeros(len(rows), np.bool_)
        for mdc in self._pack.mdcs:
            if mdc.asks_sex:
                found |= mdc.gate.holds(other)
        return found


def _plain(adrgs: Sequence[_Adrg]) -> _Plain | None:
    """Return the core groups as tables, None where one of them needs more than a look."""
    nothing = np.full(4, _NOTHING, np.int32)
    groups = []
    for adrg in adrgs:
        if adrg.gaps or adrg.rule.inputs or adrg.kind == "fallback" or adrg.by_counts is None:
            return None
        groups.append(nothing if adrg.kind == "ambiguous" else adrg.by_counts)
    return _Plain(
        np.array([a.code for a in adrgs], np.int32),
        np.array([a.kind == "ambiguous" for a in adrgs], np.bool_),
        np.array(groups, np.int32).reshape(len(adrgs), 4),
    )


def _all_codes(pack: RulePack, codebook: CodeBook | None) -> frozenset[str]:
    codes = frozenset[str]().union(*pack.sets.values())
    codes |= pack.severity.levels.keys() | pack.severity.principals.keys()
    return codes | codebook.diagnoses | codebook.procedures if codebook else codes


def _group_codes(pack: RulePack) -> list[str]:
    ungrouped = pack.manifest.ungrouped
    return [ungrouped.mdc, ungrouped.adrg, ungrouped.drg, *pack.names()]


def _severity_tables(
    pack: RulePack, vocabulary: Vocabulary
) -> tuple[NDArray[np.uint8], Numbers, Numbers]:
    """Return by code: level number, exclusion table of a CC/MCC, table of a principal diagnosis."""
    tables = pack.severity
    names = {name for _, name in tables.levels.values()} | set(tables.principals.values())
    numbers = {name: i for i, name in enumerate(sorted(names))}
    size = vocabulary.unknown + 1
    level = np.zeros(size, np.uint8)
    table = np.full(size, _NOTHING, np.int32)
    # Another number than "no table" of a CC/MCC, so that the two never meet.
    principal = np.full(size, _NOTHING - 1, np.int32)
    at = vocabulary.positions(tables.levels)
    level[at] = [LEVEL_NUMBER.get(v, 0) for v, _ in tables.levels.values()]
    table[at] = [numbers[name] for _, name in tables.levels.values()]
    principal[vocabulary.positions(tables.principals)] = [
        numbers[name] for name in tables.principals.values()
    ]
    return level, table, principal


def _severity(cases: Cases, pack: ColumnarPack) -> Severity:
    others = cases.others
    lengths = np.diff(others.starts)
    codes = pack.level_of[others.ids]
    excluding = np.repeat(pack.principal_table[cases.principal], lengths)
    codes[pack.table_of[others.ids] == excluding] = 0
    return Severity(
        {v: _any_of(codes == n, others.starts) for v, n in LEVEL_NUMBER.items()},
        codes,
    )


def _any_of(flags: Flags, starts: Ids) -> Flags:
    """Return for each case whether any of its entries is true."""
    found = np.zeros(len(starts) - 1, np.bool_)
    filled = np.flatnonzero(np.diff(starts))
    if len(filled):
        found[filled] = np.logical_or.reduceat(flags, starts[filled])
    return found


def _age_in_days(cases: Cases) -> NDArray[np.float64]:
    """Return the age in days; from one year on it counts as known without the exact day."""
    days, years = cases.numbers["XSRTL"], cases.numbers["NL"]
    known = np.isnan(days) & (years >= 1)
    return np.where(known, years * DAYS_A_YEAR, days)


def _out_of_range(cases: Cases) -> Flags:
    """Return which cases have a number outside its range, as :mod:`validate` has it."""
    n = cases.numbers
    wrong = ~np.isin(n["XB"], (1, 2)) | ~((n["NL"] >= 0) & (n["NL"] <= OLDEST_YEARS))
    wrong |= n["XSRTL"] < 0
    wrong |= (n["XSRTZ"] <= 0) | (n["XSRTZ"] > HEAVIEST_NEWBORN_G)
    wrong |= (n["ZYTS"] < 0) | (n["ZYTS"] > LONGEST_DAYS)
    wrong |= ~np.isnan(n["LYFS"]) & ~np.isin(n["LYFS"], DISCHARGE_WAYS)
    return wrong | (n["ICUSC"] < 0) | cases.not_a_number


def _names(codes: Sequence[str]) -> pl.Series:
    """Return names to be chosen by number; the one after the last is null."""
    return pl.Series([*codes, None], dtype=pl.Enum(codes))


def _chosen(names: pl.Series, numbers: NDArray[np.signedinteger]) -> pl.Series:
    """Return numbers as names; below zero there is none."""
    return names.gather(np.where(numbers < 0, len(names) - 1, numbers))


def _missing_fields(bits: NDArray[np.uint16]) -> pl.Series:
    """Return the names of awaited fields, joined by commas."""
    distinct, places = np.unique(bits, return_inverse=True)
    names = [
        ",".join(MISSING[f][0] for i, f in enumerate(_INPUTS) if bit >> i & 1) or None
        for bit in distinct.tolist()
    ]
    return pl.Series(names, dtype=pl.String).gather(places)
