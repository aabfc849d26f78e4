"""Cases out of a page table are those that grouping reads out of the same file by itself."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
from polars.testing import assert_frame_equal

from zhibian.grouping.layout import LAYOUTS, InputFormat
from zhibian.grouping.pages import cases_of
from zhibian.grouping.table_files import open_table, read_batches, read_header
from zhibian.records.front_page.catalogue import load_catalogue
from zhibian.records.front_page.reader import read_pages
from zhibian.settings import Settings
from zhibian.synthesis.model import Request, build_model
from zhibian.synthesis.write import write_cases


def _by_layout(path: Path, layout: InputFormat) -> pl.DataFrame:
    table = open_table(path)
    batches = read_batches(table, read_header(table), 50_000)
    return pl.concat(LAYOUTS[layout].columns_of(batch.cells)[0] for batch in batches)


def _by_pages(path: Path, rules: Path) -> pl.DataFrame:
    return cases_of(read_pages(path, load_catalogue(rules)).cells)


def test_own_layout(tmp_path: Path, rules: Path) -> None:
    path = tmp_path / "own.csv"
    year = (date(2025, 1, 1), date(2025, 12, 31))
    request = Request(5_000, 7, Settings().scheme, *year, imperfect=0.2)
    write_cases(build_model(rules, request), path)
    assert_frame_equal(_by_pages(path, rules), _by_layout(path, InputFormat.OWN))


def test_opendrg_layout(shared: Path, rules: Path) -> None:
    path = shared / "oracle" / "chs_drg_1_1_20k.csv"
    assert_frame_equal(_by_pages(path, rules), _by_layout(path, InputFormat.OPENDRG))
