"""Screening gives the same items however the input is cut and ordered, and after a kill."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

import polars as pl
import pytest

from zhibian.grouping.codebook import load_codebook
from zhibian.grouping.pack import load_scheme
from zhibian.payment.tariff_files import load_tariff
from zhibian.records.front_page.catalogue import load_catalogue
from zhibian.records.front_page.reader import read_pages
from zhibian.records.front_page.types import ID, ROW, PageTable
from zhibian.screening.items import ranked
from zhibian.screening.peers.peers import load_peer_rules
from zhibian.screening.pipeline import ITEMS, Part, gather_facts, outcome_of, raise_items
from zhibian.screening.quality_items import load_quality
from zhibian.screening.setup import Choice, Setup
from zhibian.screening.signals import load_signals
from zhibian.screening.work_folder import WorkFolder
from zhibian.synthesis.draw import draw_block
from zhibian.synthesis.model import Request, build_model

PAGES = 3_000
TODAY = date(2026, 12, 1)
RULES = Path(__file__).resolve().parents[2] / "rules"


@cache
def _setup() -> Setup:
    return Setup(
        load_scheme(RULES, "chs-drg-1.1"),
        load_codebook(RULES),
        load_signals(RULES),
        load_peer_rules(RULES),
        load_tariff(RULES, "linyi-2022"),
        quality=load_quality(RULES),
    )


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    request = Request(PAGES, 5, "chs-drg-1.1", date(2025, 1, 1), date(2025, 12, 31))
    path = tmp_path_factory.mktemp("pages") / "pages.csv"
    draw_block(build_model(RULES, request), 0).head(PAGES).write_csv(path)
    return path


@pytest.fixture(scope="module")
def pages(table: Path) -> PageTable:
    return read_pages(table, load_catalogue(RULES))


def _items(pages: PageTable, size: int, folder: Path) -> pl.DataFrame:
    setup = _setup()
    work = WorkFolder.begin(folder, {"输入": str(size)})
    parts = [
        Part(replace(pages, cells=pages.cells.slice(start, size)))
        for start in range(0, pages.cells.height, size)
    ]
    gather_facts(parts, work, setup, TODAY)
    statistics, lacking = raise_items(work, setup, Choice())
    outcome = outcome_of(work, setup, Choice(), statistics, lacking)
    assert outcome.items.equals(ranked(work.scan(ITEMS).collect()))
    return outcome.items


def test_cutting_the_input_changes_nothing(pages: PageTable, tmp_path: Path) -> None:
    whole = _items(pages, PAGES, tmp_path / "a")
    assert len(whole) > 300
    assert _items(pages, 457, tmp_path / "b").equals(whole)
    assert _items(pages, 1000, tmp_path / "c").equals(whole)


def test_order_of_the_input_changes_nothing(pages: PageTable, tmp_path: Path) -> None:
    order = list(range(PAGES))
    random.Random(3).shuffle(order)
    numbers = pages.cells[ROW]
    mixed = replace(pages, cells=pages.cells[order].with_columns(numbers))
    whole, again = (
        _items(table, 700, tmp_path / name)
        .drop(ROW)
        .sort(ID.replace("id", "case"), "suspicion", "code", "name")
        for table, name in ((pages, "a"), (mixed, "b"))
    )
    assert again.equals(whole)


def _command(table: Path, output: Path, *more: str) -> list[str]:
    run = "from zhibian.cli.main import app; app()"
    options = ["-o", str(output), "--part-rows", "100", "--keep-parts", *more]
    return [sys.executable, "-c", run, "screen", str(table), *options]


def test_a_killed_run_goes_on_where_it_was(table: Path, tmp_path: Path) -> None:
    output = tmp_path / "killed.xlsx"
    folder = tmp_path / "killed.xlsx.parts"
    env = {**os.environ, "PYTHONPATH": str(RULES.parent / "src"), "POLARS_MAX_THREADS": "1"}
    process = subprocess.Popen(
        _command(table, output), env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 300
    while len(list(folder.glob("facts-*.parquet"))) < 3 and time.monotonic() < deadline:
        assert process.poll() is None
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    done = sorted(folder.glob("facts-*.parquet"))
    assert 3 <= len(done) < PAGES // 100
    assert not output.exists()
    stamps = [file.stat().st_mtime_ns for file in done]

    resumed = subprocess.run(
        _command(table, output, "--resume"), env=env, capture_output=True, text=True, check=False
    )
    assert resumed.returncode == 0, resumed.stderr
    assert [file.stat().st_mtime_ns for file in done] == stamps
    assert output.exists()

    fresh = tmp_path / "fresh.xlsx"
    subprocess.run(_command(table, fresh), env=env, capture_output=True, check=True)
    found, wanted = (
        ranked(pl.read_parquet(f"{path}.parts/items-*.parquet")) for path in (output, fresh)
    )
    assert found.equals(wanted)

    changed = subprocess.run(
        _command(table, output, "--resume", "--department", "儿科"),
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert changed.returncode == 2
    assert "科室：与中断前不同" in changed.stderr
    with table.open("a", encoding="utf-8") as target:
        target.write("\n")
    other = subprocess.run(
        _command(table, output, "--resume"), env=env, capture_output=True, text=True, check=False
    )
    assert other.returncode == 2
    assert "输入 sha256：与中断前不同" in other.stderr
