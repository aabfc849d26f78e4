"""How long the code sets take to load: the csv module beside polars.

Run with ``pytest tests/performance/bench_terminology.py -m performance -s``.
Times are printed, never asserted: they depend on the machine.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from zhibian.terminology.code_set import ICD9CM3_NHSA, ICD10_NHSA, load_code_set
from zhibian.terminology.crosswalk import (
    ICD9CM3_CLINICAL_TO_NHSA,
    ICD10_CLINICAL_TO_NHSA,
    load_crosswalk,
)

ROUNDS = 7

POLARS = """
import sys, time
start = time.perf_counter()
import polars
imported = time.perf_counter()
for path in sys.argv[1:]:
    frame = polars.read_csv(path, infer_schema=False)
    entries = {row[0]: row for row in frame.iter_rows()}
done = time.perf_counter()
print(imported - start, done - imported)
"""


def _seconds(work: Callable[[], object]) -> list[float]:
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return times


@pytest.mark.performance
def test_loading_time_is_printed(rules: Path) -> None:
    sets = _seconds(lambda: [load_code_set(rules, id) for id in (ICD10_NHSA, ICD9CM3_NHSA)])
    walks = _seconds(
        lambda: [
            load_crosswalk(rules, id) for id in (ICD10_CLINICAL_TO_NHSA, ICD9CM3_CLINICAL_TO_NHSA)
        ]
    )
    files = [str(rules / "terminology" / f"{id}.csv") for id in (ICD10_NHSA, ICD9CM3_NHSA)]
    beside = subprocess.run(
        [sys.executable, "-c", POLARS, *files], capture_output=True, text=True, check=True
    )
    imported, read = map(float, beside.stdout.split())
    print(f"\nboth code sets, csv module: median {statistics.median(sets):.3f} s")
    print(f"both crosswalks, csv module: median {statistics.median(walks):.3f} s")
    print(f"both code sets, polars: import {imported:.3f} s + read to dict {read:.3f} s")
    assert len(sets) == len(walks) == ROUNDS
