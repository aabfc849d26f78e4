"""Completeness of front pages (首页完整率): how often an item is due, and how often it is blank.

An item counts only where it is due: the birth weight of a newborn, the external cause of an injury.
Items of repeated groups count once an entry.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from zhibian.quality.front_page.book import RuleBook
from zhibian.quality.front_page.completeness_file import CompletenessTable
from zhibian.quality.front_page.page_conditions import PageConditions
from zhibian.records.front_page.catalogue import Catalogue, hqms_order
from zhibian.records.front_page.types import ROW, PageTable

DEPARTMENT = "department"
_DEPARTMENT_FIELD = "B16C"
_WHOLE_PAGE = 0
#: Columns of a table of blanks: the page, the item, and the entry from 1, 0 for a scalar.
BLANKS = {ROW: pl.Int64(), "field": pl.String(), "place": pl.Int64()}


@dataclass(frozen=True, slots=True)
class Filling:
    """What is due and what is blank on each page of a table (填报情况).

    Attributes
    ----------
    due, missing
        One row a page, one column an item: how often it is due, and blank where it is due.
    blanks
        The blank ones one by one, see :data:`BLANKS`.
    """

    due: pl.DataFrame
    missing: pl.DataFrame
    blanks: pl.DataFrame


class Requirements:
    """Finds what pages owe (应填项目): made once, used for any number of tables.

    Parameters
    ----------
    table
        When each item is due.
    book
        The rule book it was read with.
    """

    def __init__(self, table: CompletenessTable, book: RuleBook) -> None:
        self._table = table
        conditions = {str(n): d.when for n, d in enumerate(table.due) if d.when is not None}
        self._conditions = PageConditions(conditions, book)

    def of(self, pages: PageTable, today: date) -> Filling:
        """Return what is due and what is blank.

        Parameters
        ----------
        pages
            The pages. Items that their layout has no column for are left out.
        today
            Day on which the pages are judged.
        """
        there = [c for c in pages.cells.columns if c not in pages.absent]
        holds = self._conditions.hold(pages, today)
        frame = pl.concat([pages.cells, holds], how="horizontal")
        due: list[pl.Expr] = []
        missing: list[pl.Expr] = []
        for number, items in enumerate(self._table.due):
            asked = pl.lit(value=True) if items.when is None else pl.col(str(number))
            for field in (f for f in items.fields if f in there):
                blank = self._blank(field, frame)
                due.append(asked.cast(pl.UInt32).alias(field))
                missing.append((asked & blank).cast(pl.UInt32).alias(field))
        listed = [f for group in self._table.groups for f in group.fields if f in there]
        for field in listed:
            entries = pl.col(field).list.len().fill_null(0)
            filled = pl.col(field).list.drop_nulls().list.len().fill_null(0)
            due.append(entries.alias(field))
            missing.append((entries - filled).alias(field))
        present = [field for field in self._table.fields if field in there]
        lacking = frame.with_columns(missing).select(present)
        owed = frame.with_columns(due).select(present)
        return Filling(owed, lacking, _blanks(pages.cells, lacking, listed))

    def _blank(self, field: str, frame: pl.DataFrame) -> pl.Expr:
        if isinstance(frame.schema[field], pl.List):
            return pl.col(field).list.drop_nulls().list.len().fill_null(0) == 0
        other = self._table.instead.get(field)
        if other in frame.columns:
            return pl.col(field).is_null() & pl.col(other).is_null()
        return pl.col(field).is_null()


def _blanks(cells: pl.DataFrame, missing: pl.DataFrame, listed: Sequence[str]) -> pl.DataFrame:
    """Return the blanks one by one."""
    scalars = missing.drop(listed).with_columns(cells[ROW])
    parts = [
        scalars.unpivot(index=ROW, variable_name="field")
        .filter(pl.col("value") > 0)
        .select(ROW, "field", pl.lit(_WHOLE_PAGE, pl.Int64).alias("place"))
    ]
    for field in listed:
        asked = cells.filter(missing[field] > 0).select(ROW, field)
        length = pl.col(field).list.len()
        places = asked.with_columns(pl.int_ranges(1, length + 1).alias("place"))
        found = places.explode(field, "place").filter(pl.col(field).is_null())
        parts.append(found.select(ROW, pl.lit(field).alias("field"), "place"))
    return pl.concat([part.select(pl.col(n).cast(t) for n, t in BLANKS.items()) for part in parts])


class CompletenessCount:
    """Counts due and blank items over many tables (完整率统计), by department and overall."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._items: list[pl.DataFrame] = []
        self._columns: list[pl.DataFrame] = []
        self._rows = 0

    def add(self, pages: PageTable, filling: Filling) -> None:
        """Count a table.

        Parameters
        ----------
        pages
            The pages.
        filling
            What is due and blank on them.
        """
        self._rows += pages.cells.height
        department = departments(pages)
        counted = [
            frame.with_columns(department)
            .group_by(DEPARTMENT)
            .sum()
            .unpivot(index=DEPARTMENT, variable_name="field", value_name=name)
            for frame, name in ((filling.due, "due"), (filling.missing, "missing"))
        ]
        self._items.append(counted[0].join(counted[1], on=[DEPARTMENT, "field"]))
        self._columns.append(self._filled_columns(pages))

    def _filled_columns(self, pages: PageTable) -> pl.DataFrame:
        """Return how many pages fill each column of the national interface."""
        cells = pages.cells
        exprs = []
        for field, place in hqms_order(self._catalogue.fields):
            name = field.hqms_columns[place]
            if field.id not in cells.columns:
                exprs.append(pl.lit(0, pl.UInt32).alias(name))
            elif field.is_list:
                member = pl.col(field.id).list.get(place, null_on_oob=True)
                exprs.append(member.count().alias(name))
            else:
                exprs.append(pl.col(field.id).count().alias(name))
        return cells.select(exprs)

    def items(self) -> pl.DataFrame:
        """Return ``field``, ``due`` and ``missing`` over all departments, in catalogue order."""
        found = self.by_department().group_by("field").agg(pl.col("due", "missing").sum())
        order = {f.id: n for n, f in enumerate(self._catalogue.fields)}
        return found.sort(pl.col("field").replace_strict(order, return_dtype=pl.Int64))

    def by_department(self) -> pl.DataFrame:
        """Return ``department``, ``field``, ``due`` and ``missing``."""
        if not self._items:
            schema = {
                DEPARTMENT: pl.String,
                "field": pl.String,
                "due": pl.Int64,
                "missing": pl.Int64,
            }
            return pl.DataFrame(schema=schema)
        counted = (
            pl.concat(self._items)
            .group_by(DEPARTMENT, "field")
            .agg(pl.col("due", "missing").cast(pl.Int64).sum())
        )
        return counted.sort(DEPARTMENT, "field")

    def columns(self) -> Iterable[tuple[str, str, int, int]]:
        """Yield columns of the national interface: name, heading, filled pages, all pages."""
        if not self._columns:
            return
        sums = (
            pl.concat(self._columns, how="vertical_relaxed").cast(pl.Int64).sum().row(0, named=True)
        )
        for field, place in hqms_order(self._catalogue.fields):
            name = field.hqms_columns[place]
            yield name, field.headings[place], sums[name], self._rows


def departments(pages: PageTable) -> pl.Series:
    """Return the discharging department of each page (出院科别), as filed; empty where blank."""
    if _DEPARTMENT_FIELD not in pages.cells.columns:
        return pl.Series(DEPARTMENT, [""] * pages.cells.height, dtype=pl.String)
    return pages.cells[_DEPARTMENT_FIELD].fill_null("").alias(DEPARTMENT)
