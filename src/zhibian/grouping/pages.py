"""From front pages to cases (首页转分组输入): what a grouper needs of a page table."""

from __future__ import annotations

import polars as pl

from zhibian.grouping.cases import SCHEMA
from zhibian.records.front_page.values import day, instant, number, whole

_SEXES = ("1", "2")
# Every settlement list has this column, and no other layout.
_LIST_ONLY = "setl_id"
_DAYS_OF_A_YEAR = 365
_MINUTES_OF_AN_HOUR = 60
_CODES = pl.List(pl.String)


def cases_of(cells: pl.DataFrame) -> pl.DataFrame:
    """Return the cases of a page table, row by row.

    Parameters
    ----------
    cells
        :attr:`zhibian.records.front_page.types.PageTable.cells`; a column that is not there counts
        as blank.

    Returns
    -------
    polars.DataFrame
        Columns of :data:`zhibian.grouping.cases.SCHEMA`. The principal procedure comes first. In a
        settlement list, which leaves the age in years blank below one, an age in days alone means
        0 years; elsewhere a blank age stays blank. The weight is the first birth weight (A18),
        else the weight at admission (A17). Days of stay are those filed (B20), else the day of
        discharge less the day of admission, at least 1. Hours in intensive care are those filed,
        else those between entering and leaving, where every stay there has both times.
    """
    told = _Columns(cells)
    age_days = whole(told.text("A16"))
    frame = cells.select(
        principal=told.text("C03C"),
        others=told.codes("C06C"),
        procedures=pl.concat_list(
            pl.concat_list(told.text("C14C")).list.drop_nulls(), told.codes("C35C")
        ),
        sex=pl.when(told.text("A12C").is_in(_SEXES)).then(whole(told.text("A12C"))),
        age=told.age(age_days),
        age_days=age_days,
        weight_g=pl.coalesce(number(told.codes("A18").list.first()), number(told.text("A17"))),
        days=pl.coalesce(whole(told.text("B20")), told.days()),
        discharge_way=whole(told.text("B34C")),
        department=told.text("B16C"),
        icu_hours=pl.coalesce(number(told.text("icu_hours")), told.hours_in_intensive_care()),
    )
    return frame.cast(pl.Schema(SCHEMA))


def total_cost(cells: pl.DataFrame) -> pl.Series:
    """Return the total cost of each page in yuan (住院总费用), null where it isn't told.

    Parameters
    ----------
    cells
        A page table. D01 where it is filled, else the sum of the charges of the settlement list.
    """
    told = _Columns(cells)
    charges = told.list("amt").list.eval(number(pl.element()))
    summed = pl.when(charges.list.len() > 0).then(charges.list.sum())
    return cells.select(cost=pl.coalesce(number(told.text("D01")), summed)).to_series()


class _Columns:
    """Columns of a page table, blank where the layout has none."""

    def __init__(self, cells: pl.DataFrame) -> None:
        self._there = frozenset(cells.columns)

    def text(self, field: str) -> pl.Expr:
        return pl.col(field) if field in self._there else pl.lit(None, dtype=pl.String)

    def list(self, field: str) -> pl.Expr:
        if field not in self._there:
            return pl.lit([], dtype=_CODES)
        return pl.col(field).fill_null([])

    def codes(self, field: str) -> pl.Expr:
        return self.list(field).list.drop_nulls()

    def age(self, age_days: pl.Expr) -> pl.Expr:
        filed = whole(self.text("A14"))
        if _LIST_ONLY not in self._there:
            return filed
        below_one = age_days.is_between(0, _DAYS_OF_A_YEAR)
        return pl.coalesce(filed, pl.when(below_one).then(pl.lit(0, dtype=pl.Int64)))

    def days(self) -> pl.Expr:
        stay = (day(self.text("B15")) - day(self.text("B12"))).dt.total_days()
        return pl.when(stay >= 0).then(pl.max_horizontal(stay, pl.lit(1)))

    def hours_in_intensive_care(self) -> pl.Expr:
        entered = self.list("inpool_time").list.eval(instant(pl.element()))
        left = self.list("exit_time").list.eval(instant(pl.element()))
        both = (
            (entered.list.len() > 0)
            & (entered.list.len() == left.list.len())
            & (entered.list.drop_nulls().list.len() == entered.list.len())
            & (left.list.drop_nulls().list.len() == left.list.len())
        )
        minutes = self._minutes(left) - self._minutes(entered)
        return pl.when(both & (minutes >= 0)).then(minutes / _MINUTES_OF_AN_HOUR)

    @staticmethod
    def _minutes(times: pl.Expr) -> pl.Expr:
        return times.list.eval(pl.element().dt.epoch("s")).list.sum() / _MINUTES_OF_AN_HOUR
