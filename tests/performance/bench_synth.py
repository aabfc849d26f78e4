"""How fast synthetic front pages are written, and in how much memory.

Run with ``pytest tests/performance/bench_synth.py -m performance -s``.
Figures are printed, never asserted: they depend on the machine.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pytest

from zhibian.synthesis.model import Request, build_model
from zhibian.synthesis.write import write_cases

SIZES = (10_000, 100_000, 1_000_000, 5_000_000)
MIB = 1024


def measure(rules: Path, output: Path, cases: int) -> str:
    """Return one row of the table; run in a process of its own, so that the peak is its own."""
    started = time.perf_counter()
    request = Request(cases, 1, "chs-drg-1.1", date(2025, 1, 1), date(2025, 12, 31))
    model = build_model(rules, request)
    ready = time.perf_counter()
    write_cases(model, output)
    done = time.perf_counter()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MIB
    size = output.stat().st_size / MIB**2
    return (
        f"| {output.suffix[1:]} | {cases:,} | {ready - started:.1f} | {done - ready:.1f} "
        f"| {cases / (done - ready):,.0f} | {peak:,.0f} | {size:,.0f} |"
    )


@pytest.mark.performance
def test_speed_is_printed(rules: Path, tmp_path: Path) -> None:
    print("\n| file | cases | set-up s | writing s | cases/s | peak MiB | size MiB |")
    print("|---|---|---|---|---|---|---|")
    for suffix in ("csv", "parquet"):
        for cases in SIZES:
            command = [sys.executable, __file__, str(rules), str(tmp_path / f"c.{suffix}")]
            done = subprocess.run(
                [*command, str(cases)], capture_output=True, text=True, check=True
            )
            print(done.stdout.strip())


if __name__ == "__main__":
    print(measure(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])))
