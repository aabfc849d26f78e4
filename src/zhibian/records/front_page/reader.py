"""Reading files of front pages (首页文件的读入): every layout that hospitals have."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from zhibian.problems import InputError, Problem
from zhibian.records.case_json import Limits
from zhibian.records.front_page.assemble import page_table
from zhibian.records.front_page.catalogue import Catalogue
from zhibian.records.front_page.csv_source import CsvSource
from zhibian.records.front_page.json_pages import JSON_SUFFIXES, open_json
from zhibian.records.front_page.layouts import Layout, plan_of
from zhibian.records.front_page.sheet_source import (
    PARQUET,
    WORKBOOKS,
    ParquetSource,
    WorkbookSource,
)
from zhibian.records.front_page.sources import Source
from zhibian.records.front_page.types import PageTable

#: Rows of one chunk of a large file.
CHUNK_ROWS = 65_536
#: How large a record and its documents may be, where a file of cases is read for its pages.
LIMITS = Limits(document_chars=1_000_000, file_bytes=64_000_000)


@dataclass(frozen=True, slots=True)
class OpenedPages:
    """A file of front pages whose header has been read (已打开的首页文件).

    Attributes
    ----------
    layout
        How it is laid out.
    encoding
        ``utf-8`` or ``gb18030``; empty where the format has its own.
    absent
        Fields that the file has no column for.
    unknown
        Columns that no field takes: told, never dropped in silence. Of JSON they are complete once
        the chunks have been gone through.
    chunks
        The pages, chunk by chunk; to be gone through once.
    """

    layout: Layout
    encoding: str
    absent: frozenset[str]
    unknown: Collection[str]
    chunks: Iterator[PageTable]


def open_pages(
    path: Path,
    catalogue: Catalogue,
    layout: Layout | None = None,
    rows: int = CHUNK_ROWS,
    limits: Limits = LIMITS,
) -> OpenedPages:
    """Open a file of front pages.

    Parameters
    ----------
    path
        ``.csv`` or ``.txt`` (UTF-8, GB18030), a workbook, ``.parquet``, ``.json`` (a settlement
        list, an array of them, a case), ``.jsonl`` (one a line), ``.yaml`` (a case).
    catalogue
        The fields.
    layout
        The layout expected; None to judge by the file.
    rows
        Most rows of one chunk; a chunk may have somewhat fewer.
    limits
        Largest case and document, for files of cases.

    Raises
    ------
    InputError
        The file can't be read, is empty, or fits no layout. What is wrong with single rows and
        cells is no error: it is told in :attr:`PageTable.bad`.
    """
    if path.suffix.lower() in JSON_SUFFIXES:
        found = open_json(path, catalogue, layout, rows, limits)
        return OpenedPages(found.layout, "utf-8", found.absent, found.unknown, found.chunks)
    source = _source(path)
    plan = plan_of(path.name, source.header, catalogue, layout)
    chunks = (page_table(chunk, plan, catalogue) for chunk in source.read(plan.columns, rows))
    gathered = _gathered(chunks, rows)
    return OpenedPages(plan.layout, source.encoding, plan.absent, plan.unknown, gathered)


def iter_pages(
    path: Path,
    catalogue: Catalogue,
    layout: Layout | None = None,
    rows: int = CHUNK_ROWS,
) -> Iterator[PageTable]:
    """Yield the front pages of a file chunk by chunk, so that its length does not matter.

    Parameters
    ----------
    path, catalogue, layout, rows
        As for :func:`open_pages`, whose errors it raises.
    """
    yield from open_pages(path, catalogue, layout, rows).chunks


def read_pages(path: Path, catalogue: Catalogue, layout: Layout | None = None) -> PageTable:
    """Return all front pages of a file.

    Parameters
    ----------
    path, catalogue, layout
        As for :func:`open_pages`, whose errors it raises.
    """
    opened = open_pages(path, catalogue, layout)
    tables = list(opened.chunks)
    if not any(len(table.cells) or table.bad for table in tables):
        problem = Problem(path.name, "no_rows", "只有表头，没有数据行", "检查导出是否完成")
        raise InputError(path.name, [problem])
    return _together(tables)


def _gathered(tables: Iterable[PageTable], rows: int) -> Iterator[PageTable]:
    """Put small tables together as long as they have no more rows than wanted.

    A wide file is read in small pieces, since its columns take much room until they are lists;
    what compares pages with one another wants them together.
    """
    waiting: list[PageTable] = []
    count = 0
    for table in tables:
        if waiting and count + len(table.cells) > rows:
            yield _together(waiting)
            waiting, count = [], 0
        waiting.append(table)
        count += len(table.cells)
    if waiting:
        yield _together(waiting)


def _together(tables: Sequence[PageTable]) -> PageTable:
    if len(tables) == 1:
        return tables[0]
    cells = pl.concat([table.cells for table in tables], how="vertical")
    bad = tuple(cell for table in tables for cell in table.bad)
    return PageTable(cells, tables[0].absent, bad)


def _source(path: Path) -> Source:
    suffix = path.suffix.lower()
    if suffix in WORKBOOKS:
        return WorkbookSource(path)
    return ParquetSource(path) if suffix == PARQUET else CsvSource(path)
