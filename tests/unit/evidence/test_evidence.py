"""Evidence conditions: their file, their codes, their wording, and how nodes are evaluated."""

from __future__ import annotations

import csv
import json
from datetime import datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from zhibian.documents.facts import Fact, FactKind, load_lexicon, read_facts
from zhibian.documents.types import Span
from zhibian.problems import InputError
from zhibian.quality.evidence import (
    Among,
    Change,
    Documented,
    EvidenceCondition,
    FactBook,
    Given,
    Indicator,
    Negation,
    SupportStatus,
    Threshold,
    belongs,
    evaluate,
    holds,
    load_conditions,
    proposed_support,
    support,
)
from zhibian.quality.queries import clinician_queries
from zhibian.records.types import Admission, Sex

RULES = Path(__file__).resolve().parents[3] / "rules"


@cache
def conditions() -> tuple[EvidenceCondition, ...]:
    return load_conditions(RULES)


def stay(age: int = 60) -> Admission:
    return Admission(sex=Sex.MALE, age=age, admitted=datetime(2025, 3, 1))


def fact(name: str, value: str, when: str | None = None, **more: Any) -> Fact:
    place = more.pop("place", 0)
    return Fact(
        kind=more.pop("kind", FactKind.LABORATORY),
        name=name,
        value=Decimal(value),
        comparator=more.pop("comparator", ""),
        unit="",
        span=Span(0, place, place + 1),
        quote=f"{name} {value}",
        when=when,
        flags=frozenset(more.pop("flags", ())),
    )


def test_every_code_exists(shared: Path) -> None:
    with (shared / "facts" / "terminology" / "dx_names.csv").open(encoding="utf-8") as file:
        codes = [row["dx"] for row in csv.DictReader(file)]
    unknown = [
        (condition.id, family)
        for condition in conditions()
        for family in (
            *condition.codes,
            *condition.supports,
            *condition.requires,
            *condition.explained_by,
        )
        if not any(code.startswith(family) for code in codes)
    ]
    assert unknown == []


def test_question_names_no_diagnosis_and_no_consequence() -> None:
    forbidden = (
        *("权重", "费用", "支付", "医保", "分组", "DRG", "MCC", "CC", "入组", "元", "收入", "绩效"),
        *("建议诊断", "应诊断", "请诊断", "请补充诊断", "应编码", "漏诊", "漏报", "符合诊断标准"),
    )
    for condition in conditions():
        asked = condition.question.format(topic=condition.topic, indicators="")
        said = asked + "".join(condition.options)
        assert condition.name not in said, condition.id
        assert not [word for word in forbidden if word in said], condition.id
        assert "请根据临床判断明确是否存在相应诊断并完善记录" in asked


def test_answers_leave_every_way_open() -> None:
    (options,) = {condition.options for condition in conditions()}
    assert len(options) >= 4
    assert any("其他原因" in option for option in options)
    assert any("无法确定" in option for option in options)
    assert any("不作诊断" in option for option in options)


def test_rules_name_no_level() -> None:
    text = (RULES / "evidence" / "conditions.yaml").read_text(encoding="utf-8")
    assert "MCC" not in text
    assert {condition.row for condition in conditions()} == set(range(1, 56))


def test_a_record_without_measurements_says_nothing_of_a_proposed_code() -> None:
    few = proposed_support(["J96.000"], [fact("K", "4.1")], conditions(), stay())
    assert few["J96.000"].status is SupportStatus.NOT_ASSESSED
    many = [fact("CL", str(value), place=value) for value in range(96, 106)]
    enough = proposed_support(["J96.000", "M54.500"], many, conditions(), stay())
    assert enough["J96.000"].status is SupportStatus.WEAK
    assert enough["M54.500"].status is SupportStatus.NOT_ASSESSED
    unknown = proposed_support(["J96.000"], many, conditions(), None)
    assert unknown["J96.000"].status is SupportStatus.NOT_ASSESSED


def test_qualifiers_show_no_indicator() -> None:
    book = FactBook([fact("K", "2.9")], stay(), ["N18.400"])
    assert holds(Documented(("N18",)), book)
    assert holds(Negation(Documented(("I10",))), book)
    assert evaluate(Documented(("N18",)), book) == ()
    low = Threshold("K", "below", Decimal("3.5"), 1, None, "K")
    both = Among(2, (low, Negation(Documented(("I10",)))))
    assert [i.quote for i in evaluate(both, book)] == ["K 2.9"]
    assert evaluate(Among(2, (low, Documented(("I10",)))), book) == ()


def test_values_that_must_lie_apart() -> None:
    node = Threshold("EGFR", "below", Decimal(30), 1, None, "", apart=90)
    once = FactBook([fact("EGFR", "22", "03-02")], stay())
    soon = FactBook([fact("EGFR", "22", "03-02"), fact("EGFR", "24", "03-09", place=9)], stay())
    late = FactBook([fact("EGFR", "22", "03-02"), fact("EGFR", "24", "06-09", place=9)], stay())
    assert evaluate(node, once) == evaluate(node, soon) == ()
    assert evaluate(node, late)


