"""Workbooks and parquet files of front pages (Excel 与 parquet 来源): typed cells become text.

A spreadsheet that took a code for a number has lost what was filed: 45.10 is stored as 45.1. Such
a cell is told and left blank, never guessed at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import python_calamine

from zhibian.problems import InputError, Problem
from zhibian.records.front_page.catalogue import Kind
from zhibian.records.front_page.sources import Column, Rows, empty_file, position, unreadable
from zhibian.records.front_page.types import BadCell

WORKBOOKS = (".xlsx", ".xls", ".xlsm", ".xlsb", ".ods")
PARQUET = ".parquet"
# Excel counts days from here; it believes that 1900 was a leap year, which the start makes good.
_EXCEL_START = datetime(1899, 12, 30)
_EXCEL_LAST_DAY = 2_958_465
# A spreadsheet keeps fifteen digits of a number; a longer identifier has lost its end.
_MOST_DIGITS = 10**15
_DATES = (Kind.DATE, Kind.TIME)
_NUMBERS = (Kind.WHOLE, Kind.DECIMAL)
_FRACTION = re.compile(r"\.0+$")


class Lost(NamedTuple):
    """Why a typed cell can't be used."""

    code: str
    message: str
    remedy: str


CODE_IS_NUMBER = Lost(
    "code_is_number",
    "编码被存成数字，末尾或前面的零可能已丢失",
    "在源表把该列设为文本格式后重新导出，不要补零猜测",
)
ZERO_LOST = Lost(
    "leading_zero_lost",
    "代码被存成数字，前面的零可能已丢失",
    "在源表把该列设为文本格式后重新导出",
)
DIGITS_LOST = Lost(
    "digits_lost",
    "长数字超过 15 位，末位已丢失",
    "在源表把该列设为文本格式后重新导出",
)
NOT_A_TIME = Lost("date_invalid", "不是日期", "填写日期，如 2025-03-02")
WRONG_TYPE = Lost("type_invalid", "单元格类型与该列不符", "改为该列应有的类型")


class WorkbookSource:
    """The first sheet of a workbook that has rows (Excel 工作簿).

    Parameters
    ----------
    path
        ``.xlsx``, ``.xls``, ``.xlsm``, ``.xlsb`` or ``.ods``.

    Raises
    ------
    InputError
        The file can't be read, or no sheet has a row.
    """

    encoding = ""

    def __init__(self, path: Path) -> None:
        try:
            book = python_calamine.CalamineWorkbook.from_path(str(path))
            names = book.sheet_names
            sheets = (book.get_sheet_by_name(name) for name in names)
            self._sheet = next((sheet for sheet in sheets if sheet.total_height), None)
        except (OSError, python_calamine.CalamineError):
            raise InputError(path.name, [unreadable(path.name)]) from None
        if self._sheet is None:
            raise InputError(path.name, [empty_file(path.name)])
        rows = self._numbered()
        self._header_at, cells = next(rows, (0, []))
        self._header = [str(cell).strip() for cell in cells]
        while self._header and not self._header[-1]:
            self._header.pop()

    @property
    def header(self) -> Sequence[str]:
        """Return the names of the columns."""
        return self._header

    def read(self, columns: Sequence[Column], size: int) -> Iterator[Rows]:
        """Yield the rows; see :class:`~zhibian.records.front_page.sources.Source`."""
        rows = ((n, cells) for n, cells in self._numbered() if n > self._header_at)
        while chunk := list(islice(rows, size)):
            yield self._rows(chunk, columns)

    def _numbered(self) -> Iterator[tuple[int, list[Any]]]:
        """Yield the rows that have a cell, numbered as the spreadsheet does."""
        sheet = self._sheet
        if sheet is None:
            return
        first = (sheet.start or (0, 0))[0] + 1
        for number, cells in enumerate(sheet.iter_rows(), start=first):
            if any(cell != "" for cell in cells):
                yield number, cells

    def _rows(self, chunk: Sequence[tuple[int, list[Any]]], columns: Sequence[Column]) -> Rows:
        bad: list[BadCell] = []
        texts: dict[str, list[str | None]] = {}
        for at, (name, column) in enumerate(zip(self._header, columns, strict=True)):
            cells: list[str | None] = []
            for number, row in chunk:
                value = row[at] if at < len(row) else ""
                found = text_of(value, column)
                if isinstance(found, Lost):
                    bad.append(_bad(number, name, column, found, str(value)))
                    found = None
                cells.append(found)
            texts[position(at)] = cells
        frame = pl.DataFrame(texts, schema=dict.fromkeys(texts, pl.String))
        width = len(self._header)
        for number, row in chunk:
            if any(cell != "" for cell in row[width:]):
                message = f"该行有超出表头 {width} 列的内容"
                bad.append(
                    BadCell(number, "", "", "cells_beyond_header", message, "补全表头或删去", "")
                )
        return Rows(frame, pl.Series("row", [n for n, _ in chunk], dtype=pl.Int64), bad)


