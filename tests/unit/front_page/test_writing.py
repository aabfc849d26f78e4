"""Writing front pages: what a layout can't carry is told, nothing is half written."""

from __future__ import annotations

import codecs
import csv
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from zhibian.problems import InputError
from zhibian.records.front_page.assemble import TEXTS, with_all_fields
from zhibian.records.front_page.bad_cells import BadCellFile
from zhibian.records.front_page.catalogue import Catalogue
from zhibian.records.front_page.layouts import Layout
from zhibian.records.front_page.types import BadCell, PageTable
from zhibian.records.front_page.writer import write_pages

LISTS = ("C06C", "C07N", "C35C", "A18", "amt")


def table(**fields: Any) -> PageTable:
    kinds = {name: TEXTS if name in LISTS else pl.String() for name in fields}
    cells = pl.DataFrame(
        {"row": [2], "id": ["a"], **{k: [v] for k, v in fields.items()}},
        schema={"row": pl.Int64(), "id": pl.String(), **kinds},
    )
    return PageTable(cells, frozenset())


def test_hqms_has_every_column_in_its_order(tmp_path: Path, catalogue: Catalogue) -> None:
    path = tmp_path / "pages.csv"
    page = table(A48="9", A14="58", C03C="I21.900", C06C=["I10.x00", "E11.900"], C14C="36.0600")
    write_pages(path, [page], catalogue, Layout.HQMS, "gb18030")
    header, row = csv.reader(path.read_text(encoding="gb18030").splitlines())
    told = dict(zip(header, row, strict=True))
    assert len(header) == 642
    assert (told["C06x02C"], told["C06x03C"], told["C14x01C"]) == ("E11.900", "-", "36.0600")
    assert (told["D01"], told["A11"]) == ("", "-")


def test_utf8_is_marked_for_excel(tmp_path: Path, catalogue: Catalogue) -> None:
    path = tmp_path / "pages.csv"
    write_pages(path, [table(A48="9")], catalogue, Layout.OWN)
    assert path.read_bytes().startswith(codecs.BOM_UTF8)


@pytest.mark.parametrize(
    ("layout", "name", "fields", "lost"),
    [
        (Layout.HQMS, "x.csv", {"A48": "9", "hi_no": "1", "F10": "2"}, {"hi_no", "F10", "id"}),
        (Layout.HQMS, "x.csv", {"C06C": ["I10.x00"] * 41}, {"C06C（超过可填组数的部分）", "id"}),
        (Layout.OLDER, "x.csv", {"C06C": ["I10.x00"] * 11}, {"C06C（超过可填组数的部分）", "id"}),
        (Layout.LIST_4101, "x.json", {"setl_id": "a", "D01": "12"}, {"D01"}),
        (Layout.OWN, "x.csv", {"C06C": ["I10,x00"], "C07N": ["甲|乙"]}, {"C06C（内容含分隔符）"}),
        (Layout.OWN, "x.csv", {"hi_no": "1", "F10": "2", "C07N": [None, "乙"]}, set()),
    ],
)
def test_what_a_layout_cannot_carry_is_told(
    tmp_path: Path,
    catalogue: Catalogue,
    layout: Layout,
    name: str,
    fields: dict[str, Any],
    lost: set[str],
) -> None:
    written = write_pages(tmp_path / name, [table(**fields)], catalogue, layout)
    assert set(written.lost) == lost
    assert written.rows == 1


def test_a_list_marks_the_principal_diagnosis(tmp_path: Path, catalogue: Catalogue) -> None:
    path = tmp_path / "x.json"
    page = table(C03C="J96.000", C06C=["I10.x00"], A18=["2500", "2400"], C28="1", C30="5")
    write_pages(path, [page], catalogue, Layout.LIST_4101)
    (entry,) = json.loads(path.read_text(encoding="utf-8"))
    assert entry["setlinfo"] == {"nwb_bir_wt": "2500,2400", "pwcry_bfadm_coma_dura": "1//5"}
    assert entry["diseinfo"] == [
        {"diag_code": "J96.000", "maindiag_flag": "1"},
        {"diag_code": "I10.x00", "maindiag_flag": "0"},
    ]


@pytest.mark.parametrize(
    ("name", "layout", "encoding", "codes"),
    [
        ("x.xlsx", Layout.HQMS, "utf-8", ["output_format"]),
        ("x.csv", Layout.OPENDRG, "utf-8", ["layout_not_written"]),
        ("x.csv", Layout.CASE, "big5", ["layout_not_written", "encoding"]),
        ("nowhere/x.csv", Layout.OWN, "utf-8", ["unwritable"]),
    ],
)
def test_what_cannot_be_written(
    tmp_path: Path,
    catalogue: Catalogue,
    name: str,
    layout: Layout,
    encoding: str,
    codes: list[str],
) -> None:
    with pytest.raises(InputError) as refused:
        write_pages(tmp_path / name, [table(A48="9")], catalogue, layout, encoding)
    assert [problem.code for problem in refused.value.problems] == codes
    assert not list(tmp_path.rglob("*.part"))


def test_a_failed_reading_leaves_no_half_file(tmp_path: Path, catalogue: Catalogue) -> None:
    def tables() -> Any:
        yield table(A48="9")
        raise InputError("source", [])

    path = tmp_path / "x.csv"
    with pytest.raises(InputError):
        write_pages(path, tables(), catalogue, Layout.OWN)
    assert not list(tmp_path.iterdir())


def test_the_side_file_holds_the_content_of_bad_cells(tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    cell = BadCell(3, "年龄", "A14", "whole_invalid", "不是整数", "填写整数", "=1+1")
    with BadCellFile(path) as side:
        side.add([cell, cell])
    rows = list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines()))
    assert rows[1] == ["3", "年龄", "A14", "whole_invalid", "不是整数", "填写整数", "'=1+1"]
    assert side.counts == {("年龄", "不是整数"): 2}


def test_a_table_with_every_field(catalogue: Catalogue) -> None:
    cells = with_all_fields(table(A48="9", C06C=["I10.x00"]), catalogue)
    assert cells.columns == ["row", "id", *(field.id for field in catalogue.fields)]
    assert cells["C35C"].to_list() == [[]]
    assert cells["D01"].to_list() == [None]