def test_values_of_the_day_of_an_operation_may_be_left_out() -> None:
    node = Threshold("ALB", "below", Decimal(30), 1, None, "", without=frozenset({"postoperative"}))
    done = fact("operation", "1", "03-04", kind=FactKind.FINDING, place=30)
    same = FactBook([fact("ALB", "27", "03-04"), done], stay())
    later = FactBook([fact("ALB", "27", "03-07"), done], stay())
    assert evaluate(node, same) == ()
    assert evaluate(node, later)


def test_what_is_told_of_the_past_counts_only_where_asked() -> None:
    told = fact("transplant_status", "1", kind=FactKind.DEVICE, flags={"history"})
    book = FactBook([told], stay())
    assert evaluate(Given("transplant_status", frozenset(), ""), book) == ()
    assert evaluate(Given("transplant_status", frozenset(), "", past=True), book)


def test_each_condition_names_source_and_confounders() -> None:
    for condition in conditions():
        assert condition.source
        assert condition.confounders
        assert 1 <= condition.row <= 55


def test_question_shows_the_indicators() -> None:
    text = "Cr 03-02 88umol/L，03-03 139umol/L"
    reading = read_facts([text.upper().replace("，", ",")], load_lexicon(RULES), originals=[text])
    (query,) = clinician_queries(reading.facts, conditions(), [], [], stay())
    assert query.condition == "acute_kidney_injury"
    assert query.id == "query-acute_kidney_injury"
    assert text in query.question
    assert "需鉴别" in query.reason


def test_bound_equal_to_the_limit_is_a_quoted_criterion() -> None:
    node = Threshold("PAO2", "below", Decimal(60), 1, None, "")
    quoted = FactBook([fact("PAO2", "60", comparator="<")], stay())
    reported = FactBook([fact("PAO2", "55", comparator="<")], stay())
    assert evaluate(node, quoted) == ()
    assert evaluate(node, reported)


def test_count_asks_for_different_values() -> None:
    node = Threshold("PLT", "below", Decimal(100), 2, None, "")
    copied = FactBook([fact("PLT", "80"), fact("PLT", "80", place=9)], stay())
    again = FactBook([fact("PLT", "80"), fact("PLT", "72", place=9)], stay())
    assert evaluate(node, copied) == ()
    assert [i.quote for i in evaluate(node, again)] == ["PLT 72", "PLT 80"]


@pytest.mark.parametrize(
    ("first", "second", "days", "holds"),
    [
        ("12-30", "01-01", 2, True),
        ("03-02", "03-04", 2, True),
        ("03-02", "03-05", 2, False),
        ("03-04", "03-02", 2, False),
        (None, "03-02", 2, False),
        (None, None, None, True),
    ],
)
def test_rise_within_days(first: str | None, second: str | None, days: int, holds: bool) -> None:
    admission = Admission(sex=Sex.MALE, age=60, admitted=datetime(2024, 12, 29))
    if first != "12-30":
        admission = stay()
    book = FactBook([fact("CR", "80", first), fact("CR", "120", second, place=9)], admission)
    node = Change("CR", "rise", Decimal("26.5"), days, "")
    assert bool(evaluate(node, book)) is holds


def test_value_before_the_stay_is_a_baseline_only() -> None:
    old = fact("CR", "300", "2023-01-04")
    assert FactBook([old], stay()).current("CR") == ()
    assert FactBook([old], stay()).past("CR") == [old]


@pytest.mark.parametrize("flag", ["negated", "planned", "history", "family", "differential"])
def test_flagged_facts_are_no_evidence(flag: str) -> None:
    given_drug = fact("potassium", "1", kind=FactKind.DRUG, flags={flag})
    assert FactBook([given_drug], stay()).current("potassium") == ()


@pytest.mark.parametrize(
    ("code", "families", "expected"),
    [
        ("J96.000", ["J96"], True),
        ("J96", ["J96.0"], True),
        ("J9", ["J96.0"], False),
        ("N17.900", ["N18"], False),
        ("E87.102", ["E87.1", "E22.2"], True),
    ],
)
def test_belongs(code: str, families: list[str], expected: bool) -> None:
    assert belongs(code, families) is expected


def test_support_prefers_the_condition_that_holds() -> None:
    found = support("L89.100", [fact("PRESSURE_INJURY", "2")], conditions(), stay())
    assert found is not None
    assert found.condition == "pressure_injury_deep"
    assert found.indicators == (
        Indicator("压力性损伤分期≥2期", Span(0, 0, 1), "PRESSURE_INJURY 2"),
    )


def test_weak_support_shows_the_nearest_value() -> None:
    found = support("E87.600", [fact("K", "4.1"), fact("K", "3.8", place=9)], conditions(), stay())
    assert found is not None
    assert [i.quote for i in found.against] == ["K 3.8"]


