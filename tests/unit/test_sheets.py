"""Workbooks: codes stay text, the header is frozen, long tables are continued."""

from __future__ import annotations

import zipfile
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from zhibian import sheets
from zhibian.sheets import Chart, Column, Line, Sheet, write_workbook

COLUMNS = (Column("编码"), Column("权重", "number"), Column("日期", "date"), Column("是否"))


def test_codes_are_read_back_as_text_and_numbers_as_numbers(tmp_path: Path) -> None:
    path = tmp_path / "out.xlsx"
    row = ("00.5500", Decimal("0.8526"), date(2026, 1, 2), True)
    write_workbook(path, [Sheet("清单", COLUMNS, [row, ("45.10", None, None, False)])])
    assert CalamineWorkbook.from_path(path).get_sheet_by_name("清单").to_python() == [
        ["编码", "权重", "日期", "是否"],
        ["00.5500", 0.8526, date(2026, 1, 2), "是"],
        ["45.10", "", "", "否"],
    ]


def test_a_text_never_becomes_a_formula(tmp_path: Path) -> None:
    path = tmp_path / "out.xlsx"
    write_workbook(path, [Sheet("清单", [Column("名称")], [["=1+1"], ["@SUM(A1)"]])])
    with zipfile.ZipFile(path) as archive:
        assert "<f>" not in archive.read("xl/worksheets/sheet1.xml").decode()
    rows = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
    assert rows[1:] == [["=1+1"], ["@SUM(A1)"]]


def test_header_is_frozen_and_filtered_below_a_note(tmp_path: Path) -> None:
    path = tmp_path / "out.xlsx"
    write_workbook(path, [Sheet("清单", [Column("编码")], [["A"]], note="以医保结算为准")])
    with zipfile.ZipFile(path) as archive:
        page = archive.read("xl/worksheets/sheet1.xml").decode()
    assert 'ySplit="2"' in page
    assert '<autoFilter ref="A2:A3"/>' in page


def test_rows_beyond_the_limit_go_on_a_further_sheet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheets, "MOST_ROWS", 3)
    path = tmp_path / "out.xlsx"
    write_workbook(path, [Sheet("清单", [Column("号")], [[str(i)] for i in range(5)])])
    book = CalamineWorkbook.from_path(path)
    assert book.sheet_names == ["清单", "清单_2", "清单_3"]
    assert [len(book.get_sheet_by_name(n).to_python()) for n in book.sheet_names] == [3, 3, 2]


def test_a_folder_that_is_not_there_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="can't be written"):
        write_workbook(tmp_path / "none" / "out.xlsx", [Sheet("清单", [Column("号")], [])])


def test_a_chart_draws_the_rows_of_its_sheet(tmp_path: Path) -> None:
    path = tmp_path / "out.xlsx"
    columns = [Column("病例数", "whole"), Column("率", "percent"), Column("上限", "percent")]
    lines = (Line("科室", "率", "points"), Line("上限", "上限", "dashed"))
    chart = Chart("漏斗图", "病例数", "病例数", "率", lines, 0, 2)
    rows = [(10, 0.1, 0.4), (20, 0.2, 0.3), (30, 0.15, 0.25)]
    write_workbook(path, [Sheet("科室监测", columns, rows, "说明", (chart,))])
    with zipfile.ZipFile(path) as archive:
        drawn = archive.read("xl/charts/chart1.xml").decode()
    assert "<c:f>科室监测!$A$3:$A$5</c:f>" in drawn.replace("'", "")
    assert "<c:f>科室监测!$C$3:$C$5</c:f>" in drawn.replace("'", "")
    assert "漏斗图" in drawn


def test_choices_are_offered_in_their_column(tmp_path: Path) -> None:
    path = tmp_path / "out.xlsx"
    columns = [Column("病例"), Column("状态", choices=("待指派", "已整改"))]
    write_workbook(path, [Sheet("清单", columns, [["A", "待指派"], ["B", "待指派"]])])
    with zipfile.ZipFile(path) as archive:
        page = archive.read("xl/worksheets/sheet1.xml").decode()
    assert 'sqref="B2:B3"' in page
    assert "待指派,已整改" in page
