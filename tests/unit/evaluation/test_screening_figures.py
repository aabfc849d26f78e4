"""Counts of screening on one page, figures over pages, and pages with planted errors."""

from __future__ import annotations

import math
from typing import Any

import pytest

from zhibian.evaluation.planting import SHARES, material, planted_cases
from zhibian.evaluation.screening import METRICS, PageScore, score_page, screening_figures, totals
from zhibian.quality.flags import Level
from zhibian.quality.front_page.types import Gate
from zhibian.records.types import FrontPage
from zhibian.review.reviewer import Reviewer
from zhibian.screening.types import Alert, Suspicion, WorkItem

LEVELS: dict[str, Level] = {"I50.908": "MCC", "E87.600": "CC", "J96.000": "MCC", "I50.900": "MCC"}


def level_of(code: str) -> Level:
    return LEVELS.get(code, "none")


def gold(**planted: Any) -> dict[str, Any]:
    return {
        "principal": {"code": "J18.900", "poa": "1"},
        "others": [{"code": "I50.908", "poa": "1"}, {"code": "I10.x05", "poa": "1"}],
        "procedures": [{"code": "34.0401"}],
        "acceptable": {"I50.908": ["I50.900"]},
        "must_not": [{"code_family": "J96"}],
        "planted": {"missed": [], "unsupported": [], "wrong_principal": False, **planted},
    }


def page(*others: str, principal: str = "J18.900", procedures: tuple[str, ...] = ()) -> FrontPage:
    return FrontPage.model_validate(
        {
            "principal": {"code": principal, "poa": "1"},
            "others": [{"code": code, "poa": "1"} for code in others],
            "procedures": [{"code": code} for code in procedures],
        }
    )


def item(suspicion: Suspicion, code: str) -> WorkItem:
    return WorkItem("a", suspicion, code, "", "", "r", Alert.YELLOW, Gate.SETTLEMENT, 0.9, (), "")


def test_an_acceptable_code_is_the_omission() -> None:
    found = score_page(
        "a",
        page("I10.x05", procedures=("34.0401",)),
        [item(Suspicion.MISSED_DIAGNOSIS, "I50.900")],
        gold(missed=["I50.908"]),
        level_of,
    )
    assert (found.found["omissions"].hit, found.found["omissions"].all) == (1, 1)
    assert found.found["omissions exact"].hit == 0
    assert found.found["missed"].hit == 1
    assert found.found["missed strict"].hit == 0
    assert not found.right


def test_what_is_filed_already_is_a_false_alarm() -> None:
    found = score_page(
        "a",
        page("I50.908", "I10.x05", procedures=("34.0401",)),
        [
            item(Suspicion.MISSED_DIAGNOSIS, "I50.900"),
            item(Suspicion.UNSUPPORTED_DIAGNOSIS, "I50.908"),
            item(Suspicion.MISSED_PROCEDURE, "99.0400"),
        ],
        gold(),
        level_of,
    )
    assert found.right
    assert found.alarms == 2, "transfusion is neither right nor wrong"


def test_the_other_direction_and_the_principal() -> None:
    found = score_page(
        "a",
        page("I50.908", "J96.000", "J18.900", principal="I10.x05"),
        [
            item(Suspicion.UNSUPPORTED_DIAGNOSIS, "J96.000"),
            item(Suspicion.PRINCIPAL, "I10.x05"),
        ],
        gold(unsupported=["J96.000"], wrong_principal=True),
        level_of,
    )
    assert found.found["unsupported planted"].hit == 1
    assert found.found["principal planted"].hit == 1
    assert found.alarms == 0
    assert found.missing == ()


def test_pages_of_one_record_are_drawn_together() -> None:
    scores = [
        score_page("a", page("I50.908"), [], gold(record="R", missed=["34.0401"]), level_of),
        score_page("b", page("I50.908"), [], gold(record="R", missed=["34.0401"]), level_of),
    ]
    figures = screening_figures(scores, 1, 100)
    assert figures["omissions recall"].high == 0.0
    assert math.isnan(figures["unsupported recall"].value)
    assert totals(scores)["omissions recall"] == 2
    assert set(figures) == set(METRICS)


def pages(reviewer: Reviewer, rounds: int, seed: int = 7) -> list[dict[str, Any]]:
    raw = {"id": "A1", "gold": gold()}
    other = {**gold(), "others": [{"code": "E87.600", "poa": "4"}]}
    stuff = material([gold(), other], reviewer.diagnoses, level_of)
    return list(planted_cases(raw, rounds, seed, stuff))


def test_planting_is_told_and_repeatable(reviewer: Reviewer) -> None:
    planted = pages(reviewer, 60)
    assert planted == pages(reviewer, 60)
    assert planted != pages(reviewer, 60, seed=8)
    for case in planted:
        told, filed = case["gold"]["planted"], case["coded_front_page"]
        codes = [line["code"] for line in (*filed["others"], *filed["procedures"])]
        assert not set(told["missed"]) & set(codes)
        assert set(told["unsupported"]) <= set(codes)
        assert told["wrong_principal"] is (filed["principal"]["code"] != "J18.900")
        assert told["record"] == "A1"


@pytest.mark.parametrize("kind", ["missed", "unsupported", "wrong_principal", "entry"])
def test_every_kind_of_error_is_planted(kind: str, reviewer: Reviewer) -> None:
    assert any(case["gold"]["planted"][kind] for case in pages(reviewer, 60))
    assert sum(SHARES.values()) == pytest.approx(1.0)


def test_nothing_is_planted_into_the_gold_page_itself(reviewer: Reviewer) -> None:
    before = gold()
    raw = {"id": "A1", "gold": before}
    list(planted_cases(raw, 20, 3, material([before], reviewer.diagnoses, level_of)))
    assert before == gold()


def none_found(score: PageScore) -> bool:
    return not any(count.hit for count in score.found.values())


def test_silence_finds_nothing() -> None:
    assert none_found(score_page("a", page("I50.908"), [], gold(missed=["34.0401"]), level_of))
