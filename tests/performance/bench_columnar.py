"""The grouping engines beside the public Python grouper, and the cost of a case by table length.

Run with ``ZHIBIAN_INCUMBENT=FOLDER pytest tests/performance/bench_columnar.py -m performance -s``;
FOLDER is a checkout of OpenDRG/DRG_Python. Times are printed, never asserted: they depend on the
machine. The rounds of the competitors alternate, so that all of them meet the same load.
"""

from __future__ import annotations

import csv
import gc
import importlib
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from zhibian.grouping import group, load_codebook, load_scheme
from zhibian.grouping.columnar import ColumnarPack, group_table
from zhibian.grouping.layout import LAYOUTS, InputFormat
from zhibian.grouping.table import group_file
from zhibian.grouping.table_files import open_table

ROUNDS = 5
SCHEME = "chs-drg-1.1@published"
LENGTHS = (10_000, 100_000, 1_000_000, 10_000_000)
BATCH = 1_000_000


@pytest.fixture(scope="module")
def oracle(shared: Path) -> Path:
    return shared / "oracle" / "chs_drg_1_1_20k.csv"


@pytest.fixture(scope="module")
def cells(oracle: Path) -> pl.DataFrame:
    return pl.read_csv(oracle, infer_schema=False).fill_null("")


@pytest.fixture(scope="module")
def table(cells: pl.DataFrame) -> pl.DataFrame:
    found, unread = LAYOUTS[InputFormat.OPENDRG].columns_of(cells)
    assert not unread.any()
    return found


@pytest.mark.performance
def test_engines_beside_the_incumbent(
    rules: Path, cells: pl.DataFrame, table: pl.DataFrame
) -> None:
    pack, book = load_scheme(rules, SCHEME), load_codebook(rules)
    columnar = ColumnarPack(pack, book)
    read = LAYOUTS[InputFormat.OPENDRG].read
    cases = [read(row)[0] for row in cells.iter_rows(named=True)]
    expected = cells["drg"].to_list()

    def columns() -> list[str]:
        return group_table(table, columnar)["drg"].cast(pl.String).to_list()

    def one_by_one(*, trace: bool) -> Callable[[], list[str]]:
        return lambda: [group(c, pack, book, trace=trace).drg for c in cases]

    engines: dict[str, Callable[[], list[str]]] = {
        "columnar": columns,
        "single case, no trace": one_by_one(trace=False),
        "single case, trace": one_by_one(trace=True),
    }
    incumbent = _incumbent(cells)
    if incumbent is not None:
        engines["incumbent"] = incumbent
    best = dict.fromkeys(engines, float("inf"))
    for _ in range(ROUNDS):
        for name, run in engines.items():
            gc.collect()
            start = time.perf_counter()
            found = run()
            best[name] = min(best[name], time.perf_counter() - start)
            assert found == expected, name
    print()
    for name, seconds in best.items():
        rate = len(cases) / seconds
        against = f", {best['incumbent'] / seconds:.1f} x" if "incumbent" in best else ""
        print(f"{name}: best {rate:,.0f} records/s of {ROUNDS} x {len(cases):,}{against}")
    if incumbent is None:
        print("set ZHIBIAN_INCUMBENT to a checkout of OpenDRG/DRG_Python to compare")


@pytest.mark.performance
def test_cost_of_a_case_by_length(rules: Path, table: pl.DataFrame) -> None:
    columnar = ColumnarPack(load_scheme(rules, SCHEME), load_codebook(rules))
    print()
    for length in LENGTHS:
        block = pl.concat([table] * (min(length, BATCH) // len(table) + 1)).head(min(length, BATCH))
        block = block.rechunk()
        best = float("inf")
        # A short table is soon done, and the more easily disturbed.
        for _ in range(max(1, min(4 * ROUNDS, 4 * BATCH // length))):
            start = time.perf_counter()
            for _ in range(max(1, length // BATCH)):
                group_table(block, columnar)
            best = min(best, time.perf_counter() - start)
        print(f"{length:>12,} cases: {length / best:,.0f}/s, {1e6 * best / length:.2f} µs a case")


@pytest.mark.performance
def test_a_file_of_a_million(rules: Path, oracle: Path, tmp_path: Path) -> None:
    pack, book = load_scheme(rules, "chs-drg-1.1"), load_codebook(rules)
    source = tmp_path / "million.csv"
    with oracle.open(encoding="utf-8", newline="") as handle:
        header, *rows = list(csv.reader(handle))
    with source.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(header)
        for _ in range(1_000_000 // len(rows)):
            writer.writerows(rows)
    before = _resident()
    start = time.perf_counter()
    layout = LAYOUTS[InputFormat.OPENDRG]
    output = tmp_path / "out.parquet"
    report = group_file(open_table(source), output, pack, layout, codebook=book)
    seconds = time.perf_counter() - start
    print(
        f"\n{report.rows:,} rows CSV to parquet: {seconds:.1f} s "
        f"({report.rows / seconds:,.0f} rows/s), inside the engine "
        f"{report.rows / report.engine_seconds:,.0f} cases/s, "
        f"peak resident {_resident():,.0f} MB (before {before:,.0f} MB)"
    )
    assert len(pl.scan_parquet(output).select("drg").collect()) == report.rows


def _resident() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _incumbent(cells: pl.DataFrame) -> Callable[[], list[str]] | None:
    """Return the public Python grouper of CHS-DRG 1.1, made ready, None where it is not there."""
    folder = os.environ.get("ZHIBIAN_INCUMBENT")
    if folder is None:
        return None
    sys.path.insert(0, folder)
    base: Any = importlib.import_module("drg_group.chs_drg_11.Base")
    proxy: Any = importlib.import_module("drg_group.chs_drg_11.GroupProxy")
    grouper = proxy.GroupProxy()
    records = [
        base.MedicalRecord(
            r["Index"], int(r["gender"]), float(r["age"]), float(r["ageDay"]),
            float(r["weight"] or 0), r["dept"], int(r["inHospitalTime"]), int(r["leavingType"]),
            r["zdList"], r["ssList"],
        )
        for r in cells.iter_rows(named=True)
    ]  # fmt: skip
    return lambda: [grouper.group(record).drg for record in records]
