"""Answers of outside systems: one line a question, everything that is wrong told at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.evaluation_examples import answers, resources, task

from zhibian.evaluation.answers import EventAnswer, GroupingAnswer, TextAnswer
from zhibian.evaluation.coders.answer_lines import AnswerLine
from zhibian.evaluation.coders.interface import LinkedNames, TermQuestion
from zhibian.evaluation.coders.outside import (
    EntitiesLine,
    GroupLine,
    NamesLine,
    TendencyLine,
)
from zhibian.evaluation.kinds.registry import KINDS
from zhibian.evaluation.questions import EventQuestion, GroupingQuestion, TextQuestion
from zhibian.evaluation.tasks.spec import Kind
from zhibian.grouping.types import GroupingInput
from zhibian.problems import InputError


def made(kind: Kind, lines: list[str], rules: Path, folder: Path, **more: Any) -> Any:
    path = folder / "answers.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    settings = {"answers": str(path), **more}
    return KINDS[kind].systems["outside"](settings, task(kind), resources(rules))


QUESTIONS: list[tuple[Kind, Any, str, Any]] = [
    (
        "linking",
        TermQuestion("肺部感染", "diagnosis", "7"),
        '{"id": 7, "names": ["肺炎"], "ranked": ["支气管炎"]}',
        LinkedNames(("肺炎",), ("支气管炎",)),
    ),
    (
        "assertion",
        EventQuestion("无发热", 1, 3, "7"),
        '{"id": "7", "tendency": "否定", "confidence": 0.9}',
        EventAnswer("否定", 0.9),
    ),
    (
        "entities",
        TextQuestion("发热咳嗽", "7"),
        '{"id": "7", "entities": [{"start": 2, "end": 4, "type": "症状"},'
        ' {"start": 0, "end": 2, "type": "症状"}]}',
        TextAnswer(((0, 2, "症状"), (2, 4, "症状"))),
    ),
    (
        "grouping",
        GroupingQuestion(GroupingInput("I10.x00"), "7"),
        '{"id": "7", "status": "grouped", "mdc": "F", "adrg": "FV1", "drg": "FV15"}',
        GroupingAnswer("grouped", "F", "FV1", "FV15"),
    ),
]


@pytest.mark.parametrize(("kind", "question", "line", "answer"), QUESTIONS)
def test_a_line_answers_the_question_of_its_id(
    kind: Kind, question: Any, line: str, answer: Any, rules: Path, tmp_path: Path
) -> None:
    coder = made(kind, [line, ""], rules, tmp_path, name="theirs", title="他方系统")
    assert answers(coder, [question]) == [answer]
    assert (coder.info.name, coder.info.title) == ("theirs", "他方系统")
    assert len(coder.info.versions["answers"]) == 64


def test_the_examples_of_the_documentation_are_such_lines(rules: Path) -> None:
    page = (rules.parent / "docs" / "evaluation-kinds.md").read_text(encoding="utf-8")
    shown = [line for line in page.splitlines() if line.startswith('{"id"')]
    kinds: tuple[type[AnswerLine], ...] = (NamesLine, TendencyLine, EntitiesLine, GroupLine)
    for line, kind in zip(shown, kinds, strict=True):
        assert kind.model_validate_json(line).id


def test_answers_follow_the_order_of_the_questions(rules: Path, tmp_path: Path) -> None:
    lines = ['{"id": "a", "names": ["甲"]}', '{"id": "b", "names": []}']
    coder = made("linking", lines, rules, tmp_path)
    wanted = [TermQuestion("x", "diagnosis", name) for name in ("b", "a")]
    assert answers(coder, wanted) == [LinkedNames(()), LinkedNames(("甲",))]


def test_a_question_without_a_line_is_no_empty_answer(rules: Path, tmp_path: Path) -> None:
    coder = made("linking", ['{"id": "a", "names": []}'], rules, tmp_path)
    with pytest.raises(InputError) as refused:
        answers(coder, [TermQuestion("x", "diagnosis", name) for name in ("a", "b", "c")])
    assert [(p.field, p.code) for p in refused.value.problems] == [
        ("id b", "answer_missing"),
        ("id c", "answer_missing"),
    ]


def test_every_wrong_line_is_told_at_once(rules: Path, tmp_path: Path) -> None:
    lines = [
        '{"id": "a", "tendency": "否定"}',
        '{"id": "a", "tendency": ""}',
        "no json",
        '{"id": "b", "tendency": "阳性"}',
        '{"tendency": ""}',
        '{"id": true, "tendency": ""}',
        '["a"]',
    ]
    with pytest.raises(InputError) as refused:
        made("assertion", lines, rules, tmp_path)
    assert [(p.field, p.code) for p in refused.value.problems] == [
        ("第 2 行", "answer_repeated"),
        ("第 3 行", "answer_invalid"),
        ("第 4 行.tendency", "answer_invalid"),
        ("第 5 行.id", "answer_invalid"),
        ("第 6 行.id", "answer_invalid"),
        ("第 7 行", "answer_invalid"),
    ]
    assert not any("阳性" in p.render() for p in refused.value.problems)


def test_an_absent_file_and_a_missing_setting_are_refused(rules: Path, tmp_path: Path) -> None:
    outside = KINDS["linking"].systems["outside"]
    absent = {"answers": str(tmp_path / "absent.jsonl")}
    with pytest.raises(InputError) as refused:
        outside(absent, task("linking"), resources(rules))
    assert [p.code for p in refused.value.problems] == ["answers_unreadable"]
    with pytest.raises(InputError) as refused:
        outside({}, task("linking"), resources(rules))
    assert [(p.field, p.code) for p in refused.value.problems] == [
        ("outside.answers", "parameter_invalid")
    ]


def test_an_entity_without_a_character_is_refused(rules: Path, tmp_path: Path) -> None:
    line = '{"id": "a", "entities": [{"start": 3, "end": 3, "type": "症状"}]}'
    with pytest.raises(InputError) as refused:
        made("entities", [line], rules, tmp_path)
    assert [(p.field, p.code) for p in refused.value.problems] == [
        ("第 1 行.entities.0", "answer_invalid")
    ]


def test_a_line_separator_within_a_name_ends_no_line(rules: Path, tmp_path: Path) -> None:
    coder = made("linking", ['{"id": "a", "names": ["甲\u2028乙"]}'], rules, tmp_path)
    assert answers(coder, [TermQuestion("x", "diagnosis", "a")]) == [LinkedNames(("甲\u2028乙",))]
