"""Files of cases (病例表文件): CSV and parquet, read and written in batches of text cells.

CSV is read with the csv module, not with a frame library: a broken row is refused alone, and all
others go on.
"""

from __future__ import annotations

import codecs
import csv
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple, Protocol, TextIO

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from zhibian.problems import InputError, Problem

PARQUET = ".parquet"
#: Endings of spreadsheets, which are no text tables.
WORKBOOKS = {".xlsx", ".xls", ".xlsm", ".xlsb", ".ods", ".et"}
_SEPARATORS = {";": "分号", "\t": "制表符", "，": "全角逗号"}
_CHUNK = 1 << 20
_ENCODINGS = ("utf-8-sig", "gb18030")
_LAST_OF_TWO_BYTES = "\u07ff"


class TableFile(NamedTuple):
    """A table that can be decoded.

    Attributes
    ----------
    path
        Where it is.
    encoding
        ``utf-8-sig`` (UTF-8 with or without mark) or ``gb18030``; empty for parquet.
    rows
        Number of rows, for progress; for CSV an upper bound.
    """

    path: Path
    encoding: str
    rows: int


class Batch(NamedTuple):
    """Some rows of a table, all columns as text.

    Attributes
    ----------
    cells
        The rows; an empty cell is an empty text.
    numbers
        Number of each row in the file, the header being row 1.
    whole
        Whether a row has a cell for each column; a broken row is filled up with empty cells.
    """

    cells: pl.DataFrame
    numbers: list[int]
    whole: list[bool]


def open_table(path: Path) -> TableFile:
    """Find out how a table is encoded.

    Raises
    ------
    InputError
        The file can't be read, is empty, is a workbook, or is neither UTF-8, GB18030 nor parquet.
    """
    try:
        if path.stat().st_size == 0:
            raise InputError(
                path.name, [Problem(path.name, "empty_file", "文件为空", "换用有内容的表格")]
            )
        if path.suffix.lower() in WORKBOOKS:
            # A spreadsheet may have made numbers of codes (45.10 of a procedure becomes 45.1).
            message = "是 Excel 工作簿，自有列的病例表须为 CSV 或 parquet"
            remedy = "编码列设为文本，另存为“CSV UTF-8”"
            raise InputError(path.name, [Problem(path.name, "workbook", message, remedy)])
        if path.suffix.lower() == PARQUET:
            return TableFile(path, "", pq.read_metadata(path).num_rows)
        for encoding in _ENCODINGS:
            lines = _decodes(path, encoding)
            if lines is not None:
                return TableFile(path, encoding, max(0, lines - 1))
    except (OSError, pa.ArrowInvalid):
        raise InputError(
            path.name, [Problem(path.name, "unreadable", "文件不能读取", "检查路径、权限与格式")]
        ) from None
    raise InputError(
        path.name,
        [Problem(path.name, "encoding", "不是 UTF-8 或 GB18030 文本", "另存为 UTF-8 的 CSV")],
    )


def _decodes(path: Path, encoding: str) -> int | None:
    """Return the number of line ends, None when the bytes are not of this encoding."""
    decoder = codecs.getincrementaldecoder(encoding)()
    lines = 0
    two_bytes = wider = marked = False
    with path.open("rb") as handle:
        try:
            while chunk := handle.read(_CHUNK):
                marked = marked or (lines == 0 and chunk.startswith(codecs.BOM_UTF8))
                text = decoder.decode(chunk)
                lines += text.count("\n")
                if not wider and not text.isascii():
                    wider = max(text) > _LAST_OF_TWO_BYTES
                    two_bytes = True
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return None
    # Every Chinese character takes three bytes in UTF-8. Two-byte characters alone are a short
    # GB18030 table that happens to be valid UTF-8, such as one whose only word is the sex.
    mistaken = encoding == "utf-8-sig" and two_bytes and not wider and not marked
    return None if mistaken else lines


def read_header(table: TableFile) -> list[str]:
    """Return the names of the columns; nothing where the header can't be read."""
    if not table.encoding:
        return list(pq.read_schema(table.path).names)
    with table.path.open(encoding=table.encoding, newline="") as source:
        try:
            return [cell.strip() for cell in next(csv.reader(source), [])]
        except csv.Error:
            return []


def check_header(name: str, header: Sequence[str], columns: Sequence[str]) -> None:
    """Check that the columns of a layout are there, once each.

    Parameters
    ----------
    name
        Name of the file.
    header
        Columns of the file.
    columns
        Columns of the layout.

    Raises
    ------
    InputError
        Every column that is missing or repeated; or the columns are not parted by commas.
    """
    separator = next((sign for sign in _SEPARATORS if len(header) == 1 and sign in header[0]), None)
    if separator is not None:
        message = f"各列以{_SEPARATORS[separator]}分隔，须以逗号分隔"
        remedy = "另存为“CSV UTF-8（逗号分隔）”"
        raise InputError(name, [Problem(name, "separator", message, remedy)])
    problems = [
        Problem(column, "column_missing", f"缺少列 {column}", f"表头须有 {','.join(columns)}")
        for column in columns
        if column not in header
    ]
    problems += [
        Problem(column, "column_repeated", f"列 {column} 出现多次", "只保留一列")
        for column, times in Counter(header).items()
        if times > 1 and column in columns
    ]
    if problems:
        raise InputError(name, problems)


