"""The case JSON reader: every kind of bad input, told at once and without patient text."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zhibian.problems import InputError, Problem, errors
from zhibian.records.case_json import (
    CodeCheck,
    Limits,
    case_from_mapping,
    decode,
    parse_json,
    read_case,
)
from zhibian.records.types import Case, EntryCondition, Sex
from zhibian.review.reviewer import Reviewer, code_check

LIMITS = Limits(document_chars=1_000_000, file_bytes=8_000_000)
MARKER = "甲乙丙丁"


def a_case() -> dict[str, Any]:
    """Return a case without any problem."""
    return {
        "id": "T-001",
        "admission": {
            "sex": "男",
            "age": 67,
            "age_days": None,
            "birth_weight_g": None,
            "admission_weight_g": None,
            "admitted": "2025-03-02 09:10",
            "discharged": "2025-03-11 10:00",
            "admission_route": "门诊",
            "discharge_way": "1",
            "department": "呼吸内科",
            "total_cost": 9100.5,
        },
        "documents": [
            {
                "type": "出院记录",
                "title": "出院记录",
                "time": "2025-03-11",
                "text": "出院诊断：社区获得性肺炎",
            }
        ],
        "coded_front_page": {
            "principal": {"code": "J18.900", "name": "肺炎", "poa": "1"},
            "others": [{"code": "I10.x00x002", "name": "高血压", "poa": 1}],
            "procedures": [{"code": "96.7101", "name": "通气", "date": "2025-03-03"}],
        },
    }


def changed(path: str, value: object) -> dict[str, Any]:
    """Return the good case with one field replaced; ``path`` is dotted, numbers index lists."""
    case = a_case()
    *way, last = path.split(".")
    place: Any = case
    for step in way:
        place = place[int(step) if step.isdigit() else step]
    place[int(last) if last.isdigit() else last] = value
    return case


def without(path: str) -> dict[str, Any]:
    case = a_case()
    *way, last = path.split(".")
    place: Any = case
    for step in way:
        place = place[int(step) if step.isdigit() else step]
    del place[last]
    return case


def problems_of(raw: object, check: CodeCheck | None = None) -> tuple[Problem, ...]:
    """Return errors and warnings of a case, whether it can be used or not."""
    try:
        return case_from_mapping(raw, "case.json", LIMITS, check).warnings
    except InputError as bad:
        return bad.problems


def told(raw: object, check: CodeCheck) -> list[str]:
    """Return every line that a person or a log may see of a case."""
    try:
        return [p.render() for p in case_from_mapping(raw, "case.json", LIMITS, check).warnings]
    except InputError as bad:
        return [str(bad), *(problem.render() for problem in bad.problems)]


def found(problems: Iterable[Problem]) -> set[tuple[str, str]]:
    return {(problem.field, problem.code) for problem in problems}


@pytest.fixture(scope="session")
def check(reviewer: Reviewer) -> CodeCheck:
    return code_check(reviewer)


def test_a_good_case_has_no_problem(check: CodeCheck) -> None:
    read = case_from_mapping(a_case(), "case.json", LIMITS, check)
    assert read.warnings == ()
    stay = read.case.admission
    assert stay is not None
    assert stay.sex is Sex.MALE
    assert stay.length_of_stay == 9
    page = read.case.coded_front_page
    assert page is not None
    assert page.others[0].poa is EntryCondition.PRESENT


@pytest.mark.parametrize("spelling", ["1", 1, "M", "男性", " 男 "])
def test_usual_spellings_of_sex(spelling: object) -> None:
    stay = case_from_mapping(changed("admission.sex", spelling), "x", LIMITS).case.admission
    assert stay is not None
    assert stay.sex is Sex.MALE


@pytest.mark.parametrize(
    ("raw", "field", "code"),
    [
        (without("admission.sex"), "admission.sex", "sex_missing"),
        (changed("admission.sex", None), "admission.sex", "sex_missing"),
        (changed("admission.sex", ""), "admission.sex", "sex_invalid"),
        (changed("admission.sex", "未知"), "admission.sex", "sex_invalid"),
        (changed("admission.sex", True), "admission.sex", "sex_invalid"),
        (without("admission.age"), "admission.age", "age_missing"),
        (changed("admission.age", None), "admission.age", "age_missing"),
        (changed("admission.age", "67"), "admission.age", "age_invalid"),
        (changed("admission.age", 67.5), "admission.age", "age_invalid"),
        (changed("admission.age", -1), "admission.age", "age_invalid"),
        (changed("admission.age", 200), "admission.age", "age_invalid"),
        (changed("admission.age_days", 40), "admission.age_days", "age_days_conflict"),
        (changed("admission.admitted", "三月二日"), "admission.admitted", "admitted_invalid"),
        (changed("admission.admitted", 20250302.5), "admission.admitted", "admitted_invalid"),
        (changed("admission.admitted", 20250302), "admission.admitted", "admitted_invalid"),
        (changed("admission.admitted", "1740906600.5"), "admission.admitted", "admitted_invalid"),
        (
            changed("admission.discharged", "2025-03-01 10:00"),
            "admission.discharged",
            "discharge_before_admission",
        ),
        (
            changed("admission.discharged", "2025-03-11T10:00+08:00"),
            "admission.discharged",
            "time_zone_mixed",
        ),
        (
            changed("admission.birth_weight_g", 0),
            "admission.birth_weight_g",
            "birth_weight_g_invalid",
        ),
        (changed("admission.total_cost", "很多"), "admission.total_cost", "total_cost_invalid"),
        (changed("admission.department", ["内科"]), "admission.department", "department_invalid"),
        (without("admission"), "admission", "admission_missing"),
        (changed("admission", "男，67岁"), "admission", "admission_invalid"),
        (without("id"), "id", "id_missing"),
        (changed("id", "李 某"), "id", "id_invalid"),
        (changed("id", "../T"), "id", "id_invalid"),
        (changed("id", 7), "id", "id_invalid"),
        (changed("format", "zhibian-case/9"), "format", "format_invalid"),
        (without("documents"), "documents", "documents_missing"),
        (changed("documents", []), "documents", "documents_invalid"),
        (changed("documents", "正文"), "documents", "documents_invalid"),
        (changed("documents.0", "正文"), "documents[0]", "documents_invalid"),
        (without("documents.0.text"), "documents[0].text", "text_missing"),
        (changed("documents.0.text", None), "documents[0].text", "text_missing"),
        (changed("documents.0.text", 12), "documents[0].text", "text_invalid"),
        (changed("documents.0.text", " \n "), "documents", "text_empty"),
        (changed("documents.0.text", "肺\ud800炎"), "documents[0].text", "characters_broken"),
        (without("coded_front_page.principal"), "coded_front_page.principal", "principal_missing"),
        (
            changed("coded_front_page.principal", None),
            "coded_front_page.principal",
            "principal_missing",
        ),
        (
            changed("coded_front_page.principal", []),
            "coded_front_page.principal",
            "principal_not_single",
        ),
        (
            changed("coded_front_page.principal.code", ""),
            "coded_front_page.principal.code",
            "code_invalid",
        ),
        (
            changed("coded_front_page.principal.code", 18.9),
            "coded_front_page.principal.code",
            "code_invalid",
        ),
        (
            changed("coded_front_page.principal.code", "J18.999"),
            "coded_front_page.principal.code",
            "code_unknown",
        ),
        (
            changed("coded_front_page.principal.code", "J18"),
            "coded_front_page.principal.code",
            "code_not_finest",
        ),
        (
            changed("coded_front_page.others.0.code", "i10.X00X002"),
            "coded_front_page.others[0].code",
            "code_spelling",
        ),
        (
            changed("coded_front_page.others.0.poa", "5"),
            "coded_front_page.others[0].poa",
            "poa_invalid",
        ),
        (
            changed("coded_front_page.others.0.code", "J18.900"),
            "coded_front_page.others[0].code",
            "principal_repeated",
        ),
        (
            changed("coded_front_page.procedures.0.code", "96.9999"),
            "coded_front_page.procedures[0].code",
            "code_unknown",
        ),
    ],
)
def test_each_error_names_its_field(
    raw: dict[str, Any], field: str, code: str, check: CodeCheck
) -> None:
    with pytest.raises(InputError) as refused:
        case_from_mapping(raw, "case.json", LIMITS, check)
    named = [p for p in refused.value.problems if (p.field, p.code) == (field, code)]
    assert named, found(refused.value.problems)
    assert named[0].severity == "error"
    assert named[0].message
    assert named[0].remedy


def test_two_principals_are_both_checked(check: CodeCheck) -> None:
    both = [{"code": "J18.900", "name": "肺炎"}, {"code": "Q00.999", "name": "不存在"}]
    problems = problems_of(changed("coded_front_page.principal", both), check)
    assert found(problems) == {
        ("coded_front_page.principal", "principal_not_single"),
        ("coded_front_page.principal.code", "code_unknown"),
    }


def test_a_list_of_one_principal_is_one_principal() -> None:
    raw = changed("coded_front_page.principal", [a_case()["coded_front_page"]["principal"]])
    assert case_from_mapping(raw, "x", LIMITS).case == case_from_mapping(a_case(), "x", LIMITS).case


def test_all_problems_of_a_case_are_told_at_once(check: CodeCheck) -> None:
    raw = a_case()
    del raw["admission"]["sex"]
    raw["admission"]["age"] = "六十七"
    raw["admission"]["admitted"] = "昨天"
    raw["documents"][0]["text"] = 5
    raw["coded_front_page"]["principal"] = [{"code": "J18.999"}, {"code": "J18.900"}]
    raw["coded_front_page"]["others"] += [{"code": "J18.999"}, {"code": "X9"}, {"poa": "9"}]
    raw["coded_front_page"]["procedures"] = [{"code": 96.7}]
    raw["diagnoses"] = []
    assert found(problems_of(raw, check)) >= {
        ("admission.sex", "sex_missing"),
        ("admission.age", "age_invalid"),
        ("admission.admitted", "admitted_invalid"),
        ("documents[0].text", "text_invalid"),
        ("coded_front_page.principal", "principal_not_single"),
        ("coded_front_page.principal.code", "code_unknown"),
        ("coded_front_page.others[1].code", "principal_repeated"),
        ("coded_front_page.others[2].code", "code_unknown"),
        ("coded_front_page.others[3].code", "code_missing"),
        ("coded_front_page.others[3].poa", "poa_invalid"),
        ("coded_front_page.procedures[0].code", "code_invalid"),
        ("diagnoses", "field_unknown"),
    }


@pytest.mark.parametrize(
    ("raw", "field", "code"),
    [
        (changed("diagnosis", "肺炎"), "diagnosis", "field_unknown"),
        (changed("admission.gender", "男"), "admission.gender", "field_unknown"),
        (changed("coded_front_page.other", []), "coded_front_page.other", "field_unknown"),
        (changed("admission", None), "admission", "admission_absent"),
        (
            changed("coded_front_page.others", [{"code": "I10.x05"}, {"code": "I10.x05"}]),
            "coded_front_page.others[1].code",
            "diagnosis_repeated",
        ),
        (
            changed("coded_front_page.others.0.code", "A01.000x002"),
            "coded_front_page.others[0].code",
            "code_clinical_edition",
        ),
    ],
)
def test_warnings_do_not_stop_a_case(
    raw: dict[str, Any], field: str, code: str, check: CodeCheck
) -> None:
    read = case_from_mapping(raw, "case.json", LIMITS, check)
    assert (field, code) in found(read.warnings)
    assert not errors(read.warnings)


def test_an_infant_without_age_in_days_is_warned_of() -> None:
    raw = changed("admission.age", 0)
    assert found(problems_of(raw)) == {("admission.age_days", "age_days_missing")}
    raw["admission"]["age_days"] = 12
    assert problems_of(raw) == ()


def test_values_are_shown_only_where_they_are_codes_numbers_or_dates(check: CodeCheck) -> None:
    raw = a_case()
    raw["admission"]["age"] = 200
    raw["coded_front_page"]["principal"]["code"] = "J18.999"
    shown = {problem.field: problem.value for problem in problems_of(raw, check)}
    assert shown == {"admission.age": "200", "coded_front_page.principal.code": "J18.999"}


@pytest.mark.parametrize("field", ["sex", "age", "admitted", "total_cost", "birth_weight_g"])
def test_a_name_in_the_wrong_column_is_not_shown(field: str) -> None:
    problems = problems_of(changed(f"admission.{field}", MARKER))
    assert problems
    assert all(MARKER not in problem.render() for problem in problems)


def test_words_in_a_code_field_are_not_shown(check: CodeCheck) -> None:
    for path in ("principal.code", "others.0.code", "procedures.0.code"):
        problems = problems_of(changed(f"coded_front_page.{path}", MARKER), check)
        assert problems
        assert all(MARKER not in problem.render() for problem in problems)
    raw = changed("coded_front_page.principal.code", MARKER)
    raw["coded_front_page"]["others"] = [{"code": MARKER}, {"code": "X"}, {"code": "X"}]
    assert all(MARKER not in problem.render() for problem in problems_of(raw, check))


# --- files ------------------------------------------------------------------------------------


def refused_bytes(raw: bytes, limits: Limits = LIMITS) -> Problem:
    with pytest.raises(InputError) as refused:
        parse_json(decode(raw, "case.json", limits), "case.json")
    assert refused.value.source == "case.json"
    (problem,) = refused.value.problems
    return problem


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "file_empty"),
        (b" \r\n\t ", "file_empty"),
        (b"\xef\xbb\xbf", "file_empty"),
        (json.dumps(a_case(), ensure_ascii=False).encode("gbk"), "not_utf8"),
        (json.dumps(a_case()).encode("utf-16"), "not_utf8"),
        (b'{"id": "T"', "not_json"),
        (b"[" * 100_000, "not_json"),
        (b'{"age": ' + b"9" * 5000 + b"}", "not_json"),
    ],
)
def test_files_that_are_no_json(raw: bytes, code: str) -> None:
    assert refused_bytes(raw).code == code


def test_broken_json_is_told_with_line_and_column() -> None:
    problem = refused_bytes('{\n  "id": "T-1",\n  "admission": {"sex": 男}\n}'.encode())
    assert problem.field == "第 3 行第 24 列"
    assert "男" not in problem.render()


def test_a_key_written_twice_is_refused() -> None:
    text = '{"coded_front_page": {"principal": {"code": "A"}, "principal": {"code": "B"}}}'
    problem = refused_bytes(text.encode())
    assert (problem.field, problem.code) == ("principal", "key_repeated")


def test_a_file_of_ten_megabytes_is_refused_before_it_is_parsed() -> None:
    problem = refused_bytes(b'{"id": "' + b"x" * 10_000_000 + b'"}')
    assert problem.code == "file_too_large"
    assert "8000000" in problem.message


def test_a_text_of_ten_megabytes_is_refused() -> None:
    problems = problems_of(changed("documents.0.text", "咳" * 3_400_000))
    assert found(problems) == {("documents[0].text", "text_too_long")}
    assert "3400000" in problems[0].message
    assert "咳" not in problems[0].render()


@pytest.mark.parametrize("raw", [[], ["T"], "T", 7, None])
def test_json_that_is_no_case_object(raw: object) -> None:
    (problem,) = problems_of(raw)
    assert problem.code == "not_a_case"


def test_a_byte_order_mark_is_no_problem(tmp_path: Path) -> None:
    path = tmp_path / "case.json"
    path.write_text(json.dumps(a_case(), ensure_ascii=False), encoding="utf-8-sig")
    assert read_case(path, LIMITS).case.id == "T-001"


# --- the evaluation block ---------------------------------------------------------------------


def test_the_gold_block_never_reaches_the_case() -> None:
    raw = a_case()
    raw["gold"] = {"principal": {"code": "A41.901"}, "others": [{"code": "GOLD-CODE"}]}
    read = case_from_mapping(raw, "case.json", LIMITS)
    assert read.warnings == ()
    assert read.case == case_from_mapping(a_case(), "case.json", LIMITS).case
    assert "GOLD-CODE" not in repr(read)
    assert "GOLD-CODE" not in read.case.model_dump_json()


# --- properties -------------------------------------------------------------------------------


def test_round_trip() -> None:
    case = case_from_mapping(a_case(), "x", LIMITS).case
    assert case_from_mapping(case.model_dump(mode="json"), "x", LIMITS).case == case
    assert case_from_mapping(json.loads(case.model_dump_json()), "x", LIMITS).case == case


TEXTS = st.text(
    st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=30
).filter(str.strip)


def _names_the_principal_once(page: dict[str, Any]) -> bool:
    return page["principal"]["code"] not in {other["code"] for other in page["others"]}


DIAGNOSES: st.SearchStrategy[Any] = st.fixed_dictionaries(
    {"code": TEXTS, "name": TEXTS, "poa": st.sampled_from([None, "1", "2", "3", "4"])}
)
CASES = st.fixed_dictionaries(
    {
        "id": st.from_regex(r"[A-Za-z0-9_.\-]{1,64}", fullmatch=True),
        "admission": st.none()
        | st.fixed_dictionaries(
            {
                "sex": st.sampled_from(["男", "女"]),
                "age": st.integers(1, 150),
                "admitted": st.none() | st.just("2025-03-02T09:10:00"),
                "department": st.none() | TEXTS,
                "total_cost": st.none() | st.floats(0, 1e7),
            }
        ),
        "documents": st.lists(
            st.fixed_dictionaries({"type": TEXTS, "title": TEXTS, "text": TEXTS}),
            min_size=1,
            max_size=4,
        ),
        "coded_front_page": st.none()
        | st.fixed_dictionaries(
            {
                "principal": DIAGNOSES,
                "others": st.lists(DIAGNOSES, max_size=4),
                "procedures": st.lists(
                    st.fixed_dictionaries({"code": TEXTS, "name": TEXTS}), max_size=3
                ),
            }
        ).filter(_names_the_principal_once),
    }
)


@given(CASES)
@settings(max_examples=60, deadline=None)
def test_round_trip_of_any_case(raw: dict[str, Any]) -> None:
    case = case_from_mapping(raw, "x", LIMITS).case
    again = case_from_mapping(json.loads(json.dumps(case.model_dump(mode="json"))), "x", LIMITS)
    assert again.case == case


JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=True),
    st.just([]),
    st.just({}),
    st.lists(st.integers(), max_size=2),
    st.just(f"{MARKER}，男，住三床"),
    st.just([f"{MARKER}"]),
    st.just({"text": MARKER}),
)
PLACES = [
    "format",
    "id",
    "admission",
    "admission.sex",
    "admission.age",
    "admission.age_days",
    "admission.birth_weight_g",
    "admission.admitted",
    "admission.discharged",
    "admission.discharge_way",
    "admission.department",
    "admission.total_cost",
    "documents",
    "documents.0",
    "documents.0.type",
    "documents.0.title",
    "documents.0.time",
    "documents.0.text",
    "coded_front_page",
    "coded_front_page.principal",
    "coded_front_page.principal.code",
    "coded_front_page.principal.name",
    "coded_front_page.principal.poa",
    "coded_front_page.others",
    "coded_front_page.others.0",
    "coded_front_page.others.0.code",
    "coded_front_page.procedures",
    "coded_front_page.procedures.0.code",
    "coded_front_page.procedures.0.date",
]


def marked_case() -> dict[str, Any]:
    """Return a case whose free-text fields all hold the marker."""
    case = a_case()
    case["style"] = MARKER
    case["remark"] = MARKER
    for field in ("admission_route", "department", "discharge_way"):
        case["admission"][field] = MARKER
    for field in ("type", "title", "time", "text"):
        case["documents"][0][field] = MARKER
    page = case["coded_front_page"]
    for entry in (page["principal"], *page["others"], *page["procedures"]):
        entry["name"] = MARKER
    page["procedures"][0]["date"] = MARKER
    case["gold"] = {"principal": {"code": "J18.900", "evidence": MARKER}}
    return case


@given(st.dictionaries(st.sampled_from(PLACES), JUNK, min_size=1, max_size=5))
@settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_no_text_of_a_record_is_ever_shown(check: CodeCheck, junk: dict[str, object]) -> None:
    raw = marked_case()
    for path, value in sorted(junk.items()):
        *way, last = path.split(".")
        place: Any = raw
        for step in way:
            if isinstance(place, list):
                place = place[0] if place else None
            else:
                place = place.get(step) if isinstance(place, dict) else None
        if isinstance(place, dict):
            place[last] = copy.deepcopy(value)
    assert all(MARKER not in line for line in told(raw, check))


@given(
    st.recursive(
        JUNK, lambda inner: st.dictionaries(st.sampled_from(list(Case.model_fields)), inner)
    )
)
@settings(max_examples=150, deadline=None)
def test_any_json_is_read_or_refused(raw: object) -> None:
    case: Case | None = None
    problems: tuple[Problem, ...] = ()
    try:
        case = case_from_mapping(raw, "x", LIMITS).case
    except InputError as bad:
        problems = bad.problems
    assert (case is None) == bool(errors(problems))


def test_a_broken_stay_still_tells_that_its_dates_are_reversed() -> None:
    raw = a_case()
    del raw["admission"]["sex"]
    raw["admission"]["admitted"] = "2025-03-02 09:10"
    raw["admission"]["discharged"] = "2025-03-01 10:00"
    with pytest.raises(InputError) as refused:
        case_from_mapping(raw, "case.json", LIMITS)
    assert {p.code for p in refused.value.problems} >= {"sex_missing", "discharge_before_admission"}
