"""Grouping a file (整表分组): every input column is kept, the result is added, bad rows go on.

A file is read, grouped and written in batches, so that its length does not matter. Rows that can't
be grouped are told one by one; all others go through the columnar engine.
"""

from __future__ import annotations

import csv
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import polars as pl

from zhibian.grouping.codebook import CodeBook
from zhibian.grouping.columnar import ColumnarPack, group_table
from zhibian.grouping.compare import Comparison
from zhibian.grouping.convert import convert_case, group_converted
from zhibian.grouping.convert_table import convert_table
from zhibian.grouping.engine import group
from zhibian.grouping.layout import Cells, Layout
from zhibian.grouping.pack import RulePack
from zhibian.grouping.reasons import Reason
from zhibian.grouping.table_files import (
    Batch,
    TableFile,
    TableWriter,
    check_header,
    read_batches,
    read_header,
    writer_for,
)
from zhibian.grouping.types import Status
from zhibian.grouping.validate import missing_messages
from zhibian.problems import InputError, Problem
from zhibian.terminology.crosswalk import FiledSet

ADDED = ("status", "mdc", "adrg", "drg", "reason")
ADDED_AGAINST = ("against_status", "against_drg", "difference")
PROBLEM_COLUMNS = ("row", "column", "code", "message", "remedy", "value")
# Problems beyond these are counted; all are in the table and in the file of problems.
KEPT_PROBLEMS = 1000
BATCH_ROWS = 50_000


@dataclass(slots=True)
class TableReport:
    """What became of a table.

    Attributes
    ----------
    rows
        Number of data rows.
    statuses, reasons
        Rows by status and by reason of having no group.
    problems
        What is wrong with single rows, the first 1,000; the field names row and column.
    problem_count
        How many problems there are.
    differences
        Rows that a second scheme groups differently, by reason.
    engine_seconds
        Time spent in the columnar engine.
    """

    rows: int = 0
    statuses: Counter[Status] = field(default_factory=Counter)
    reasons: Counter[Reason] = field(default_factory=Counter)
    problems: list[Problem] = field(default_factory=list)
    problem_count: int = 0
    differences: Counter[str] = field(default_factory=Counter)
    engine_seconds: float = 0.0


def group_file(  # noqa: PLR0913  (each is a choice of the user)
    table: TableFile,
    output: Path,
    pack: RulePack,
    layout: Layout,
    *,
    codebook: CodeBook | None = None,
    comparison: Comparison | None = None,
    filed: FiledSet | None = None,
    problems: Path | None = None,
    progress: Callable[[int], object] = lambda _: None,
) -> TableReport:
    """Group every row of a file.

    Parameters
    ----------
    table
        The input, from :func:`zhibian.grouping.table_files.open_table`.
    output
        File to write, parquet if its name says so, else CSV (UTF-8, comma, LF): all input columns,
        then ``status, mdc, adrg, drg, reason``. Input columns of these names are kept as
        ``status_input`` and so on.
    pack
        The scheme.
    layout
        Where the input columns are.
    codebook
        Code sets; with them unknown codes make a row invalid.
    comparison
        A second scheme: adds ``against_status, against_drg, difference``.
    filed
        The code set of the table when it is not the NHSA one: codes are converted first, and the
        column ``conversions`` tells what became of them.
    problems
        CSV for everything wrong with single rows.
    progress
        Called with the number of rows after each batch.

    Returns
    -------
    TableReport
        Counts, and the problems of single rows.

    Raises
    ------
    InputError
        Columns are missing or a file can't be written; nothing is left behind then.
    """
    header = read_header(table)
    check_header(table.path.name, header, layout.columns)
    report = TableReport()
    part = output.with_name(output.name + ".part")
    try:
        with ExitStack() as open_files:
            target = writer_for(part, output.suffix)
            open_files.callback(target.close)
            told = _ProblemFile(problems, report, open_files)
            grouper = _BatchGrouper(pack, layout, codebook, comparison, report, told, filed)
            _write(table, header, target, grouper, progress)
        part.replace(output)
    except OSError:
        part.unlink(missing_ok=True)
        problem = Problem(output.name, "unwritable", "结果不能写入", "检查输出路径与权限")
        raise InputError(output.name, [problem]) from None
    return report


