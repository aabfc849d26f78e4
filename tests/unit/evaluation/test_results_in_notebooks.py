"""What notebooks show of results: values with intervals, curves of runs and of published files."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("matplotlib", reason="the extra plots is not installed")

from tests.invented_results import invented_results

from zhibian.evaluation.experiments.error_injection import CURVES
from zhibian.evaluation.experiments.spec import Cell, RunResult
from zhibian.evaluation.injection.effects import Point
from zhibian.evaluation.metrics.metric import Estimate
from zhibian.evaluation.report import notebook
from zhibian.evaluation.reviewed_pages import page_pairs
from zhibian.evaluation.waterfall import waterfall
from zhibian.records.case_json import Limits, read_case
from zhibian.review.pipeline import review
from zhibian.review.reviewer import Reviewer, code_check

RESULTS = invented_results()
LIMITS = Limits(document_chars=1_000_000, file_bytes=8_000_000)


def test_only_metrics_of_the_run_are_shown_each_with_its_interval() -> None:
    table = notebook.figures(RESULTS, ["principal.exact", "no.such"])
    (row,) = table.rows
    assert len(row) == 1 + len(RESULTS.systems)
    assert all("%" in str(cell) and "~" in str(cell) for cell in row[1:])


def test_a_row_a_system_holds_the_same_cells() -> None:
    names = ["principal.exact", "others.micro_f1"]
    upright, across = notebook.figures(RESULTS, names), notebook.by_system(RESULTS, names)
    assert [row[0] for row in across.rows] == [system.name for system in RESULTS.systems]
    assert [row[1:] for row in across.rows] == list(
        zip(*(r[1:] for r in upright.rows), strict=True)
    )


def test_a_part_of_the_data_is_told_as_a_part() -> None:
    part = RESULTS.model_copy(update={"run": RESULTS.run.model_copy(update={"limit": 3})})
    assert "部分运行" in notebook.figures(part, ["principal.exact"]).caption
    assert "部分运行" not in notebook.figures(RESULTS, ["principal.exact"]).caption


def test_curves_of_a_run_are_those_of_its_published_table() -> None:
    point = Point("omit-cc", "漏报一个 CC", 0.1, 0.05, {"payment.mean": Estimate(-2.0, -3.0, -1.0)})
    row: dict[str, Cell] = {
        "error": "omit-cc",
        "title": "漏报一个 CC",
        "rate": 0.1,
        "payment.mean": -2.0,
        "payment.mean.low": -3.0,
        "payment.mean.high": -1.0,
    }
    other: dict[str, Cell] = {**row, "error": "add-cc", "title": "多报一个无依据的 CC"}
    run = RunResult(name="r", kind="error-injection", asked={}, tables={CURVES: (row, other)})
    curve = notebook.injected([point], "payment.mean")
    assert curve == notebook.published(run, "payment.mean", ["omit-cc"])
    assert curve["漏报一个 CC"][0].figure.low == -3.0


def test_waterfall_of_a_reviewed_case_ends_where_its_standards_do(
    examples: Path, reviewer: Reviewer
) -> None:
    read = read_case(examples / "heart-failure-pneumonia.json", LIMITS, code_check(reviewer))
    report = review(read, reviewer)
    told = waterfall("filed_to_given", page_pairs([(read.case, report)], reviewer))
    filed, proposed = report.grouping.filed, report.grouping.proposed
    assert told is not None
    assert filed is not None
    assert filed.payment is not None
    assert proposed is not None
    assert proposed.payment is not None
    ends = [told.steps[0].amount, told.steps[-1].amount]
    assert ends == [filed.payment.amount, proposed.payment.amount]
