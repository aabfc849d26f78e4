"""How long everything takes to load, and how many cases are reviewed in a second.

Run with ``pytest tests/performance/bench_review.py -m performance -s``.
Times are printed, never asserted: they depend on the machine.
"""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from zhibian.records.case_json import Limits, read_case
from zhibian.review.pipeline import review
from zhibian.review.reviewer import code_check, load_reviewer

ROUNDS = 3
LIMITS = Limits(document_chars=1_000_000, file_bytes=8_000_000)


@pytest.mark.performance
def test_review_speed(rules: Path, shared: Path) -> None:
    loads = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        reviewer = load_reviewer(rules, "chs-drg-1.1", "linyi-2022", None)
        loads.append(time.perf_counter() - start)
    print(f"\nload reviewer: best {min(loads):.2f} s of {ROUNDS}")

    files = sorted((shared / "data" / "sample_cases").glob("*.json"))
    check = code_check(reviewer)
    reads = [read_case(path, LIMITS, check) for path in files]
    slowest: dict[str, float] = {}
    totals = []
    for _ in range(ROUNDS):
        spent = {}
        for read in reads:
            start = time.perf_counter()
            review(read, reviewer)
            spent[read.case.id] = time.perf_counter() - start
        totals.append(sum(spent.values()))
        slowest = {id: min(seconds, slowest.get(id, seconds)) for id, seconds in spent.items()}
    characters = sum(len(document.text) for read in reads for document in read.case.documents)
    print(
        f"review: best {len(reads) / min(totals):.1f} cases/s of {ROUNDS} x {len(reads)}"
        f" ({characters / len(reads):,.0f} characters a case)"
    )
    case, seconds = max(slowest.items(), key=lambda entry: entry[1])
    print(f"slowest case: {case}, {seconds * 1000:.0f} ms")
