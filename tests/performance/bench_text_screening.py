"""Suspicions from text: cases a second, alone and in two processes.

Run with ``pytest tests/performance/bench_text_screening.py -m performance -s``. Times are printed,
never asserted: they depend on the machine.
"""

from __future__ import annotations

import multiprocessing
import time
from pathlib import Path

import pytest

from zhibian.evaluation.gold_files import read_gold_cases
from zhibian.records.case_json import Limits, ReadCase
from zhibian.review.pipeline import review
from zhibian.review.reviewer import Reviewer
from zhibian.screening.queries.questions import QuestionRules, load_question_rules
from zhibian.screening.text.evidence import text_items
from zhibian.screening.text.rules import TextRules, load_text_rules

RECORDS = Path(__file__).parents[1] / "cases" / "records"
LIMITS = Limits(document_chars=100_000, file_bytes=1_000_000)
ROUNDS = 2
PROCESSES = 2

Loaded = tuple[Reviewer, TextRules, QuestionRules]


def screened(read: ReadCase, loaded: Loaded) -> int:
    reviewer, rules, questions = loaded
    return len(text_items(read, review(read, reviewer), reviewer, rules, questions))


def part(cases: list[ReadCase], loaded: Loaded) -> None:
    for read in cases:
        screened(read, loaded)


@pytest.mark.performance
def test_cases_a_second(reviewer: Reviewer, rules: Path) -> None:
    loaded = (reviewer, load_text_rules(rules), load_question_rules(rules))
    cases = [read for read, _ in read_gold_cases(RECORDS, "[HKLNPR]*", LIMITS, reviewer)] * ROUNDS
    started = time.perf_counter()
    part(cases, loaded)
    alone = time.perf_counter() - started
    # Forked children share what is loaded: memory does not multiply.
    forks = multiprocessing.get_context("fork")
    started = time.perf_counter()
    children = [
        forks.Process(target=part, args=(cases[place::PROCESSES], loaded))
        for place in range(PROCESSES)
    ]
    for child in children:
        child.start()
    for child in children:
        child.join()
    together = time.perf_counter() - started
    print(f"\n{len(cases)} cases: {len(cases) / alone:.0f} a second in one process, ", end="")
    print(f"{len(cases) / together:.0f} in {PROCESSES}")
