"""Gold blocks, conventions of right and wrong codes, figures of a folder of cases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from zhibian.evaluation.coders.interface import CodedLine, CodedPage, RecordQuestion
from zhibian.evaluation.examples import Example
from zhibian.evaluation.figures import calibration_error, reliability
from zhibian.evaluation.folder_figures import FIGURES, by_category, figures_of, value_of
from zhibian.evaluation.gold_cases import gold_of
from zhibian.evaluation.kinds.coding_outcome import coding_outcome
from zhibian.evaluation.metrics.outcomes import CodingOutcome
from zhibian.evaluation.questions import RecordGold
from zhibian.problems import InputError
from zhibian.records.types import Case

CASE = Case.model_validate(
    {"id": "T", "admission": None, "documents": [{"type": "入院记录", "text": "无"}]}
)


def judged(
    principal: str | None,
    others: Sequence[str],
    procedures: Sequence[str],
    gold: dict[str, Any],
    *,
    record: str = "T",
) -> CodingOutcome:
    """Return the outcome of a page on a record whose words tell nothing."""

    def line(code: str) -> CodedLine:
        return CodedLine(code, 0.9, "1")

    page = CodedPage(
        None if principal is None else line(principal),
        tuple(map(line, others)),
        tuple(map(line, procedures)),
    )
    example = Example(record, record, RecordQuestion(CASE, "nhsa-2.0"), RecordGold(gold), record)
    return coding_outcome(example, page, None)


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
    gold = a_gold(
        "J18.900",
        ["I10.x05", "E11.901", "I48.000"],
        ["51.2300", "45.2302"],
        acceptable={"E11.901": ["E11.900"]},
        must_not=[{"code_family": "K76"}, {"code_family": "J96"}],
    )
    given = ["I10.x05", "E11.900", "R05.x00", "K76.000"]
    found = judged("J18.900", given, ["51.2300", "88.7600"], gold)
    values = {name: value_of(name, [found]) for name in FIGURES}
    assert values["principal exact"] == values["principal 3-character"] == 1.0
    # Two of three that count: a symptom is neither right nor wrong; E11.900 stands for E11.901.
    assert values["others precision"] == values["others recall"] == pytest.approx(2 / 3)
    # Nor is an ultrasound.
    assert (values["procedures precision"], values["procedures recall"]) == (1.0, 0.5)
    assert (values["must-not violations per case"], values["must-not families"]) == (1.0, 0.5)
    # Principal, two right and one wrong diagnosis, one procedure, all claimed at 0.9.
    assert values["calibration error"] == pytest.approx(0.9 - 4 / 5)


def test_entry_conditions_are_compared_where_the_code_is_right() -> None:
    gold = {
        "principal": {"code": "J18.900", "poa": "1"},
        "others": [{"code": "E87.600", "poa": "4"}, {"code": "I10.x05", "poa": None}],
        "procedures": [],
    }
    found = judged("J18.900", ["E87.600", "I10.x05", "K76.000"], [], gold)
    assert (found.entry_right, found.entry_compared) == (1, 2)


def test_reliability_and_calibration_error_by_hand() -> None:
    chances = [(0.95, True), (0.91, True), (0.93, False), (0.2, False), (1.0, True)]
    rows = reliability(chances)
    assert [(row.low, row.n) for row in rows] == [(0.2, 1), (0.9, 4)]
    assert rows[1].claimed == pytest.approx((0.95 + 0.91 + 0.93 + 1.0) / 4)
    assert rows[1].right == pytest.approx(3 / 4)
    expected = (1 * 0.2 + 4 * abs(rows[1].claimed - 0.75)) / 5
    assert calibration_error(chances) == pytest.approx(expected)
    assert calibration_error([]) == 0.0


@pytest.mark.parametrize(
    ("proposed", "exact", "category"),
    [
        ("I50.908", 1, 1),
        ("I50.101", 1, 1),
        ("I50.900", 0, 1),
        ("I11.000", 0, 0),
        (None, 0, 0),
    ],
)
def test_principal_exact_acceptable_and_category(
    proposed: str | None, exact: int, category: int
) -> None:
    found = judged(proposed, [], [], a_gold("I50.908", acceptable={"I50.908": ["I50.101"]}))
    assert value_of("principal exact", [found]) == exact
    assert value_of("principal 3-character", [found]) == category


def test_an_acceptable_code_of_another_category_makes_that_category_right() -> None:
    gold = a_gold("J96.000", acceptable={"J96.000": ["J44.000"]})
    assert value_of("principal 3-character", [judged("J44.100", [], [], gold)]) == 1.0


def test_one_gold_code_is_hit_once() -> None:
    gold = a_gold("A", ["E11.900"], acceptable={"E11.900": ["E14.900"]})
    found = judged("A", ["E11.900", "E14.900"], [], gold)
    assert [code.gold for code in found.others_given] == ["E11.900", None]


def test_a_neutral_code_in_gold_counts_only_when_proposed() -> None:
    gold = a_gold("A", ["R57.000", "R05.x00"])
    assert [code.code for code in judged("A", ["R57.000"], [], gold).others_gold] == ["R57.000"]
    both = judged("A", ["R57.000", "R05.x00"], [], gold)
    assert [(code.code, code.hit) for code in both.others_gold] == [
        ("R57.000", True),
        ("R05.x00", True),
    ]


def test_the_principal_counts_for_must_not() -> None:
    gold = a_gold("A", must_not=[{"code_family": "I26"}, {"code_family": "K"}])
    found = judged("I26.900x001", ["I26.001"], [], gold)
    assert (found.must_not_hit, found.must_not_families) == (1, 2)


def test_figures_are_those_of_all_cases_with_their_interval() -> None:
    right = [judged("A", ["E11.900"], [], a_gold("A", ["E11.900"]), record=f"r{n}") for n in "123"]
    wrong = judged("B", [], [], a_gold("A", ["E11.900"]), record="r4")
    found = figures_of([*right, wrong], seed=1, draws=200)
    exact = found["principal exact"]
    assert exact.value == 0.75
    assert exact.low < 0.75 < exact.high <= 1.0
    assert found["others recall"].value == 0.75
    assert list(found) == list(FIGURES)


def test_cases_of_each_category_in_letter_order() -> None:
    found = [judged("A", [], [], a_gold("A"), record=letter) for letter in "GBG"]
    graded = [replace(one, mdc=f"MDC{one.record}") for one in found]
    assert [(name, len(held)) for name, held in by_category(graded).items()] == [("B", 1), ("G", 2)]


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
