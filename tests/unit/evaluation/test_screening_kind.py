"""Screening as a kind of task: the screen, the dictionary beside it, pages without errors told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.evaluation_examples import LIMITS, answers, example, figures, resources, task

from zhibian.evaluation.answers import PageAnswer
from zhibian.evaluation.examples import Example
from zhibian.evaluation.kinds.registry import SCREENING
from zhibian.evaluation.questions import PageGold, PageQuestion
from zhibian.problems import InputError
from zhibian.records.case_json import case_from_mapping
from zhibian.review.reviewer import Reviewer, code_check
from zhibian.screening.types import Suspicion

SPEC = task("screening", scheme="chs-drg-1.1")
TEXTS = {
    "入院记录": "主诉：咳嗽、发热3天。入院诊断：1.肺炎 2.心力衰竭",
    "日常病程记录": "心超EF 35%，诊断慢性心力衰竭急性加重，予呋塞米20mg静推。无呼吸衰竭。",
    "出院记录": "出院诊断：1.肺炎 2.慢性心力衰竭",
}
PNEUMONIA = {"code": "J18.900", "name": "肺炎", "poa": "1"}
FAILURE = {"code": "I50.908", "name": "慢性心力衰竭", "poa": "1"}
NOTHING: dict[str, Any] = {"missed": [], "unsupported": [], "wrong_principal": False, "entry": []}


def page(reviewer: Reviewer, filed: list[dict[str, Any]], **planted: Any) -> Example[Any, Any]:
    raw = {
        "id": "T1",
        "admission": {
            "sex": "男",
            "age": 71,
            "admitted": "2026-01-03 10:00",
            "discharged": "2026-01-12 09:00",
            "discharge_way": "1",
        },
        "documents": [
            {"type": kind, "title": kind, "time": "2026-01-05 09:00", "text": text}
            for kind, text in TEXTS.items()
        ],
        "coded_front_page": {"principal": PNEUMONIA, "others": filed, "procedures": []},
    }
    gold = {
        "principal": PNEUMONIA,
        "others": [FAILURE],
        "procedures": [],
        "planted": {**NOTHING, **planted},
    }
    read = case_from_mapping(raw, "T1", LIMITS, code_check(reviewer))
    return example("T1", PageQuestion(read), PageGold(gold))


def asked(system: str, one: Example[Any, Any], rules: Path, reviewer: Reviewer) -> PageAnswer:
    coder = SCREENING.systems[system]({}, SPEC, resources(rules, reviewer=reviewer))
    (answer,) = answers(coder, [one.question])
    assert isinstance(answer, PageAnswer)
    return answer


@pytest.mark.parametrize("system", ["screen", "screen-models", "dictionary"])
def test_an_omitted_comorbidity_is_found(system: str, rules: Path, reviewer: Reviewer) -> None:
    one = page(reviewer, [], missed=["I50.908"])
    answer = asked(system, one, rules, reviewer)
    scorer = SCREENING.scorer(SPEC, resources(rules, reviewer=reviewer))
    outcome = scorer.outcome(one, answer)
    assert figures(scorer.metrics, [outcome])["screening.omissions.category_recall"] == 1
    assert scorer.strata(one, outcome) == {"planted": "omission"}


def test_answers_hold_no_words_of_the_record(rules: Path, reviewer: Reviewer) -> None:
    one = page(reviewer, [FAILURE, {"code": "J96.000", "name": "急性呼吸衰竭", "poa": "1"}])
    answer = asked("screen", one, rules, reviewer)
    assert [item.code for item in answer.items] == ["J96.000"]
    assert all(item.evidence == () and item.query == "" for item in answer.items)


def test_the_dictionary_tells_every_stated_code_that_is_not_filed(
    rules: Path, reviewer: Reviewer
) -> None:
    answer = asked("dictionary", page(reviewer, [FAILURE]), rules, reviewer)
    told = {item.code for item in answer.items}
    assert "J18.900" not in told
    assert "J96.000" not in told, "it is denied"
    assert {item.suspicion for item in answer.items} <= {
        Suspicion.MISSED_DIAGNOSIS,
        Suspicion.MISSED_PROCEDURE,
    }
    # Symptoms are stated, and no coder files them beside their disease: hence the false alarms.
    assert any(code.startswith("R") for code in told)


def test_a_page_that_does_not_tell_what_was_planted_is_refused(
    rules: Path, reviewer: Reviewer
) -> None:
    one = page(reviewer, [])
    bare = example("T1", one.question, PageGold({**one.gold.block, "planted": None}))
    scorer = SCREENING.scorer(SPEC, resources(rules, reviewer=reviewer))
    with pytest.raises(InputError) as refused:
        scorer.outcome(bare, PageAnswer(()))
    assert [p.code for p in refused.value.problems] == ["planted_missing"]


def test_a_task_without_a_scheme_is_refused(rules: Path, reviewer: Reviewer) -> None:
    with pytest.raises(InputError) as refused:
        SCREENING.systems["screen"]({}, task("screening"), resources(rules, reviewer=reviewer))
    assert [p.code for p in refused.value.problems] == ["scheme_missing"]
