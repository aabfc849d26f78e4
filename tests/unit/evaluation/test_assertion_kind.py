"""Tendency of events as a kind of task, on invented sentences."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.evaluation_examples import answers, example, figures, resources, task

from zhibian.documents.lexicon import load_reading_lexicon
from zhibian.evaluation.answers import EventAnswer
from zhibian.evaluation.coders.assertion_learning import best_strength
from zhibian.evaluation.coders.assertion_rules import LearnedSettings, event_features
from zhibian.evaluation.coders.interface import LearningSet
from zhibian.evaluation.examples import Example
from zhibian.evaluation.kinds.assertion import AssertionScorer
from zhibian.evaluation.kinds.registry import ASSERTION
from zhibian.evaluation.questions import EventGold, EventQuestion
from zhibian.problems import InputError

SYMPTOMS = ("发热", "咳嗽", "胸痛", "腹痛", "呕吐", "头晕", "心悸", "水肿", "皮疹", "乏力")


def event(text: str, head: str, tendency: str, record: str = "r") -> Example[Any, Any]:
    start = text.index(head)
    question = EventQuestion(text, start, start + len(head))
    return example(text, question, EventGold(tendency), record=record)


FIT = [
    made
    for number, symptom in enumerate(SYMPTOMS)
    for made in (
        event(f"患者诉{symptom}3天。", symptom, "", f"r{number}"),
        event(f"患者否认{symptom}。", symptom, "否定", f"r{number}"),
        event(f"患者诉{symptom}加重。", symptom, "", f"r{number}"),
    )
]
PRESENT = event("患者诉黑便3天。", "黑便", "")
DENIED = event("患者否认黑便。", "黑便", "否定")


def asked(system: str, rules: Path, *wanted: Example[Any, Any]) -> list[EventAnswer]:
    coder = ASSERTION.systems[system]({}, task("assertion"), resources(rules))
    return answers(coder, [one.question for one in wanted], fit=FIT)


@pytest.mark.parametrize("system", ["rules", "rules-lr", "tfidf-lr"])
def test_a_denial_is_told_from_a_complaint(system: str, rules: Path) -> None:
    present, denied = asked(system, rules, PRESENT, DENIED)
    assert (present.tendency, denied.tendency) == ("", "否定")


def test_what_was_learned_is_told_with_its_share_and_what_is_ruled_without(rules: Path) -> None:
    (learned,) = asked("rules-lr", rules, DENIED)
    (ruled,) = asked("rules", rules, DENIED)
    assert learned.confidence is not None
    assert 0.5 < learned.confidence <= 1
    assert ruled.confidence is None


def test_the_majority_is_the_most_frequent_tendency_with_its_share(rules: Path) -> None:
    (answer,) = asked("majority", rules, DENIED)
    assert answer.tendency == ""
    assert answer.confidence == pytest.approx(2 / 3)


def test_nothing_is_answered_to_nothing(rules: Path) -> None:
    assert asked("rules-lr", rules) == []


def test_before_learning_events_are_taken_as_stated(rules: Path) -> None:
    coder = ASSERTION.systems["tfidf-lr"]({}, task("assertion"), resources(rules))
    assert list(coder.code([DENIED.question])) == [EventAnswer("")]


def test_features_know_the_clause_of_the_head(rules: Path) -> None:
    cues = load_reading_lexicon(rules).cues
    text = "无发热。咳嗽伴胸痛"
    found = event_features(
        EventQuestion(text, text.index("胸痛"), len(text)), cues, LearnedSettings()
    )
    assert "clause 咳" in found
    assert "earlier 无" in found
    assert "clause 无" not in found
    assert "head 胸痛" in found


def test_without_a_tune_part_whole_texts_are_held_back_for_the_choice() -> None:
    asked_of: list[set[str]] = []

    def fit(examples: Any, strength: float) -> float:
        asked_of.append({one.record for one in examples})
        return strength

    def tell(model: float, questions: Any) -> list[str]:
        return ["" if model == 0.3 else "否定" for _ in questions]

    stated = [one for one in FIT if not one.gold.tendency]
    assert best_strength(LearningSet(stated, (), seed=1), (0.1, 0.3, 1.0), fit, tell) == 0.3
    every = {one.record for one in stated}
    assert all(seen < every and len(every - seen) == 2 for seen in asked_of)


def test_window_and_strengths_are_settings(rules: Path) -> None:
    make = ASSERTION.systems["tfidf-lr"]
    settings = {"before": 1, "behind": 2, "strengths": [1.0]}
    made = make(settings, task("assertion"), resources(rules))
    assert made.info.parameters == {"before": 1, "behind": 2, "strengths": (1.0,)}
    wrong = {"before": 0, "strengths": []}
    with pytest.raises(InputError) as refused:
        make(wrong, task("assertion"), resources(rules))
    assert {p.field for p in refused.value.problems} == {"tfidf-lr.before", "tfidf-lr.strengths"}


def test_strata_and_figures() -> None:
    scorer = AssertionScorer()
    outcomes = [
        scorer.outcome(PRESENT, EventAnswer("")),
        scorer.outcome(DENIED, EventAnswer("")),
    ]
    assert [
        scorer.strata(e, o)["tendency"] for e, o in zip((PRESENT, DENIED), outcomes, strict=True)
    ] == ["stated", "negated"]
    assert figures(scorer.metrics, outcomes)["assertion.accuracy"] == pytest.approx(0.5)
