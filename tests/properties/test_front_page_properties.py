"""What is written of front pages reads back equal, in every layout, on all that it can carry."""

from __future__ import annotations

import random
import tempfile
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from zhibian.records.front_page.assemble import TEXTS, identifiers
from zhibian.records.front_page.catalogue import Catalogue, Field, Kind, load_catalogue
from zhibian.records.front_page.layouts import Layout
from zhibian.records.front_page.reader import iter_pages, read_pages
from zhibian.records.front_page.types import ID, ROW, PageTable
from zhibian.records.front_page.writer import write_pages
from zhibian.settings import Settings

CATALOGUE: Catalogue = load_catalogue(Settings().rules)
SIGNS = "甲乙丙 病区（一）ABab09,;|\\\"'/.：Ⅱ\n"
WESTERN_TYPES = ("1", "2")
TRADITIONAL_TYPES = ("3", "4")
MOST_MEMBERS = 4


class Pages:
    """Draws invented pages, most fields blank as on real ones."""

    def __init__(self, seed: int, fields: tuple[Field, ...], *, with_id: bool) -> None:
        self._random = random.Random(seed)
        self._fields = fields
        self._with_id = with_id

    def draw(self) -> pl.DataFrame:
        height = self._random.randint(1, 4)
        columns: dict[str, list[Any]] = {field.id: [] for field in self._fields}
        for _ in range(height):
            lengths: dict[str, int] = {}
            for field in self._fields:
                columns[field.id].append(self._cell(field, lengths))
        frame = pl.DataFrame(
            {ROW: list(range(2, 2 + height)), **columns},
            schema={ROW: pl.Int64}
            | {field.id: TEXTS if field.is_list else pl.String for field in self._fields},
        )
        ids = pl.Series([self._text() for _ in range(height)]) if self._with_id else None
        return frame.insert_column(1, identifiers(frame, ids))

    def _cell(self, field: Field, lengths: dict[str, int]) -> str | list[str | None] | None:
        if not field.is_list:
            return self._value(field) if self._random.random() < 0.3 else None
        first = field.repeat not in lengths
        if first:
            most = min(field.length or MOST_MEMBERS, MOST_MEMBERS)
            lengths[field.repeat] = self._random.choice((0, most, self._random.randint(0, most)))
        members = lengths[field.repeat]
        # The last member of a group is never blank: the first field of it is filled.
        return [
            self._value(field)
            if (first and at == members - 1)
            or field.id == "tcm_diag_type"
            or self._random.random() < 0.4
            else None
            for at in range(members)
        ]

    def _value(self, field: Field) -> str:
        choose = self._random.choice
        if field.id == "tcm_diag_type":
            return choose(TRADITIONAL_TYPES)
        if field.id in {"diag_type", "other_diag_type"}:
            return choose(WESTERN_TYPES)
        dictionary = CATALOGUE.dictionary_of(field)
        if dictionary is not None:
            return choose((*dictionary.names, "X", "77"))
        return {
            Kind.TEXT: self._text,
            Kind.CODE: self._code,
            Kind.DATE: self._day,
            Kind.TIME: self._time,
            Kind.WHOLE: self._whole,
            Kind.DECIMAL: self._decimal,
        }[field.kind]()

    def _text(self) -> str:
        text = "".join(self._random.choices(SIGNS, k=self._random.randint(1, 8))).strip()
        return text if text not in {"", "-"} else "文"

    def _code(self) -> str:
        digits = self._random.choice(("01.000", "21.900x001", "45.1", "45.10"))
        return self._random.choice("IJKOZ") + digits

    def _day(self) -> str:
        return str(date(1900, 1, 1) + timedelta(days=self._random.randint(0, 60_000)))

    def _time(self) -> str:
        return self._day() + self._random.choice(("", " 23:59", " 08:05:30", " 00:01"))

    def _decimal(self) -> str:
        return self._whole() + self._random.choice(("", ".5", ".00", ".25"))

    def _whole(self) -> str:
        return str(self._random.choice((0, 7, -3, 40, 2500, 10**8)))


HQMS = tuple(field for field in CATALOGUE.fields if field.at)
OLDER = tuple(field for field in CATALOGUE.fields if field.p)
LISTED = tuple(field for field in CATALOGUE.fields if field.list_4101)
OWN = CATALOGUE.fields

seeds = st.integers(0, 2**32)
quick = settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def check(cells: pl.DataFrame, layout: Layout, name: str, encoding: str, first_row: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        written = write_pages(path, [PageTable(cells, frozenset())], CATALOGUE, layout, encoding)
        # An identifier made of the row is another one in the next file.
        assert set(written.lost) <= {ID}
        again = read_pages(path, CATALOGUE, layout)
    # A page with other diagnoses and no principal one is read, and told.
    assert {cell.code for cell in again.bad} <= {"principal_unmarked"}
    assert set(cells.columns) == set(again.cells.columns)
    rows = pl.Series(ROW, range(first_row, first_row + len(cells)), dtype=pl.Int64)
    wanted = cells.with_columns(rows)
    if layout is not Layout.OWN:
        wanted = wanted.with_columns(identifiers(wanted, None))
    assert_frame_equal(again.cells, wanted.select(again.cells.columns))
    assert again.absent == frozenset(CATALOGUE.by_id) - frozenset(cells.columns)


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
@given(seed=seeds)
@quick
def test_hqms(seed: int, encoding: str) -> None:
    cells = Pages(seed, HQMS, with_id=False).draw()
    check(cells, Layout.HQMS, "pages.csv", encoding, 2)


@given(seed=seeds)
@quick
def test_older_interface(seed: int) -> None:
    check(Pages(seed, OLDER, with_id=False).draw(), Layout.OLDER, "pages.csv", "gb18030", 2)


@pytest.mark.parametrize("name", ["pages.csv", "pages.xlsx", "pages.parquet"])
@given(seed=seeds)
@quick
def test_own(seed: int, name: str) -> None:
    check(Pages(seed, OWN, with_id=True).draw(), Layout.OWN, name, "utf-8", 2)


@pytest.mark.parametrize("name", ["pages.json", "pages.jsonl"])
@given(seed=seeds)
@quick
def test_settlement_lists(seed: int, name: str) -> None:
    check(Pages(seed, LISTED, with_id=False).draw(), Layout.LIST_4101, name, "utf-8", 1)


@given(seed=seeds)
@quick
def test_chunks_are_the_whole(seed: int) -> None:
    cells = Pages(seed, HQMS, with_id=False).draw()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pages.csv"
        write_pages(path, [PageTable(cells, frozenset())], CATALOGUE, Layout.HQMS)
        parts = [table.cells for table in iter_pages(path, CATALOGUE, rows=1)]
        whole = read_pages(path, CATALOGUE).cells
    assert len(parts) == len(cells)
    assert_frame_equal(pl.concat(parts), whole)
