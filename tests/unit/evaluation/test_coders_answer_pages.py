"""Pages of outside systems: the published format, and everything that is wrong told at once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from tests.unit.evaluation.coder_records import (
    ASKED,
    LEARNED,
    material,
    questions,
    resources,
    task,
)

from zhibian.cli.schema import json_schema
from zhibian.evaluation.coders.ablation import COMPONENTS
from zhibian.evaluation.coders.answer_pages import PageLine
from zhibian.evaluation.coders.interface import CodedLine, CodedPage, Span
from zhibian.evaluation.coders.registry import CODERS
from zhibian.problems import InputError
from zhibian.review.reviewer import Reviewer

WHOLE: dict[str, Any] = {
    "id": "A1",
    "principal": {
        "code": "J18.900",
        "confidence": 0.9,
        "poa": "1",
        "evidence": [{"document": 0, "start": 0, "end": 3}],
    },
    "others": [{"code": "I10.x00x002"}],
    "procedures": [{"code": "47.0901", "confidence": 0.4}],
    "ranked_diagnoses": ["J18.900", "I10.x00x002", "J15.900"],
    "seconds": 0.5,
}


def line(id: str, principal: str | None = "J18.900", **more: Any) -> dict[str, Any]:
    return {"id": id, "principal": principal and {"code": principal}, **more}


@pytest.fixture
def made(reviewer: Reviewer, rules: Path, tmp_path: Path) -> Any:
    def make(lines: list[Any], **parameters: Any) -> Any:
        path = tmp_path / "answers.jsonl"
        texts = [x if isinstance(x, str) else json.dumps(x, ensure_ascii=False) for x in lines]
        path.write_text("\n".join(texts), encoding="utf-8")
        given = {"answers": str(path), **parameters}
        return CODERS["outside"](given, task(), resources(reviewer, rules))

    return make


def refused(coder: Any) -> set[tuple[str, str]]:
    with pytest.raises(InputError) as wrong:
        list(coder.code(questions()))
    return {(problem.code, problem.field) for problem in wrong.value.problems}


def test_a_line_is_the_page_of_its_record(made: Any) -> None:
    coder = made([line("A3", "I63.900"), WHOLE, line("A2", None)])
    first, second, third = coder.code(questions())
    assert first == CodedPage(
        CodedLine("J18.900", 0.9, "1", (Span(0, 0, 3),)),
        (CodedLine("I10.x00x002"),),
        (CodedLine("47.0901", 0.4),),
        ("J18.900", "I10.x00x002", "J15.900"),
        (),
        0.5,
    )
    assert second == CodedPage(None)
    assert third.principal == CodedLine("I63.900")
    assert len(coder.info.versions["answers"]) == 64


def test_everything_that_does_not_fit_the_records_is_told_at_once(made: Any) -> None:
    far = {"code": "J18.900", "evidence": [{"document": 0, "start": 5, "end": 5000}]}
    gone = {"code": "I10.x00x002", "evidence": [{"document": 3, "start": 0, "end": 1}]}
    coder = made([line("A1", None, others=[far, gone]), line("B7"), line("A2")])
    assert refused(coder) == {
        ("answer_unknown", "id B7"),
        ("answer_missing", "id A3"),
        ("evidence_outside", "id A1, others[0].evidence"),
        ("evidence_outside", "id A1, others[1].evidence"),
    }


def test_every_malformed_line_is_told_at_once(made: Any) -> None:
    bad = [
        "{",
        line("A1", "肺炎"),
        line("A2", others=[{"code": "J18.900", "confidence": 2}]),
        line("A3", procedures=[{"code": "J18.900"}]),
        line("A3", note="x"),
        line("A4"),
        line("A4"),
    ]
    with pytest.raises(InputError) as wrong:
        made(bad)
    told = [(problem.field, problem.code) for problem in wrong.value.problems]
    assert [field.split(".")[0] for field, _ in told] == [
        f"第 {number} 行" for number in (1, 2, 3, 4, 5, 7)
    ]
    assert told[-1][1] == "answer_repeated"
    assert all("肺炎" not in problem.render() for problem in wrong.value.problems)


def test_missing_records_count_as_empty_pages_only_when_asked(made: Any) -> None:
    coder = made([line("A1")], missing="empty")
    pages = list(coder.code(questions()))
    assert [page.principal is None for page in pages] == [False, True, True]
    assert coder.info.notes["没有结果、按空答案计的病历"] == "2 个"
    assert coder.info.parameters["missing"] == "empty"


def test_lines_of_other_parts_of_the_task_are_known(made: Any) -> None:
    lines = [line("A1"), line("A2"), line("A3"), line(LEARNED[0].id)]
    assert refused(made(lines)) == {("answer_unknown", f"id {LEARNED[0].id}")}
    assert len(list(made(lines).learn(material()).code(questions()))) == len(ASKED)
    assert len(list(made(lines, unknown="ignore").code(questions()))) == len(ASKED)


def test_codes_that_the_edition_does_not_know_are_counted(made: Any) -> None:
    lines = [line("A1", "J99.999"), line("A2", others=[{"code": "Z99.999"}]), line("A3")]
    coder = made(lines)
    assert len(list(coder.code(questions()))) == len(ASKED)
    assert coder.info.notes["编码表中没有的编码"] == "2 个"


def test_a_system_is_not_measured_on_what_it_learned(made: Any, tmp_path: Path) -> None:
    digests = tmp_path / "learned.txt"
    digests.write_text(f"{'0' * 64}\n{ASKED[1].digest}\n", encoding="utf-8")
    lines = [line("A1"), line("A2"), line("A3")]
    assert refused(made(lines, trained_on=str(digests))) == {("answer_trained", "id A2")}
    digests.write_text("A2\n", encoding="utf-8")
    with pytest.raises(InputError) as wrong:
        made(lines, trained_on=str(digests))
    assert wrong.value.problems[0].code == "digest_invalid"


def test_the_documented_line_is_such_a_page(rules: Path) -> None:
    text = (rules.parent / "docs" / "evaluation-coders.md").read_text(encoding="utf-8")
    (shown,) = [one for one in text.splitlines() if one.startswith('{"id"')]
    assert PageLine.model_validate_json(shown).principal is not None


def test_every_system_and_component_is_documented(rules: Path) -> None:
    text = (rules.parent / "docs" / "evaluation-coders.md").read_text(encoding="utf-8")
    assert [name for name in CODERS if name not in text] == []
    assert [name for name in COMPONENTS if f"`{name}`" not in text] == []


def test_the_published_schema_takes_what_the_reader_takes() -> None:
    checker = jsonschema.Draft202012Validator(json_schema("answers"))
    assert not list(checker.iter_errors(WHOLE))
    assert not list(checker.iter_errors(line("A2", None)))
    for wrong in ({**WHOLE, "principal": "J18.900"}, {**WHOLE, "extra": 1}, {"principal": None}):
        assert list(checker.iter_errors(wrong))
