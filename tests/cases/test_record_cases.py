"""The development records as golden cases: what coding reaches on them is held, by rules alone.

The floors lie a little below what was reached: one lost record does not fail, several do. M and Q
are held out: no test reads them through the coder.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from zhibian.evaluation.coders.steps import whole_system
from zhibian.evaluation.folder_figures import outcomes_of, value_of
from zhibian.evaluation.gold_files import read_gold_cases
from zhibian.evaluation.metrics.outcomes import CodingOutcome
from zhibian.grouping.pack import load_scheme
from zhibian.records.case_json import Limits, ReadCase
from zhibian.review.pipeline import review
from zhibian.review.report import CaseReport, DiagnosisOut, ProcedureOut
from zhibian.review.reviewer import Reviewer

RECORDS = Path(__file__).parent / "records"
LIMITS = Limits(document_chars=100_000, file_bytes=1_000_000)
AT_LEAST = {
    "principal exact": 0.93,
    "others F1": 0.88,
    "procedures F1": 0.89,
    "DRG exact": 0.78,
    "entry condition": 0.93,
}
AT_MOST = {"must-not families": 0.02}

Gold = tuple[ReadCase, Mapping[str, Any]]
Reviewed = Sequence[tuple[ReadCase, CaseReport]]


@pytest.fixture(scope="module")
def published(reviewer: Reviewer, rules: Path) -> Reviewer:
    return replace(reviewer, pack=load_scheme(rules, "chs-drg-1.1@published"), tariff=None)


@pytest.fixture(scope="module")
def cases(published: Reviewer) -> Sequence[Gold]:
    return read_gold_cases(RECORDS, "[HKLNPR]*", LIMITS, published)


@pytest.fixture(scope="module")
def outcomes(cases: Sequence[Gold], published: Reviewer) -> Sequence[CodingOutcome]:
    return outcomes_of(whole_system(published), cases)


@pytest.fixture(scope="module")
def reviewed(cases: Sequence[Gold], published: Reviewer) -> Reviewed:
    return [(read, review(read, published)) for read, _ in cases]


def test_no_development_record_is_left_out(reviewed: Reviewed) -> None:
    assert len(reviewed) == 150


@pytest.mark.parametrize("name", [*AT_LEAST, *AT_MOST])
def test_what_coding_reaches_is_held(name: str, outcomes: Sequence[CodingOutcome]) -> None:
    value = value_of(name, outcomes)
    assert AT_LEAST.get(name, 0.0) <= value <= AT_MOST.get(name, 1.0)


def test_every_proposed_code_quotes_the_record(reviewed: Reviewed) -> None:
    for read, report in reviewed:
        documents = read.case.documents
        for entry in proposed(report):
            assert entry.evidence, (report.id, entry.code)
            for evidence in entry.evidence:
                text = documents[evidence.document].text
                assert evidence.quote == text[evidence.start : evidence.end]
                assert evidence.quote.strip()


def test_the_trace_names_what_decided_the_principal_diagnosis(reviewed: Reviewed) -> None:
    for _, report in reviewed:
        assert report.principal is not None
        deciding = [rule for rule in report.rules if rule.decides]
        assert len(deciding) == 1
        assert report.principal.code in deciding[0].codes


def proposed(report: CaseReport) -> list[DiagnosisOut | ProcedureOut]:
    """Return everything on the proposed page."""
    principal = [] if report.principal is None else [report.principal]
    return [*principal, *report.others, *report.procedures]