def text_of(value: object, column: Column) -> str | Lost | None:
    """Return a typed cell as the text that was filed, or why that can't be told.

    Parameters
    ----------
    value
        What the spreadsheet holds; an empty text for an empty cell.
    column
        What the column should hold.
    """
    if value is None or isinstance(value, str):
        return value or None
    if isinstance(value, date):
        return _time(value, column)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _number(float(value), column)
    if column.kind not in {None, Kind.TEXT}:
        return WRONG_TYPE
    return {True: "是", False: "否"}[value] if isinstance(value, bool) else str(value)


def _number(value: float, column: Column) -> str | Lost:
    if column.kind in _DATES:
        if not 1 <= value <= _EXCEL_LAST_DAY:
            return NOT_A_TIME
        # Times are kept as fractions of a day; a second is the finest that anyone files.
        return time_text(_EXCEL_START + timedelta(seconds=round(value * 86_400)))
    if column.kind is Kind.CODE:
        return CODE_IS_NUMBER
    if column.kind not in _NUMBERS and abs(value) >= _MOST_DIGITS:
        return DIGITS_LOST
    text = _FRACTION.sub("", f"{value:.10f}".rstrip("0") if value % 1 else f"{value:.0f}")
    if column.kind is Kind.CHOICE and text not in column.keys:
        padded = {key.lstrip("0") for key in column.keys if key.startswith("0")}
        return ZERO_LOST if text in padded else text
    return text


def _time(value: date, column: Column) -> str | Lost:
    if column.kind in {Kind.CODE, Kind.CHOICE, *_NUMBERS}:
        return WRONG_TYPE
    return time_text(value)


def time_text(value: date) -> str:
    """Return a day or time as page tables write it."""
    if not isinstance(value, datetime) or value.time() == time.min:
        return f"{value:%Y-%m-%d}"
    return f"{value:%Y-%m-%d %H:%M:%S}" if value.second else f"{value:%Y-%m-%d %H:%M}"


def _bad(row: int, name: str, column: Column, lost: Lost, value: str) -> BadCell:
    return BadCell(row, name, column.field, lost.code, lost.message, lost.remedy, value)


class ParquetSource:
    """A parquet file (parquet 文件).

    Parameters
    ----------
    path
        Columns of text, or of types that keep what was filed. A list column stands for a repeated
        field; its members are joined by ``|`` as in a CSV cell, a bar within after a backslash.

    Raises
    ------
    InputError
        The file can't be read.
    """

    encoding = ""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._header = list(pq.read_schema(path).names)
        except (OSError, pa.ArrowInvalid):
            raise InputError(path.name, [unreadable(path.name)]) from None

    @property
    def header(self) -> Sequence[str]:
        """Return the names of the columns."""
        return self._header

    def read(self, columns: Sequence[Column], size: int) -> Iterator[Rows]:
        """Yield the rows; see :class:`~zhibian.records.front_page.sources.Source`."""
        start = 2
        with pq.ParquetFile(self._path) as file:
            for batch in file.iter_batches(batch_size=size):
                frame = pl.DataFrame(pl.from_arrow(batch))
                numbers = pl.Series("row", range(start, start + len(frame)), dtype=pl.Int64)
                start += len(frame)
                bad: list[BadCell] = []
                texts = [
                    _column_text(frame.to_series(at), name, column, numbers, bad).alias(
                        position(at)
                    )
                    for at, (name, column) in enumerate(zip(self._header, columns, strict=True))
                ]
                yield Rows(pl.DataFrame(texts), numbers, bad)


def _column_text(
    cells: pl.Series, name: str, column: Column, numbers: pl.Series, bad: list[BadCell]
) -> pl.Series:
    """Return a column as text; cells that lost something are told and left blank."""
    if cells.dtype == pl.String:
        return cells
    if isinstance(cells.dtype, pl.List):
        return cells.cast(pl.List(pl.String)).list.eval(escaped(pl.element())).list.join("|")
    if _keeps_its_text(cells.dtype, column):
        return cells.cast(pl.String)
    if cells.dtype.is_temporal() or cells.dtype.is_numeric() or cells.dtype == pl.Boolean:
        texts: list[str | None] = []
        for number, value in zip(numbers, cells, strict=True):
            found = text_of(value, column)
            if isinstance(found, Lost):
                bad.append(_bad(number, name, column, found, str(value)))
                found = None
            texts.append(found)
        return pl.Series(texts, dtype=pl.String)
    if cells.dtype in {pl.Categorical, pl.Enum, pl.Null}:
        return cells.cast(pl.String)
    problem = Problem(name, "column_type", f"列的类型 {cells.dtype} 不能读取", "存为文本列")
    raise InputError(name, [problem])


def _keeps_its_text(kind: pl.DataType, column: Column) -> bool:
    """Return whether the cells of a type can be written as text all at once."""
    if column.kind in _NUMBERS:
        return kind.is_integer()
    return column.kind in _DATES and kind == pl.Date


def escaped(member: pl.Expr) -> pl.Expr:
    """Return a member of a list as it is written into a joined cell; null becomes empty."""
    bars = member.str.replace_all("\\", "\\\\", literal=True)
    return bars.str.replace_all("|", "\\|", literal=True).fill_null("")
