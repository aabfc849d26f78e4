"""Settling a file (整表结算): read, group, settle as one period, keep every input column."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from zhibian.grouping.batches import BatchGrouper, RowProblem
from zhibian.grouping.layout import LAYOUTS, InputFormat, Layout
from zhibian.grouping.table import BATCH_ROWS
from zhibian.grouping.table_files import Batch, TableFile, check_header, read_batches, read_header
from zhibian.grouping.types import Status
from zhibian.payment.settlement.fund import fund_column
from zhibian.payment.settlement.notes import missing_columns, settlement_notes
from zhibian.payment.settlement.prices import UNKNOWN_VARIANT, PriceBook, state_of
from zhibian.payment.settlement.stay_columns import read_stay_columns
from zhibian.payment.settlement.table import settle_table
from zhibian.payment.settlement.types import Kind
from zhibian.payment.tariff import Tariff
from zhibian.problems import InputError, Problem

# A disease (病种) is the category of the principal diagnosis, three characters of ICD-10.
_CATEGORY = 3
# A hospital level (三级) without its grade (甲等) has two characters.
_LEVEL = 2
_STATES = {s.chinese: state_of(s) for s in Status}


@dataclass(frozen=True, slots=True)
class SettledTable:
    """A table with groups and settlements.

    Attributes
    ----------
    rows
        All input columns as text, then the columns that grouping adds.
    cases
        As many rows: ``row`` (number in the file), ``id``, ``mdc``, ``adrg``, ``drg``, ``disease``
        (病种, category of the principal diagnosis), ``state``, ``variant``, the columns of
        :mod:`zhibian.payment.settlement.stay_columns`, those of
        :data:`zhibian.payment.settlement.table.ANSWER_SCHEMA`, and ``fund_fen``.
    problems
        Everything wrong with single rows.
    """

    rows: pl.DataFrame
    cases: pl.DataFrame
    problems: list[RowProblem]


def own_batches(table: TableFile) -> Iterator[Batch]:
    """Yield the rows of a file of the own layout.

    Parameters
    ----------
    table
        The input, from :func:`zhibian.grouping.table_files.open_table`.

    Raises
    ------
    InputError
        Columns are missing.
    """
    header = read_header(table)
    check_header(table.path.name, header, LAYOUTS[InputFormat.OWN].columns)
    yield from read_batches(table, header, BATCH_ROWS)


def settle_batches(
    batches: Iterable[Batch],
    grouper: BatchGrouper,
    layout: Layout,
    book: PriceBook,
    variant: str | None = None,
    progress: Callable[[int], object] = lambda _: None,
) -> SettledTable:
    """Group and settle every row; all batches are one period (一个结算期).

    Parameters
    ----------
    batches
        Rows of the own layout.
    grouper, layout
        The scheme made ready, and where the columns are: those of the own layout.
    book
        Tariff and rules.
    variant
        Variant of rows that name neither a variant nor level and insurance; the tariff's default
        when None.
    progress
        Called with the number of rows after each batch.

    Raises
    ------
    InputError
        The tariff has no such variant, or there are no rows.
    """
    chosen = book.tariff.variant(variant).id
    rows, cases = list[pl.DataFrame](), list[pl.DataFrame]()
    problems = list[RowProblem]()
    for batch in batches:
        if not rows:
            problems += missing_columns(batch.cells.columns)
        grouped = grouper.group(batch)
        stays = read_stay_columns(batch)
        told = {(p.row, p.problem.field) for p in grouped.problems}
        rows.append(grouped.rows)
        cases.append(_cases(grouped.rows, stays.frame, batch.numbers, layout.columns[0]))
        problems += grouped.problems
        # What grouping has told already is not told again, such as days that are no number.
        problems += [p for p in stays.problems if (p.row, p.problem.field) not in told]
        progress(len(batch.numbers))
    if not rows:
        nothing = Problem("表", "table_empty", "表中没有数据行", "换用有内容的表格")
        raise InputError("table", [nothing])
    joined = _with_variants(pl.concat(cases), book.tariff, chosen)
    settled = _settled(joined, book)
    problems += settlement_notes(settled, book)
    return SettledTable(pl.concat(rows), settled, problems)


def _cases(
    grouped: pl.DataFrame, stays: pl.DataFrame, numbers: list[int], id_column: str
) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "row": pl.Series(numbers, dtype=pl.Int64),
            "id": grouped[id_column].str.strip_chars(),
            "mdc": grouped["mdc"],
            "adrg": grouped["adrg"],
            "drg": grouped["drg"],
            "disease": grouped["principal"].str.strip_chars().str.slice(0, _CATEGORY),
            "state": grouped["status"].replace_strict(_STATES, return_dtype=pl.String),
            "group_reason": grouped["reason"],
        }
    ).hstack(stays)


def _with_variants(cases: pl.DataFrame, tariff: Tariff, default: str) -> pl.DataFrame:
    """Choose the variant of every row: as named, else by level and insurance, else the default."""
    keys = ("variant", "hospital_level", "insurance")
    distinct = cases.select(keys).unique()
    found = [
        variant_for(tariff, named, level, insurance, default)
        for named, level, insurance in distinct.iter_rows()
    ]
    chosen = distinct.with_columns(pl.Series("chosen", found, dtype=pl.String))
    joined = cases.join(chosen, on=keys, how="left", maintain_order="left")
    return joined.with_columns(variant=pl.col("chosen")).drop("chosen")


def variant_for(tariff: Tariff, named: str, level: str, insurance: str, default: str) -> str:
    """Return the variant that a case is paid under.

    Parameters
    ----------
    tariff
        The tariff.
    named
        Its variant, empty where the row names none.
    level, insurance
        Hospital level and insurance of the row, empty where unknown: what the default says then
        holds. A grade (三级甲等) that the tariff does not tell apart counts as its level (三级).
    default
        Variant where nothing is told.

    Returns
    -------
    str
        :data:`zhibian.payment.settlement.prices.UNKNOWN_VARIANT` where the tariff has none
        that fits.
    """
    if named:
        return named if named in tariff.variants else UNKNOWN_VARIANT
    usual = tariff.variants[default]
    insured = insurance or usual.insurance
    told = level or usual.hospital_level
    for wanted in ((told, insured), (told[:_LEVEL], insured)):
        if wanted == (usual.hospital_level, usual.insurance):
            return default
        for id, variant in tariff.variants.items():
            own = (variant.hospital_level, variant.insurance)
            if all(not o or o == w for o, w in zip(own, wanted, strict=True)):
                return id
    return UNKNOWN_VARIANT


def _settled(cases: pl.DataFrame, book: PriceBook) -> pl.DataFrame:
    rows: Mapping[str, str] = {
        mdc: book.tariff.ungrouped_row(mdc) for mdc in cases["mdc"].unique().to_list()
    }
    ungrouped = pl.col("state") == "ungrouped"
    asked = cases.with_columns(
        drg=pl.when(ungrouped)
        .then(pl.col("mdc").replace_strict(rows, return_dtype=pl.String))
        .otherwise(pl.col("drg"))
    )
    answer = settle_table(asked, book.schedule, book.rules, _institutions(cases))
    whole = cases.hstack(answer)
    not_grouped = pl.col("kind").cast(pl.String) == Kind.NOT_GROUPED.value
    explained = pl.when(not_grouped & (pl.col("group_reason") != "")).then(
        pl.concat_str("reason", pl.lit("："), "group_reason")
    )
    whole = whole.with_columns(reason=explained.otherwise(pl.col("reason")))
    return whole.with_columns(fund_column(whole, book.rules.fund))


def _institutions(cases: pl.DataFrame) -> np.ndarray[tuple[int], np.dtype[np.int64]] | None:
    told = cases["institution"]
    if not (told != "").any():
        return None
    return told.rank("dense").cast(pl.Int64).to_numpy()
