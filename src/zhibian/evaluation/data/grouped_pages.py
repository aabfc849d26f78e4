"""Front pages with the group that a reference gave them (参照分组): one row a page."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from zhibian.evaluation.data.digests import digest_of_text
from zhibian.evaluation.data.reading import Reading
from zhibian.evaluation.examples import Example
from zhibian.evaluation.questions import GroupingGold, GroupingQuestion
from zhibian.grouping.layout import LAYOUTS, InputFormat
from zhibian.grouping.types import Status
from zhibian.problems import InputError, Problem
from zhibian.records.case_json import decode

_LAYOUT = LAYOUTS[InputFormat.OPENDRG]
_ID = "Index"
_GIVEN = ("status", "mdc", "adrg", "drg")
_STATUS = {"分组成功": Status.GROUPED.value, "无法入组": Status.UNGROUPED.value}
_MDC = "MDC"


def read_grouped_pages(
    folder: Path, files: Sequence[str], reading: Reading
) -> Iterator[Example[GroupingQuestion, GroupingGold]]:
    """Yield the pages of tables in the ten columns of OpenDRG and the four of the answer.

    Raises
    ------
    InputError
        A file is too large, lacks columns, or has rows that can't be read; all of a file at once.
    """
    for file in files:
        text = decode((folder / file).read_bytes(), file, reading.limits)
        rows = csv.DictReader(io.StringIO(text))
        absent = {*_LAYOUT.columns, *_GIVEN} - set(rows.fieldnames or ())
        if absent:
            message = f"缺少列：{'、'.join(sorted(absent))}"
            problem = Problem(file, "columns_missing", message, "用参照分组发布的表")
            raise InputError(file, [problem])
        yield from _pages(rows, file)


def _pages(
    rows: csv.DictReader[str], file: str
) -> Iterator[Example[GroupingQuestion, GroupingGold]]:
    problems: list[Problem] = []
    for row in rows:
        page, wrong = _LAYOUT.read(row)
        problems += [
            Problem(f"第 {rows.line_num} 行 {p.field}", p.code, p.message, p.remedy) for p in wrong
        ]
        if problems:
            continue
        words = [row[column] for column in _LAYOUT.columns if column != _ID]
        gold = _gold(row)
        yield Example(
            id=row[_ID],
            digest=digest_of_text(json.dumps(words)),
            question=GroupingQuestion(page, row[_ID]),
            gold=gold,
            record=row[_ID],
            strata={"mdc": gold.mdc},
        )
    if problems:
        raise InputError(file, problems)


def _gold(row: Mapping[str, str]) -> GroupingGold:
    status, mdc, adrg, drg = (row[column] for column in _GIVEN)
    return GroupingGold(_STATUS.get(status, status), mdc.removeprefix(_MDC), adrg, drg)
