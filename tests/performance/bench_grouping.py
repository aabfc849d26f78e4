"""How fast the single-case engine is, and how long a pack takes to load.

Run with ``pytest tests/performance/bench_grouping.py -m performance -s``.
Times are printed, never asserted: they depend on the machine.
"""

from __future__ import annotations

import csv
import time
from pathlib import Path

import pytest

from zhibian.grouping import group, load_scheme
from zhibian.grouping.layout import LAYOUTS, InputFormat

ROUNDS = 5


@pytest.mark.performance
def test_grouping_speed(rules: Path, shared: Path) -> None:
    loads = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        pack = load_scheme(rules, "chs-drg-1.1")
        loads.append(time.perf_counter() - start)
    print(f"\nload pack: best {min(loads):.3f} s of {ROUNDS}")

    with (shared / "oracle" / "chs_drg_1_1_20k.csv").open(encoding="utf-8", newline="") as handle:
        cases = [LAYOUTS[InputFormat.OPENDRG].read(row)[0] for row in csv.DictReader(handle)]
    for trace in (False, True):
        seconds = []
        for _ in range(ROUNDS):
            start = time.perf_counter()
            for case in cases:
                group(case, pack, trace=trace)
            seconds.append(time.perf_counter() - start)
        rate = len(cases) / min(seconds)
        print(f"group, trace={trace}: best {rate:,.0f} cases/s of {ROUNDS} x {len(cases):,}")
