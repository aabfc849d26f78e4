"""Grouping a file (整表分组): every input column is kept, the result is added, bad rows go on.

A file is read, grouped and written in batches, so that its length does not matter. Rows that can't
be grouped are told one by one.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from zhibian.grouping.batches import BatchGrouper, GroupedBatch, RowProblem
from zhibian.grouping.codebook import CodeBook
from zhibian.grouping.compare import Comparison
from zhibian.grouping.layout import Layout
from zhibian.grouping.pack import RulePack
from zhibian.grouping.reasons import Reason
from zhibian.grouping.table_files import (
    Batch,
    TableFile,
    check_header,
    read_batches,
    read_header,
    writer_for,
)
from zhibian.grouping.types import Status
from zhibian.problems import InputError, Problem
from zhibian.terminology.crosswalk import FiledSet
from zhibian.whole_file import whole_file

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
    grouper = BatchGrouper(pack, layout, codebook, comparison, filed)
    report = TableReport()
    try:
        with ExitStack() as files:
            part = files.enter_context(whole_file(output))
            target = writer_for(part, output.suffix)
            files.callback(target.close)
            tell = _problem_writer(problems, files)
            for batch in read_batches(table, header, BATCH_ROWS):
                grouped = grouper.group(batch)
                target.write(grouped.rows)
                tell(grouped.problems)
                _add(report, grouped)
                progress(len(batch.numbers))
            if not report.rows:
                none = pl.DataFrame(schema=dict.fromkeys(header, pl.String))
                target.write(grouper.group(Batch(none, [], [])).rows)
    except OSError:
        problem = Problem(output.name, "unwritable", "结果不能写入", "检查输出路径与权限")
        raise InputError(output.name, [problem]) from None
    return report


def _add(report: TableReport, batch: GroupedBatch) -> None:
    report.rows += len(batch.rows)
    report.statuses += batch.statuses
    report.reasons += batch.reasons
    report.differences += batch.differences
    report.engine_seconds += batch.engine_seconds
    report.problem_count += len(batch.problems)
    free = KEPT_PROBLEMS - len(report.problems)
    report.problems += [_placed(p) for p in batch.problems[:free]]


def _placed(found: RowProblem) -> Problem:
    """Return a problem whose field names row and column."""
    p = found.problem
    where = f"第 {found.row} 行" + (f"，{p.field} 列" if p.field else "")
    return Problem(where, p.code, p.message, p.remedy, p.value, p.severity)


def _problem_writer(
    path: Path | None, files: ExitStack
) -> Callable[[Iterable[RowProblem]], object]:
    """Return what takes the problems of single rows; they are written only where wanted."""
    if path is None:
        return lambda _: None
    part = files.enter_context(whole_file(path))
    writer = csv.writer(
        files.enter_context(part.open("w", encoding="utf-8", newline="")), lineterminator="\n"
    )
    writer.writerow(PROBLEM_COLUMNS)

    def tell(problems: Iterable[RowProblem]) -> None:
        writer.writerows(
            (row, p.field, p.code, p.message, p.remedy, p.value or "") for row, p in problems
        )

    return tell
