"""Workbooks for Chinese Excel (导出 xlsx): codes stay text, header frozen, filters on.

Cells are written as values only; a text that begins with ``=`` never becomes a formula.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Literal

import xlsxwriter

Kind = Literal["text", "whole", "number", "money", "percent", "date", "time"]
Cell = str | int | float | Decimal | date | datetime | bool | None

#: Rows of one sheet, the header included; what goes beyond is continued on a further sheet.
MOST_ROWS = 1_048_576
_MOST_CHARACTERS = 32_767
_LONGEST_TITLE = 31
_NOT_IN_TITLES = str.maketrans(dict.fromkeys("[]:*?/\\", "_"))
_FORMATS: dict[Kind, str] = {
    "text": "@",
    "whole": "#,##0",
    "number": "0.0000",
    "money": "#,##0.00",
    "percent": "0.0%",
    "date": "yyyy-mm-dd",
    "time": "yyyy-mm-dd hh:mm",
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a sheet: its Chinese name, how cells are written, width in characters."""

    name: str
    kind: Kind = "text"
    width: int = 14


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet of a workbook.

    Attributes
    ----------
    title
        Name of the sheet; what Excel forbids in it is replaced, what is beyond 31 characters cut.
    columns
        Columns from left to right.
    rows
        Cells of each row, read once; None is an empty cell.
    note
        A line above the header, such as how numbers are to be read; empty for none.
    """

    title: str
    columns: Sequence[Column]
    rows: Iterable[Sequence[Cell]]
    note: str = ""


def write_workbook(path: Path, sheets: Iterable[Sheet]) -> None:
    """Write a workbook, row by row, in memory that does not grow with its length.

    Parameters
    ----------
    path
        File to write, ``.xlsx``.
    sheets
        Sheets in their order. One longer than Excel allows is continued on further sheets.

    Raises
    ------
    OSError
        The file can't be written.
    """
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_numbers": False,
        "strings_to_urls": False,
    }
    book = xlsxwriter.Workbook(str(path), options)
    try:
        for sheet in sheets:
            _Writer(book, sheet).write()
    finally:
        try:
            book.close()
        except xlsxwriter.exceptions.FileCreateError as error:
            raise OSError(f"{path.name} can't be written") from error


class _Writer:
    """Writes one sheet and its continuations."""

    def __init__(self, book: xlsxwriter.Workbook, sheet: Sheet) -> None:
        self._book = book
        self._sheet = sheet
        self._formats = {
            kind: book.add_format(
                {"num_format": _FORMATS[kind], "valign": "top", "text_wrap": kind == "text"}
            )
            for kind in {column.kind for column in sheet.columns}
        }
        self._bold = book.add_format(
            {"bold": True, "bg_color": "#DCE6F1", "border": 1, "text_wrap": True, "num_format": "@"}
        )
        self._header = 1 if sheet.note else 0

    def write(self) -> None:
        part = 1
        page = self._new_page(part)
        place = self._header + 1
        for row in self._sheet.rows:
            if place == MOST_ROWS:
                self._finish(page, place)
                part += 1
                page, place = self._new_page(part), self._header + 1
            self._write_row(page, place, row)
            place += 1
        self._finish(page, place)

    def _new_page(self, part: int) -> xlsxwriter.worksheet.Worksheet:
        suffix = "" if part == 1 else f"_{part}"
        title = self._sheet.title.translate(_NOT_IN_TITLES)[: _LONGEST_TITLE - len(suffix)]
        page = self._book.add_worksheet(title + suffix)
        for at, column in enumerate(self._sheet.columns):
            page.set_column(at, at, column.width)
        if self._sheet.note:
            page.write_string(0, 0, self._sheet.note)
        for at, column in enumerate(self._sheet.columns):
            page.write_string(self._header, at, column.name, self._bold)
        page.freeze_panes(self._header + 1, 0)
        return page

    def _finish(self, page: xlsxwriter.worksheet.Worksheet, place: int) -> None:
        page.autofilter(self._header, 0, max(self._header, place - 1), len(self._sheet.columns) - 1)

    def _write_row(
        self, page: xlsxwriter.worksheet.Worksheet, place: int, row: Sequence[Cell]
    ) -> None:
        for at, (column, cell) in enumerate(zip(self._sheet.columns, row, strict=True)):
            form = self._formats[column.kind]
            if cell is None:
                continue
            if isinstance(cell, bool):
                page.write_string(place, at, "是" if cell else "否", form)
            elif isinstance(cell, str) or column.kind == "text":
                page.write_string(place, at, str(cell)[:_MOST_CHARACTERS], form)
            elif isinstance(cell, date):
                page.write_datetime(place, at, cell, form)
            else:
                page.write_number(place, at, float(cell), form)
