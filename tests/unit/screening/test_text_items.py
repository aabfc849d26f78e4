"""Suspicions from the text of a record: both directions, with evidence, effect and question."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from zhibian.records.case_json import Limits, case_from_mapping
from zhibian.review.pipeline import review
from zhibian.review.reviewer import Reviewer, code_check
from zhibian.screening.queries.questions import load_question_rules
from zhibian.screening.text.evidence import text_items
from zhibian.screening.text.rules import load_text_rules
from zhibian.screening.types import Alert, Suspicion, WorkItem

LIMITS = Limits(document_chars=100_000, file_bytes=1_000_000)
PROGRESS = (
    "2026-01-05 主任查房：患者咳嗽、发热较前好转，双肺湿啰音减少。NT-proBNP 6200pg/ml，"
    "心超EF 35%，诊断慢性心力衰竭急性加重，予呋塞米20mg静推。无呼吸衰竭。"
)
ADMISSION = "既往高血压病3级10年。入院诊断：1.肺炎 2.心力衰竭 3.高血压病3级"
DISCHARGE = "出院诊断：1.肺炎 2.慢性心力衰竭 3.高血压病3级"


def line(code: str, name: str, poa: str | None = "1") -> dict[str, Any]:
    return {"code": code, "name": name, "poa": poa}


def record(principal: dict[str, Any], others: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": "T1",
        "admission": {
            "sex": "男",
            "age": 71,
            "admitted": "2026-01-03 10:00",
            "discharged": "2026-01-12 09:00",
            "discharge_way": "1",
        },
        "documents": [
            {
                "type": "入院记录",
                "title": "入院记录",
                "time": "2026-01-03 11:00",
                "text": f"主诉：咳嗽、发热3天。{ADMISSION}",
            },
            {
                "type": "日常病程记录",
                "title": "主任查房记录",
                "time": "2026-01-05 09:00",
                "text": PROGRESS,
            },
            {
                "type": "出院记录",
                "title": "出院记录",
                "time": "2026-01-12 08:00",
                "text": DISCHARGE,
            },
        ],
        "coded_front_page": {"principal": principal, "others": others, "procedures": []},
    }


@pytest.fixture(scope="module")
def items_of(reviewer: Reviewer, rules: Path) -> Any:
    text_rules, questions = load_text_rules(rules), load_question_rules(rules)

    def found(raw: dict[str, Any]) -> tuple[WorkItem, ...]:
        read = case_from_mapping(raw, "T1", LIMITS, code_check(reviewer))
        return text_items(read, review(read, reviewer), reviewer, text_rules, questions)

    return found


PNEUMONIA = line("J18.900", "肺炎")
PRESSURE = line("I10.x05", "高血压3级")
FAILURE = line("I50.908", "慢性心力衰竭")


def only(items: tuple[WorkItem, ...], suspicion: Suspicion) -> list[WorkItem]:
    return [item for item in items if item.suspicion is suspicion]


def test_a_stated_and_treated_diagnosis_that_the_page_lacks_is_suspected(items_of: Any) -> None:
    (missed,) = only(items_of(record(PNEUMONIA, [PRESSURE])), Suspicion.MISSED_DIAGNOSIS)
    assert missed.code.startswith("I50")
    assert missed.level == "MCC"
    assert missed.alert is Alert.RED
    assert missed.rule == "K39"
    assert any("慢性心力衰竭" in quote for quote in missed.evidence)
    assert missed.filed_group != missed.possible_group
    assert missed.weight_difference is not None


def test_a_denied_diagnosis_on_the_page_is_suspected_as_loudly(items_of: Any) -> None:
    page = record(PNEUMONIA, [FAILURE, PRESSURE, line("J96.000", "急性呼吸衰竭")])
    (doubted,) = only(items_of(page), Suspicion.UNSUPPORTED_DIAGNOSIS)
    assert doubted.code == "J96.000"
    assert doubted.alert is Alert.RED
    assert any("无呼吸衰竭" in quote for quote in doubted.evidence)
    assert "其他" in doubted.query
    assert "无法确定" in doubted.query


def test_a_page_that_agrees_with_the_record_raises_nothing(items_of: Any) -> None:
    assert items_of(record(PNEUMONIA, [FAILURE, PRESSURE])) == ()


def test_blank_entry_conditions_are_one_item_a_page(items_of: Any) -> None:
    page = record(line("J18.900", "肺炎", None), [FAILURE, line("I10.x05", "高血压3级", None)])
    (blank,) = only(items_of(page), Suspicion.ENTRY_CONDITION)
    assert len(blank.evidence) == 2
    assert blank.filed_group == blank.possible_group


def test_an_entry_condition_that_the_record_contradicts_is_suspected(items_of: Any) -> None:
    page = record(PNEUMONIA, [FAILURE, line("I10.x05", "高血压3级", "4")])
    (differs,) = only(items_of(page), Suspicion.ENTRY_CONDITION)
    assert differs.code == "I10.x05"


def test_a_principal_diagnosis_of_another_disease_is_doubted(items_of: Any) -> None:
    page = record(PRESSURE, [FAILURE, PNEUMONIA])
    (doubt,) = only(items_of(page), Suspicion.PRINCIPAL)
    assert doubt.code == "I10.x05"
    assert "肺炎" in doubt.query


def test_a_case_without_a_filed_page_raises_nothing(items_of: Any) -> None:
    raw = record(PNEUMONIA, [])
    raw["coded_front_page"] = None
    assert items_of(raw) == ()
