"""CSV files of front pages (CSV 来源): read in chunks, a broken row is refused alone.

Chunks of whole records go to the frame library, which is fast; records that it would read
otherwise than a spreadsheet does go through the csv module one by one. Bytes are split into lines
before they are decoded, so that a broken character costs its own line only.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import polars as pl

from zhibian.problems import InputError, Problem
from zhibian.records.front_page.sources import (
    ROW_BAD_REMEDY,
    Column,
    Rows,
    empty_file,
    position,
    unreadable,
)
from zhibian.records.front_page.types import BadCell

_CHUNK = 1 << 23
_UTF8, _GB = "utf-8", "gb18030"
_DELIMITERS = (",", "\t", ";", "|")
_LAST_OF_TWO_BYTES = "\u07ff"
# Empty cells as interfaces write them; what is only blanks is emptied later.
_NULLS = ["", "-", "—", "－", "--", "——"]
# A record whose quotes stand at the ends of cells only, doubled inside: read the same by all.
_REGULAR = '(?:"(?:[^"]|"")*"|[^"{0}]*)'
_QUOTED = re.compile(r'"[^"]*"')
# Lines that one quoted cell may run over before the quote counts as never closed.
_MOST_LINES = 200
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class _Record(NamedTuple):
    """One record, its number, and what is wrong with it, if anything."""

    number: int
    text: str
    wrong: str


class CsvSource:
    """A CSV file (CSV 文件).

    Parameters
    ----------
    path
        UTF-8 with or without mark, or GB18030 (GBK, GB2312); comma, tab, semicolon or bar.

    Raises
    ------
    InputError
        The file can't be read, is empty, or is text of another encoding.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            with path.open("rb") as handle:
                first = handle.read(_CHUNK)
        except OSError:
            raise InputError(path.name, [unreadable(path.name)]) from None
        if not first.strip(b"\r\n\t ,\xef\xbb\xbf"):
            raise InputError(path.name, [empty_file(path.name)])
        if first.startswith(_UTF16):
            raise InputError(path.name, [_encoding_problem(path.name, "UTF-16")])
        self._encoding = self._find_encoding()
        self._delimiter, self._header = self._find_header(first)

    @property
    def header(self) -> Sequence[str]:
        """Return the names of the columns."""
        return self._header

    @property
    def encoding(self) -> str:
        """Return ``utf-8`` or ``gb18030``."""
        return self._encoding

    def read(self, columns: Sequence[Column], size: int) -> Iterator[Rows]:
        """Yield the rows; see :class:`~zhibian.records.front_page.sources.Source`."""
        waiting: list[_Record] = []
        for records in self._records():
            waiting += records
            while len(waiting) >= size:
                yield self._rows(waiting[:size])
                waiting = waiting[size:]
        if waiting:
            yield self._rows(waiting)

    def _find_encoding(self) -> str:
        """Judge by the first part of the file that has other characters than ASCII."""
        with self._path.open("rb") as handle:
            if handle.read(len(codecs.BOM_UTF8)) == codecs.BOM_UTF8:
                return _UTF8
            handle.seek(0)
            for chunk in _line_chunks(handle):
                if not chunk.isascii():
                    return _encoding_of(chunk, self._path.name)
        return _UTF8

    def _find_header(self, first: bytes) -> tuple[str, list[str]]:
        line = next((part for part in first.splitlines() if part.strip()), b"")
        text = line.removeprefix(codecs.BOM_UTF8).decode(self._encoding, errors="replace")
        delimiter = max(_DELIMITERS, key=text.count)
        cells = next(csv.reader([text], delimiter=delimiter), [])
        return delimiter, [cell.strip().strip("\ufeff") for cell in cells]

    def _records(self) -> Iterator[list[_Record]]:
        """Yield the records after the header, chunk by chunk; blank lines only count."""
        joiner = _Joiner()
        seen_header = False
        with self._path.open("rb") as handle:
            for chunk in _line_chunks(handle):
                records = joiner.join(_decoded(chunk, self._encoding))
                if not seen_header and records:
                    records, seen_header = records[1:], True
                yield records
        yield joiner.rest()

    def _rows(self, records: Sequence[_Record]) -> Rows:
        width = len(self._header)
        good: list[_Record] = []
        odd: list[tuple[int, list[str]]] = []
        bad: list[BadCell] = []
        regular = re.compile(_pattern(self._delimiter))
        for record in records:
            wrong = record.wrong
            quoted = '"' in record.text
            if not wrong and quoted and not regular.fullmatch(record.text):
                cells = next(csv.reader([record.text], delimiter=self._delimiter), [])
                if len(cells) == width:
                    odd.append((record.number, cells))
                    continue
                wrong = _width_message(len(cells), width)
            elif not wrong:
                plain = _QUOTED.sub("", record.text) if quoted else record.text
                found = plain.count(self._delimiter) + 1
                # Some programs end every row, but not the header, with a delimiter.
                extra = self._delimiter * (found - width)
                if found == width or (extra and record.text.endswith(extra)):
                    good.append(record._replace(text=record.text.removesuffix(extra)))
                    continue
                wrong = _width_message(found, width)
            bad.append(_broken_row(record, wrong))
        return Rows(*self._frame(good, odd), bad)

    def _frame(
        self, good: Sequence[_Record], odd: Sequence[tuple[int, list[str]]]
    ) -> tuple[pl.DataFrame, pl.Series]:
        """Return the cells of all good records in their order."""
        names = [position(at) for at in range(len(self._header))]
        schema = dict.fromkeys(names, pl.String)
        numbers = pl.Series("row", [r.number for r in good], dtype=pl.Int64)
        if good:
            frame = pl.read_csv(
                io.BytesIO("\n".join(r.text for r in good).encode()),
                has_header=False,
                schema=schema,
                separator=self._delimiter,
                quote_char='"' if any('"' in r.text for r in good) else None,
                null_values=_NULLS,
            )
        else:
            frame = pl.DataFrame(schema=schema)
        if odd:
            cells = [[cell or None for cell in row] for _, row in odd]
            frame = pl.concat([frame, pl.DataFrame(cells, schema=schema, orient="row")])
            numbers = pl.concat([numbers, pl.Series("row", [n for n, _ in odd], dtype=pl.Int64)])
            order = numbers.arg_sort()
            frame, numbers = frame[order], numbers[order]
        return frame, numbers


