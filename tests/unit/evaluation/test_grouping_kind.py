"""Agreement of groups as a kind of task: both ways of running the engine, strata, figures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.evaluation_examples import answers, example, figures, resources, task

from zhibian.evaluation.answers import GroupingAnswer
from zhibian.evaluation.examples import Example
from zhibian.evaluation.kinds.grouping import GroupingScorer
from zhibian.evaluation.kinds.registry import GROUPING
from zhibian.evaluation.questions import GroupingGold, GroupingQuestion
from zhibian.evaluation.results import ConfusionOut
from zhibian.grouping.types import GroupingInput
from zhibian.problems import InputError

PAGES = [
    GroupingInput("I50.908", ("J96.000",), (), sex=1, age=71, days=9, discharge_way=1),
    GroupingInput("K37.x00", (), ("47.0100",), sex=2, age=30, days=4, discharge_way=1),
    GroupingInput(None, (), (), sex=2, age=30),
    GroupingInput("P22.000", (), (), sex=1, age=0, age_days=3, weight_g=1800.0),
    GroupingInput("K35.800", (), (), sex=2, age=30),
]


def asked(system: str, rules: Path, **parameters: Any) -> list[GroupingAnswer]:
    spec = task("grouping", scheme="chs-drg-1.1")
    coder = GROUPING.systems[system](parameters, spec, resources(rules))
    return answers(coder, [GroupingQuestion(page) for page in PAGES])


@pytest.mark.parametrize("reading", ["published", "default"])
def test_a_table_at_once_and_case_by_case_give_the_same_groups(reading: str, rules: Path) -> None:
    together, apart = asked(reading, rules), asked(f"{reading}-single", rules)
    assert together == apart
    statuses = ["grouped", "grouped", "invalid", "grouped", "ungrouped"]
    assert [one.status for one in together] == statuses
    assert [one.drg[:1] for one in together[:2]] == ["F", "G"]
    assert together[2] == GroupingAnswer("invalid", "", "", "")


def test_the_reading_is_told_and_a_scheme_of_ones_own_comes_first(rules: Path) -> None:
    spec = task("grouping", scheme="chs-drg-1.1@published")
    made = {
        name: GROUPING.systems[name](parameters, spec, resources(rules)).info.versions["scheme"]
        for name, parameters in {
            "published": {},
            "default": {},
            "default-single": {"scheme": "chs-drg-1.0@published"},
        }.items()
    }
    assert made == {
        "published": "chs-drg-1.1@published",
        "default": "chs-drg-1.1",
        "default-single": "chs-drg-1.0@published",
    }


def test_a_task_without_a_scheme_is_refused(rules: Path) -> None:
    with pytest.raises(InputError) as refused:
        GROUPING.systems["published"]({}, task("grouping"), resources(rules))
    assert [p.code for p in refused.value.problems] == ["scheme_missing"]


def page(name: str, *gold: str) -> Example[Any, Any]:
    return example(name, GroupingQuestion(PAGES[0], name), GroupingGold(*gold))


def test_categories_agree_however_they_are_written() -> None:
    scorer = GroupingScorer()
    same = page("a", "grouped", "F", "FR1", "FR13")
    other = page("b", "grouped", "MDCF", "FR1", "FR13")
    none = page("c", "ungrouped", "0000", "00", "0000")
    given = [
        GroupingAnswer("grouped", "MDCF", "FR1", "FR13"),
        GroupingAnswer("grouped", "G", "GB2", "GB21"),
        GroupingAnswer("ungrouped", "0000", "00", "0000"),
    ]
    examples = [same, other, none]
    outcomes = [scorer.outcome(e, a) for e, a in zip(examples, given, strict=True)]
    found = figures(scorer.metrics, outcomes)
    assert found["grouping.mdc"] == found["grouping.drg"] == pytest.approx(2 / 3)
    assert found["grouping.status"] == 1
    assert [scorer.strata(e, o) for e, o in zip(examples, outcomes, strict=True)] == [
        {"mdc": "F", "status": "grouped"},
        {"mdc": "F", "status": "grouped"},
        {"mdc": "", "status": "ungrouped"},
    ]
    details = scorer.details(examples, given, outcomes, invented=False)
    assert details.confusion == (
        ConfusionOut(gold="", given="", n=1),
        ConfusionOut(gold="F", given="F", n=1),
        ConfusionOut(gold="F", given="G", n=1),
    )
