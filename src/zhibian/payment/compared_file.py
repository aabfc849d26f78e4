"""Filed and proposed coding of the same discharges, settled side by side (两次编码的支付偏差).

Stay, cost and labels are those of the filed table. The proposed coding replaces the filed one case
by case, by id; a discharge without a proposal keeps its coding on both sides, so that quotas count
all discharges of the period, and is no part of the comparison.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from zhibian.grouping.batches import BatchGrouper, RowProblem
from zhibian.grouping.layout import Layout
from zhibian.grouping.table import BATCH_ROWS
from zhibian.grouping.table_files import (
    Batch,
    TableFile,
    check_header,
    read_batches,
    read_header,
)
from zhibian.payment.paid_deviation import COMPLETENESS
from zhibian.payment.settlement.file import SettledTable, settle_batches
from zhibian.payment.settlement.prices import PriceBook
from zhibian.payment.settlement.stay_columns import LABELS
from zhibian.payment.settlement.types import Kind
from zhibian.payment.totals import deviations
from zhibian.problems import InputError, Problem

#: Columns of a proposal; ``confidence`` may be left out.
PROPOSED_COLUMNS = ("id", "principal", "others", "procedures")
CONFIDENCE = "confidence"
_CODING = ("principal", "others", "procedures", CONFIDENCE)

_KINDS: Mapping[str, str] = {k.value: k.chinese for k in Kind}
_SIDES = ("mdc", "adrg", "drg", "kind", "weight", "standard_fen", "amount_fen", "balance_fen")


@dataclass(frozen=True, slots=True)
class ComparedTable:
    """Two settlements of one period, case by case.

    Attributes
    ----------
    filed
        All discharges as filed.
    cases
        The discharges with a proposal: ``id``, ``row``, labels, ``cost_fen``; group, class, weight,
        standard, amount and balance of both sides (``..._filed``, ``..._proposed``);
        ``codes_changed``; the columns of :func:`zhibian.payment.totals.deviations`; ``reason``
        where nothing could be computed and ``note``.
    unproposed
        Discharges without a proposal.
    unfiled
        Proposals of no filed case.
    problems
        Everything wrong with single rows, of the filed table by its row, of proposals by theirs.
    """

    filed: SettledTable
    cases: pl.DataFrame
    unproposed: int
    unfiled: int
    problems: list[RowProblem]


def read_proposals(table: TableFile) -> tuple[pl.DataFrame, list[RowProblem]]:
    """Read a table of proposed coding.

    Parameters
    ----------
    table
        Columns of :data:`PROPOSED_COLUMNS` and, if known, ``confidence``; others are not read:
        a changed copy of the filed table will do.

    Returns
    -------
    tuple
        The columns as text, one row an id, with ``row``, the number in the file; and rows that were
        left out, because their id is blank or repeated or their cells do not fit the header.

    Raises
    ------
    InputError
        Columns are missing.
    """
    header = read_header(table)
    check_header(table.path.name, header, PROPOSED_COLUMNS)
    frames, problems = [], []
    for batch in read_batches(table, header, BATCH_ROWS):
        cells = batch.cells.with_columns(row=pl.Series(batch.numbers, dtype=pl.Int64))
        if CONFIDENCE not in cells.columns:
            cells = cells.with_columns(pl.lit("").alias(CONFIDENCE))
        whole = pl.Series(batch.whole, dtype=pl.Boolean)
        broken = Problem("", "row_broken", "建议表列数与表头不符或引号不成对", "修正该行")
        problems += [RowProblem(n, broken) for n in cells.filter(~whole)["row"]]
        frames.append(cells.filter(whole).select("row", *PROPOSED_COLUMNS, CONFIDENCE))
    told = pl.concat(frames) if frames else _no_proposals()
    told = told.with_columns(pl.col("id").str.strip_chars())
    unusable = (pl.col("id") == "") | pl.col("id").is_duplicated()
    remedy = Problem(
        "id", "id_repeated", "建议表病例标识为空或重复，未比较", "每个病例一行，标识不重复"
    )
    problems += [RowProblem(row, remedy) for row in told.filter(unusable)["row"]]
    return told.filter(~unusable), problems


def _no_proposals() -> pl.DataFrame:
    return pl.DataFrame(
        schema={"row": pl.Int64, **dict.fromkeys((*PROPOSED_COLUMNS, CONFIDENCE), pl.String)}
    )


def compare(
    filed_batches: Sequence[Batch],
    proposals: pl.DataFrame,
    grouper: BatchGrouper,
    layout: Layout,
    book: PriceBook,
    *,
    variant: str | None = None,
    progress: Callable[[int], object] = lambda _: None,
) -> ComparedTable:
    """Settle a period as filed and as proposed.

    Parameters
    ----------
    filed_batches
        The filed cases, own layout, with the columns of
        :mod:`zhibian.payment.settlement.stay_columns`.
    proposals
        From :func:`read_proposals`.
    grouper, layout, book, variant, progress
        As for :func:`zhibian.payment.settlement.file.settle_batches`; progress counts every row
        twice.

    Raises
    ------
    InputError
        The table is empty, or no proposal is of a case in it.
    """
    filed = settle_batches(filed_batches, grouper, layout, book, variant, progress=progress)
    again = settle_batches(
        _recoded(filed_batches, proposals), grouper, layout, book, variant, progress=progress
    )
    repeated = filed.cases["id"].is_duplicated() | (filed.cases["id"] == "")
    proposed = filed.cases["id"].is_in(proposals["id"].implode()) & ~repeated
    if not proposed.any():
        problem = Problem("id", "no_common_id", "建议与填报没有相同的病例标识", "核对两表的 id 列")
        raise InputError("id", [problem])
    unusual = Problem("id", "id_repeated", "病例标识为空或重复，未比较", "每个病例一行，标识不重复")
    problems = [
        *filed.problems,
        *_of_proposals(again.problems, set(filed.problems)),
        *_unfiled(proposals, filed.cases["id"]),
        *(RowProblem(row, unusual) for row in filed.cases["row"].filter(repeated)),
    ]
    cases = _compared(filed.cases.filter(proposed), again.cases.filter(proposed))
    changed = _changed(filed.rows, again.rows).filter(proposed)
    unfiled = ~proposals["id"].is_in(filed.cases["id"].implode())
    return ComparedTable(
        filed,
        _explained(cases.with_columns(changed)),
        int((~proposed).sum()),
        int(unfiled.sum()),
        problems,
    )


def _of_proposals(found: list[RowProblem], known: set[RowProblem]) -> list[RowProblem]:
    """Return what is wrong with the proposed coding alone, at the row of the filed case."""
    return [
        RowProblem(row, replace(problem, message=f"建议编码：{problem.message}"))
        for row, problem in found
        if RowProblem(row, problem) not in known
    ]


def _unfiled(proposals: pl.DataFrame, filed: pl.Series) -> list[RowProblem]:
    """Return the rows of a table of proposals that are of no filed case."""
    if "row" not in proposals.columns:
        return []
    problem = Problem("id", "id_unfiled", "建议表的病例不在填报表中，未比较", "核对两表的 id 列")
    left = proposals.filter(~pl.col("id").is_in(filed.implode()))
    return [RowProblem(row, problem) for row in left["row"]]


def _recoded(batches: Sequence[Batch], proposals: pl.DataFrame) -> Iterator[Batch]:
    """Yield the batches with the proposed coding where there is one."""
    fresh = proposals.select("id", *(pl.col(c).alias(f"{c}_proposed") for c in _CODING))
    for batch in batches:
        known = batch.cells.with_columns(
            pl.col("id").str.strip_chars(),
            *([] if CONFIDENCE in batch.cells.columns else [pl.lit("").alias(CONFIDENCE)]),
        )
        joined = known.join(fresh, on="id", how="left", maintain_order="left")
        coding = [pl.coalesce(f"{c}_proposed", c).alias(c) for c in _CODING]
        cells = joined.with_columns(coding).drop(f"{c}_proposed" for c in _CODING)
        yield Batch(cells, batch.numbers, batch.whole)


def _compared(filed: pl.DataFrame, proposed: pl.DataFrame) -> pl.DataFrame:
    labels = ("id", "row", *LABELS, "disease", "variant", "cost_fen")
    sides = [
        side.select(pl.col(c).alias(f"{c}_{name}") for c in _SIDES).with_columns(
            side["reason"].alias(f"reason_{name}")
        )
        for name, side in (("filed", filed), ("proposed", proposed))
    ]
    return (
        filed.select(labels)
        .hstack(sides[0])
        .hstack(sides[1])
        .hstack(deviations(filed, proposed, proposed[CONFIDENCE]))
    )


def _changed(filed: pl.DataFrame, proposed: pl.DataFrame) -> pl.Series:
    columns = ("principal", "others", "procedures")
    return pl.DataFrame(
        {c: filed[c].str.strip_chars() != proposed[c].str.strip_chars() for c in columns}
    ).select(codes_changed=pl.any_horizontal(columns))["codes_changed"]


def _explained(cases: pl.DataFrame) -> pl.DataFrame:
    """Say why there is no amount, and what a difference of zero means."""
    told = [
        pl.when(pl.col(f"reason_{side}").is_not_null()).then(
            pl.concat_str(pl.lit(f"{word} "), f"drg_{side}", pl.lit("："), f"reason_{side}")
        )
        for side, word in (("filed", "填报分组"), ("proposed", "建议分组"))
    ]
    same = (pl.col("drg_filed") == pl.col("drg_proposed")) & (
        pl.col("kind_filed") == pl.col("kind_proposed")
    )
    complete = same & pl.col("codes_changed") & pl.col("amount_diff_fen").is_not_null()
    return cases.with_columns(
        reason=pl.concat_str(told, separator="；", ignore_nulls=True),
        note=pl.when(complete).then(pl.lit(COMPLETENESS)).otherwise(pl.lit("")),
        kind_filed=pl.col("kind_filed").cast(pl.String).replace(_KINDS),
        kind_proposed=pl.col("kind_proposed").cast(pl.String).replace(_KINDS),
    ).drop("reason_filed", "reason_proposed")