def _pattern(delimiter: str) -> str:
    cell = _REGULAR.format(re.escape(delimiter))
    return f"{cell}(?:{re.escape(delimiter)}{cell})*"


def _line_chunks(handle: io.BufferedReader) -> Iterator[bytes]:
    """Yield whole lines, about eight million bytes at a time, ends of lines made equal."""
    rest = b""
    while block := handle.read(_CHUNK):
        block = rest + block
        cut = block.rfind(b"\n") + 1
        if not cut:
            # No line end yet, or a file of the oldest kind, whose lines end in CR alone.
            cut = block.rfind(b"\r", 0, len(block) - 1) + 1
        rest = block[cut:]
        if cut:
            yield _line_ends(block[:cut])
    if rest:
        yield _line_ends(rest)


def _line_ends(block: bytes) -> bytes:
    return block.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def _encoding_of(chunk: bytes, name: str) -> str:
    """Return the encoding by which most lines that aren't ASCII can be read."""
    lines = [line for line in chunk.split(b"\n") if not line.isascii()]
    utf8 = [text for line in lines if (text := _try(line, _UTF8)) is not None]
    gb = sum(_try(line, _GB) is not None for line in lines)
    # Every Chinese character takes three bytes in UTF-8. Two-byte characters alone are GB18030
    # that happens to be valid UTF-8, such as a table whose only word is the sex.
    wide = any(max(text) > _LAST_OF_TWO_BYTES for text in utf8)
    if wide and 2 * len(utf8) >= len(lines):
        return _UTF8
    if 2 * gb < len(lines):
        raise InputError(name, [_encoding_problem(name, "未知编码")])
    return _GB


def _try(line: bytes, encoding: str) -> str | None:
    try:
        return line.decode(encoding)
    except UnicodeDecodeError:
        return None


def _encoding_problem(name: str, found: str) -> Problem:
    return Problem(
        name, "encoding", f"不是 UTF-8 或 GB18030 文本（{found}）", "另存为 CSV UTF-8（逗号分隔）"
    )


def _decoded(chunk: bytes, encoding: str) -> list[tuple[str, str]]:
    """Return the lines of a chunk, each with what is wrong with it."""
    body = chunk.removesuffix(b"\n")
    whole = _try(body, encoding)
    if whole is not None:
        return [(line, "") for line in whole.removeprefix("\ufeff").split("\n")]
    message = f"含不能按 {encoding.upper()} 解读的字节"
    lines = []
    for line in body.split(b"\n"):
        text = _try(line, encoding)
        wrong = message if text is None else ""
        lines.append((line.decode(encoding, errors="replace") if text is None else text, wrong))
    return lines


class _Joiner:
    """Joins the lines of quoted cells that run over several, and counts records."""

    def __init__(self) -> None:
        self._number = 1
        self._open: list[tuple[str, str]] = []

    def join(self, lines: Sequence[tuple[str, str]]) -> list[_Record]:
        """Return the records that end within these lines."""
        if not self._open and not any('"' in text for text, _ in lines):
            return [r for text, wrong in lines if (r := self._record(text, wrong))]
        records: list[_Record] = []
        for line in lines:
            self._open.append(line)
            if sum(text.count('"') for text, _ in self._open) % 2 == 0:
                text = "\n".join(part for part, _ in self._open)
                wrong = next((told for _, told in self._open if told), "")
                self._open = []
                records += filter(None, [self._record(text, wrong)])
            elif len(self._open) > _MOST_LINES:
                records += self._give_up()
        return records

    def rest(self) -> list[_Record]:
        """Return what is left at the end of the file, its quote never closed."""
        records: list[_Record] = []
        while self._open:
            records += self._give_up()
        return records

    def _give_up(self) -> list[_Record]:
        """Refuse the line whose quote is never closed and read those after it afresh."""
        (text, _), *after = self._open
        self._open = []
        refused = self._record(text, "引号没有闭合")
        return [r for r in chain([refused], self.join(after)) if r is not None]

    def _record(self, text: str, wrong: str) -> _Record | None:
        number = self._number
        self._number += 1
        return _Record(number, text, wrong) if text.strip() else None


def _width_message(found: int, width: int) -> str:
    return f"该行 {found} 列，表头 {width} 列"


def _broken_row(record: _Record, message: str) -> BadCell:
    return BadCell(record.number, "", "", "row_broken", message, ROW_BAD_REMEDY, record.text)
