"""Tables of front pages as hospitals keep them: encodings, layouts, broken rows, typed cells."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import xlsxwriter

from zhibian.problems import InputError
from zhibian.records.front_page import csv_source
from zhibian.records.front_page.catalogue import Catalogue
from zhibian.records.front_page.layouts import Layout
from zhibian.records.front_page.reader import open_pages, read_pages
from zhibian.records.front_page.types import PageTable

HEADER = "A48,A49,A12C,A14,B12,C03C,C04N,C06x01C,C07x01N,C06x02C,C07x02N,D01"
ROW = "123,1,2,58,2025-03-02 09:10,I21.900,急性心肌梗死,I10.x00,高血压,E11.900,糖尿病,1200.50"
WIDE = "甲乙丙丁"


def written(folder: Path, content: str | bytes, name: str = "pages.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def problems(table: PageTable) -> set[tuple[int, str, str]]:
    return {(cell.row, cell.column, cell.code) for cell in table.bad}


def refused(path: Path, catalogue: Catalogue) -> list[str]:
    with pytest.raises(InputError) as error:
        read_pages(path, catalogue)
    return [problem.code for problem in error.value.problems]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "gb2312"])
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends(
    tmp_path: Path, catalogue: Catalogue, encoding: str, ends: str
) -> None:
    path = written(tmp_path, ends.join([HEADER, ROW, ""]).encode(encoding))
    opened = open_pages(path, catalogue)
    table = next(iter(opened.chunks))
    assert opened.encoding == ("utf-8" if encoding.startswith("utf") else "gb18030")
    assert not table.bad
    assert table.cells.row(0, named=True) == {
        "row": 2,
        "id": "123-1",
        "A48": "123",
        "A49": "1",
        "B12": "2025-03-02 09:10",
        "A12C": "2",
        "A14": "58",
        "C03C": "I21.900",
        "C04N": "急性心肌梗死",
        "C06C": ["I10.x00", "E11.900"],
        "C07N": ["高血压", "糖尿病"],
        "D01": "1200.50",
    }


def test_four_byte_characters_of_gb18030(tmp_path: Path, catalogue: Catalogue) -> None:
    path = written(tmp_path, f"{HEADER}\n{ROW.replace('急性', '𠮷㐂')}\n".encode("gb18030"))
    assert read_pages(path, catalogue).cells["C04N"].to_list() == ["𠮷㐂心肌梗死"]


def test_a_short_table_whose_only_chinese_looks_like_utf8(
    tmp_path: Path, catalogue: Catalogue
) -> None:
    # The two bytes of 男 in GB18030 are one valid character of UTF-8.
    path = written(tmp_path, "id,sex,age\na,男,5\n".encode("gb18030"))
    assert read_pages(path, catalogue).cells["A12C"].to_list() == ["1"]


def test_broken_bytes_cost_their_own_line(tmp_path: Path, catalogue: Catalogue) -> None:
    rows = [ROW.encode("gb18030") for _ in range(3)]
    rows[1] = rows[1].replace("高血压".encode("gb18030"), b"\xb8\xff\xff")
    path = written(tmp_path, b"\n".join([HEADER.encode(), *rows, b""]))
    table = read_pages(path, catalogue)
    assert table.cells["row"].to_list() == [2, 4]
    assert problems(table) == {(3, "", "row_broken")}


def test_a_file_cut_off_within_a_character(tmp_path: Path, catalogue: Catalogue) -> None:
    whole = "\n".join([HEADER, ROW, ROW]).encode("gb18030")
    cut = whole[: whole.rfind("糖尿病".encode("gb18030")) + 1]
    table = read_pages(written(tmp_path, cut), catalogue)
    assert table.cells["row"].to_list() == [2]
    assert problems(table) == {(3, "", "row_broken")}


def test_utf8_with_one_broken_line_stays_utf8(tmp_path: Path, catalogue: Catalogue) -> None:
    rows = [ROW.encode() for _ in range(4)]
    rows[2] = ROW.encode("gb18030")
    table = read_pages(written(tmp_path, b"\n".join([HEADER.encode(), *rows])), catalogue)
    assert table.cells["C04N"].to_list() == ["急性心肌梗死"] * 3
    assert problems(table) == {(4, "", "row_broken")}


def test_rows_with_too_few_or_too_many_cells(tmp_path: Path, catalogue: Catalogue) -> None:
    lines = [HEADER, ROW, "123,1,2", "", f"{ROW},x", f"{ROW},,", ROW]
    table = read_pages(written(tmp_path, "\n".join(lines)), catalogue)
    # Empty cells beyond the header are what some programs end every row with.
    assert table.cells["row"].to_list() == [2, 6, 7]
    assert problems(table) == {(3, "", "row_broken"), (5, "", "row_broken")}


def test_quoted_cells(tmp_path: Path, catalogue: Catalogue) -> None:
    header = "A48,C04N,D01"
    lines = [
        header,
        '"1","肺炎, 重症","3"',
        '2,"他说""好""\n第二行",4',
        '3,胃"炎",5',
        '4,"没有闭合,6',
        "5,肺炎,7",
    ]
    table = read_pages(written(tmp_path, "\n".join(lines)), catalogue)
    assert table.cells["C04N"].to_list() == ["肺炎, 重症", '他说"好"\n第二行', '胃"炎"', "肺炎"]
    assert table.cells["row"].to_list() == [2, 3, 4, 6]
    assert problems(table) == {(5, "", "row_broken")}


def test_a_quote_never_closed_loses_no_row_after_it(tmp_path: Path, catalogue: Catalogue) -> None:
    lines = ["A48,C04N,D01", '0,"没有闭合,1', *(f"{n},肺炎,{n}" for n in range(1, 1500))]
    table = read_pages(written(tmp_path, "\n".join(lines)), catalogue)
    assert len(table.cells) == 1499
    assert problems(table) == {(2, "", "row_broken")}


def test_the_content_of_a_cell_is_in_its_value_alone(tmp_path: Path, catalogue: Catalogue) -> None:
    path = written(tmp_path, f"A48,A14,A11\n1,{WIDE},张\n2,3\n")
    for cell in read_pages(path, catalogue).bad:
        assert WIDE not in cell.message + cell.remedy + cell.column
    assert {cell.value for cell in read_pages(path, catalogue).bad} == {WIDE, "2,3"}


def test_tabs_part_cells_too(tmp_path: Path, catalogue: Catalogue) -> None:
    path = written(tmp_path, f"{HEADER}\n{ROW}\n".replace(",", "\t"), "pages.txt")
    assert read_pages(path, catalogue).cells["C03C"].to_list() == ["I21.900"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file_empty"),
        (b"\xef\xbb\xbf\r\n\r\n", "file_empty"),
        (HEADER.encode(), "no_rows"),
        ("A48,C04N\n1,肺炎\n".encode("utf-16"), "encoding"),
        (b"A48,C04N\n" + bytes(range(128, 256)) * 3, "encoding"),
        ("甲,乙\n1,2\n".encode(), "layout_unknown"),
        (b"A48,A48,A14,a14,A12C\n1,1,2,2,1\n", "column_repeated"),
    ],
)
def test_files_that_are_no_table_of_pages(
    tmp_path: Path, catalogue: Catalogue, content: bytes, code: str
) -> None:
    codes = refused(written(tmp_path, content), catalogue)
    assert set(codes) == {code}


def test_every_repeated_column_is_told_at_once(tmp_path: Path, catalogue: Catalogue) -> None:
    path = written(tmp_path, "A48,A48,性别,A12C,A14\n1,1,2,2,3\n")
    assert refused(path, catalogue) == ["column_repeated", "column_repeated"]


def test_a_file_that_is_not_there(tmp_path: Path, catalogue: Catalogue) -> None:
    assert refused(tmp_path / "none.csv", catalogue) == ["unreadable"]
    assert refused(tmp_path / "none.json", catalogue) == ["unreadable"]


def test_chinese_headings(tmp_path: Path, catalogue: Catalogue) -> None:
    header = "病案号,性别,年龄(岁),出院主要诊断编码,出院其他诊断编码1,出院其他诊断编码2,住院总费用"
    path = written(tmp_path, f"{header}\n9,男,58,I21.900,I10.x00,-,12\n".encode("gbk"))
    opened = open_pages(path, catalogue)
    page = next(iter(opened.chunks)).cells.row(0, named=True)
    assert opened.layout is Layout.HEADINGS
    assert (page["A12C"], page["A14"], page["C06C"]) == ("1", "58", ["I10.x00"])


def test_headings_of_a_hospitals_own_table(tmp_path: Path, catalogue: Catalogue) -> None:
    header = "病案号,性别,年龄,入院日期,主要诊断编码,其他诊断编码1,其他诊断编码12,主要诊断,总费用"
    row = "9,女,58,2025/3/2,I21.900,I10.x00,E11.900,心梗,12"
    opened = open_pages(written(tmp_path, f"{header}\n{row}\n"), catalogue)
    page = next(iter(opened.chunks)).cells.row(0, named=True)
    assert opened.layout is Layout.HEADINGS
    assert opened.unknown == ("主要诊断",)
    assert (page["A12C"], page["A14"], page["B12"], page["D01"]) == ("2", "58", "2025-03-02", "12")
    assert page["C06C"] == ["I10.x00", *[None] * 10, "E11.900"]


def test_the_older_interface(tmp_path: Path, catalogue: Catalogue) -> None:
    header = "P3,P5,P7,P321,P322,P324,P325,P806,P327,P490,P4911,P741,P742,P743,P782,P72,P9999"
    row = "9,1,58,I21.900,心梗,I10.x00,高血压,1,E11.900,36.0600,88.5500,3,,社区,12,5,x"
    opened = open_pages(written(tmp_path, f"{header}\n{row}\n"), catalogue)
    page = next(iter(opened.chunks)).cells.row(0, named=True)
    assert opened.layout is Layout.OLDER
    assert opened.unknown == ("P72", "P9999")
    assert page["C06C"] == ["I10.x00", "E11.900"]
    assert page["C07N"] == ["高血压", None]
    assert (page["C14C"], page["C35C"], page["B35"]) == ("36.0600", ["88.5500"], "社区")


def test_own_columns_with_joined_codes(tmp_path: Path, catalogue: Catalogue) -> None:
    header = "id,sex,age,weight,principal,others,procedures,C07N,cost,synthetic"
    row = 'a,女,0,2500,P07.300,"P22.000；Q21.000, P59.000",;88.7200,甲\\|乙|丙,12,1'
    opened = open_pages(written(tmp_path, f"{header}\n{row}\n"), catalogue)
    page = next(iter(opened.chunks)).cells.row(0, named=True)
    assert opened.layout is Layout.OWN
    assert opened.unknown == ()
    assert page["C06C"] == ["P22.000", "Q21.000", "P59.000"]
    assert page["C07N"] == ["甲|乙", "丙", None]
    assert (page["C14C"], page["C35C"]) == (None, ["88.7200"])
    assert page["A18"] == ["2500"]
    assert "B12" in opened.absent
    assert "A12C" not in opened.absent


def test_opendrg_columns(tmp_path: Path, catalogue: Catalogue) -> None:
    header = "Index,gender,age,ageDay,weight,dept,inHospitalTime,leavingType,zdList,ssList"
    path = written(tmp_path, f"{header}\n7,2,0.08,30,0,儿科,5,1,P07.300|P22.000,\n")
    opened = open_pages(path, catalogue)
    page = next(iter(opened.chunks)).cells.row(0, named=True)
    assert opened.layout is Layout.OPENDRG
    assert (page["A14"], page["A16"], page["A18"], page["A12C"]) == ("0", "30", [], "2")
    assert (page["C03C"], page["C06C"], page["C14C"]) == ("P07.300", ["P22.000"], None)


def workbook(path: Path, rows: list[list[Any]]) -> Path:
    book = xlsxwriter.Workbook(str(path))
    book.add_worksheet("空表")
    sheet = book.add_worksheet("首页")
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    for at, row in enumerate(rows):
        for column, cell in enumerate(row):
            if isinstance(cell, date):
                sheet.write_datetime(at, column, cell, day)
            elif cell is not None:
                sheet.write(at, column, cell)
    book.close()
    return path


def test_a_workbook_that_took_codes_for_numbers(tmp_path: Path, catalogue: Catalogue) -> None:
    header: list[Any] = [
        "A48",
        "A20",
        "A12C",
        "A14",
        "B12",
        "A13",
        "C03C",
        "C14x01C",
        "B16C",
        "D01",
    ]
    admitted, born = datetime(2025, 3, 2, 9, 10), date(1966, 1, 2)
    rows: list[list[Any]] = [
        header,
        ["1", "11010119600305001X", 2, 58, admitted, born, "I21.900", 45.1, "0301", 1200.5],
        [2, 110101196003050010, 1.0, 58.5, 45718.5, 45718, "I10.x00", "45.1000", 301, "x"],
        [None] * 10,
        ["3", None, None, None, None, None, None, None, None, None, "溢出"],
    ]
    table = read_pages(workbook(tmp_path / "pages.xlsx", rows), catalogue)
    first, second, third = table.cells.to_dicts()
    assert first["C14C"] is None
    assert (first["A12C"], first["A14"], first["D01"]) == ("2", "58", "1200.5")
    assert (first["B12"], first["A13"]) == ("2025-03-02 09:10", "1966-01-02")
    assert (second["B12"], second["A13"]) == ("2025-03-02 12:00", "2025-03-02")
    assert (second["A48"], second["A12C"], second["C14C"]) == ("2", "1", "45.1000")
    assert third["row"] == 5
    assert problems(table) == {
        (2, "C14x01C", "code_is_number"),
        (3, "A20", "digits_lost"),
        (3, "A14", "whole_invalid"),
        (3, "B16C", "leading_zero_lost"),
        (3, "D01", "number_invalid"),
        (5, "", "cells_beyond_header"),
    }


def test_a_file_that_is_no_workbook(tmp_path: Path, catalogue: Catalogue) -> None:
    assert refused(written(tmp_path, b"PK\x03\x04", "pages.xlsx"), catalogue) == ["unreadable"]
    assert refused(workbook(tmp_path / "empty.xlsx", []), catalogue) == ["file_empty"]


def test_parquet_of_typed_columns(tmp_path: Path, catalogue: Catalogue) -> None:
    frame = pl.DataFrame(
        {
            "id": ["a", "b"],
            "sex": [1, None],
            "age": [58, 3],
            "principal": ["I21.900", None],
            "others": [["I10.x00", None, "E11.900"], []],
            "procedures": [None, ["45.1000"]],
            "C16": [datetime(2025, 3, 2, 9, 10), None],
            "C09C": [45.1, None],
            "admitted": [date(2025, 3, 2), None],
            "cost": [1200.5, None],
        }
    )
    path = tmp_path / "pages.parquet"
    frame.write_parquet(path)
    table = read_pages(path, catalogue)
    first, second = table.cells.to_dicts()
    assert first["C06C"] == ["I10.x00", None, "E11.900"]
    assert (first["C16"], first["B12"], first["D01"]) == (
        "2025-03-02 09:10",
        "2025-03-02",
        "1200.5",
    )
    assert (second["C14C"], second["C06C"], second["A12C"]) == ("45.1000", [], None)
    assert problems(table) == {(2, "C09C", "code_is_number")}


def test_rows_are_the_same_however_they_are_chunked(tmp_path: Path, catalogue: Catalogue) -> None:
    lines = [HEADER, *(ROW.replace("123,", f"{n},", 1) for n in range(50)), "坏行"]
    path = written(tmp_path, "\n".join(lines))
    chunks = list(open_pages(path, catalogue, rows=7).chunks)
    whole = read_pages(path, catalogue)
    assert max(len(chunk.cells) for chunk in chunks) == 7
    assert pl.concat(chunk.cells for chunk in chunks).equals(whole.cells)
    assert [cell for chunk in chunks for cell in chunk.bad] == list(whole.bad)


def test_a_wide_file_is_read_in_pieces_and_given_together(
    tmp_path: Path, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_source, "_CHUNK", 1_000)
    lines = [HEADER, *(ROW.replace("123,", f"{n},", 1) for n in range(200)), "坏行", ROW]
    path = written(tmp_path, "\n".join(lines))
    chunks = list(open_pages(path, catalogue, rows=90).chunks)
    assert [len(chunk.cells) > 80 for chunk in chunks[:-1]] == [True, True]
    assert max(len(chunk.cells) for chunk in chunks) <= 90
    assert pl.concat(chunk.cells for chunk in chunks)["row"].to_list() == [*range(2, 202), 203]
    assert problems(chunks[-1]) == {(202, "", "row_broken")}
