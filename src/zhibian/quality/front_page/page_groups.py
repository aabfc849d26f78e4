"""Front pages grouped and priced (首页分组与计价): what rules and lists ask of a scheme."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from zhibian.grouping.codebook import CodeBook
from zhibian.grouping.columnar import ColumnarPack, group_table
from zhibian.grouping.exclusion import excluded_codes
from zhibian.grouping.pack import RulePack
from zhibian.grouping.pages import cases_of, total_cost
from zhibian.grouping.reasons import Reason
from zhibian.grouping.types import Status
from zhibian.grouping.validate import missing_messages
from zhibian.payment.tariff import Tariff
from zhibian.records.front_page.types import ROW, PageTable

#: Columns of the list of cases without a group, by name.
UNGROUPED = {
    ROW: pl.Int64(),
    "status": pl.String(),
    "mdc": pl.String(),
    "principal": pl.String(),
    "procedure": pl.String(),
    "reason": pl.String(),
    "said": pl.String(),
    "remedy": pl.String(),
}
_AMBIGUOUS_REMEDY = Reason.QY.remedy
_KINDS = {**dict.fromkeys("ABCDEFGHIJ", "surgical"), **dict.fromkeys("KLMNOPQ", "procedure")}


@dataclass(frozen=True, slots=True)
class GroupedPages:
    """Groups and prices of the pages of a table, in their order (分组与计价结果).

    Attributes
    ----------
    groups
        ``status mdc adrg drg level kind reason missing excluded`` as text. ``kind`` is
        ``surgical``, ``procedure`` or ``medical`` by the second character of the core group;
        ``excluded`` are the CC and MCC that the principal diagnosis excludes.
    prices
        ``weight standard payment ratio``; None without a tariff.
    """

    groups: pl.DataFrame
    prices: pl.DataFrame | None

    @property
    def entered(self) -> pl.Series:
        """Return which pages have a group."""
        return self.groups["status"] == Status.GROUPED.value


class PageGrouper:
    """Groups and prices tables of pages (首页分组器): made once.

    Parameters
    ----------
    pack
        The scheme.
    codebook
        Code sets of the authority.
    tariff
        Payment standards of the scheme; None to group only.
    """

    def __init__(self, pack: RulePack, codebook: CodeBook, tariff: Tariff | None = None) -> None:
        self.scheme = pack.scheme
        self._pack = ColumnarPack(pack, codebook)
        self._severity = pack.severity
        self._tariff = tariff
        self._priced: dict[str, tuple[float | None, float | None]] = {}

    def of(self, pages: PageTable) -> GroupedPages:
        """Return groups and prices of a table."""
        cases = cases_of(pages.cells)
        found = group_table(cases, self._pack).cast(pl.String)
        kind = pl.col("adrg").str.slice(1, 1).replace_strict(_KINDS, default="medical")
        groups = found.with_columns(
            kind=pl.when(pl.col("status") == Status.GROUPED.value).then(kind),
            excluded=excluded_codes(cases, self._severity),
        )
        return GroupedPages(groups, None if self._tariff is None else self._prices(groups, pages))

    def _prices(self, groups: pl.DataFrame, pages: PageTable) -> pl.DataFrame:
        grouped = groups["status"] == Status.GROUPED.value
        standards = {drg: self._standard(drg) for drg in groups["drg"].filter(grouped).unique()}
        table = pl.DataFrame(
            {
                "drg": list(standards),
                "weight": [weight for weight, _ in standards.values()],
                "standard": [amount for _, amount in standards.values()],
            },
            schema={"drg": pl.String, "weight": pl.Float64, "standard": pl.Float64},
        )
        own = pl.DataFrame(
            {"drg": groups["drg"], "grouped": grouped, "cost": total_cost(pages.cells)}
        )
        joined = own.with_columns(drg=pl.when("grouped").then("drg")).join(
            table, on="drg", how="left", maintain_order="left"
        )
        return joined.select(
            "weight",
            "standard",
            pl.col("standard").alias("payment"),
            ratio=pl.col("cost") / pl.col("standard"),
        )

    def _standard(self, drg: str) -> tuple[float | None, float | None]:
        if self._tariff is not None and drg not in self._priced:
            found = self._tariff.standard(drg)
            weight, amount = found.weight, found.amount
            self._priced[drg] = (
                None if weight is None else float(weight),
                None if amount is None else float(amount),
            )
        return self._priced[drg]


def ungrouped_pages(pages: PageTable, grouped: GroupedPages) -> pl.DataFrame:
    """Return the pages without a group, with reason and remedy (未入组明细).

    Parameters
    ----------
    pages
        The pages.
    grouped
        Their groups.

    Returns
    -------
    polars.DataFrame
        Columns of :data:`UNGROUPED`. ``reason`` is the code of
        :class:`zhibian.grouping.reasons.Reason`, ``said`` its meaning and the fields that lack.
    """
    cells = pages.cells
    frame = grouped.groups.with_columns(
        cells[ROW], principal=_column(cells, "C03C"), procedure=_column(cells, "C14C")
    )
    left = frame.filter(~grouped.entered)
    keys = left.select(pl.col("reason", "missing").fill_null("")).unique()
    told = keys.with_columns(
        said=pl.Series([_said(*key) for key in keys.rows()], dtype=pl.String),
        remedy=pl.Series([_remedy(key[0]) for key in keys.rows()], dtype=pl.String),
    )
    statuses: Mapping[str, str] = {status.value: status.chinese for status in Status}
    listed = left.with_columns(pl.col("reason", "missing").fill_null("")).join(
        told, on=["reason", "missing"], how="left", maintain_order="left"
    )
    return listed.with_columns(pl.col("status").replace(statuses)).select(list(UNGROUPED))


def _column(cells: pl.DataFrame, field: str) -> pl.Series:
    blank = pl.repeat(None, cells.height, dtype=pl.String, eager=True)
    return cells[field] if field in cells.columns else blank


def _said(reason: str, missing: str) -> str:
    if not reason:
        return "没有入组"
    words = Reason(reason).chinese
    return f"{words}：{'；'.join(missing_messages(missing.split(',')))}" if missing else words


def _remedy(reason: str) -> str:
    return Reason(reason).remedy if reason else _AMBIGUOUS_REMEDY
