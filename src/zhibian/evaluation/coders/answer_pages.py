"""Pages of systems outside of Zhibian (外部系统的编码结果): one JSON object a record, by id.

The format is published (``zhibian schema answers``). A file is judged as a whole against the
records that are asked: unknown and missing ids, places outside of a document, records that the
system says it was trained on. Codes that the edition does not know are wrong answers, not faults
of the file; they are counted.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from zhibian.evaluation.coders.answer_lines import AnswerLine, OutsideSettings, read_lines
from zhibian.evaluation.coders.editions import known_codes
from zhibian.evaluation.coders.interface import (
    CodedLine,
    CodedPage,
    CoderInfo,
    LearningSet,
    RecordQuestion,
    Span,
)
from zhibian.evaluation.coders.registered import RegisteredCoder
from zhibian.evaluation.data.digests import digest_of_case
from zhibian.evaluation.resources import Resources
from zhibian.evaluation.tasks.spec import TaskSpec
from zhibian.problems import InputError, Problem
from zhibian.records.types import Case
from zhibian.terminology.tables import sha256_of

NAME, TITLE = "outside", "外部系统"
_DIGEST = re.compile(r"[0-9a-f]{64}")
_EMPTY = CodedPage(None)

# Codes of both editions have this form; dagger and asterisk may stand in a diagnosis.
DiagnosisCode = Annotated[str, Field(pattern=r"^[A-Z]\d{2}(?:\.[0-9A-Za-z+*./]{1,24})?[+*]?$")]
ProcedureCode = Annotated[str, Field(pattern=r"^\d{2}(?:\.[0-9A-Za-z]{1,12})?$")]


class PlaceOnLine(BaseModel):
    """A place in a record (出处)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    document: int = Field(ge=0, description="Number of the document, from 0 文书序号")
    start: int = Field(ge=0, description="First character 起始字符")
    end: int = Field(gt=0, description="One past the last character 结束字符（不含）")


