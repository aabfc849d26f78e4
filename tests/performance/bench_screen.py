"""How fast a table of front pages is screened, in how much memory, and what plain Python takes.

Run with ``pytest tests/performance/bench_screen.py -m performance -s``. Figures are printed, never
asserted: they depend on the machine. The plain version reads and groups each page by itself and
asks the same signals of it (those of a tariff, of deaths and the quality rules are not among them),
so the last line is that of less work.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pytest
from tests.differential.naive_screening import Rules, compare, read

from zhibian.grouping.codebook import load_codebook
from zhibian.grouping.pack import load_scheme
from zhibian.synthesis.model import Request, build_model
from zhibian.synthesis.write import write_cases

PAGES = 1_000_000
PLAIN = 10_000
MIB = 1024
_SIGNALS = frozenset(
    {
        *("cost-high", "cost-low", "stay-long", "light-stay", "excluded-case", "like-next-level"),
        *("like-mcc-level", "intensive-care-without-severity", "single-code-decides"),
        *("weak-code-decides", "principal-symptom", "principal-not-groupable", "principal-z"),
        *("principal-no-category", "principal-sex", "principal-no-core-group", "ambiguous-group"),
        *("principal-external", "principal-terminal", "input-invalid", "male-with-female-code"),
        *("female-with-male-code", "perinatal-code-beyond-infancy", "delivery-age"),
        *("procedure-without-diagnosis", "diagnosis-without-procedure"),
    }
)


def _screen(table: Path, *options: str) -> str:
    output = table.with_suffix(".xlsx")
    command = [
        sys.executable,
        "-c",
        "from zhibian.cli.main import app; app()",
        *("screen", str(table), "-o", str(output), *options),
    ]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    seconds = time.perf_counter() - started
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime
    peak = used.ru_maxrss / MIB
    name = " ".join((table.suffix[1:], *options))
    return (
        f"| {name} | {PAGES:,} | {seconds:.1f} | {cpu:.1f} | {PAGES / seconds:,.0f} | {peak:,.0f} |"
    )


def _plain(table: Path, rules: Path) -> str:
    pack, codebook = load_scheme(rules, "chs-drg-1.1"), load_codebook(rules)
    asked = Rules(rules, _SIGNALS)
    started, began = time.perf_counter(), time.process_time()
    pages = read(table, pack, codebook, PLAIN)
    compare(pages, asked.statistics["least_cases"], asked.statistics["least_spread"])
    for page in pages:
        asked.raised(page)
    seconds, cpu = time.perf_counter() - started, time.process_time() - began
    return f"| 逐行 Python | {PLAIN:,} | {seconds:.1f} | {cpu:.1f} | {PLAIN / seconds:,.0f} | |"


@pytest.mark.performance
def test_speed_is_printed(rules: Path, tmp_path: Path) -> None:
    print("\n| input | pages | s | CPU s | pages/s | peak MiB |")
    print("|---|---|---|---|---|---|")
    request = Request(PAGES, 1, "chs-drg-1.1", date(2025, 1, 1), date(2025, 12, 31))
    model = build_model(rules, request)
    for suffix in (".parquet", ".csv"):
        table = tmp_path / f"pages{suffix}"
        write_cases(model, table)
        print(_screen(table), flush=True)
        print(_screen(table, "--no-quality"), flush=True)
    print(_plain(tmp_path / "pages.csv", rules))
