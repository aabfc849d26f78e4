"""From front pages to the table that settlement reads (首页转结算表): HQMS, 4101 and the rest.

Columns of the table are those of the own layout and of
:mod:`zhibian.payment.settlement.stay_columns`, as text, so that a front page and a hand-made
table are settled by the same code.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import polars as pl

from zhibian.grouping.batches import RowProblem
from zhibian.grouping.pages import cases_of, total_cost
from zhibian.grouping.table_files import Batch, text_cells
from zhibian.problems import Problem
from zhibian.records.front_page.types import ID, ROW, PageTable

# Labels of totals by field of the front page; the first that is filled.
_FIELDS = {
    "insurance": ("A46C",),
    "physician": ("B24", "B25"),
    "coder": ("B29",),
    "institution": ("A01",),
}
_TOTAL_COST = "D01"


def page_batches(tables: Iterable[PageTable], problems: list[RowProblem]) -> Iterator[Batch]:
    """Yield front pages as batches of text cells.

    Parameters
    ----------
    tables
        Front pages, chunk by chunk. Department is the one of discharge (B16C), physician the
        attending one (B24, else the resident B25), insurance the way of payment (A46C).
    problems
        Takes every cell that could not be read and every row that was left out.
    """
    for table in tables:
        problems += [
            RowProblem(bad.row, Problem(bad.column, bad.code, bad.message, bad.remedy))
            for bad in table.bad
        ]
        if len(table.cells):
            numbers = table.cells[ROW].to_list()
            yield Batch(_own(table.cells), numbers, [True] * len(numbers))


def _own(pages: pl.DataFrame) -> pl.DataFrame:
    cases = cases_of(pages).rename({"weight_g": "weight"})
    labels = pages.select(
        pl.coalesce(
            *(pl.col(f) for f in fields if f in pages.columns), pl.lit(None, pl.String)
        ).alias(column)
        for column, fields in _FIELDS.items()
    )
    # A sum of charges is computed; a filed cost keeps its digits.
    cost = total_cost(pages).round(2).cast(pl.String)
    if _TOTAL_COST in pages.columns:
        filed = pl.DataFrame({"filed": pages[_TOTAL_COST], "computed": cost})
        cost = filed.select(pl.coalesce("filed", "computed")).to_series()
    own = cases.with_columns(pages[ID].alias("id"), cost.alias("cost")).hstack(labels)
    return text_cells(own)
