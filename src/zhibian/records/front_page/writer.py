"""Writing front pages (首页文件的写出): the same layouts as are read, nothing lost in silence.

What is written reads back equal. A field that the layout has no place for is counted and told by
name.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq

from zhibian.problems import InputError, Problem
from zhibian.records.front_page.assemble import TEXTS, identifiers
from zhibian.records.front_page.catalogue import Catalogue, Field, Kind, hqms_order
from zhibian.records.front_page.layouts import Layout
from zhibian.records.front_page.settlement_list import ListWriter
from zhibian.records.front_page.sheet_source import PARQUET, escaped
from zhibian.records.front_page.types import ID, ROW, PageTable
from zhibian.sheets import Column, Sheet, write_workbook
from zhibian.whole_file import whole_file

WORKBOOK = ".xlsx"
#: Encodings that a CSV can be written in; the mark makes Excel read UTF-8 as such.
ENCODINGS: Mapping[str, str] = {"utf-8": "utf-8-sig", "gb18030": "gb18030"}
_SUFFIXES: Mapping[Layout, tuple[str, ...]] = {
    Layout.HQMS: (".csv",),
    Layout.OLDER: (".csv",),
    Layout.OWN: (".csv", WORKBOOK, PARQUET),
    Layout.LIST_4101: (".json", ".jsonl"),
}
# The paper form writes a stroke where there is nothing to say; numbers and days stay empty.
_STROKE = "-"
_STROKED = frozenset({Kind.TEXT, Kind.CODE, Kind.CHOICE})
_PROCEDURES = ("C14C", "C35C")
_SEPARATORS = r"[|,;，；]"
_TOO_LONG = "（超过可填组数的部分）"
_SEPARATED = "（内容含分隔符）"


@dataclass(slots=True)
class Written:
    """What was written.

    Attributes
    ----------
    rows
        Number of pages.
    lost
        What the layout could not carry, by field, with the number of pages that have it.
    """

    rows: int = 0
    lost: Counter[str] = field(default_factory=Counter)


def write_pages(
    path: Path,
    tables: Iterable[PageTable],
    catalogue: Catalogue,
    layout: Layout,
    encoding: str = "utf-8",
) -> Written:
    """Write front pages.

    Parameters
    ----------
    path
        ``.csv`` for ``hqms`` and ``p``; ``.csv``, ``.xlsx`` or ``.parquet`` for ``own``;
        ``.json`` or ``.jsonl`` for ``4101``.
    tables
        The pages, chunk by chunk, with the same columns in each.
    catalogue
        The fields.
    layout
        How they are to be laid out.
    encoding
        ``utf-8`` (with mark) or ``gb18030``, for CSV.

    Raises
    ------
    InputError
        The layout can't be written, the file's ending does not fit it, or the file can't be
        written.
    """
    _check(path, layout, encoding)
    written = Written()
    try:
        with whole_file(path) as part:
            if layout is Layout.LIST_4101:
                _write_lists(part, tables, catalogue, written, lines=path.suffix.lower() != ".json")
            else:
                columns = _COLUMNS[layout]
                frames = (columns(table.cells, catalogue, written.lost) for table in tables)
                _WRITERS[path.suffix.lower()](part, _counted(frames, written), encoding)
    except OSError:
        problem = Problem(path.name, "unwritable", "结果不能写入", "检查输出路径、权限与磁盘空间")
        raise InputError(path.name, [problem]) from None
    return written


def _check(path: Path, layout: Layout, encoding: str) -> None:
    problems = []
    endings = _SUFFIXES.get(layout, ())
    if not endings:
        can = "、".join(kind.value for kind in _SUFFIXES)
        problems.append(
            Problem("--to", "layout_not_written", f"不写 {layout.chinese}", f"改用 {can}")
        )
    elif path.suffix.lower() not in endings:
        problems.append(
            Problem(
                path.name, "output_format", "文件扩展名与布局不符", f"改为 {'、'.join(endings)}"
            )
        )
    if encoding not in ENCODINGS:
        problems.append(
            Problem("--encoding", "encoding", "不能写这一编码", "改用 utf-8 或 gb18030", encoding)
        )
    if problems:
        raise InputError(path.name, problems)


def _counted(frames: Iterable[pl.DataFrame], written: Written) -> Iterator[pl.DataFrame]:
    for frame in frames:
        written.rows += len(frame)
        yield frame


def _tell_lost(cells: pl.DataFrame, carried: frozenset[str], lost: Counter[str]) -> None:
    """Count the pages that have what a layout has no place for."""
    for name in cells.columns:
        if name in carried or name in {ROW, ID}:
            continue
        column = cells[name]
        if column.dtype == TEXTS:
            filled = column.list.drop_nulls().list.len() > 0
        else:
            filled = column.is_not_null()
        if count := int(filled.sum()):
            lost[name] += count
    if ID not in carried:
        derived = identifiers(cells, None)
        if count := int((cells[ID] != derived).sum()):
            lost[ID] += count


def _hqms_columns(cells: pl.DataFrame, catalogue: Catalogue, lost: Counter[str]) -> pl.DataFrame:
    order = hqms_order(catalogue.fields)
    _tell_lost(cells, frozenset(f.id for f, _ in order), lost)
    _tell_longer(cells, {f: f.length for f, _ in order if f.is_list}, lost)
    return cells.select(
        _stroked(_at(cells, field, place), field).alias(field.hqms_columns[place])
        for field, place in order
    )


def _older_columns(cells: pl.DataFrame, catalogue: Catalogue, lost: Counter[str]) -> pl.DataFrame:
    held = {names[0]: (f, place) for f in catalogue.fields for place, names in enumerate(f.p)}
    _tell_lost(cells, frozenset(f.id for f, _ in held.values()), lost)
    _tell_longer(cells, {f: len(f.p) for f, _ in held.values() if f.is_list}, lost)
    blank = pl.lit(None, dtype=pl.String)
    return cells.select(
        (_stroked(_at(cells, *held[column]), held[column][0]) if column in held else blank).alias(
            column
        )
        for column in catalogue.older_columns
    )


def _tell_longer(cells: pl.DataFrame, rooms: Mapping[Field, int], lost: Counter[str]) -> None:
    for told, room in rooms.items():
        if told.id in cells.columns:
            count = int((cells[told.id].list.len() > room).sum())
            if count:
                lost[told.id + _TOO_LONG] += count


def _at(cells: pl.DataFrame, told: Field, place: int) -> pl.Expr:
    if told.id not in cells.columns:
        return pl.lit(None, dtype=pl.String)
    column = pl.col(told.id)
    return column.list.get(place, null_on_oob=True) if told.is_list else column


def _stroked(cell: pl.Expr, told: Field) -> pl.Expr:
    return cell.fill_null(_STROKE) if told.kind in _STROKED else cell


def _own_columns(cells: pl.DataFrame, catalogue: Catalogue, lost: Counter[str]) -> pl.DataFrame:
    """Return a column for each field that is there: lists stay lists."""
    columns = [pl.col(ID)]
    for told in catalogue.fields:
        if told.id not in cells.columns or told.id in _PROCEDURES:
            continue
        columns.append(pl.col(told.id).alias(told.own or told.id))
        if told.is_list and told.kind is not Kind.TEXT:
            _tell_separated(cells, told, lost)
    codes = [name for name in _PROCEDURES if name in cells.columns]
    if codes:
        columns.append(_procedures(cells.columns).alias("procedures"))
        for name in codes:
            _tell_separated(cells, catalogue[name], lost)
    return cells.select(columns)


def _procedures(there: Iterable[str]) -> pl.Expr:
    """Return the principal procedure and those after it as one list, empty for none."""
    others = pl.col("C35C") if "C35C" in there else pl.lit([], dtype=TEXTS)
    first = pl.col("C14C") if "C14C" in there else pl.lit(None, dtype=pl.String)
    any_code = first.is_not_null() | (others.list.len() > 0)
    return pl.when(any_code).then(pl.concat_list(first, others)).otherwise(pl.lit([], dtype=TEXTS))


def _tell_separated(cells: pl.DataFrame, told: Field, lost: Counter[str]) -> None:
    """Count the pages where a member holds a sign that parts members."""
    column = cells[told.id]
    if column.dtype == TEXTS:
        broken = column.list.eval(pl.element().str.contains(_SEPARATORS)).list.any()
    else:
        broken = column.str.contains(_SEPARATORS)
    if count := int(broken.sum()):
        lost[told.id + _SEPARATED] += count


def _flat(frame: pl.DataFrame) -> pl.DataFrame:
    """Return a table for files that have no lists: members joined by bars."""
    return frame.with_columns(
        pl.col(name).list.eval(escaped(pl.element())).list.join("|").replace("", None)
        for name, kind in frame.schema.items()
        if isinstance(kind, pl.List)
    )


def _write_csv(path: Path, frames: Iterable[pl.DataFrame], encoding: str) -> None:
    with path.open("w", encoding=ENCODINGS[encoding], newline="") as target:
        for number, frame in enumerate(frames):
            target.write(_flat(frame).write_csv(include_header=number == 0))


def _write_parquet(path: Path, frames: Iterable[pl.DataFrame], _encoding: str) -> None:
    writer: pq.ParquetWriter | None = None
    try:
        for frame in frames:
            table = frame.to_arrow()
            if writer is None:
                writer = pq.ParquetWriter(path, table.schema, compression="zstd")
            writer.write_table(table)
    finally:
        if writer is not None:
            writer.close()


def _write_workbook(path: Path, frames: Iterable[pl.DataFrame], _encoding: str) -> None:
    chunks = iter(frames)
    first = next(chunks, None)
    if first is None:
        return
    rows = (row for chunk in _with_first(first, chunks) for row in _flat(chunk).iter_rows())
    write_workbook(path, [Sheet("首页", [Column(name) for name in first.columns], rows)])


def _with_first(first: pl.DataFrame, rest: Iterator[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    yield first
    yield from rest


def _write_lists(
    path: Path, tables: Iterable[PageTable], catalogue: Catalogue, written: Written, *, lines: bool
) -> None:
    writer = ListWriter(catalogue)
    with path.open("w", encoding="utf-8", newline="") as target:
        begun = False
        for table in tables:
            _tell_lost(table.cells, writer.fields, written.lost)
            written.rows += len(table.cells)
            for page in table.cells.iter_rows(named=True):
                text = json.dumps(writer.write(page), ensure_ascii=False)
                if lines:
                    target.write(text + "\n")
                else:
                    target.write((",\n" if begun else "[\n") + text)
                begun = True
        if not lines:
            target.write("\n]\n" if begun else "[]\n")


_Columns = Callable[[pl.DataFrame, Catalogue, Counter[str]], pl.DataFrame]
_COLUMNS: Mapping[Layout, _Columns] = {
    Layout.HQMS: _hqms_columns,
    Layout.OLDER: _older_columns,
    Layout.OWN: _own_columns,
}
_WRITERS: Mapping[str, Callable[[Path, Iterable[pl.DataFrame], str], None]] = {
    ".csv": _write_csv,
    WORKBOOK: _write_workbook,
    PARQUET: _write_parquet,
}
