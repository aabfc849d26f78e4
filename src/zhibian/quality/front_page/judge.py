"""Judging front pages (首页质控): tables of any length, each rule in one meaning.

A check is a finding where it applies for certain and is violated for certain. What can't be known,
a blank cell where a number is needed or a column that the layout lacks, is no finding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from zhibian.quality.front_page.absence import Absence
from zhibian.quality.front_page.book import Check, RuleBook
from zhibian.quality.front_page.compiler import FindingTest, Test, compile_checks
from zhibian.quality.front_page.controls import Control, controlled
from zhibian.quality.front_page.prepared import Asked, Prepared
from zhibian.quality.front_page.types import FINDING_SCHEMA, Gate
from zhibian.records.front_page.types import ROW, PageTable

#: Pages that are judged at once: more need more memory and are not faster.
CHUNK = 131_072

# Findings while a table is judged: ``at`` is the place of the page, ``check`` the check's number.
_FOUND = {
    "at": pl.UInt32(),
    "check": pl.UInt32(),
    "field": pl.String(),
    "place": pl.Int16(),
}


@dataclass(frozen=True, slots=True)
class Judgement:
    """What rules found in a table (质控结果).

    Attributes
    ----------
    findings
        One row a finding, columns of :data:`types.FINDING_SCHEMA`, in the order of pages, then of
        rules.
    not_judged
        Rules none of whose checks could be judged, with the fields that the table lacks; results
        of grouping and pricing are named ``group:drg``, ``tariff:ratio``.
    checks_not_judged
        Single checks that could not be judged, with the same.
    rows
        Number of pages.
    suppressed
        Findings that the controls of the hospital suppress, with ``reason``, ``by``, ``until``.
    expired
        Controls that were not applied since their day is past.
    """

    findings: pl.DataFrame
    not_judged: Mapping[str, tuple[str, ...]]
    checks_not_judged: Mapping[str, tuple[str, ...]]
    rows: int
    suppressed: pl.DataFrame
    expired: tuple[Control, ...]


def judge(
    table: PageTable,
    book: RuleBook,
    *,
    grouped: pl.DataFrame | None = None,
    priced: pl.DataFrame | None = None,
    gate: Gate | None = None,
    controls: Sequence[Control] = (),
    today: date | None = None,
) -> Judgement:
    """Judge a table of pages once; for more tables make a :class:`Judge` and keep it.

    Parameters
    ----------
    table
        The pages.
    book
        The rule book.
    grouped
        Results of grouping, one row a page in the same order: ``status``, ``mdc``, ``adrg``,
        ``drg``, ``level``, ``kind``, ``reason``, those that there are.
    priced
        Results of pricing, likewise: ``weight``, ``standard``, ``payment``, ``ratio``.
    gate
        Judge the rules at this gate only; None for all.
    controls
        What the hospital changes about the rules.
    today
        Day on which the pages are judged; None for the day of the clock.
    """
    return Judge(book, gate, controls).judge(table, grouped=grouped, priced=priced, today=today)


class Judge:
    """Rules made ready for tables (质控器): made once, used for any number of tables.

    Parameters
    ----------
    book
        The rule book.
    gate
        Judge the rules at this gate only; None for all.
    controls
        What the hospital changes about the rules.
    """

    def __init__(
        self, book: RuleBook, gate: Gate | None = None, controls: Sequence[Control] = ()
    ) -> None:
        self._book = book
        self._controls = tuple(controls)
        self._checks = book.checks_at(gate)
        self._program = compile_checks(book, self._checks)
        self._inputs = self._absence(frozenset()).inputs(self._checks)
        self._number = {check.id: number for number, check in enumerate(self._checks)}
        # A hospital has a few layouts; what each can't be judged by is found once.
        self._silent: dict[frozenset[str], Mapping[str, tuple[str, ...]]] = {}

    def judge(
        self,
        table: PageTable,
        *,
        grouped: pl.DataFrame | None = None,
        priced: pl.DataFrame | None = None,
        today: date | None = None,
    ) -> Judgement:
        """Judge a table; see :func:`judge`."""
        silent = self._not_judged(_lacking(self._inputs, table, grouped, priced))
        day = today or date.today()
        asked = Asked(self._program, self._book, day)
        whole = Prepared(table, asked, grouped=grouped, priced=priced)
        parts = [f for chunk in whole.chunks(CHUNK) for f in self._found(chunk, silent)]
        parts += self._found_over_all(whole, silent)
        found = self._findings(parts, table.cells[ROW])
        told = controlled(found, table, self._controls, day)
        return Judgement(
            findings=told.findings,
            not_judged=_whole_rules(self._checks, silent),
            checks_not_judged=silent,
            rows=table.cells.height,
            suppressed=told.suppressed,
            expired=told.expired,
        )

    def _absence(self, lacking: frozenset[str]) -> Absence:
        return Absence(lacking, self._book.names.fields, self._book.computations)

    def _not_judged(self, lacking: frozenset[str]) -> Mapping[str, tuple[str, ...]]:
        if lacking not in self._silent:
            absence = self._absence(lacking)
            wanted = {check.id: absence.silences(check) for check in self._checks}
            self._silent[lacking] = {id: lost for id, lost in wanted.items() if lost}
        return self._silent[lacking]

    def _found(self, pages: Prepared, silent: Mapping[str, object]) -> Iterator[pl.DataFrame]:
        # What many tests ask is made together, before the first of them asks for some of it.
        pages.columns(self._program.simple)
        applying = self._applying(pages, silent)
        tests = [t for t in self._program.pages if applying(t)]
        answers = pages.evaluated({str(n): t.violated for n, t in enumerate(tests)})
        for test, answer in zip(tests, answers.get_columns(), strict=True):
            if answer.any():
                yield self._of_pages(test, answer.arg_true(), pages.first)
        for group, asked in self._program.entries.items():
            tests = [t for t in asked if applying(t)]
            if tests and pages.has_group(group):
                yield from self._of_entries(group, tests, pages)
        for placed in self._program.places:
            if applying(placed) and not self._over_all(placed):
                yield self._of_computation(placed, pages)

    def _applying(
        self, pages: Prepared, silent: Mapping[str, object]
    ) -> Callable[[Test | FindingTest], bool]:
        """Return a function that tells whether a test is judged and applies to any page."""
        program = self._program
        tests: list[Test | FindingTest] = [*program.pages, *program.places]
        tests += [test for some in program.entries.values() for test in some]
        wanted = {t.when: None for t in tests if t.when and t.check.id not in silent}
        columns = pages.columns(wanted)
        somewhere = {column.name for column in columns.get_columns() if column.any()} | {""}
        return lambda test: test.check.id not in silent and test.when in somewhere

    def _of_pages(self, test: Test, at: pl.Series, first: int) -> pl.DataFrame:
        frame = pl.DataFrame({"at": at + first})
        return frame.select(
            pl.col("at").cast(pl.UInt32),
            pl.lit(self._number[test.check.id], pl.UInt32).alias("check"),
            pl.lit(test.demand.field or test.check.field).alias("field"),
            pl.lit(None, pl.Int16).alias("place"),
        )

    def _of_entries(
        self, group: str, tests: Sequence[Test], pages: Prepared
    ) -> Iterator[pl.DataFrame]:
        entries = pages.entries(group)
        answers = pages.asked(group, {str(n): t.violated for n, t in enumerate(tests)})
        for test, answer in zip(tests, answers.get_columns(), strict=True):
            if not answer.any():
                continue
            found = entries[answer.arg_true()]
            field = test.demand.field or test.check.field
            principal = self._book.names.fields.groups[group].principal.get(field)
            leading = pl.col("place") == 0
            yield found.select(
                pl.col("page").cast(pl.UInt32).alias("at") + pages.first,
                pl.lit(self._number[test.check.id], pl.UInt32).alias("check"),
                pl.when(leading)
                .then(pl.lit(principal or field))
                .otherwise(pl.lit(field))
                .alias("field"),
                pl.when(~leading).then("place").alias("place"),
            )

    def _of_computation(self, test: FindingTest, pages: Prepared) -> pl.DataFrame:
        named = test.named
        found = self._book.computations[named.name].function(pages, named.given)
        if not isinstance(found, pl.DataFrame):
            raise TypeError(f"{named.name} gives a condition where places are asked")
        if found.is_empty():
            return pl.DataFrame(schema=_FOUND)
        if test.when:
            applies = pages.columns([test.when])[test.when].fill_null(value=False)
            found = found.filter(applies.gather(found["page"]))
        return found.select(
            pl.col("page").cast(pl.UInt32).alias("at") + pages.first,
            pl.lit(self._number[test.check.id], pl.UInt32).alias("check"),
            pl.col("field").cast(pl.String),
            pl.col("place").cast(pl.Int16),
        )

    def _over_all(self, test: FindingTest) -> bool:
        return self._book.computations[test.named.name].whole_table

    def _found_over_all(self, whole: Prepared, silent: Mapping[str, object]) -> list[pl.DataFrame]:
        tests = [t for t in self._program.places if self._over_all(t) and t.check.id not in silent]
        return [self._of_computation(test, whole) for test in tests]

    def _findings(self, parts: list[pl.DataFrame], rows: pl.Series) -> pl.DataFrame:
        found = pl.concat(parts) if parts else pl.DataFrame(schema=_FOUND)
        found = found.sort("at", "check", "place", "field", nulls_last=False)
        rules = [self._book.rules[check.rule] for check in self._checks]
        told = pl.DataFrame(
            {
                "check": [check.id for check in self._checks],
                "rule": [rule.id for rule in rules],
                "severity": [rule.severity.value for rule in rules],
            },
            schema_overrides={"check": pl.String, "rule": pl.String, "severity": pl.String},
        )
        return pl.concat(
            [
                rows.gather(found["at"]).alias(ROW).to_frame(),
                told[found["check"]],
                found.select("field", "place"),
            ],
            how="horizontal",
        ).select(pl.col(name).cast(kind) for name, kind in FINDING_SCHEMA.items())


def _lacking(
    inputs: frozenset[str],
    table: PageTable,
    grouped: pl.DataFrame | None,
    priced: pl.DataFrame | None,
) -> frozenset[str]:
    """Return what is asked and not there."""
    there = set(table.cells.columns) - table.absent
    for before, frame in (("group", grouped), ("tariff", priced)):
        there |= {f"{before}:{name}" for name in (frame.columns if frame is not None else ())}
    return inputs - there


def _whole_rules(
    checks: Sequence[Check], silent: Mapping[str, tuple[str, ...]]
) -> Mapping[str, tuple[str, ...]]:
    """Return the rules of which no check is judged, with all that they lack."""
    judged = {check.rule for check in checks if check.id not in silent}
    lost: dict[str, set[str]] = {}
    for check in checks:
        if check.rule not in judged:
            lost.setdefault(check.rule, set()).update(silent[check.id])
    return {rule: tuple(sorted(fields)) for rule, fields in lost.items()}
