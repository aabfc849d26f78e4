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

from zhibian.whole_file import whole_file

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
_CHART_WIDTH = 760
_CHART_ROWS = 20
_ROW_PIXELS = 20
_NO_LINE = {"line": {"none": True}}
_NO_MARKER = {"marker": {"type": "none"}}
_STYLES: dict[str, dict[str, object]] = {
    "points": {
        **_NO_LINE,
        "marker": {
            "type": "circle",
            "size": 6,
            "fill": {"color": "#1F4E79"},
            "border": {"color": "#FFFFFF"},
        },
    },
    "solid": {**_NO_MARKER, "line": {"color": "#595959", "width": 1.25}},
    "dashed": {**_NO_MARKER, "line": {"color": "#C00000", "width": 1.25, "dash_type": "dash"}},
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a sheet.

    Attributes
    ----------
    name
        Its Chinese name.
    kind
        How cells are written.
    width
        In characters.
    choices
        Values that Excel offers and accepts in its cells; empty for any.
    """

    name: str
    kind: Kind = "text"
    width: int = 14
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """One series of a chart (图中一组数据).

    Attributes
    ----------
    name
        In the legend.
    column
        Column of the sheet that holds its values.
    style
        ``points`` without a line, ``solid`` or ``dashed`` lines without points.
    """

    name: str
    column: str
    style: Literal["points", "solid", "dashed"]


@dataclass(frozen=True, slots=True)
class Chart:
    """A scatter chart of rows of its own sheet (散点图), drawn by Excel from the cells.

    Attributes
    ----------
    title, x_title, y_title
        In Chinese.
    x
        Column of the values from left to right; lines join rows in the order of the sheet.
    lines
        What is drawn.
    first, last
        First and last row of the sheet's rows, from 0.
    percent
        Whether the values are shares.
    """

    title: str
    x: str
    x_title: str
    y_title: str
    lines: tuple[Line, ...]
    first: int
    last: int
    percent: bool = True


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
    charts
        Drawn one below the other to the right of the rows; only rows of the first page can be.
    """

    title: str
    columns: Sequence[Column]
    rows: Iterable[Sequence[Cell]]
    note: str = ""
    charts: Sequence[Chart] = ()


def write_workbook(path: Path, sheets: Iterable[Sheet]) -> None:
    """Write a workbook, row by row, in memory that does not grow with its length.

    Parameters
    ----------
    path
        File to write, ``.xlsx``; one that is there already stays until the new one is finished.
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
    with whole_file(path) as part:
        book = xlsxwriter.Workbook(str(part), options)
        try:
            for sheet in sheets:
                _Writer(book, sheet).write()
        finally:
            # Closing is what removes the scratch files of the sheets, whatever has gone wrong.
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
        for number, chart in enumerate(self._sheet.charts):
            self._draw(page, chart, number)
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
        last = max(self._header, place - 1)
        page.autofilter(self._header, 0, last, len(self._sheet.columns) - 1)
        for at, column in enumerate(self._sheet.columns):
            if column.choices and last > self._header:
                offered = {"validate": "list", "source": list(column.choices)}
                page.data_validation(self._header + 1, at, last, at, offered)

    def _draw(self, page: xlsxwriter.worksheet.Worksheet, chart: Chart, number: int) -> None:
        drawn = self._book.add_chart({"type": "scatter", "subtype": "straight"})
        places = {column.name: at for at, column in enumerate(self._sheet.columns)}
        first = self._header + 1 + chart.first
        last = min(self._header + 1 + chart.last, MOST_ROWS - 1)

        def cells(column: str) -> list[str | int]:
            return [page.get_name(), first, places[column], last, places[column]]

        for line in chart.lines:
            series = {"name": line.name, "categories": cells(chart.x), "values": cells(line.column)}
            drawn.add_series(series | _STYLES[line.style])
        drawn.set_title({"name": chart.title, "name_font": {"size": 12}})
        drawn.set_x_axis({"name": chart.x_title, "min": 0, "major_gridlines": {"visible": False}})
        scale = {"name": chart.y_title, "min": 0}
        drawn.set_y_axis(scale | ({"num_format": "0%"} if chart.percent else {}))
        drawn.set_legend({"position": "bottom"})
        drawn.set_size({"width": _CHART_WIDTH, "height": _CHART_ROWS * _ROW_PIXELS})
        top = self._header + number * (_CHART_ROWS + 1)
        page.insert_chart(top, len(self._sheet.columns) + 1, drawn)

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