def _write(
    table: TableFile,
    header: Sequence[str],
    target: TableWriter,
    grouper: _BatchGrouper,
    progress: Callable[[int], object],
) -> None:
    empty = True
    for batch in read_batches(table, header, BATCH_ROWS):
        target.write(grouper.group(batch))
        progress(len(batch.numbers))
        empty = False
    if empty:
        none = pl.DataFrame(schema=dict.fromkeys(header, pl.String))
        target.write(grouper.group(Batch(none, [], [])))


def _renamed(header: Sequence[str], added: Sequence[str]) -> list[str]:
    """Return the input columns, those that clash with an added one renamed ``<name>_input``."""
    taken = {*header, *added}
    names = []
    for column in header:
        name = column
        if column in added:
            name = f"{column}_input"
            while name in taken:
                name += "_"
            taken.add(name)
        names.append(name)
    return names


class _ProblemFile:
    """Takes the problems of single rows: the first into the report, all into a file if wanted."""

    def __init__(self, path: Path | None, report: TableReport, files: ExitStack) -> None:
        self._report = report
        self._writer: _CsvWriter | None = None
        if path is not None:
            handle = files.enter_context(path.open("w", encoding="utf-8", newline=""))
            self._writer = csv.writer(handle, lineterminator="\n")
            self._writer.writerow(PROBLEM_COLUMNS)

    def tell(self, row: int, problems: Sequence[Problem]) -> None:
        """Take the problems of a row."""
        for p in problems:
            self._report.problem_count += 1
            if len(self._report.problems) < KEPT_PROBLEMS:
                where = f"第 {row} 行" + (f"，{p.field} 列" if p.field else "")
                self._report.problems.append(
                    Problem(where, p.code, p.message, p.remedy, p.value, p.severity)
                )
            if self._writer is not None:
                self._writer.writerow([row, p.field, p.code, p.message, p.remedy, p.value or ""])


class _CsvWriter(Protocol):
    def writerow(self, row: Sequence[object], /) -> object: ...


