"""The review of a case and how a terminal shows it."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from zhibian.records.case_json import Limits, case_from_mapping
from zhibian.review.pipeline import review
from zhibian.review.render import show
from zhibian.review.report import DISCLAIMER, CaseReport
from zhibian.review.reviewer import Reviewer, code_check

LIMITS = Limits(document_chars=1_000_000, file_bytes=8_000_000)
HEADINGS = (
    "建议诊断",
    "入院病情",
    "建议手术操作",
    "已填报首页的分组",
    "建议首页的分组",
    "支付偏差（建议 − 已填报",
    "支付标准",
    "权重",
)
# A review never says that a code earns more.
NEVER = ("增收", "多赚", "赚", "挣", "盈利", "收益", "创收")
MARKER = "无名氏甲"


def a_case(**change: Any) -> dict[str, Any]:
    case: dict[str, Any] = {
        "id": "T-001",
        "admission": {"sex": "男", "age": 71, "admitted": "2025-03-01 09:00"},
        "documents": [
            {
                "type": "入院记录",
                "title": "入院记录",
                "text": f"患者{MARKER}。主诉：气促3天。\n初步诊断：1.重症肺炎 2.急性呼吸衰竭",
            },
            {
                "type": "出院记录",
                "title": "出院小结",
                "text": "诊疗经过：予抗感染、吸氧。\n"
                "出院诊断：1.重症肺炎 2.急性呼吸衰竭 3.高血压2级",
            },
        ],
        "coded_front_page": {"principal": {"code": "J18.903"}, "others": [], "procedures": []},
    }
    return {**case, **change}


def filed(principal: str, *others: str) -> dict[str, Any]:
    return {"principal": {"code": principal}, "others": [{"code": code} for code in others]}


Review = Callable[[dict[str, Any]], CaseReport]


@pytest.fixture(scope="session")
def reviewed(reviewer: Reviewer) -> Review:
    def run(raw: dict[str, Any]) -> CaseReport:
        return review(case_from_mapping(raw, "x", LIMITS, code_check(reviewer)), reviewer)

    return run


def shown(report: CaseReport, titles: tuple[str, ...] = ("入院记录", "出院小结")) -> str:
    screen = io.StringIO()
    show(report, titles, Console(file=screen, width=200, highlight=False))
    return screen.getvalue()


def test_a_review_on_screen_has_its_headings(reviewed: Review) -> None:
    screen = shown(reviewed(a_case()))
    for heading in (*HEADINGS, "与已填报首页的差异（双向）", "疑似漏报"):
        assert heading in screen
    assert "J96.000" in screen
    assert "出院小结：“2.急性呼吸衰竭" in screen or "出院小结：“急性呼吸衰竭" in screen
    assert DISCLAIMER[:12] in screen


def test_both_directions_are_on_screen(reviewed: Review) -> None:
    screen = shown(reviewed(a_case(coded_front_page=filed("J18.903", "A41.900"))))
    assert "疑似漏报" in screen
    assert "疑似无依据" in screen
    assert "病历中未见记载" in screen


def measured(gas: str) -> dict[str, Any]:
    """Return the case with a record that holds measurements."""
    case = a_case(coded_front_page=filed("J18.903", "J96.000"))
    values = "WBC 13.6×10^9/L，Hb 128g/L，PLT 210×10^9/L，ALB 41g/L，Cr 76umol/L，Na 139mmol/L"
    case["documents"][1]["text"] += f"\n辅助检查：{values}，K 2.9mmol/L，{gas}。予氯化钾1.5g静滴。"
    return case


def test_a_proposed_complication_without_evidence_is_told(reviewed: Review) -> None:
    report = reviewed(measured("未吸氧PaO2 86mmHg，SpO2 97%"))
    (failure,) = [d for d in report.others if d.code == "J96.000"]
    assert failure.support is not None
    assert failure.support.status == "weak"
    assert [i.quote for i in failure.support.indicators]
    assert "J96.000" in {flag.code for flag in report.flags.unsupported}
    assert "缺客观依据" in shown(report)


def test_a_proposed_complication_with_evidence_shows_it(reviewed: Review) -> None:
    report = reviewed(measured("未吸氧PaO2 48mmHg"))
    (failure,) = [d for d in report.others if d.code == "J96.000"]
    assert failure.support is not None
    assert failure.support.status == "supported"
    assert [i.quote for i in failure.support.indicators] == ["PaO2 48mmHg"]
    assert "J96.000" not in {flag.code for flag in report.flags.unsupported}
    assert "缺客观依据" not in shown(report)


def test_a_record_of_few_measurements_is_not_assessed(reviewed: Review) -> None:
    report = reviewed(a_case())
    (failure,) = [d for d in report.others if d.code == "J96.000"]
    assert failure.support is not None
    assert failure.support.status == "not_assessed"


def test_a_question_offers_its_answers(reviewed: Review) -> None:
    report = reviewed(measured("未吸氧PaO2 86mmHg"))
    (query,) = [q for q in report.queries if q.id == "query-hypokalaemia"]
    assert any("无法确定" in option for option in query.options)
    assert f"□ {query.options[0]}" in shown(report)


def test_the_filed_page_may_be_right(reviewed: Review) -> None:
    report = reviewed(a_case(coded_front_page=filed("J18.903", "J96.000", "I10.x04")))
    assert "与已填报首页一致：未发现漏报或无依据编码。" in shown(report)


def test_nothing_filed(reviewed: Review) -> None:
    report = reviewed(a_case(coded_front_page=None))
    assert report.deviation is None
    assert report.flags.principal_differs is None
    screen = shown(report)
    assert "未提供已填报首页，不比较漏报与无依据编码。" in screen
    assert "支付偏差：没有已填报首页，不计算。" in screen


def test_no_code_found(reviewed: Review) -> None:
    empty = [{"type": "病程记录", "title": "病程", "text": "2025-03-02 一般情况可，继续观察。"}]
    report = reviewed(a_case(documents=empty))
    assert report.principal is None
    assert report.grouping.proposed is None
    screen = shown(report, ("病程",))
    assert "病历中未找到可编码的诊断，请人工编码" in screen
    assert "建议手术操作：无" in screen
    assert "无法计算" in screen


def test_no_word_of_earning(reviewed: Review, shared: Path) -> None:
    folder = shared / "data" / "sample_cases"
    for path in sorted(folder.glob("*.json"))[:8]:
        raw = json.loads(path.read_text("utf-8"))
        report = reviewed(raw)
        screen = shown(report, tuple(document["title"] for document in raw["documents"]))
        quotes = "".join(document["text"] for document in raw["documents"])
        for word in NEVER:
            assert word not in screen or word in quotes


def test_no_word_of_earning_in_a_shipped_review(reviewed: Review) -> None:
    for page in (filed("J18.900"), filed("J18.903", "A41.900"), filed("A41.900", "J96.000")):
        screen = shown(reviewed(a_case(coded_front_page=page)))
        assert not [word for word in NEVER if word in screen]


def test_deviation_is_proposed_less_filed(reviewed: Review) -> None:
    report = reviewed(a_case(coded_front_page=filed("J18.903")))
    before, after = report.grouping.filed, report.grouping.proposed
    assert before is not None
    assert after is not None
    assert before.payment is not None
    assert after.payment is not None
    deviation = report.deviation
    assert deviation is not None
    assert deviation.amount == pytest.approx(
        (after.payment.amount or 0) - (before.payment.amount or 0)
    )
    assert deviation.weight == pytest.approx(
        (after.payment.weight or 0) - (before.payment.weight or 0)
    )


def test_deviation_has_both_signs(reviewed: Review) -> None:
    # The record supports an MCC that the first page lacks; the second page has one that it lacks.
    lacking = reviewed(a_case(coded_front_page=filed("J18.903"))).deviation
    plain = a_case(
        documents=[
            {"type": "出院记录", "title": "出院小结", "text": "出院诊断：1.肺炎 2.高血压2级"}
        ]
    )
    beyond_report = reviewed({**plain, "coded_front_page": filed("J18.900", "J96.000")})
    beyond = beyond_report.deviation
    assert lacking is not None
    assert beyond is not None
    assert lacking.amount is not None
    assert beyond.amount is not None
    assert lacking.amount > 0
    assert beyond.amount < 0
    assert (beyond.rate or 0) < 0
    assert f"{beyond.amount:+,.2f} 元" in shown(beyond_report, ("出院小结",))


@pytest.mark.parametrize(
    ("weight", "amount", "told"),
    [
        (0.3295, None, "权重 +0.3295，金额无法计算，未公布费率"),
        (None, None, "：无法计算，未公布费率"),
        (None, 120.5, "：+120.50 元，+10.0%"),
    ],
)
def test_deviation_tells_what_is_known(
    reviewed: Review, weight: float | None, amount: float | None, told: str
) -> None:
    report = reviewed(a_case(coded_front_page=filed("J18.903")))
    assert report.deviation is not None
    changed = {
        "weight": weight,
        "amount": amount,
        "rate": None if amount is None else 0.1,
        "note": "未公布费率" if amount is None else None,
    }
    deviation = report.deviation.model_copy(update=changed)
    screen = shown(report.model_copy(update={"deviation": deviation}))
    assert told in screen.replace("\n", "")


def test_equal_groups_deviate_by_nothing(reviewed: Review) -> None:
    report = reviewed(a_case(coded_front_page=filed("J18.903", "J96.000", "I10.x04")))
    assert report.deviation is not None
    assert report.deviation.amount == 0
    assert "+0.00 元" in shown(report)


def test_a_case_without_a_stay_is_coded_and_told_why_it_is_not_grouped(reviewed: Review) -> None:
    report = reviewed(a_case(admission=None))
    assert report.principal is not None
    for grouping in (report.grouping.filed, report.grouping.proposed):
        assert grouping is not None
        assert grouping.status == "invalid"
        assert grouping.drg is None
        assert grouping.reason
        assert grouping.explanation
        assert grouping.payment is None
    assert report.deviation is not None
    assert report.deviation.amount is None
    assert report.deviation.note
    assert report.queries == ()
    assert "admission" in {notice.field for notice in report.notices}
    assert "无法计算" in shown(report)


def test_a_newborn_without_days_and_weight_has_no_payment_but_the_fields_to_fill(
    reviewed: Review,
) -> None:
    page = {"type": "出院记录", "title": "", "text": "出院诊断：1.早产儿 2.新生儿肺炎"}
    report = reviewed(
        a_case(
            admission={"sex": "男", "age": 0},
            documents=[page],
            coded_front_page=filed("P07.300"),
        )
    )
    assert report.grouping.filed is not None
    assert report.grouping.filed.status == "insufficient_data"
    assert report.grouping.filed.payment is None
    assert report.deviation is not None
    assert report.deviation.amount is None
    told = shown(report)
    assert "缺日龄" in told
    assert "缺新生儿体重" in told
    assert "无法计算" in told


def test_clinical_codes_of_the_filed_page_are_converted_and_told(reviewed: Review) -> None:
    report = reviewed(a_case(coded_front_page=filed("J18.903", "A01.000x002")))
    assert "A01.003" in {flag.code for flag in report.flags.unsupported}
    assert "code_clinical_edition" in {notice.code for notice in report.notices}
    assert "提示" in shown(report)


def test_places_in_lists_are_shown_literally(reviewed: Review) -> None:
    page = filed("J18.903", "J96.000", "J96.000")
    assert "coded_front_page.others[1].code" in shown(reviewed(a_case(coded_front_page=page)))


def test_a_review_is_deterministic(reviewed: Review) -> None:
    assert reviewed(a_case()) == reviewed(a_case())


def test_nothing_of_a_record_is_logged(
    reviewed: Review, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.DEBUG):
        reviewed(a_case())
        reviewed(a_case(admission=None, coded_front_page=None))
    assert caplog.records == []
    captured = capsys.readouterr()
    assert captured.out == captured.err == ""