def broken(tmp_path: Path, change: Any) -> Path:
    (tmp_path / "lexicons").mkdir()
    (tmp_path / "evidence").mkdir()
    lexicon = (RULES / "lexicons" / "facts.yaml").read_text(encoding="utf-8")
    (tmp_path / "lexicons" / "facts.yaml").write_text(lexicon, encoding="utf-8")
    data = yaml.safe_load((RULES / "evidence" / "conditions.yaml").read_text(encoding="utf-8"))
    change(data)
    text = yaml.safe_dump(data, allow_unicode=True)
    (tmp_path / "evidence" / "conditions.yaml").write_text(text, encoding="utf-8")
    return tmp_path


def test_all_problems_of_the_conditions_are_told_at_once(tmp_path: Path) -> None:
    def spoil(data: dict[str, Any]) -> None:
        rows = data["conditions"]
        rows[0]["query"] = {"lab": "UNOBTAINIUM", "below": 60}
        rows[1]["support"] = {"lab": "PAO2", "below": "sixty"}
        rows[2]["codes"] = [80]
        rows[3]["query"] = {"at_least": 9, "of": [{"given": "imv"}]}
        rows[4]["query"] = {"smell": "sweet"}
        rows[5]["query"] = {"change": "CR", "rise": 1, "fall": 2}
        rows[6]["query"] = {"any_of": []}
        rows[7]["ages"] = ["x", 3]
        del rows[8]["topic"]
        rows[9]["query"] = {"quotient": ["PAO2"], "below": 3}
        rows[10]["query"] = {"lab": "PAO2", "below": 1, "above": 2}
        rows.append(dict(rows[12]))
        rows.append("text")

    with pytest.raises(InputError) as caught:
        load_conditions(broken(tmp_path, spoil))
    fields = " ".join(p.field for p in caught.value.problems)
    for index in [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]:
        assert f"conditions[{index}]" in fields
    assert any(p.message == "id 重复" for p in caught.value.problems)


def test_question_must_hold_its_places(tmp_path: Path) -> None:
    def spoil(data: dict[str, Any]) -> None:
        data["question"] = "请完善记录"

    with pytest.raises(InputError) as caught:
        load_conditions(broken(tmp_path, spoil))
    assert [p.field for p in caught.value.problems] == ["question"]


def test_missing_file_is_one_problem(tmp_path: Path) -> None:
    folder = broken(tmp_path, lambda data: None)
    (folder / "evidence" / "conditions.yaml").unlink()
    with pytest.raises(InputError) as caught:
        load_conditions(folder)
    assert [p.code for p in caught.value.problems] == ["conditions_unreadable"]


VALUES = st.lists(
    st.tuples(st.integers(40, 400), st.sampled_from(["03-02", "03-03", "03-05", "03-09"])),
    max_size=12,
)


@given(VALUES)
def test_rise_agrees_with_comparing_all_pairs(values: list[tuple[int, str]]) -> None:
    facts = [fact("CR", str(v), day, place=i) for i, (v, day) in enumerate(values)]
    ordered = sorted(enumerate(values), key=lambda p: (p[1][1], p[0]))
    expected = any(
        later[1][0] - earlier[1][0] >= 27 and int(later[1][1][3:]) - int(earlier[1][1][3:]) <= 2
        for i, earlier in enumerate(ordered)
        for later in ordered[i + 1 :]
    )
    found = evaluate(Change("CR", "rise", Decimal(27), 2, ""), FactBook(facts, stay()))
    assert bool(found) is expected


@given(st.permutations(["K", "CR", "HB", "ALB"]))
def test_order_of_facts_does_not_change_the_questions(names: list[str]) -> None:
    values = {"K": "2.9", "CR": "90", "HB": "70", "ALB": "24"}
    asked = clinician_queries([fact(n, values[n]) for n in names], conditions(), [], [], stay())
    assert [q.condition for q in asked] == ["hypoalbuminaemia"]


def test_sample_cases_raise_few_questions(shared: Path) -> None:
    folder = shared / "data" / "sample_cases"
    lexicon = load_lexicon(RULES)
    half = {0x3000: 0x20} | {c: c - 0xFEE0 for c in range(0xFF01, 0xFF5F)}
    upper = {code: code - 32 for code in range(ord("a"), ord("z") + 1)}
    count = 0
    for path in sorted(folder.glob("*.json")):
        case = json.loads(path.read_text(encoding="utf-8"))
        texts = [d["text"] for d in case["documents"]]
        reading = read_facts(
            [t.translate(half).translate(upper) for t in texts],
            lexicon,
            originals=texts,
            times=[d.get("time") for d in case["documents"]],
        )
        gold = case["gold"]
        asked = clinician_queries(
            reading.facts,
            conditions(),
            [d["code"] for d in (gold["principal"], *gold["others"])],
            [m["code_family"] for m in gold["must_not"]],
            Admission.model_validate(case["admission"]),
        )
        count += len(asked)
    assert count <= 6
