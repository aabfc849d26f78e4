"""Reviews settle both pages with the cost, judge the class anew and share the difference."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.unit.review.test_render import LIMITS, NEVER, a_case, filed, shown

from zhibian.payment.paid_deviation import STATEMENT
from zhibian.records.case_json import case_from_mapping
from zhibian.review.pipeline import review
from zhibian.review.report import CaseReport, SettledDeviationOut
from zhibian.review.reviewer import Reviewer, code_check


def reviewed(raw: dict[str, Any], reviewer: Reviewer) -> CaseReport:
    return review(case_from_mapping(raw, "x", LIMITS, code_check(reviewer)), reviewer)


def costing(cost: float | None, page: dict[str, Any], **change: Any) -> dict[str, Any]:
    stay = {"sex": "男", "age": 71, "total_cost": cost}
    return a_case(admission=stay, coded_front_page=page, **change)


def settled(report: CaseReport) -> SettledDeviationOut:
    assert report.deviation is not None
    assert report.deviation.settled is not None
    return report.deviation.settled


def test_both_sides_are_normal_and_the_difference_is_that_of_the_standards(
    reviewer: Reviewer,
) -> None:
    report = reviewed(costing(7000, filed("J18.903", "I10.x04")), reviewer)
    found = settled(report)
    assert (found.filed.kind, found.proposed.kind) == ("normal", "normal")
    # ES35 0.42 -> ES31 0.65 at 9865 yuan.
    assert (found.filed.amount, found.proposed.amount) == (4143.30, 6412.25)
    assert found.amount == pytest.approx(2268.95)
    assert report.deviation is not None
    assert found.amount == report.deviation.amount
    assert found.confidence is not None
    assert found.expected == pytest.approx(found.confidence * 2268.95, abs=0.01)
    assert found.statement == STATEMENT
    assert all(step.source for step in found.filed.trace)


def test_contributions_name_the_deciding_code_and_add_up(reviewer: Reviewer) -> None:
    report = reviewed(costing(7000, filed("J18.903", "I10.x04")), reviewer)
    found = settled(report)
    deciding = [part for part in found.contributions if part.decides]
    assert [part.code for part in deciding] == ["J96.000"]
    assert deciding[0].kind == "add_diagnosis"
    assert deciding[0].name
    assert sum(part.share or 0 for part in found.contributions) == pytest.approx(found.amount)


def test_a_high_outlier_becomes_normal_and_is_paid_less(reviewer: Reviewer) -> None:
    # 13000 is above 3 x 4143.30, below 3 x 6412.25.
    report = reviewed(costing(13000, filed("J18.903", "I10.x04")), reviewer)
    found = settled(report)
    assert (found.filed.kind, found.proposed.kind) == ("high", "normal")
    assert found.class_changed
    assert found.amount == pytest.approx(6412.25 - 13000)
    assert report.deviation is not None
    assert report.deviation.amount == pytest.approx(2268.95)
    screen = shown(report)
    assert "高倍率" in screen
    assert "两侧类型不同" in screen
    assert "数量上限" in screen
    assert "以医保结算为准" in screen


def test_an_unsupported_code_counts_downwards(reviewer: Reviewer) -> None:
    plain = [{"type": "出院记录", "title": "出院小结", "text": "出院诊断：1.肺炎 2.高血压2级"}]
    case = costing(7000, filed("J18.900", "J96.000", "I10.x04"), documents=plain)
    found = settled(reviewed(case, reviewer))
    assert found.amount is not None
    assert found.amount < 0
    removed = [part for part in found.contributions if part.kind == "remove_diagnosis"]
    assert [(part.code, part.decides) for part in removed] == [("J96.000", True)]


def test_without_a_cost_or_a_tariff_nothing_is_settled(reviewer: Reviewer) -> None:
    without_cost = reviewed(costing(None, filed("J18.903")), reviewer)
    assert without_cost.deviation is not None
    assert without_cost.deviation.settled is None
    assert without_cost.deviation.amount is not None
    free = replace(reviewer, tariff=None, variant=None, prices=None)
    assert reviewed(costing(7000, filed("J18.903")), free).deviation is None


def test_the_screen_says_nothing_of_earning(reviewer: Reviewer) -> None:
    for cost in (900, 7000, 13000, 90000):
        screen = shown(reviewed(costing(cost, filed("J18.903")), reviewer))
        assert "逐项差异" in screen
        assert not [word for word in NEVER if word in screen]
