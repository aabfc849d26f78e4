"""What the trained models cost: loading, time a record, memory; beside rules and dictionary alone.

Run with ``pytest tests/performance/bench_models.py -m performance -s``. Each record is two of the
longest of the development sets, one behind the other: 2,600 characters at the median. Times are
printed, never asserted: they depend on the machine.
"""

from __future__ import annotations

import resource
import statistics
import time
from dataclasses import replace
from pathlib import Path

import pytest

from zhibian.cli.models import with_models
from zhibian.evaluation.coders.steps import systems
from zhibian.evaluation.gold_files import read_gold_cases
from zhibian.records.case_json import Limits, ReadCase
from zhibian.review.pipeline import review
from zhibian.review.reviewer import NO_TARIFF, load_reviewer
from zhibian.settings import Settings

RECORDS = Path(__file__).resolve().parents[1] / "cases" / "records"
LIMITS = Limits(document_chars=1_000_000, file_bytes=8_000_000)
LONGEST = 20
ROUNDS = 3


def megabytes() -> float:
    """Return the most memory that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def joined(one: ReadCase, other: ReadCase) -> ReadCase:
    """Return a case with the documents of two."""
    documents = (*one.case.documents, *other.case.documents)
    return replace(one, case=one.case.model_copy(update={"documents": documents}))


@pytest.mark.performance
def test_cost_of_the_models(rules: Path) -> None:
    settings = Settings()
    before = megabytes()
    started = time.perf_counter()
    plain = load_reviewer(rules, "chs-drg-1.1", NO_TARIFF, None)
    print(f"\nload dictionary and rules: {time.perf_counter() - started:.2f} s")
    started = time.perf_counter()
    reviewer = with_models(plain, "on", rules, settings)
    versions = reviewer.knowledge.voices.versions
    print(f"load models {versions}: {time.perf_counter() - started:.2f} s")
    cases = [read for read, _ in read_gold_cases(RECORDS, "[HKLN]*", LIMITS, reviewer)]
    cases.sort(key=lambda read: -sum(len(d.text) for d in read.case.documents))
    pairs = zip(cases[:LONGEST], cases[LONGEST : 2 * LONGEST], strict=True)
    longest = [joined(one, other) for one, other in pairs]
    characters = statistics.median(sum(len(d.text) for d in c.case.documents) for c in longest)
    print(f"{LONGEST} records, {characters:,.0f} characters at the median")
    started = time.perf_counter()
    review(longest[0], reviewer)
    print(f"first record with the models: {time.perf_counter() - started:.2f} s")
    for system in systems(reviewer):
        spent = []
        for read in longest:
            best = float("inf")
            for _ in range(ROUNDS):
                started = time.perf_counter()
                review(read, system.reviewer, system.proposer)
                best = min(best, time.perf_counter() - started)
            spent.append(best)
        print(
            f"{system.name:>12}: {statistics.median(spent) * 1000:5.0f} ms at the median,"
            f" {max(spent) * 1000:5.0f} ms at most"
        )
    print(f"memory: {before:.0f} MB before, {megabytes():.0f} MB at most")
