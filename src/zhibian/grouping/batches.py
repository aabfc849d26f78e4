"""Grouping batches of text cells (分批分组): what a file, a cluster and a page have in common."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

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
from zhibian.grouping.table_files import Batch
from zhibian.grouping.types import Status
from zhibian.grouping.validate import missing_messages
from zhibian.problems import Problem
from zhibian.terminology.crosswalk import FiledSet

ADDED = ("status", "mdc", "adrg", "drg", "reason")
ADDED_AGAINST = ("against_status", "against_drg", "difference")
ADDED_CONVERTED = "conversions"
_COMPARED = ("status", "mdc", "adrg", "drg")
_CHINESE = {s.value: s.chinese for s in Status}


_ROW_BROKEN = Problem("", "row_broken", "列数与表头不符或引号不成对", "修正该行后重新分组")
# What the reason of a row says whose cells do not fit the header.
BROKEN = f"{Reason.INPUT_INVALID.value} {_ROW_BROKEN.message}"


class RowProblem(NamedTuple):
    """What is wrong with a row.

    Attributes
    ----------
    row
        Number of the row in its file.
    problem
        The field is the column, empty for the row as a whole.
    """

    row: int
    problem: Problem


@dataclass(frozen=True, slots=True)
class GroupedBatch:
    """A batch with its groups.

    Attributes
    ----------
    rows
        All columns of the batch, then the added ones.
    problems
        Everything wrong with single rows.
    statuses, reasons
        Rows by status and by reason of having no group.
    differences
        Rows that a second scheme groups differently, by reason.
    engine_seconds
        Time spent in the columnar engine.
    """

    rows: pl.DataFrame
    problems: Sequence[RowProblem]
    statuses: Counter[Status]
    reasons: Counter[Reason]
    differences: Counter[str]
    engine_seconds: float


class BatchGrouper:
    """Groups batches (分批分组器): immutable, made once.

    Parameters
    ----------
    pack
        The scheme.
    layout
        Where the columns are.
    codebook
        Code sets; with them unknown codes make a row invalid.
    comparison
        A second scheme: adds ``against_status, against_drg, difference``.
    filed
        The code set of the batches when it is not the NHSA one: codes are converted first, and
        the column ``conversions`` tells what became of them.
    """

    def __init__(
        self,
        pack: RulePack,
        layout: Layout,
        codebook: CodeBook | None = None,
        comparison: Comparison | None = None,
        filed: FiledSet | None = None,
    ) -> None:
        self._pack = pack
        self._filed = filed
        self._layout = layout
        self._codebook = codebook
        self._comparison = comparison
        self._columnar = ColumnarPack(pack, codebook)
        self._second = ColumnarPack(comparison.second, codebook) if comparison else None

    def group(self, batch: Batch) -> GroupedBatch:
        """Return a batch with the columns that are added.

        Parameters
        ----------
        batch
            Rows of text cells; columns of the names that are added are kept as ``status_input``
            and so on.
        """
        cases, unread = self._layout.columns_of(batch.cells)
        unread = unread | ~pl.Series("whole", batch.whole, dtype=pl.Boolean)
        converted = convert_table(cases, self._filed) if self._filed else None
        if converted is not None:
            cases, unread = converted.cases, unread | converted.failed
        began = time.perf_counter()
        found = group_table(cases, self._columnar)
        seconds = time.perf_counter() - began
        refused = unread | (found["status"] == Status.INVALID.value)
        refusals = [self._refusal(batch, place) for place in refused.arg_true()]
        added = found.select(
            pl.col("status").cast(pl.String).replace(_CHINESE),
            pl.col("mdc", "adrg", "drg").cast(pl.String),
            reason=_reasons(found),
        )
        differences: Counter[str] = Counter()
        if self._second is not None:
            other = group_table(cases, self._second)
            against = self._against(batch, found, other, refused)
            differences.update(reason for reason in against["difference"] if reason)
            added = added.hstack(against)
        added = _with_refusals(added, refused.arg_true(), [r.said for r in refusals])
        if converted is not None:
            added = added.with_columns(converted.conversions.alias(ADDED_CONVERTED))
        kept = found.filter(~refused)
        statuses = Counter({Status(s): n for s, n in _counts(kept["status"])})
        reasons = Counter({Reason(r): n for r, n in _counts(kept["reason"].drop_nulls())})
        statuses.update(Status.INVALID for _ in refusals)
        reasons.update(r.reason for r in refusals)
        names = renamed(batch.cells.columns, added.columns)
        rows = batch.cells.rename(dict(zip(batch.cells.columns, names, strict=True)))
        problems = [p for r in refusals for p in r.problems]
        return GroupedBatch(rows.hstack(added), problems, statuses, reasons, differences, seconds)

    def _refusal(self, batch: Batch, place: int) -> _Refusal:
        """Return what is wrong with a row that can't be grouped."""
        number = batch.numbers[place]
        if not batch.whole[place]:
            return _refusal(number, [_ROW_BROKEN], Reason.INPUT_INVALID)
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
        return _refusal(number, problems, reason)

    def _against(
        self, batch: Batch, one: pl.DataFrame, other: pl.DataFrame, refused: pl.Series
    ) -> pl.DataFrame:
        """Return group and reason of the second scheme."""
        differing = pl.Series([False] * len(one), dtype=pl.Boolean)
        for column in _COMPARED:
            differing |= one[column].cast(pl.String) != other[column].cast(pl.String)
        reasons = [""] * len(one)
        for place in (differing & ~refused).arg_true():
            reasons[place] = self._difference(batch.cells.row(place, named=True))
        return pl.DataFrame(
            {
                "against_status": other["status"].cast(pl.String).replace(_CHINESE),
                "against_drg": other["drg"].cast(pl.String),
                "difference": pl.Series(reasons, dtype=pl.String),
            }
        )

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


class _Refusal(NamedTuple):
    reason: Reason
    said: str
    problems: Sequence[RowProblem]


def _refusal(row: int, problems: Sequence[Problem], reason: Reason) -> _Refusal:
    said = "；".join(f"{p.field}：{p.message}" if p.field else p.message for p in problems)
    return _Refusal(reason, f"{reason.value} {said}", [RowProblem(row, p) for p in problems])


def _with_refusals(added: pl.DataFrame, places: pl.Series, said: Sequence[str]) -> pl.DataFrame:
    """Return the added columns; those of rows that can't be grouped say why and nothing else."""
    if not said:
        return added
    filled = {"status": [Status.INVALID.chinese] * len(said), "reason": list(said)}
    empty = [""] * len(said)
    return pl.DataFrame(
        [c.scatter(places, filled.get(c.name, empty)) for c in added.iter_columns()]
    )


def _counts(column: pl.Series) -> list[tuple[str, int]]:
    return list(column.value_counts().iter_rows())


def renamed(header: Sequence[str], added: Sequence[str]) -> list[str]:
    """Return the input columns, those that clash with an added one renamed ``<name>_input``.

    Parameters
    ----------
    header
        Columns of the input.
    added
        Columns that are added.
    """
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
