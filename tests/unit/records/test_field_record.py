"""The field-by-field form of a record: two documents, no stay, no answers."""

from __future__ import annotations

from typing import Any

import pytest

from zhibian.problems import InputError
from zhibian.records.case_json import Limits
from zhibian.records.field_record import case_from_fields, is_field_record

LIMITS = Limits(document_chars=10_000, file_bytes=100_000)
MARKER = "甲乙丙丁"


def a_record() -> dict[str, Any]:
    return {
        "病案标识": "R-17",
        "主诉": "咳嗽3天",
        "现病史": "患者3天前受凉后咳嗽。",
        "家族史": "",
        "入院诊断": "肺炎",
        "诊疗经过": "予抗感染治疗。",
        "出院诊断": None,
        "出院医嘱": "门诊随诊",
        "主要诊断编码": "J18.900",
    }


def test_fields_become_sections_of_two_documents() -> None:
    read = case_from_fields(a_record(), "records.json[0]", LIMITS)
    admission, discharge = read.case.documents
    assert read.case.id == "R-17"
    assert read.case.admission is None
    assert read.case.coded_front_page is None
    assert admission.type == "入院记录"
    assert admission.text == "主诉：咳嗽3天\n现病史：患者3天前受凉后咳嗽。\n入院诊断：肺炎"
    assert discharge.type == "出院记录"
    assert discharge.text == "诊疗经过：予抗感染治疗。\n出院医嘱：门诊随诊"
    assert [warning.code for warning in read.warnings] == ["admission_absent"]


def test_answers_in_a_record_are_dropped() -> None:
    read = case_from_fields(a_record(), "records.json[0]", LIMITS)
    assert "J18.900" not in read.case.model_dump_json()


def test_a_record_of_one_half_has_one_document() -> None:
    record = {"病案标识": 9, "诊疗经过": "予抗感染治疗。"}
    read = case_from_fields(record, "records.json[0]", LIMITS)
    assert read.case.id == "9"
    assert [document.type for document in read.case.documents] == ["出院记录"]


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        (
            {"主诉": [MARKER], "出院医嘱": 3},
            {("主诉", "text_invalid"), ("出院医嘱", "text_invalid")},
        ),
        ({"病案标识": None}, {("id", "id_missing")}),
        ({"病案标识": MARKER + " " + MARKER}, {("id", "id_invalid")}),
        ({"现病史": MARKER * 5000}, {("documents[0].text", "text_too_long")}),
    ],
)
def test_bad_records(change: dict[str, Any], codes: set[tuple[str, str]]) -> None:
    with pytest.raises(InputError) as refused:
        case_from_fields({**a_record(), **change}, "records.json[0]", LIMITS)
    problems = refused.value.problems
    assert {(p.field, p.code) for p in problems if p.severity == "error"} == codes
    assert all(MARKER not in problem.render() for problem in problems)


def test_a_record_without_any_text_is_refused() -> None:
    with pytest.raises(InputError) as refused:
        case_from_fields({"病案标识": "R-1", "主诉": ""}, "records.json[0]", LIMITS)
    stopping = {p.field for p in refused.value.problems if p.severity == "error"}
    assert stopping == {"documents"}


@pytest.mark.parametrize("raw", [[], "病案标识", None, {"id": "T-1"}])
def test_other_json_is_no_field_record(raw: object) -> None:
    assert not is_field_record(raw)
