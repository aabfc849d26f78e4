"""Reading large files of front pages, beside pandas as it reads the same bytes.

Run with ``pytest tests/performance/bench_pages.py -m performance -s``. Times are printed, never
asserted: they depend on the machine. pandas reads cells as text and nothing else; the reader here
also finds encoding and layout, checks every cell and makes lists of the repeated columns.
"""

from __future__ import annotations

import importlib
import resource
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from zhibian.records.front_page.catalogue import Catalogue, Kind, hqms_order, load_catalogue
from zhibian.records.front_page.reader import iter_pages
from zhibian.settings import Settings
from zhibian.synthesis.model import Request, build_model
from zhibian.synthesis.write import write_cases

HQMS_ROWS = 100_000
OWN_ROWS = 1_000_000
BLOCK = 10_000
MOST_DIAGNOSES, MOST_PROCEDURES = 12, 5
BLANK = "-"
VALUES = {
    Kind.DATE: ["1960-03-05", "1988-12-11", "2025-03-02"],
    Kind.TIME: ["2025-03-02 09:10:00", "2025-03-05 10:00:00"],
    Kind.WHOLE: ["0", "3", "58", "2500"],
    Kind.DECIMAL: ["0", "120.50", "8800.25", BLANK],
    Kind.CODE: ["I21.900", "I10.x00x002", "45.1000", "J18.900"],
    Kind.CHOICE: ["1", "2", "9", BLANK],
    Kind.TEXT: ["心内科病区", "李医师", "急性前壁心肌梗死", "武汉市江汉区", BLANK],
}


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue(Settings().rules)


def _block(catalogue: Catalogue, rng: np.random.Generator) -> pl.DataFrame:
    """Return invented pages with as many diagnoses and procedures as hospitals file."""
    used = {
        "other_diagnoses": rng.integers(0, MOST_DIAGNOSES, BLOCK),
        "other_procedures": rng.integers(0, MOST_PROCEDURES, BLOCK),
    }
    columns = []
    for field, place in hqms_order(catalogue.fields):
        cells = rng.choice(np.array(VALUES[field.kind], dtype=object), BLOCK)
        if field.repeat in used:
            cells = np.where(used[field.repeat] > place, cells, BLANK)
        columns.append(pl.Series(field.hqms_columns[place], cells, dtype=pl.String))
    return pl.DataFrame(columns)


def _hqms(path: Path, catalogue: Catalogue, rows: int, style: str) -> Path:
    rng = np.random.default_rng(1)
    with path.open("w", encoding="gb18030", newline="") as target:
        for number in range(rows // BLOCK):
            block, header = _block(catalogue, rng), number == 0
            if style == "quoted":
                target.write(block.write_csv(include_header=header, quote_style="always"))
            else:
                target.write(block.write_csv(include_header=header))
    return path


def _timed(what: str, rows: int, path: Path, work: Callable[[], object]) -> None:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    size = path.stat().st_size / 1e6
    print(
        f"{what}: {rows:,} rows, {size:.0f} MB, {wall:.1f} s ({cpu:.1f} s of CPU), "
        f"{rows / wall:,.0f} rows a second, peak {peak} MB"
    )


def _beside_pandas(what: str, rows: int, path: Path, encoding: str, catalogue: Catalogue) -> None:
    def read() -> None:
        found = sum(len(table.cells) for table in iter_pages(path, catalogue))
        assert found == rows

    print()
    _timed(f"{what}, this reader", rows, path, read)
    try:
        pandas = importlib.import_module("pandas")
    except ImportError:
        return
    _timed(
        f"{what}, pandas.read_csv(dtype=str)",
        rows,
        path,
        lambda: pandas.read_csv(path, dtype=str, encoding=encoding),
    )


@pytest.mark.performance
@pytest.mark.parametrize("style", ["plain", "quoted"])
def test_hqms(tmp_path: Path, catalogue: Catalogue, style: str) -> None:
    path = _hqms(tmp_path / "hqms.csv", catalogue, HQMS_ROWS, style)
    _beside_pandas(f"HQMS GB18030 {style}", HQMS_ROWS, path, "gb18030", catalogue)


@pytest.mark.performance
def test_own(tmp_path: Path, rules: Path, catalogue: Catalogue) -> None:
    path = tmp_path / "own.csv"
    year = (date(2025, 1, 1), date(2025, 12, 31))
    write_cases(build_model(rules, Request(OWN_ROWS, 1, Settings().scheme, *year)), path)
    _beside_pandas("own UTF-8", OWN_ROWS, path, "utf-8", catalogue)