def read_batches(table: TableFile, header: Sequence[str], size: int) -> Iterator[Batch]:
    """Yield the rows of a table in batches.

    Parameters
    ----------
    table
        The input, from :func:`open_table`.
    header
        Its columns; a repeated name is numbered.
    size
        Rows a batch.
    """
    names = _distinct(header)
    yield from _parquet(table, names, size) if not table.encoding else _csv(table, names, size)


def _parquet(table: TableFile, names: Sequence[str], size: int) -> Iterator[Batch]:
    start = 2
    with pq.ParquetFile(table.path) as source:
        for batch in source.iter_batches(batch_size=size):
            frame = pl.DataFrame(pl.from_arrow(batch))
            frame.columns = list(names)
            numbers = list(range(start, start + len(frame)))
            start += len(frame)
            yield Batch(text_cells(frame), numbers, [True] * len(frame))


def text_cells(frame: pl.DataFrame) -> pl.DataFrame:
    """Return a table with all columns as text; null becomes an empty text.

    Parameters
    ----------
    frame
        Columns of any type; the entries of a list are joined by ``|``.
    """
    return frame.select(_text(c) for c in frame.iter_columns())


def _text(column: pl.Series) -> pl.Expr:
    """Return a column as text; the codes of a list are joined as in a CSV cell."""
    found = pl.col(column.name)
    if isinstance(column.dtype, pl.List):
        found = found.cast(pl.List(pl.String)).list.join("|")
    return found.cast(pl.String).fill_null("")


def _csv(table: TableFile, names: Sequence[str], size: int) -> Iterator[Batch]:
    schema = dict.fromkeys(names, pl.String)
    width = len(names)
    start = 2
    with table.path.open(encoding=table.encoding, newline="") as source:
        reader = csv.reader(source)
        _take(reader, 1)
        while rows := _take(reader, size):
            numbers = range(start, start + len(rows))
            start += len(rows)
            yield _batch(rows, numbers, width, schema)


def _take(reader: Iterator[list[str]], size: int) -> list[list[str] | None]:
    """Return the next rows, None for one that the reader refuses."""
    rows: list[list[str] | None] = []
    while len(rows) < size:
        try:
            for row in islice(reader, size - len(rows)):
                rows.append(row)
        except csv.Error:
            rows.append(None)
        else:
            break
    return rows


def _batch(
    rows: Sequence[list[str] | None],
    numbers: Sequence[int],
    width: int,
    schema: Mapping[str, type[pl.String]],
) -> Batch:
    # An empty line is no row.
    kept = [(n, row) for n, row in zip(numbers, rows, strict=True) if row is None or row]
    whole = [row is not None and len(row) == width for _, row in kept]
    cells = [
        row if fits and row is not None else _filled(row or [], width)
        for (_, row), fits in zip(kept, whole, strict=True)
    ]
    frame = pl.DataFrame(cells, schema=dict(schema), orient="row")
    return Batch(frame, [n for n, _ in kept], whole)


def _filled(row: Sequence[str], width: int) -> list[str]:
    return [*row[:width], *[""] * (width - len(row))]


def _distinct(header: Sequence[str]) -> list[str]:
    """Return the columns with repeated names numbered, so that none is lost."""
    names: list[str] = []
    for column in header:
        name, number = column, 1
        while name in names:
            number += 1
            name = f"{column}_{number}"
        names.append(name)
    return names


class TableWriter(Protocol):
    """Takes batches of rows."""

    def write(self, rows: pl.DataFrame) -> None:
        """Append rows."""

    def close(self) -> None:
        """Finish the file."""


class CsvWriter:
    """Writes CSV (UTF-8, comma, LF).

    Parameters
    ----------
    path
        Where to.
    """

    def __init__(self, path: Path) -> None:
        self._target: TextIO = path.open("w", encoding="utf-8", newline="")
        self._begun = False

    def write(self, rows: pl.DataFrame) -> None:
        """Append rows, with the header before the first ones."""
        # An empty text would be written as two quotation marks, a null as nothing.
        plain = rows.select(pl.when(pl.all() != "").then(pl.all()))
        self._target.write(plain.write_csv(include_header=not self._begun))
        self._begun = True

    def close(self) -> None:
        """Finish the file."""
        self._target.close()


class ParquetWriter:
    """Writes parquet, one row group a batch.

    Parameters
    ----------
    path
        Where to.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._target: pq.ParquetWriter | None = None

    def write(self, rows: pl.DataFrame) -> None:
        """Append rows."""
        table = rows.to_arrow()
        if self._target is None:
            self._target = pq.ParquetWriter(self._path, table.schema, compression="zstd")
        self._target.write_table(table.cast(self._target.schema))

    def close(self) -> None:
        """Finish the file."""
        if self._target is not None:
            self._target.close()


def writer_for(path: Path, kind: str) -> TableWriter:
    """Return the writer of a file.

    Parameters
    ----------
    path
        Where to.
    kind
        Ending of the file that is wanted: ``.parquet``, anything else is CSV.
    """
    return ParquetWriter(path) if kind.lower() == PARQUET else CsvWriter(path)
