"""What holds of every system that codes whole records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.unit.evaluation.coder_records import (
    ASKED,
    LEARNED,
    material,
    principals,
    questions,
    resources,
    sealed,
    task,
)

from zhibian.evaluation.coders.interface import CodedPage, Coder, LearningSet, RecordQuestion
from zhibian.evaluation.coders.registry import record_coders
from zhibian.problems import InputError
from zhibian.review.reviewer import Reviewer
from zhibian.training.coders import TRAINED_RECORD_CODERS

CODERS = record_coders(*TRAINED_RECORD_CODERS)
LEARNING = ("majority", "nearest-records", "tfidf-lr", "terms-lr")
FIXED = ("dictionary", "rules", "rules-linker", "retrieval", "pipeline")
VOTING: dict[str, Any] = {"members": ["majority", "nearest-records", "rules"]}

RecordCoder = Coder[RecordQuestion, CodedPage]


@pytest.fixture(scope="module")
def made(reviewer: Reviewer, rules: Path) -> dict[str, RecordCoder]:
    at_hand = resources(reviewer, rules)
    return {
        **{name: CODERS[name]({}, task(), at_hand) for name in (*LEARNING, *FIXED)},
        "ensemble": CODERS["ensemble"](VOTING, task(), at_hand),
    }


def untimed(pages: Sequence[CodedPage]) -> list[CodedPage]:
    return [replace(page, seconds=None) for page in pages]


@pytest.fixture(scope="module")
def ready(made: dict[str, RecordCoder]) -> dict[str, RecordCoder]:
    learning = material(LEARNED[:12], LEARNED[12:])
    return {name: coder.learn(learning) for name, coder in made.items()}


@pytest.mark.parametrize("name", [*LEARNING, *FIXED, "ensemble"])
def test_one_page_a_record_in_order(name: str, ready: dict[str, RecordCoder]) -> None:
    pages = untimed(list(ready[name].code(questions())))
    turned = untimed(list(ready[name].code(questions(ASKED[::-1]))))
    assert len(pages) == len(ASKED)
    assert pages == turned[::-1]
    assert list(ready[name].code([])) == []


@pytest.mark.parametrize("name", [*LEARNING, *FIXED, "ensemble"])
def test_pages_are_sound(name: str, ready: dict[str, RecordCoder]) -> None:
    for page, asked in zip(ready[name].code(questions()), ASKED, strict=True):
        lines = [*([page.principal] if page.principal else []), *page.others, *page.procedures]
        diagnoses = [line.code for line in lines[: len(lines) - len(page.procedures)]]
        assert len(set(diagnoses)) == len(diagnoses)
        assert all(line.confidence is None or 0 <= line.confidence <= 1 for line in lines)
        assert len(set(page.ranked_diagnoses)) == len(page.ranked_diagnoses)
        texts = [document.text for document in asked.question.case.documents]
        assert all(
            0 <= place.start < place.end <= len(texts[place.document])
            for line in lines
            for place in line.evidence
        )


@pytest.mark.parametrize("name", [*LEARNING, "ensemble"])
def test_learning_twice_with_one_seed_gives_the_same(
    name: str, made: dict[str, RecordCoder], ready: dict[str, RecordCoder]
) -> None:
    again = made[name].learn(material(LEARNED[:12], LEARNED[12:]))
    first, second = (untimed(list(x.code(questions()))) for x in (ready[name], again))
    assert first == second


@pytest.mark.parametrize("name", LEARNING)
def test_learning_systems_refuse_to_answer_or_learn_from_nothing(
    name: str, made: dict[str, RecordCoder]
) -> None:
    with pytest.raises(InputError) as unlearned:
        list(made[name].code(questions()))
    assert unlearned.value.problems[0].code == "not_learned"
    with pytest.raises(InputError) as nothing:
        made[name].learn(material(()))
    assert nothing.value.problems[0].code == "fit_missing"


@pytest.mark.parametrize("name", FIXED)
def test_systems_that_learn_nothing_never_open_gold(
    name: str, made: dict[str, RecordCoder]
) -> None:
    before = untimed(list(made[name].code(questions())))
    closed = LearningSet(sealed(LEARNED), sealed(LEARNED), seed=1)
    assert untimed(list(made[name].learn(closed).code(questions()))) == before
    assert not made[name].info.learns


@pytest.mark.parametrize("name", ["nearest-records", "tfidf-lr", "terms-lr", "rules"])
def test_plain_records_are_coded_right(name: str, ready: dict[str, RecordCoder]) -> None:
    pages = list(ready[name].code(questions()))
    categories = [code[:3] if code else None for code in principals(pages)]
    assert categories == ["J18", "K35", "I63"]


def test_unknown_parameters_are_named_with_the_nearest_known(
    reviewer: Reviewer, rules: Path
) -> None:
    with pytest.raises(InputError) as wrong:
        CODERS["tfidf-lr"]({"longets": 3, "others_c": -1}, task(), resources(reviewer, rules))
    told = {problem.field: problem for problem in wrong.value.problems}
    assert "longest" in told["tfidf-lr.longets"].message
    assert told["tfidf-lr.longets"].code == "parameter_unknown"
    assert told["tfidf-lr.others_c"].code == "parameter_invalid"


def test_every_system_has_a_chinese_title_and_described_parameters() -> None:
    for name, coder in CODERS.items():
        assert coder.name == name
        assert any("\u4e00" <= character <= "\u9fff" for character in coder.title)
        schema = coder.parameters.model_json_schema().get("properties", {})
        assert all("description" in told for told in schema.values()), name


def test_a_missing_encoder_is_refused_with_a_remedy(
    reviewer: Reviewer, rules: Path, tmp_path: Path
) -> None:
    at_hand = resources(reviewer, rules)
    with pytest.raises(InputError) as absent:
        CODERS["label-attention"]({"encoder": str(tmp_path)}, task(), at_hand)
    assert "label-attention.encoder" in [problem.field for problem in absent.value.problems]
    with pytest.raises(InputError) as unnamed:
        CODERS["label-attention"]({}, task(), at_hand)
    assert "label-attention.encoder" in [problem.field for problem in unnamed.value.problems]
