"""Agreement with gold codes: counts of a case, figures by hand, figures of scikit-learn."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score, precision_score, recall_score
from sklearn.preprocessing import MultiLabelBinarizer

from zhibian.evaluation.figures import (
    METRICS,
    by_category,
    calibration_error,
    figures,
    reliability,
)
from zhibian.evaluation.gold_cases import CaseScore, gold_of, score_case
from zhibian.problems import InputError
from zhibian.review.report import CaseReport


def a_report(
    principal: str | None,
    others: Sequence[str] = (),
    procedures: Sequence[str] = (),
    drg: str | None = None,
) -> CaseReport:
    """Return a report that holds nothing but codes."""
    place = {"confidence": 0.9, "raised_by": "name", "evidence": [], "name": ""}
    diagnosis = {"poa": "1", "poa_reason": "x", "level": "none", "counted": False, **place}
    group: dict[str, Any] = {
        "scheme": "chs-drg-1.1",
        "status": "grouped",
        "mdc": None,
        "adrg": None,
        "drg": drg,
        "name": None,
        "reason": None,
        "explanation": [],
        "trace": [],
        "payment": None,
    }
    return CaseReport.model_validate(
        {
            "id": "case",
            "versions": {
                "zhibian": "0",
                "scheme": "chs-drg-1.1",
                "tariff": None,
                "diagnosis_codes": "x",
                "procedure_codes": "x",
            },
            "principal": None if principal is None else {"code": principal, **diagnosis},
            "others": [{"code": code, **diagnosis} for code in others],
            "procedures": [{"code": code, "date": None, **place} for code in procedures],
            "rules": [],
            "grouping": {"filed": None, "proposed": None if drg is None else group},
            "flags": {"missed": [], "unsupported": [], "principal_differs": None},
            "queries": [],
            "deviation": None,
            "notices": [],
        }
    )


def a_gold(
    principal: str,
    others: Sequence[str] = (),
    procedures: Sequence[str] = (),
    **more: Any,
) -> dict[str, Any]:
    return {
        "principal": {"code": principal},
        "others": [{"code": code} for code in others],
        "procedures": [{"code": code} for code in procedures],
        **more,
    }


def test_counts_of_one_case_by_hand() -> None:
    report = a_report(
        "J18.900", ["I10.x05", "E11.900", "R05.x00", "K76.000"], ["51.2300", "88.7600"], "ES35"
    )
    gold = a_gold(
        "J18.900",
        ["I10.x05", "E11.901", "I48.000"],
        ["51.2300", "45.2302"],
        acceptable={"E11.901": ["E11.900"]},
        must_not=[{"code_family": "K76"}, {"code_family": "J96"}],
        drg_1_1="ES35",
    )
    assert score_case(report, gold) == CaseScore(
        principal_exact=True,
        principal_category=True,
        others_hit=2,  # I10.x05, and E11.900 as E11.901
        others_proposed=3,  # R05 is neither right nor wrong
        others_gold=3,
        procedures_hit=1,
        procedures_proposed=1,  # an ultrasound is neither right nor wrong
        procedures_gold=2,
        drg_exact=True,
        must_not=1,
        must_not_hit=1,
        must_not_families=2,
        entry_right=0,
        entry_compared=0,  # gold tells no entry condition
        category="E",
        # principal, two right and one wrong diagnosis, one procedure; the symptom does not count
        chances=((0.9, True), (0.9, True), (0.9, True), (0.9, False), (0.9, True)),
    )


def test_entry_conditions_are_compared_where_the_code_is_right() -> None:
    gold = {
        "principal": {"code": "J18.900", "poa": "1"},
        "others": [{"code": "E87.600", "poa": "4"}, {"code": "I10.x05", "poa": None}],
        "procedures": [],
    }
    score = score_case(a_report("J18.900", ["E87.600", "I10.x05", "K76.000"]), gold)
    assert (score.entry_right, score.entry_compared) == (1, 2)


def test_reliability_and_calibration_error_by_hand() -> None:
    chances = [(0.95, True), (0.91, True), (0.93, False), (0.2, False), (1.0, True)]
    rows = reliability(chances)
    assert [(row.low, row.n) for row in rows] == [(0.2, 1), (0.9, 4)]
    assert rows[1].claimed == pytest.approx((0.95 + 0.91 + 0.93 + 1.0) / 4)
    assert rows[1].right == pytest.approx(3 / 4)
    expected = (1 * 0.2 + 4 * abs(rows[1].claimed - 0.75)) / 5
    assert calibration_error(chances) == pytest.approx(expected)
    assert calibration_error([]) == 0.0


def test_cases_of_each_category_in_letter_order() -> None:
    scores = [a_score(category=letter) for letter in ("G", "B", "G")]
    assert {k: len(v) for k, v in by_category(scores).items()} == {"B": 1, "G": 2}
    assert list(by_category(scores)) == ["B", "G"]


@pytest.mark.parametrize(
    ("proposed", "exact", "category"),
    [
        ("I50.908", True, True),
        ("I50.101", True, True),
        ("I50.900", False, True),
        ("I11.000", False, False),
        (None, False, False),
    ],
)
def test_principal_exact_acceptable_and_category(
    proposed: str | None, exact: bool, category: bool
) -> None:
    gold = a_gold("I50.908", acceptable={"I50.908": ["I50.101"]})
    score = score_case(a_report(proposed), gold)
    assert (score.principal_exact, score.principal_category) == (exact, category)


def test_an_acceptable_code_of_another_category_makes_that_category_right() -> None:
    gold = a_gold("J96.000", acceptable={"J96.000": ["J44.000"]})
    assert score_case(a_report("J44.100"), gold).principal_category


def test_one_gold_code_is_hit_once() -> None:
    gold = a_gold("A", ["E11.900"], acceptable={"E11.900": ["E14.900"]})
    score = score_case(a_report("A", ["E11.900", "E14.900"]), gold)
    assert (score.others_hit, score.others_proposed, score.others_gold) == (1, 2, 1)


def test_a_neutral_code_in_gold_counts_only_when_proposed() -> None:
    gold = a_gold("A", ["R57.000", "R05.x00"])
    assert score_case(a_report("A", ["R57.000"]), gold).others_gold == 1
    both = score_case(a_report("A", ["R57.000", "R05.x00"]), gold)
    assert (both.others_hit, both.others_proposed, both.others_gold) == (2, 2, 2)


def test_the_principal_counts_for_must_not() -> None:
    gold = a_gold("A", must_not=[{"code_family": "I26"}])
    assert score_case(a_report("I26.900x001", ["I26.001"]), gold).must_not == 2


def test_no_group_is_never_exact() -> None:
    assert not score_case(a_report("A"), a_gold("A", drg_1_1="ES35")).drg_exact
    assert not score_case(a_report("A", drg="ES33"), a_gold("A", drg_1_1="ES35")).drg_exact


def a_score(**change: Any) -> CaseScore:
    usual = {
        "principal_exact": True,
        "principal_category": True,
        "others_hit": 0,
        "others_proposed": 0,
        "others_gold": 0,
        "procedures_hit": 0,
        "procedures_proposed": 0,
        "procedures_gold": 0,
        "drg_exact": True,
        "must_not": 0,
    }
    return CaseScore(**{**usual, **change})


def test_figures_by_hand() -> None:
    scores = [
        a_score(
            others_hit=2,
            others_proposed=3,
            others_gold=4,
            must_not=1,
            must_not_hit=1,
            must_not_families=2,
        ),
        a_score(others_hit=1, others_proposed=2, others_gold=1, principal_exact=False),
        a_score(procedures_hit=1, procedures_proposed=1, procedures_gold=2, drg_exact=False),
        a_score(principal_exact=False, principal_category=False, drg_exact=False),
    ]
    values = {name: figure.value for name, figure in figures(scores, 1, 200).items()}
    assert values == pytest.approx(
        {
            "principal exact": 2 / 4,
            "principal 3-character": 3 / 4,
            "others precision": 3 / 5,
            "others recall": 3 / 5,
            "others F1": 6 / 10,
            "procedures precision": 1.0,
            "procedures recall": 1 / 2,
            "procedures F1": 2 / 3,
            "DRG exact": 2 / 4,
            "must-not violations per case": 1 / 4,
            "must-not families": 1 / 2,
            "entry condition": 0.0,
            "calibration error": 0.0,
        }
    )


def test_nothing_proposed_and_nothing_wanted_is_no_agreement() -> None:
    values = figures([a_score()], 1, 100)
    assert values["others precision"].value == 0.0
    assert values["others F1"].value == 0.0


CODES = ("E11.900", "I10.x05", "I48.000", "N18.300", "D64.900", "J44.900")
PAGES = st.lists(
    st.tuples(
        st.lists(st.sampled_from(CODES), unique=True), st.lists(st.sampled_from(CODES), unique=True)
    ),
    min_size=1,
    max_size=12,
)


@given(PAGES)
@settings(max_examples=60, deadline=None)
def test_micro_figures_equal_those_of_scikit_learn(
    pages: list[tuple[list[str], list[str]]],
) -> None:
    scores = [score_case(a_report("A", got), a_gold("A", gold)) for got, gold in pages]
    labels = MultiLabelBinarizer(classes=CODES)
    gold = labels.fit_transform([gold for _, gold in pages])
    got = labels.transform([got for got, _ in pages])
    for name, theirs in (
        ("others precision", precision_score),
        ("others recall", recall_score),
        ("others F1", f1_score),
    ):
        expected = theirs(gold, got, average="micro", zero_division=0)
        assert METRICS[name](scores) == pytest.approx(expected)


def many_scores() -> list[CaseScore]:
    dice = random.Random(7)
    return [
        a_score(
            principal_exact=dice.random() < 0.8,
            others_hit=hit,
            others_proposed=hit + dice.randint(0, 3),
            others_gold=hit + dice.randint(0, 3),
        )
        for hit in (dice.randint(0, 4) for _ in range(40))
    ]


def test_intervals_are_the_same_for_the_same_seed() -> None:
    scores = many_scores()
    assert figures(scores, 5, 300) == figures(scores, 5, 300)
    assert figures(scores, 5, 300) != figures(scores, 6, 300)


def test_intervals_hold_the_value_and_narrow_with_more_cases() -> None:
    few, many = figures(many_scores(), 3, 400), figures(many_scores() * 9, 3, 400)
    for name in ("principal exact", "others F1"):
        for found in (few[name], many[name]):
            assert found.low <= found.value <= found.high
        assert many[name].high - many[name].low < few[name].high - few[name].low


def test_equal_cases_leave_no_doubt() -> None:
    figure = figures([a_score()] * 10, 1, 200)["principal exact"]
    assert (figure.low, figure.value, figure.high) == (1.0, 1.0, 1.0)


COMPLETE = {"principal": {"code": "I50.908"}, "others": [], "procedures": []}


@pytest.mark.parametrize(
    ("content", "gold"),
    [
        ({"id": "T", "gold": COMPLETE}, COMPLETE),
        ({"id": "T"}, None),
        ({"id": "T", "gold": None}, None),
        ([{"gold": {}}], None),
    ],
)
def test_gold_blocks_are_found(content: object, gold: object) -> None:
    assert gold_of(content, "case.json") == gold


def test_an_incomplete_gold_block_names_each_part() -> None:
    with pytest.raises(InputError) as refused:
        gold_of({"gold": {"principal": {"name": "无编码"}, "others": []}}, "case.json")
    assert {problem.field for problem in refused.value.problems} == {
        "gold.principal",
        "gold.procedures",
    }
