"""A whole check over many pages: rules, groups, completeness, score, lists, the workbook.

Run with ``pytest tests/performance/bench_quality_check.py -m performance -s``. Times and memory
are printed, never asserted. Reading is measured in ``bench_pages.py``, rules alone in
``bench_quality.py``, whose pages these are.
"""

from __future__ import annotations

import resource
import time
from datetime import date
from pathlib import Path

import pytest
from tests.performance.bench_quality import TODAY, blocks

from zhibian.grouping.codebook import load_codebook
from zhibian.grouping.pack import load_scheme
from zhibian.quality.front_page.check_run import CheckRun, CheckSetup
from zhibian.quality.front_page.check_workbook import write_check
from zhibian.quality.front_page.page_groups import PageGrouper
from zhibian.quality.front_page.rule_files import load_rule_book
from zhibian.quality.front_page.spool import Spool
from zhibian.records.front_page.catalogue import load_catalogue
from zhibian.settings import Settings
from zhibian.synthesis.model import Request, build_model
from zhibian.synthesis.write import write_cases

PAGES = 200_000
BLOCK = 100_000


@pytest.mark.performance
def test_check(rules: Path, tmp_path: Path) -> None:
    source = tmp_path / "synthetic.csv"
    year = (date(2025, 1, 1), date(2025, 12, 31))
    scheme = Settings().scheme
    write_cases(build_model(rules, Request(PAGES, 1, scheme, *year)), source)
    book, catalogue = load_rule_book(rules), load_catalogue(rules)
    grouper = PageGrouper(load_scheme(rules, scheme), load_codebook(rules))
    setup = CheckSetup(rules, catalogue, book, None, (), grouper, None, TODAY)
    folder = tmp_path / "spool"
    folder.mkdir()
    run = CheckRun(setup, Spool(folder))
    seconds, wall = 0.0, 0.0
    for table in blocks(source, book, catalogue, BLOCK):
        began, started = time.process_time(), time.perf_counter()
        run.add(table)
        seconds += time.process_time() - began
        wall += time.perf_counter() - started
    print(f"\n{run.rows:,} pages: {wall:.1f} s, {seconds:.1f} s of CPU; lists {run.spool.rows}")
    began, started = time.process_time(), time.perf_counter()
    write_check(tmp_path / "check.xlsx", run, source.name)
    wall, seconds = time.perf_counter() - started, time.process_time() - began
    print(f"workbook: {wall:.1f} s, {seconds:.1f} s of CPU")
    print(f"largest memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MiB")
