"""Small invented records for systems that code (虚构短病历): discharge records of a few lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zhibian.evaluation.coders.interface import CodedPage, LearningSet, RecordQuestion
from zhibian.evaluation.data.digests import digest_of_case
from zhibian.evaluation.examples import Example
from zhibian.evaluation.questions import RecordGold
from zhibian.evaluation.resources import Resources
from zhibian.evaluation.tasks.spec import Protocol, TaskSpec
from zhibian.records.case_json import Limits
from zhibian.records.types import Admission, Case, Document, Sex
from zhibian.review.reviewer import Reviewer

LIMITS = Limits(document_chars=100_000, file_bytes=1_000_000)
RecordExample = Example[RecordQuestion, RecordGold]


def task(*, code_set: str = "nhsa-2.0", dataset: str = "records") -> TaskSpec:
    return TaskSpec(
        format="zhibian-task/1",
        id="tried",
        version=1,
        kind="coding",
        title="试行",
        question="编什么码？",
        dataset=dataset,
        protocol=Protocol(test="test"),
        code_set=code_set,
        metrics=("principal.exact",),
        systems=("majority",),
    )


def resources(
    reviewer: Reviewer, rules: Path, *, work: Path | None = None, hosts: Sequence[str] = ()
) -> Resources:
    return Resources(
        rules=rules,
        models=rules,
        cache=rules,
        limits=LIMITS,
        reviewer=lambda scheme, tariff, variant: reviewer,
        work=work,
        hosts=tuple(hosts),
    )


def case(id: str, *texts: str, sex: str = "男", age: int = 60) -> Case:
    return Case(
        id=id,
        admission=Admission(sex=Sex(sex), age=age),
        documents=tuple(Document(type="出院记录", title="出院记录", text=text) for text in texts),
    )


def example(
    id: str,
    text: str,
    principal: str,
    others: Sequence[str] = (),
    procedures: Sequence[str] = (),
) -> RecordExample:
    asked = case(id, text)
    return Example(
        id=id,
        digest=digest_of_case(asked),
        question=RecordQuestion(asked, "nhsa-2.0"),
        gold=RecordGold(
            {
                "principal": {"code": principal},
                "others": [{"code": code} for code in others],
                "procedures": [{"code": code} for code in procedures],
            }
        ),
        record=id,
    )


def _stay(number: int, disease: str, course: str) -> str:
    return (
        f"主诉：不适{number}天。\n诊疗经过：{course}，第{number}日好转。\n"
        f"出院诊断：1.{disease} 2.高血压病"
    )


#: Three diseases, told apart by their words; hypertension beside every one.
LEARNED: tuple[RecordExample, ...] = tuple(
    example(
        f"L{kind}{number}",
        _stay(number, disease, course),
        principal,
        ["I10.x00x002", *further],
        procedures,
    )
    for number in range(2, 8)
    for kind, (disease, course, principal, further, procedures) in enumerate(
        (
            ("肺炎", "咳嗽咳痰，抗感染治疗", "J18.900", ["E11.900"], []),
            ("急性阑尾炎", "右下腹痛，行阑尾切除术", "K35.800x001", [], ["47.0901"]),
            ("脑梗死", "肢体无力，改善循环治疗", "I63.900", ["E78.500"], []),
        )
    )
)

ASKED: tuple[RecordExample, ...] = (
    example("A1", _stay(9, "肺炎", "咳嗽咳痰，继续抗感染治疗"), "J18.900", ["I10.x00x002"]),
    example("A2", _stay(11, "急性阑尾炎", "右下腹痛，急诊行阑尾切除术"), "K35.800x001"),
    example("A3", _stay(12, "脑梗死", "左侧肢体无力，予改善循环治疗"), "I63.900"),
)


def material(
    fit: Sequence[RecordExample] = LEARNED,
    tune: Sequence[RecordExample] = (),
    *,
    seed: int = 1,
    work: Path | None = None,
) -> LearningSet:
    return LearningSet(tuple(fit), tuple(tune), seed, work)


def questions(examples: Sequence[RecordExample] = ASKED) -> list[RecordQuestion]:
    return [one.question for one in examples]


def principals(pages: Sequence[CodedPage]) -> list[str | None]:
    return [page.principal.code if page.principal else None for page in pages]


@dataclass(frozen=True, slots=True)
class SealedGold:
    """Gold that nobody may open: whoever reads a field of it fails."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError("gold was looked at")


def sealed(examples: Sequence[RecordExample]) -> list[Example[RecordQuestion, Any]]:
    """Return examples whose gold can't be read."""
    return [Example(one.id, one.digest, one.question, SealedGold(), one.record) for one in examples]
