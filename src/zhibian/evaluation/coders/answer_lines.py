"""Answers of systems outside of Zhibian (外部系统的回答): one JSON object a line, by id.

The same reader serves every kind of task: ids are texts or whole numbers, each stands once, and
every question that is asked must have its line.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Generic, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from zhibian.evaluation.coders.interface import CoderInfo, LearningSet
from zhibian.evaluation.coders.parameters import Parameters, reason_of
from zhibian.evaluation.coders.registered import RegisteredCoder
from zhibian.evaluation.resources import Resources
from zhibian.evaluation.tasks.spec import TaskSpec
from zhibian.problems import InputError, Problem
from zhibian.terminology.tables import sha256_of

NAME, TITLE = "outside", "外部系统"
_REMEDY = "每行一个 JSON 对象，含 id 与回答；编号与题目一致，一题一行"
# Enough to see what is wrong; the message tells how many there are.
_TOLD = 10


class OutsideSettings(Parameters):
    """Settings of an outside system (参数): its answers, and how it is called in tables."""

    answers: Path = Field(description="File of answers, one JSON object a line 回答文件")
    name: str = Field(default=NAME, description="Name in tables 表中名称")
    title: str = Field(default=TITLE, description="Chinese name 中文名称")


class AnswerLine(BaseModel):
    """One line (一行回答): the id of a question; each kind adds its answer."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Annotated[
        str, BeforeValidator(lambda value: str(value) if type(value) is int else value)
    ] = Field(description="Id of the question 题目编号")


L = TypeVar("L", bound=AnswerLine)
Q = TypeVar("Q")
A = TypeVar("A")


@dataclass(frozen=True, slots=True)
class OutsideCoder(Generic[Q, A]):
    """Answers as a file has them (外部系统).

    Attributes
    ----------
    info
        What a reader of a result must know; the sha256 of the file is among its versions.
    id_of
        Id of a question.
    answers
        Answers by id.
    """

    info: CoderInfo
    id_of: Callable[[Q], str] = field(repr=False)
    answers: Mapping[str, A] = field(repr=False)

    def learn(self, material: LearningSet) -> OutsideCoder[Q, A]:
        """Return itself: what it learned from is not known here."""
        return self

    def code(self, questions: Sequence[Q]) -> Iterator[A]:
        """Yield the answer of each question.

        Raises
        ------
        InputError
            Questions without an answer; nothing is taken for an empty answer.
        """
        ids = [self.id_of(question) for question in questions]
        absent = [one for one in ids if one not in self.answers]
        if absent:
            message = f"{len(absent)} 题没有回答"
            problems = [Problem(f"id {one}", "answer_missing", message, _REMEDY) for one in absent]
            raise InputError(self.info.name, problems[:_TOLD])
        return (self.answers[one] for one in ids)


def read_lines(path: Path, line: type[L]) -> dict[str, L]:
    """Return the lines of a file by id.

    Parameters
    ----------
    path
        UTF-8, one JSON object a line; blank lines are passed over.
    line
        What a line holds.

    Raises
    ------
    InputError
        The file can't be read; or every line that is no such object, and every repeated id.
    """
    try:
        rows = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError):
        problem = Problem("answers", "answers_unreadable", "不能读取回答文件", _REMEDY)
        raise InputError(path.name, [problem]) from None
    found: dict[str, L] = {}
    problems: list[Problem] = []
    for number, row in enumerate(rows, start=1):
        if not row.strip():
            continue
        where = f"第 {number} 行"
        try:
            one = line.model_validate(json.loads(row))
        except ValidationError as bad:
            problems += [
                Problem(
                    ".".join((where, *map(str, error["loc"]))),
                    "answer_invalid",
                    f"该项{reason_of(error['type'])}",
                    _REMEDY,
                )
                for error in bad.errors(include_input=False, include_url=False)
            ]
        except ValueError:
            problems.append(Problem(where, "answer_invalid", "不是 JSON 对象", _REMEDY))
        else:
            if one.id in found:
                problems.append(Problem(where, "answer_repeated", f"id {one.id} 重复", _REMEDY))
            found.setdefault(one.id, one)
    if problems:
        raise InputError(path.name, problems)
    return found


def outside(
    line: type[L], answer: Callable[[L], A], id_of: Callable[[Any], str]
) -> RegisteredCoder[OutsideSettings]:
    """Return the outside system of some kind of task.

    Parameters
    ----------
    line
        What a line holds.
    answer
        Makes an answer of it.
    id_of
        Id of a question.
    """

    def make(given: OutsideSettings, task: TaskSpec, resources: Resources) -> OutsideCoder[Any, A]:
        lines = read_lines(given.answers, line)
        versions = {"answers": sha256_of(given.answers)}
        return OutsideCoder(
            CoderInfo(given.name, given.title, versions=versions),
            id_of,
            {key: answer(one) for key, one in lines.items()},
        )

    return RegisteredCoder(NAME, TITLE, OutsideSettings, make)
