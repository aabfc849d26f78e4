"""Readers of data sets (数据集读取): files of one layout to questions with their gold.

A reader is named in the registry. It gets the folder and the files of one split, in order, and
gives examples; which of them belong to a part is the business of the split rule.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from zhibian.evaluation.coders.interface import RecordQuestion, TermQuestion
from zhibian.evaluation.data.digests import digest_of_case, digest_of_text
from zhibian.evaluation.data.tagged_texts import read_cdee, read_cehrner
from zhibian.evaluation.data.term_pairs import TermPair, read_pair_file
from zhibian.evaluation.examples import Example
from zhibian.evaluation.gold_cases import gold_of
from zhibian.evaluation.questions import (
    EventGold,
    EventQuestion,
    GroupingGold,
    GroupingQuestion,
    PageGold,
    PageQuestion,
    RecordGold,
    TermGold,
    TextGold,
    TextQuestion,
)
from zhibian.grouping.layout import LAYOUTS, InputFormat
from zhibian.grouping.types import Status
from zhibian.problems import InputError, Problem
from zhibian.records.case_file import read_raw
from zhibian.records.case_json import (
    CodeCheck,
    Limits,
    ReadCase,
    case_from_mapping,
    decode,
    parse_json,
)
from zhibian.records.field_record import ID_FIELD, case_from_fields
from zhibian.records.types import Case

AnyExample = Example[Any, Any]

#: Documents that hold the names of a record that is published as names only.
STAY_NAMES, BACKGROUND_NAMES = "本次名目", "背景名目"
_NAME_LISTS = {"entities_main": STAY_NAMES, "entities_other": BACKGROUND_NAMES}
_PRINCIPAL_FIELD, _OTHERS_FIELD = "主要诊断编码", "其他诊断编码"
_ORACLE_COLUMNS = ("status", "mdc", "adrg", "drg")
_ORACLE_STATUS = {"分组成功": Status.GROUPED.value, "无法入组": Status.UNGROUPED.value}


@dataclass(frozen=True, slots=True)
class Reading:
    """What readers are made with (读取条件).

    Attributes
    ----------
    code_set
        Edition of the codes of records, as the task names it.
    limits
        Largest file and document.
    check_code
        Checks filed codes; None leaves them unchecked.
    """

    code_set: str
    limits: Limits
    check_code: CodeCheck | None = None


Reader = Callable[[Path, Sequence[str], Reading], Iterator[AnyExample]]


def _cases(folder: Path, files: Sequence[str], reading: Reading) -> Iterator[AnyExample]:
    for name, read, gold in _gold_cases(folder, files, reading):
        filed = read.case.coded_front_page
        bare = read.case.model_copy(update={"coded_front_page": None})
        yield Example(
            id=name,
            digest=digest_of_case(bare),
            question=RecordQuestion(bare, reading.code_set),
            gold=RecordGold(gold, None if filed is None else filed.model_dump(mode="json")),
            record=name,
            strata=_strata(read.case, gold),
        )


def _pages(folder: Path, files: Sequence[str], reading: Reading) -> Iterator[AnyExample]:
    for name, read, gold in _gold_cases(folder, files, reading):
        if isinstance(gold.get("planted"), Mapping) and read.case.coded_front_page is not None:
            yield Example(
                id=name,
                digest=digest_of_case(read.case),
                question=PageQuestion(read),
                gold=PageGold(gold),
                record=str(gold["planted"].get("record", name)),
                strata=_strata(read.case, gold),
            )


def _gold_cases(
    folder: Path, files: Sequence[str], reading: Reading
) -> Iterator[tuple[str, ReadCase, Mapping[str, Any]]]:
    problems: list[Problem] = []
    for file in files:
        try:
            raw = read_raw(folder / file, reading.limits)
            gold = gold_of(raw, file)
            if gold is None:
                message = "没有 gold 块"
                problems.append(Problem(file, "gold_missing", message, "补上 gold，或移出该文件夹"))
                continue
            yield (
                Path(file).stem,
                case_from_mapping(raw, file, reading.limits, reading.check_code),
                gold,
            )
        except InputError as bad:
            problems += [
                Problem(f"{file} {p.field}", p.code, p.message, p.remedy)
                for p in bad.problems
                if p.severity == "error"
            ]
    if problems:
        raise InputError(folder.name, problems)


def _strata(case: Case, gold: Mapping[str, Any]) -> dict[str, str]:
    group = str(gold.get("drg_1_1") or "")
    department = "" if case.admission is None else case.admission.department or ""
    return {"mdc": group[:1], "department": department}


def _ccl25(folder: Path, files: Sequence[str], reading: Reading) -> Iterator[AnyExample]:
    for file in files:
        raw = parse_json(decode((folder / file).read_bytes(), file, reading.limits), file)
        for place, row in enumerate(raw):
            source = f"{file}[{place}]"
            yield _ccl25_record(row, f"{Path(file).stem}-{place:04d}", source, reading)


def _ccl25_record(row: Any, name: str, source: str, reading: Reading) -> AnyExample:
    if not _has_answer(row):
        message = f"缺少{_PRINCIPAL_FIELD}或{_OTHERS_FIELD}"
        remedy = "用 CCL25-Eval 任务8 发布的训练文件"
        raise InputError(source, [Problem(source, "codes_missing", message, remedy)])
    # The ids of the publisher are hospital numbers: a place in the file says as much.
    renamed = {**row, ID_FIELD: name}
    case = (
        _case_of_names(renamed, source, reading.limits)
        if any(key in row for key in _NAME_LISTS)
        else case_from_fields(renamed, source, reading.limits).case
    )
    principal = row[_PRINCIPAL_FIELD]
    others = [code for code in dict.fromkeys(row[_OTHERS_FIELD]) if code != principal]
    block = {
        "principal": {"code": principal},
        "others": [{"code": code} for code in others],
        "procedures": [],
    }
    return Example(
        id=name,
        digest=digest_of_case(case),
        question=RecordQuestion(case, reading.code_set),
        gold=RecordGold(block),
        record=name,
        strata={"principal": principal},
    )


def _case_of_names(row: Mapping[str, Any], source: str, limits: Limits) -> Case:
    """Return a record whose documents are its lists of names, one name a line."""
    documents = [
        {"type": kind, "title": kind, "text": "\n".join(names_of(row.get(key)))}
        for key, kind in _NAME_LISTS.items()
    ]
    raw = {"id": row[ID_FIELD], "admission": None, "documents": [d for d in documents if d["text"]]}
    return case_from_mapping(raw, source, limits).case


def names_of(lists: object) -> list[str]:
    """Return the names in the lists of a record that is published as names, each once."""
    entries = lists if isinstance(lists, list) else [lists]
    found: dict[str, None] = {}
    for entry in entries:
        for names in entry.values() if isinstance(entry, Mapping) else ():
            for name in names.replace("；", "，").split("，") if isinstance(names, str) else ():
                if name.strip():
                    found[name.strip()] = None
    return list(found)


def _has_answer(row: object) -> bool:
    return (
        isinstance(row, Mapping)
        and isinstance(row.get(_PRINCIPAL_FIELD), str)
        and isinstance(row.get(_OTHERS_FIELD), list)
        and all(isinstance(code, str) for code in row[_OTHERS_FIELD])
    )


def _terms(kind: Literal["diagnosis", "procedure"]) -> Reader:
    def read(folder: Path, files: Sequence[str], reading: Reading) -> Iterator[AnyExample]:
        place = 0
        for file in files:
            for pair in read_pair_file(folder / file):
                yield _term(pair, f"{place:05d}", kind)
                place += 1

    return read


def _term(pair: TermPair, name: str, kind: Literal["diagnosis", "procedure"]) -> AnyExample:
    return Example(
        id=name,
        digest=digest_of_text(pair.wording),
        question=TermQuestion(pair.wording, kind, name),
        gold=TermGold(pair.names),
        record=name,
    )


def _events(folder: Path, files: Sequence[str], reading: Reading) -> Iterator[AnyExample]:
    for file in files:
        for number, text in enumerate(read_cdee(folder, file)):
            record = f"{Path(file).stem}-{number:04d}"
            digest = digest_of_text(text.text)
            for place, event in enumerate(text.events):
                name = f"{record}-{place:02d}"
                yield Example(
                    id=name,
                    digest=digest,
                    question=EventQuestion(text.text, event.start, event.end, name),
                    gold=EventGold(event.tendency),
                    record=record,
                )


def _texts(folder: Path, files: Sequence[str], reading: Reading) -> Iterator[AnyExample]:
    for file in files:
        for number, text in enumerate(read_cehrner(folder, file)):
            name = f"{Path(file).stem}-{number:04d}"
            yield Example(
                id=name,
                digest=digest_of_text(text.text),
                question=TextQuestion(text.text, name),
                gold=TextGold(
                    tuple((start, end, kind.value) for start, end, kind in text.entities)
                ),
                record=name,
            )


def _grouped(folder: Path, files: Sequence[str], reading: Reading) -> Iterator[AnyExample]:
    layout = LAYOUTS[InputFormat.OPENDRG]
    for file in files:
        text = (folder / file).read_text(encoding="utf-8-sig")
        rows = csv.DictReader(io.StringIO(text))
        absent = {*layout.columns, *_ORACLE_COLUMNS} - set(rows.fieldnames or ())
        if absent:
            message = f"缺少列：{'、'.join(sorted(absent))}"
            problem = Problem(file, "columns_missing", message, "用参照分组发布的表")
            raise InputError(file, [problem])
        for row in rows:
            page, problems = layout.read(row)
            if problems:
                raise InputError(file, problems)
            name = row["Index"]
            yield Example(
                id=name,
                digest=digest_of_text(json.dumps([row[c] for c in layout.columns])),
                question=GroupingQuestion(page, name),
                gold=GroupingGold(
                    _ORACLE_STATUS.get(row["status"], row["status"]),
                    row["mdc"].removeprefix("MDC"),
                    row["adrg"],
                    row["drg"],
                ),
                record=name,
                strata={"mdc": row["mdc"].removeprefix("MDC")},
            )


READERS: Mapping[str, Reader] = {
    "cases": _cases,
    "pages": _pages,
    "ccl25": _ccl25,
    "diagnosis-terms": _terms("diagnosis"),
    "procedure-terms": _terms("procedure"),
    "events": _events,
    "texts": _texts,
    "grouped-pages": _grouped,
}