class _CodeOnLine(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    confidence: float | None = Field(default=None, ge=0, le=1, description="0 to 1 置信度")
    evidence: tuple[PlaceOnLine, ...] = Field(
        default=(), description="Places that support it, best first 依据"
    )


class DiagnosisOnLine(_CodeOnLine):
    """One diagnosis (诊断编码)."""

    code: DiagnosisCode = Field(description="In the edition of the task 诊断编码")
    poa: Literal["1", "2", "3", "4"] | None = Field(
        default=None, description="Entry condition 入院病情: 1 有 2 临床未确定 3 情况不明 4 无"
    )


class ProcedureOnLine(_CodeOnLine):
    """One procedure (手术操作编码)."""

    code: ProcedureCode = Field(description="In the edition of the task 手术操作编码")


class PageLine(AnswerLine):
    """The coded page of one record (一份病历的编码结果); ``id`` is that of the case."""

    principal: DiagnosisOnLine | None = Field(description="Principal diagnosis 主要诊断; or null")
    others: tuple[DiagnosisOnLine, ...] = Field(default=(), description="Other diagnoses 其他诊断")
    procedures: tuple[ProcedureOnLine, ...] = Field(
        default=(), description="Procedures, the principal one first 手术操作"
    )
    ranked_diagnoses: tuple[DiagnosisCode, ...] = Field(
        default=(), description="Codes worth a look, best first, page and beyond 诊断候选"
    )
    ranked_procedures: tuple[ProcedureCode, ...] = Field(
        default=(), description="The same of procedures 手术操作候选"
    )
    seconds: float | None = Field(default=None, ge=0, description="Time spent 用时（秒）")


class OutsidePageSettings(OutsideSettings):
    """Settings (参数)."""

    missing: Literal["refuse", "empty"] = Field(
        default="refuse", description="Records without a line: refused, or counted as empty pages"
    )
    unknown: Literal["refuse", "ignore"] = Field(
        default="refuse", description="Lines of records that are not asked: refused, or passed over"
    )
    trained_on: Path | None = Field(
        default=None,
        description="Digests of the records that the system learned from, one sha256 a line",
    )


@dataclass(frozen=True, slots=True)
class OutsidePages:
    """Pages as a file has them (外部系统).

    Attributes
    ----------
    settings
        Where the file is, and what is refused.
    lines
        By id of the case.
    diagnoses, procedures
        Codes of the edition of the task.
    trained_on
        Digests of records that it learned from.
    others
        Ids of the task's other parts: no line of theirs is unknown.
    counts
        What was met so far, for the result.
    """

    settings: OutsidePageSettings
    lines: Mapping[str, PageLine] = field(repr=False)
    diagnoses: Collection[str] = field(repr=False)
    procedures: Collection[str] = field(repr=False)
    trained_on: frozenset[str] = field(default=frozenset(), repr=False)
    others: frozenset[str] = field(default=frozenset(), repr=False)
    counts: Counter[str] = field(default_factory=Counter, repr=False)

    @property
    def info(self) -> CoderInfo:
        """Return what a reader of a result must know; the digest of the file is a version."""
        told = self.settings.model_dump(mode="json", include={"missing", "unknown"})
        checked = "已按内容比对" if self.settings.trained_on else "未提供训练数据摘要，未比对"
        return CoderInfo(
            self.settings.name,
            self.settings.title,
            versions={"answers": sha256_of(self.settings.answers)},
            parameters=told,
            notes={"训练数据": checked, **{key: f"{n} 个" for key, n in self.counts.items()}},
        )

    def learn(self, material: LearningSet) -> OutsidePages:
        """Return the same answers; what else the task holds is no unknown record."""
        ids = {example.question.case.id for example in (*material.fit, *material.tune)}
        return replace(self, others=frozenset(ids))

    def code(self, questions: Sequence[RecordQuestion]) -> Iterator[CodedPage]:
        """Yield the page of each record.

        Raises
        ------
        InputError
            Everything that does not fit the records asked.
        """
        problems = list(self._problems(questions))
        if problems:
            raise InputError(self.settings.answers.name, problems)
        self._count(questions)
        return (self._page(question.case.id) for question in questions)

    def _page(self, id: str) -> CodedPage:
        return coded_page(self.lines[id]) if id in self.lines else _EMPTY

    def _problems(self, questions: Sequence[RecordQuestion]) -> Iterator[Problem]:
        asked = {question.case.id: question.case for question in questions}
        if self.settings.unknown == "refuse":
            for id in self.lines.keys() - asked.keys() - self.others:
                remedy = "去掉这一行，或设参数 unknown=ignore"
                yield Problem(f"id {id}", "answer_unknown", "任务中没有这份病历", remedy)
        if self.settings.missing == "refuse":
            for id in asked.keys() - self.lines.keys():
                remedy = "补上这份病历的编码结果，或设参数 missing=empty 按空答案计"
                yield Problem(f"id {id}", "answer_missing", "没有这份病历的编码结果", remedy)
        for id, case in asked.items():
            if id in self.lines:
                yield from _misplaced(self.lines[id], case)
            if self.trained_on and digest_of_case(case) in self.trained_on:
                remedy = "换用没有学过这些病历的系统，或换任务"
                yield Problem(f"id {id}", "answer_trained", "该系统学过这份病历", remedy)

    def _count(self, questions: Sequence[RecordQuestion]) -> None:
        for id in (question.case.id for question in questions):
            if id not in self.lines:
                self.counts["没有结果、按空答案计的病历"] += 1
                continue
            page = self.lines[id]
            diagnoses = (*((page.principal,) if page.principal else ()), *page.others)
            unknown = sum(entry.code not in self.diagnoses for entry in diagnoses)
            unknown += sum(entry.code not in self.procedures for entry in page.procedures)
            if unknown:
                self.counts["编码表中没有的编码"] += unknown


def coded_page(line: PageLine) -> CodedPage:
    """Return a line as a coded page."""
    return CodedPage(
        principal=None if line.principal is None else _diagnosis(line.principal),
        others=tuple(map(_diagnosis, line.others)),
        procedures=tuple(
            CodedLine(entry.code, entry.confidence, evidence=_spans(entry))
            for entry in line.procedures
        ),
        ranked_diagnoses=line.ranked_diagnoses,
        ranked_procedures=line.ranked_procedures,
        seconds=line.seconds,
    )


def read_digests(path: Path) -> frozenset[str]:
    """Return the digests of a file, one sha256 a line.

    Raises
    ------
    InputError
        The file can't be read, or every line that is no digest.
    """
    remedy = "每行一个病历正文的 sha256（64 位小写十六进制）"
    try:
        rows = [row.strip() for row in path.read_text(encoding="utf-8-sig").splitlines()]
    except (OSError, UnicodeDecodeError):
        problem = Problem("trained_on", "digests_unreadable", "不能读取摘要文件", remedy)
        raise InputError(path.name, [problem]) from None
    problems = [
        Problem(f"trained_on 第 {number} 行", "digest_invalid", "不是 sha256", remedy)
        for number, row in enumerate(rows, start=1)
        if row and not _DIGEST.fullmatch(row)
    ]
    if problems:
        raise InputError(path.name, problems)
    return frozenset(row for row in rows if row)


def _misplaced(line: PageLine, case: Case) -> Iterator[Problem]:
    """Yield the places that lie outside of the record."""
    parts: tuple[tuple[str, Sequence[_CodeOnLine]], ...] = (
        ("principal", () if line.principal is None else (line.principal,)),
        ("others", line.others),
        ("procedures", line.procedures),
    )
    for part, entries in parts:
        for number, entry in enumerate(entries):
            for place in entry.evidence:
                if not _is_inside(place, case):
                    yield Problem(
                        f"id {line.id}, {part}[{number}].evidence",
                        "evidence_outside",
                        "依据超出文书范围",
                        "文书序号从 0 起，起止按正文字符计，止不含",
                    )


def _is_inside(place: PlaceOnLine, case: Case) -> bool:
    return place.document < len(case.documents) and place.start < place.end <= len(
        case.documents[place.document].text
    )


def _diagnosis(entry: DiagnosisOnLine) -> CodedLine:
    return CodedLine(entry.code, entry.confidence, entry.poa, _spans(entry))


def _spans(entry: _CodeOnLine) -> tuple[Span, ...]:
    return tuple(Span(place.document, place.start, place.end) for place in entry.evidence)


def _make(given: OutsidePageSettings, task: TaskSpec, resources: Resources) -> OutsidePages:
    diagnoses, procedures = known_codes(resources.rules, task.code_set)
    return OutsidePages(
        given,
        read_lines(given.answers, PageLine),
        diagnoses,
        procedures,
        frozenset() if given.trained_on is None else read_digests(given.trained_on),
    )


OUTSIDE = RegisteredCoder(NAME, TITLE, OutsidePageSettings, _make)
