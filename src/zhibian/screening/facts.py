"""What is kept of each page for screening (筛查要素): one compact row a page.

The first pass makes these rows, part by part; statistics and signals read nothing else. No name,
no address and no number of a document is kept: a patient is a number made of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from zhibian.grouping.cases import Ids, read_cases
from zhibian.grouping.codebook import CodeBook
from zhibian.grouping.columnar import ColumnarPack, group_table
from zhibian.grouping.pack import RulePack
from zhibian.grouping.pages import cases_of, total_cost
from zhibian.grouping.reasons import Reason
from zhibian.quality.front_page.selectors import CodeSelector
from zhibian.records.front_page.types import ID, ROW, PageTable
from zhibian.records.front_page.values import day, number
from zhibian.screening.code_sets import Memberships, Words
from zhibian.screening.conditions import bits_column
from zhibian.screening.counted import counted, deciding, kinds, neighbours, next_groups

_UNKNOWN_KIND = "unknown"
_HOURS_OF_DAY = 24
_MINUTES_OF_HOUR = 60
_FEES: Mapping[str, str] = {
    "fee_operation": "D20x02",
    "fee_anaesthesia": "D20x01",
    "fee_blood": "D26",
    "fee_albumin": "D27",
    "fee_clotting": "D29",
    "fee_material_treatment": "D32",
    "fee_material_operation": "D33",
}
_REASONS: Mapping[str, str] = {reason.value: reason.chinese for reason in Reason}


@dataclass(frozen=True, slots=True)
class FactsMaker:
    """Makes facts of pages (要素提取器): made once, its memory of codes grows with the input.

    Attributes
    ----------
    columnar
        The scheme, made ready.
    groups, kinds
        Groups of each core group by what counts, and the kind of each core group.
    members
        Sets of codes whose bits are kept.
    """

    columnar: ColumnarPack
    groups: pl.DataFrame
    kinds: Mapping[str, str]
    members: Memberships

    @staticmethod
    def of(pack: RulePack, codebook: CodeBook, sets: Sequence[CodeSelector]) -> FactsMaker:
        """Return a maker for a scheme."""
        return FactsMaker(
            ColumnarPack(pack, codebook), neighbours(pack), kinds(pack), Memberships(sets)
        )

    def make(self, pages: PageTable) -> pl.DataFrame:
        """Return the facts of pages, row by row."""
        table = cases_of(pages.cells)
        grouped = group_table(table, self.columnar)
        counts = counted(read_cases(table, self.columnar.vocabulary), self.columnar)
        beside = deciding(table, grouped, counts, self.columnar)
        beside = beside.with_columns(next_groups(grouped, self.groups))
        told = _of_pages(pages.cells)
        own = table.select(
            "principal",
            principal_procedure=pl.col("procedures").list.first(),
            sex=pl.col("sex").cast(pl.String),
            age=pl.col("age"),
            days=pl.col("days"),
            icu_hours=pl.col("icu_hours"),
            discharge_way=pl.col("discharge_way").cast(pl.String),
            others=pl.col("others").list.len().fill_null(0),
            procedures=pl.col("procedures").list.len().fill_null(0),
        )
        group = grouped.select(
            pl.col("status", "mdc", "adrg", "drg", "level", "reason").cast(pl.String),
            kind=pl.col("adrg")
            .cast(pl.String)
            .replace_strict(dict(self.kinds), default=_UNKNOWN_KIND, return_dtype=pl.String),
            reason_in_chinese=pl.col("reason")
            .cast(pl.String)
            .replace_strict(dict(_REASONS), default=None, return_dtype=pl.String),
        )
        numbers = counts.select("mcc_codes", "cc_codes")
        bits = self._bits(table, beside["deciding_code"])
        return pl.concat([told, own, group, numbers, beside, bits], how="horizontal")

    def _bits(self, table: pl.DataFrame, decider: pl.Series) -> pl.DataFrame:
        others, starts = _flat(table["others"])
        procedures = table["procedures"]
        later, later_starts = _flat(procedures.list.slice(1))
        words = {
            "principal": self.members.of_codes(table["principal"]),
            "other": self.members.of_lists(others, starts),
            "deciding": self.members.of_codes(decider),
            "first_procedure": self.members.of_codes(procedures.list.first()),
            "other_procedure": self.members.of_lists(later, later_starts),
        }
        return pl.DataFrame(
            {
                bits_column(place, number): _column(found, number)
                for place, found in words.items()
                for number in range(self.members.words)
            }
        )


def _column(words: Words, number: int) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    return np.ascontiguousarray(words[:, number])


def _flat(lists: pl.Series) -> tuple[pl.Series, Ids]:
    """Return the entries of all lists end to end, and where each list begins."""
    lengths = lists.list.len().fill_null(0)
    starts = np.zeros(len(lists) + 1, np.intp)
    np.cumsum(lengths.to_numpy(), out=starts[1:])
    return lists.filter(lengths > 0).explode(), starts


def _of_pages(cells: pl.DataFrame) -> pl.DataFrame:
    page = _Page(cells)
    admitted, discharged = day(page.text("B12")), day(page.text("B15"))
    return cells.select(
        pl.col(ROW),
        pl.col(ID),
        hospital=page.text("A01"),
        department=page.text("B16C"),
        physician=page.text("B24"),
        admitted=admitted,
        discharged=discharged,
        month=discharged.dt.strftime("%Y-%m"),
        patient=page.patient(),
        plans_to_return=page.text("B36C"),
        principal_condition=page.text("C05C"),
        missing_conditions=page.missing_conditions(),
        ventilation_hours=page.ventilation_hours(),
        coma_hours=page.hours(("C28", "C31"), ("C29", "C32"), ("C30", "C33")),
        **{name: page.number(field) for name, field in _FEES.items()},
    ).with_columns(total_cost(cells))


class _Page:
    """Reads fields of pages; a field that the layout lacks is null throughout."""

    def __init__(self, cells: pl.DataFrame) -> None:
        self._columns = frozenset(cells.columns)

    def text(self, field: str) -> pl.Expr:
        return pl.col(field) if field in self._columns else pl.lit(None, pl.String)

    def number(self, field: str) -> pl.Expr:
        return number(self.text(field))

    def patient(self) -> pl.Expr:
        """Return a number for the patient: of the identity card, else of hospital and record."""
        record = pl.concat_str([self.text("A01").fill_null(""), self.text("A48")], separator="/")
        known = pl.coalesce(self.text("A20"), record)
        return pl.when(known.is_not_null()).then(known.hash(seed=0))

    def missing_conditions(self) -> pl.Expr:
        """Return how many other diagnoses have a code and no entry condition."""
        if not {"C06C", "C08C"} <= self._columns:
            return pl.lit(None, pl.UInt32)
        coded = pl.col("C06C").list.eval(pl.element().is_not_null()).list.sum()
        # Lists of one group are of equal length; a condition beside a blank code is another fault.
        both = pl.col("C08C").list.eval(pl.element().is_not_null()).list.sum()
        return pl.when(coded > both).then(coded - both).otherwise(0).fill_null(0).cast(pl.UInt32)

    def ventilation_hours(self) -> pl.Expr:
        """Return hours on the ventilator from days/hours/minutes (天/时/分)."""
        parts = self.text("vent_used_dura").str.split("/")
        days, hours, minutes = (number(parts.list.get(at, null_on_oob=True)) for at in range(3))
        return days * _HOURS_OF_DAY + hours + minutes / _MINUTES_OF_HOUR

    def hours(self, days: Sequence[str], hours: Sequence[str], minutes: Sequence[str]) -> pl.Expr:
        """Return the sum of durations in hours, null where none is filed."""
        parts = [
            *(self.number(f) * _HOURS_OF_DAY for f in days),
            *(self.number(f) for f in hours),
            *(self.number(f) / _MINUTES_OF_HOUR for f in minutes),
        ]
        filed = pl.any_horizontal(part.is_not_null() for part in parts)
        return pl.when(filed).then(pl.sum_horizontal(parts))
