"""Readers of data sets by name (数据集读取器): files of one layout to questions with their gold.

A reader is named in the registry. It gets the folder and the files of one split, in order; which
of its examples belong to a part is the business of the split rule.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal

from zhibian.evaluation.coders.interface import RecordQuestion, TermQuestion
from zhibian.evaluation.data.case_records import read_pages, read_records
from zhibian.evaluation.data.ccl25 import FieldRow, field_row
from zhibian.evaluation.data.digests import digest_of_case, digest_of_text
from zhibian.evaluation.data.grouped_pages import read_grouped_pages
from zhibian.evaluation.data.reading import Reader, Reading
from zhibian.evaluation.data.tagged_texts import read_cdee, read_cehrner
from zhibian.evaluation.data.term_pairs import read_pair_file
from zhibian.evaluation.examples import Example
from zhibian.evaluation.questions import (
    EventGold,
    EventQuestion,
    RecordGold,
    TermGold,
    TextGold,
    TextQuestion,
)
from zhibian.evaluation.tasks.spec import DatasetSpec, Kind
from zhibian.problems import InputError, Problem
from zhibian.records.case_json import decode, parse_json


def read_ccl25_records(
    folder: Path, files: Sequence[str], reading: Reading
) -> Iterator[Example[RecordQuestion, RecordGold]]:
    """Yield the records of CCL25-Eval task 8, whole ones and those of names only.

    Raises
    ------
    InputError
        A file is no such list, or records can't be read; all of a file at once.
    """
    for file in files:
        rows = parse_json(decode((folder / file).read_bytes(), file, reading.limits), file)
        found: list[Example[RecordQuestion, RecordGold]] = []
        problems: list[Problem] = []
        for place, raw in enumerate(rows if isinstance(rows, list) else [rows]):
            source = f"{file}[{place}]"
            try:
                found.append(
                    _ccl25(field_row(raw, source), f"{Path(file).stem}-{place:04d}", reading)
                )
            except InputError as bad:
                problems += [
                    Problem(f"{source} {p.field}", p.code, p.message, p.remedy)
                    for p in bad.problems
                ]
        if problems:
            raise InputError(file, problems)
        yield from found


def _ccl25(row: FieldRow, name: str, reading: Reading) -> Example[RecordQuestion, RecordGold]:
    # The publisher's ids look like hospital numbers: a place in the file says as much.
    case = row.case(name, name, reading.limits)
    block = {
        "principal": {"code": row.principal},
        "others": [{"code": code} for code in row.others],
        "procedures": [],
    }
    return Example(
        id=name,
        digest=digest_of_case(case),
        question=RecordQuestion(case, reading.code_set),
        gold=RecordGold(block),
        record=name,
        strata={"principal": row.principal},
    )


def _terms(kind: Literal["diagnosis", "procedure"]) -> Reader:
    def read(
        folder: Path, files: Sequence[str], reading: Reading
    ) -> Iterator[Example[TermQuestion, TermGold]]:
        pairs = [pair for file in files for pair in read_pair_file(folder / file)]
        for place, pair in enumerate(pairs):
            name = f"{place:05d}"
            yield Example(
                id=name,
                digest=digest_of_text(pair.wording),
                question=TermQuestion(pair.wording, kind, name),
                gold=TermGold(pair.names),
                record=name,
            )

    return read


def read_events(
    folder: Path, files: Sequence[str], reading: Reading
) -> Iterator[Example[EventQuestion, EventGold]]:
    """Yield the events of CHIP-CDEE; those of one text are drawn together."""
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


def read_texts(
    folder: Path, files: Sequence[str], reading: Reading
) -> Iterator[Example[TextQuestion, TextGold]]:
    """Yield the texts of CEHRNER with their entities."""
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


#: By layout, then by the kind of task that is asked of it.
READERS: Mapping[str, Mapping[Kind, Reader]] = {
    "cases": {"coding": read_records, "screening": read_pages},
    "ccl25": {"coding": read_ccl25_records},
    "diagnosis-terms": {"linking": _terms("diagnosis")},
    "procedure-terms": {"linking": _terms("procedure")},
    "events": {"assertion": read_events},
    "texts": {"entities": read_texts},
    "grouped-pages": {"grouping": read_grouped_pages},
}


def reader_for(dataset: DatasetSpec, kind: Kind) -> Reader:
    """Return the reader of a data set for one kind of task.

    Raises
    ------
    InputError
        There is no such layout, or the kind can't be asked of it.
    """
    if dataset.reader not in READERS:
        remedy = f"可用：{'、'.join(READERS)}"
        problem = Problem("reader", "reader_unknown", f"没有读取器 {dataset.reader}", remedy)
        raise InputError(dataset.id, [problem])
    kinds = READERS[dataset.reader]
    if kind not in kinds:
        message = f"数据集 {dataset.id} 不能用于 {kind} 类任务"
        problem = Problem("dataset", "kind_unsuited", message, f"可用于：{'、'.join(kinds)}")
        raise InputError(dataset.id, [problem])
    return kinds[kind]