class _BatchGrouper:
    """Groups one batch after another and keeps the counts."""

    def __init__(
        self,
        pack: RulePack,
        layout: Layout,
        codebook: CodeBook | None,
        comparison: Comparison | None,
        report: TableReport,
        told: _ProblemFile,
        filed: FiledSet | None,
    ) -> None:
        self._filed = filed
        self._pack = pack
        self._layout = layout
        self._codebook = codebook
        self._comparison = comparison
        self._report = report
        self._told = told
        self._columnar = ColumnarPack(pack, codebook)
        self._second = ColumnarPack(comparison.second, codebook) if comparison else None

    def group(self, batch: Batch) -> pl.DataFrame:
        """Return the rows with the columns that are added."""
        cases, unread = self._layout.columns_of(batch.cells)
        unread = unread | ~pl.Series("whole", batch.whole, dtype=pl.Boolean)
        converted = convert_table(cases, self._filed) if self._filed else None
        if converted:
            cases, unread = converted.cases, unread | converted.failed
        began = time.perf_counter()
        found = group_table(cases, self._columnar)
        self._report.engine_seconds += time.perf_counter() - began
        refused = unread | (found["status"] == Status.INVALID.value)
        added = found.select(
            pl.col("status").cast(pl.String).replace(_CHINESE),
            pl.col("mdc", "adrg", "drg").cast(pl.String),
            reason=_reasons(found),
        )
        if self._comparison and self._second:
            other = group_table(cases, self._second)
            added = added.with_columns(self._against(batch, found, other, refused))
        added = self._refuse(batch, added, refused)
        if converted:
            added = added.with_columns(converted.conversions)
        self._count(found, refused)
        names = _renamed(batch.cells.columns, added.columns)
        return batch.cells.rename(dict(zip(batch.cells.columns, names, strict=True))).hstack(added)

    def _count(self, found: pl.DataFrame, refused: pl.Series) -> None:
        self._report.rows += len(found)
        kept = found.filter(~refused)
        for status, n in kept["status"].value_counts().iter_rows():
            self._report.statuses[Status(status)] += n
        for reason, n in kept["reason"].drop_nulls().value_counts().iter_rows():
            self._report.reasons[Reason(reason)] += n

    def _refuse(self, batch: Batch, added: pl.DataFrame, refused: pl.Series) -> pl.DataFrame:
        """Tell what is wrong with each row that can't be grouped."""
        places = refused.arg_true()
        if not len(places):
            return added
        reasons = [self._refusal(batch, place) for place in places]
        columns = [c.scatter(places, "") for c in added.select(pl.all().exclude("reason"))]
        frame = pl.DataFrame(columns).with_columns(
            status=pl.Series(added["status"]).scatter(places, Status.INVALID.chinese),
            reason=pl.Series(added["reason"]).scatter(places, reasons),
        )
        return frame.select(added.columns)

    def _refusal(self, batch: Batch, place: int) -> str:
        number = batch.numbers[place]
        self._report.statuses[Status.INVALID] += 1
        if not batch.whole[place]:
            problem = Problem("", "row_broken", "列数与表头不符或引号不成对", "修正该行后重新分组")
            return self._said(number, [problem], Reason.INPUT_INVALID)
        case, problems = self._layout.read(batch.cells.row(place, named=True))
        if self._filed is None:
            result = group(case, self._pack, self._codebook, trace=False)
        else:
            result = group_converted(case, self._filed, self._pack, self._codebook, trace=False)
        # A cell that is no number was told already, so it is not told again as missing.
        told = {p.field for p in problems}
        columns = self._layout.column_of
        for p in result.problems if result.status is Status.INVALID else ():
            column = columns.get(p.field.split(".")[0], p.field.split(".")[0])
            if column not in told or not p.code.endswith("_missing"):
                problems.append(Problem(column, p.code, p.message, p.remedy, p.value, p.severity))
        reason = result.reason if result.reason and not told else Reason.INPUT_INVALID
        return self._said(number, problems, reason)

    def _said(self, number: int, problems: Sequence[Problem], reason: Reason) -> str:
        self._report.reasons[reason] += 1
        self._told.tell(number, problems)
        said = "；".join(f"{p.field}：{p.message}" if p.field else p.message for p in problems)
        return f"{reason.value} {said}"

    def _against(
        self, batch: Batch, one: pl.DataFrame, other: pl.DataFrame, refused: pl.Series
    ) -> list[pl.Series]:
        """Return group and reason of the second scheme."""
        compared = ("status", "mdc", "adrg", "drg")
        differing = pl.Series([False] * len(one), dtype=pl.Boolean)
        for column in compared:
            differing |= one[column].cast(pl.String) != other[column].cast(pl.String)
        reasons = [""] * len(one)
        for place in (differing & ~refused).arg_true():
            reasons[place] = self._difference(batch.cells.row(place, named=True))
            self._report.differences[reasons[place]] += 1
        return [
            other["status"].cast(pl.String).replace(_CHINESE).alias("against_status"),
            other["drg"].cast(pl.String).alias("against_drg"),
            pl.Series("difference", reasons, dtype=pl.String),
        ]

    def _difference(self, cells: Cells) -> str:
        comparison = self._comparison
        if comparison is None:
            return ""
        case, _ = self._layout.read(cells)
        if self._filed is not None:
            case = convert_case(case, self._filed).case
        one = group(case, self._pack, self._codebook, trace=False)
        other = group(case, comparison.second, self._codebook, trace=False)
        return comparison.reason(case, one, other, self._codebook)


_CHINESE = {s.value: s.chinese for s in Status}


def _reasons(found: pl.DataFrame) -> pl.Series:
    """Return reasons in words; every distinct one is put into words once."""
    keys = found.select(
        pl.col("reason").cast(pl.String).fill_null(""), pl.col("missing").fill_null("")
    )
    joined = keys.select(pl.concat_str("reason", "missing", separator=" ")).to_series()
    words = {key: _reason(*key.split(" ")) for key in joined.unique()}
    return joined.replace_strict(words, return_dtype=pl.String)


def _reason(reason: str, missing: str) -> str:
    if not reason:
        return ""
    said = f"{reason} {Reason(reason).chinese}"
    return f"{said}：{'；'.join(missing_messages(missing.split(',')))}" if missing else said
