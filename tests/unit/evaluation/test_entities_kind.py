"""Entities as a kind of task, on invented sentences."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.evaluation_examples import answers, example, figures, resources, task

from zhibian.evaluation.answers import TextAnswer
from zhibian.evaluation.examples import Example
from zhibian.evaluation.kinds.entities import EntitiesScorer
from zhibian.evaluation.kinds.registry import ENTITIES
from zhibian.evaluation.questions import TextGold, TextQuestion
from zhibian.problems import InputError

TEXT = "诊断：高血压病，予氨氯地平口服。"


def text(words: str, *entities: tuple[str, str]) -> Example[Any, Any]:
    spans = sorted(
        (words.index(entity), words.index(entity) + len(entity), kind) for entity, kind in entities
    )
    return example(words, TextQuestion(words), TextGold(tuple(spans)))


def asked(
    system: str, words: str, rules: Path, fit: list[Example[Any, Any]] | None = None
) -> list[tuple[str, str]]:
    where = resources(rules, models=rules.parent / "models")
    coder = ENTITIES.systems[system]({}, task("entities"), where)
    (answer,) = answers(coder, [TextQuestion(words)], fit=fit or [])
    return [(words[start:end], kind) for start, end, kind in answer.entities]


def test_the_dictionary_marks_diseases_symptoms_and_procedures_alone(rules: Path) -> None:
    found = asked("dictionary", f"{TEXT}行阑尾切除术。偶有咳嗽。", rules)
    assert ("高血压病", "疾病和诊断") in found
    assert ("阑尾切除术", "手术") in found
    assert ("咳嗽", "症状") in found
    assert not any("氨氯地平" in words for words, _ in found)


def test_the_learned_list_marks_wordings_with_their_most_frequent_type(rules: Path) -> None:
    fit = [
        text("口服氨氯地平。", ("氨氯地平", "药物")),
        text("查肝功能。", ("肝功能", "实验室检验")),
        text("肝功能异常", ("肝功能", "疾病和诊断")),
        text("复查肝功能", ("肝功能", "实验室检验")),
    ]
    assert asked("gazetteer", "予氨氯地平，复查肝功能", rules, fit) == [
        ("氨氯地平", "药物"),
        ("肝功能", "实验室检验"),
    ]
    assert asked("gazetteer", TEXT, rules) == []


def test_the_shipped_tagger_tells_no_findings_of_its_own_type(rules: Path) -> None:
    found = asked("tagger", "患者因右肺上叶腺癌入院，查体双肺呼吸音清，睡眠欠佳。", rules)
    assert ("右肺上叶腺癌", "疾病和诊断") in found
    assert all(kind != "表现" for _, kind in found)


def test_the_shipped_tagger_is_not_measured_on_its_training_part(rules: Path) -> None:
    spec = task("entities", dataset="cehrner", test="train")
    with pytest.raises(InputError) as refused:
        ENTITIES.systems["tagger"]({}, spec, resources(rules, models=rules.parent / "models"))
    assert [p.code for p in refused.value.problems] == ["split_learned"]


def test_without_its_model_the_tagger_says_so(rules: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        ENTITIES.systems["tagger"]({}, task("entities"), resources(rules, models=tmp_path))
    assert [p.code for p in refused.value.problems] == ["model_missing"]


def test_there_is_no_majority_of_entities() -> None:
    assert "majority" not in ENTITIES.systems


def test_figures_tell_the_very_place_from_an_overlap() -> None:
    scorer = EntitiesScorer()
    gold = text(TEXT, ("高血压病", "疾病和诊断"), ("氨氯地平", "药物"))
    start = TEXT.index("高血压病")
    short = (start, start + 3, "疾病和诊断")
    outcome = scorer.outcome(gold, TextAnswer((short, gold.gold.entities[1])))
    found = figures(scorer.metrics, [outcome])
    assert found["entities.micro_f1"] == pytest.approx(0.5)
    assert found["entities.overlap.f1"] == pytest.approx(1)
    assert found["entities.drug.f1"] == pytest.approx(1)
