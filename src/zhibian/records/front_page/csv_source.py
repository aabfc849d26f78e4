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
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
_QUOTED = r'"[^"]*"'
# Lines that one quoted cell may run over before the quote counts as never closed.
_MOST_LINES = 200
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class _Block(NamedTuple):
    """Records that follow one another.

    Attributes
    ----------
    first
        Number of the first one.
    texts
        The records; a blank line is one too, for counting.
    wrong
        Place to what is wrong with that record.
    """

    first: int
    texts: list[str]
    wrong: Mapping[int, str]

    def parts(self, size: int) -> Iterator[_Block]:
        """Yield the block in blocks of at most so many records."""
        for start in range(0, len(self.texts), size):
            wrong = {
                at - start: told for at, told in self.wrong.items() if start <= at < start + size
            }
            yield _Block(self.first + start, self.texts[start : start + size], wrong)


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
        for block in self._blocks():
            for part in block.parts(size):
                rows = self._rows(part)
                if len(rows.cells) or rows.bad:
                    yield rows

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

    def _blocks(self) -> Iterator[_Block]:
        """Yield the records after the header, chunk by chunk."""
        joiner = _Joiner()
        seen_header = False
        with self._path.open("rb") as handle:
            for chunk in _line_chunks(handle):
                block = joiner.join(*_decoded(chunk, self._encoding))
                if not seen_header:
                    block, seen_header = _after_header(block)
                yield block
        yield joiner.rest()

    def _rows(self, block: _Block) -> Rows:
        """Return the records that have a cell for each column, and tell the others."""
        width = len(self._header)
        texts = pl.Series("text", block.texts, dtype=pl.String)
        sound, plain = self._judged(texts)
        # Some programs end every row, but not the header, with a delimiter.
        found = plain.str.count_matches(self._delimiter, literal=True) + 1
        blank = texts.str.strip_chars() == ""
        good = sound & (found == width) & ~blank
        places = [*(~good & ~blank).arg_true().to_list(), *block.wrong]
        odd: list[tuple[int, list[str]]] = []
        bad: list[BadCell] = []
        refused: list[int] = []
        for at in sorted(set(places)):
            number, text = block.first + at, block.texts[at]
            cells = [] if at in block.wrong else self._parsed(text)
            if len(cells) == width:
                odd.append((number, cells))
            else:
                message = block.wrong.get(at) or f"该行 {len(cells)} 列，表头 {width} 列"
                bad.append(BadCell(number, "", "", "row_broken", message, ROW_BAD_REMEDY, text))
            refused.append(at)
        kept = good & ~pl.Series(range(len(texts))).is_in(refused) if refused else good
        numbers = pl.int_range(block.first, block.first + len(texts), eager=True).filter(kept)
        return Rows(*self._frame(texts.filter(kept), numbers.alias("row"), odd), bad)

    def _judged(self, texts: pl.Series) -> tuple[pl.Series, pl.Series]:
        """Tell which records every reader parts alike, and give them without quoted cells."""
        quoted = texts.str.contains('"', literal=True)
        if not quoted.any():
            return ~quoted, texts
        regular = texts.str.contains(f"^{_pattern(self._delimiter)}$")
        return regular, texts.str.replace_all(_QUOTED, "")

    def _parsed(self, text: str) -> list[str]:
        """Return the cells of one record as spreadsheets read it, without empty ones beyond."""
        cells = next(csv.reader([text], delimiter=self._delimiter), [])
        while len(cells) > len(self._header) and not cells[-1].strip():
            cells.pop()
        return cells

    def _frame(
        self, texts: pl.Series, numbers: pl.Series, odd: Sequence[tuple[int, list[str]]]
    ) -> tuple[pl.DataFrame, pl.Series]:
        """Return the cells of all good records in their order."""
        schema = {position(at): pl.String for at in range(len(self._header))}
        frame = pl.DataFrame(schema=schema)
        if len(texts):
            body = "\n".join(texts.to_list())
            frame = pl.read_csv(
                io.BytesIO(body.encode()),
                has_header=False,
                schema=schema,
                separator=self._delimiter,
                quote_char='"' if '"' in body else None,
                null_values=_NULLS,
            )
        if odd:
            cells = [[cell or None for cell in row] for _, row in odd]
            frame = pl.concat([frame, pl.DataFrame(cells, schema=schema, orient="row")])
            numbers = pl.concat([numbers, pl.Series("row", [n for n, _ in odd], dtype=pl.Int64)])
            order = numbers.arg_sort()
            frame, numbers = frame[order], numbers[order]
        return frame, numbers


def _after_header(block: _Block) -> tuple[_Block, bool]:
    """Return the records after the first one that isn't blank, and whether there is one."""
    at = next((n for n, text in enumerate(block.texts) if text.strip()), None)
    if at is None:
        return block, False
    # The header is row 1 wherever blank lines before it put it.
    wrong = {place - at - 1: told for place, told in block.wrong.items() if place > at}
    return _Block(block.first + at + 1, block.texts[at + 1 :], wrong), True


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


def _decoded(chunk: bytes, encoding: str) -> tuple[list[str], dict[int, str]]:
    """Return the lines of a chunk, and what is wrong with which."""
    body = chunk.removesuffix(b"\n")
    whole = _try(body, encoding)
    if whole is not None:
        return whole.removeprefix("\ufeff").split("\n"), {}
    message = f"含不能按 {encoding.upper()} 解读的字节"
    lines = body.split(b"\n")
    texts = [line.decode(encoding, errors="replace") for line in lines]
    wrong = {at: message for at, line in enumerate(lines) if _try(line, encoding) is None}
    return texts, wrong


class _Joiner:
    """Joins the lines of quoted cells that run over several, and counts records."""

    def __init__(self) -> None:
        self._number = 1
        self._open: list[tuple[str, str]] = []
        self._odd = False

    def join(self, lines: list[str], wrong: Mapping[int, str]) -> _Block:
        """Return the records that end within these lines."""
        if not self._open and not any('"' in line for line in lines):
            return self._block(lines, wrong)
        told = ((line, wrong.get(at, "")) for at, line in enumerate(lines))
        return self._records(told)

    def rest(self) -> _Block:
        """Return what is left at the end of the file, its quote never closed."""
        records: list[tuple[str, str]] = []
        while self._open:
            records += self._give_up()
        return self._told_block(records)

    def _records(self, lines: Iterable[tuple[str, str]]) -> _Block:
        return self._told_block([record for line in lines for record in self._take(line)])

    def _take(self, line: tuple[str, str]) -> list[tuple[str, str]]:
        """Add a line and return the records that it ends."""
        self._open.append(line)
        self._odd ^= line[0].count('"') % 2 == 1
        if not self._odd:
            text = "\n".join(part for part, _ in self._open)
            wrong = next((told for _, told in self._open if told), "")
            self._open = []
            return [(text, wrong)]
        return self._give_up() if len(self._open) > _MOST_LINES else []

    def _give_up(self) -> list[tuple[str, str]]:
        """Refuse the line whose quote is never closed and read those after it afresh."""
        (text, _), *after = self._open
        self._open, self._odd = [], False
        refused = (text, "引号没有闭合")
        return [refused, *(record for line in after for record in self._take(line))]

    def _told_block(self, records: Sequence[tuple[str, str]]) -> _Block:
        wrong = {at: told for at, (_, told) in enumerate(records) if told}
        return self._block([text for text, _ in records], wrong)

    def _block(self, texts: list[str], wrong: Mapping[int, str]) -> _Block:
        first = self._number
        self._number += len(texts)
        return _Block(first, texts, wrong)
