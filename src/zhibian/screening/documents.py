"""Cases with documents as parts of a screening (带病历文书的病例): their pages and their text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from zhibian.problems import InputError, Problem, errors
from zhibian.records.case_file import case_files, parse_yaml
from zhibian.records.case_json import Limits, ReadCase, case_from_mapping, decode, parse_json
from zhibian.records.front_page.case_pages import case_pages
from zhibian.records.front_page.catalogue import Catalogue
from zhibian.records.front_page.types import ROW, BadCell, PageTable
from zhibian.screening.pipeline import Part
from zhibian.screening.types import WorkItem

#: Cases of one part: text takes long, so a part that is lost is to be short.
CASES_OF_A_PART = 32
_LINES = frozenset({".jsonl", ".ndjson"})
_REMEDY = "按病例 JSON 格式（zhibian schema case）改正"

#: What finds suspicions in the text of a case.
TextReview = Callable[[ReadCase], Sequence[WorkItem]]
#: What turns the codes of a case's page into those of the scheme.
InSchemeCodes = Callable[[ReadCase], ReadCase]


class _Entry(NamedTuple):
    """One case of the input that is still to be made out."""

    number: int
    source: str
    parsed: Callable[[], Any]


def count_cases(path: Path) -> int:
    """Return how many cases a folder or file has at most, for progress."""
    if path.is_dir():
        return len(case_files(path))
    if path.suffix.lower() not in _LINES:
        return 1
    with path.open("rb") as handle:
        return sum(1 for line in handle if line.strip())


def case_parts(
    path: Path,
    catalogue: Catalogue,
    limits: Limits,
    review: TextReview | None,
    in_scheme_codes: InSchemeCodes = lambda read: read,
    size: int = CASES_OF_A_PART,
) -> Iterator[Part]:
    """Yield the cases of a folder or file in parts.

    Parameters
    ----------
    path
        Folder of case files, a file of one case or a list of them (``.json``, ``.yaml``), or one of
        a case a line (``.jsonl``).
    catalogue
        Fields of the front page.
    limits
        How large a case may be.
    review
        Finds suspicions in the text; None to look at pages alone.
    in_scheme_codes
        Turns the codes of a page into those of the scheme.
    size
        Cases of one part.

    Raises
    ------
    InputError
        The folder has no cases, or the file can't be read. A single case that can't be read is told
        in the part's bad cells.
    """
    entries = _entries(path, limits)
    while chunk := list(islice(entries, size)):
        yield _part(chunk, catalogue, limits, review, in_scheme_codes)


def _entries(path: Path, limits: Limits) -> Iterator[_Entry]:
    if path.is_dir():
        files = case_files(path)
        if not files:
            problem = Problem(path.name, "folder_empty", "文件夹中没有病例文件", "指向病例文件夹")
            raise InputError(path.name, [problem])
        for number, file in enumerate(files, start=1):
            yield _Entry(number, file.name, _reader(file, limits))
    elif path.suffix.lower() in _LINES:
        with path.open("rb") as handle:
            for number, line in enumerate(handle, start=1):
                if line.strip():
                    yield _Entry(number, f"第 {number} 行", _line_reader(line, number, limits))
    else:
        parsed = _reader(path, limits)()
        cases = parsed if isinstance(parsed, list) else [parsed]
        for number, case in enumerate(cases, start=1):
            yield _Entry(number, f"第 {number} 例", _given(case))


def _given(case: object) -> Callable[[], object]:
    return lambda: case


def _reader(path: Path, limits: Limits) -> Callable[[], Any]:
    def parsed() -> Any:
        try:
            text = decode(path.read_bytes(), path.name, limits)
        except OSError:
            problem = Problem(path.name, "unreadable", "文件不能读取", "检查权限")
            raise InputError(path.name, [problem]) from None
        return (parse_json if path.suffix == ".json" else parse_yaml)(text, path.name)

    return parsed


def _line_reader(line: bytes, number: int, limits: Limits) -> Callable[[], Any]:
    source = f"第 {number} 行"
    return lambda: parse_json(decode(line, source, limits), source)


def _part(
    chunk: Sequence[_Entry],
    catalogue: Catalogue,
    limits: Limits,
    review: TextReview | None,
    in_scheme_codes: InSchemeCodes,
) -> Part:
    reads: list[ReadCase] = []
    numbers: list[int] = []
    bad: list[BadCell] = []
    for entry in chunk:
        try:
            read = case_from_mapping(entry.parsed(), entry.source, limits)
        except InputError as refused:
            bad += [
                BadCell(entry.number, entry.source, p.field, p.code, p.message, p.remedy, "")
                for p in errors(refused.problems)
            ]
            continue
        if read.case.coded_front_page is None:
            bad.append(_without_page(entry))
            continue
        reads.append(in_scheme_codes(read))
        numbers.append(entry.number)
    table = case_pages([read.case for read in reads], catalogue)
    rows = pl.Series(ROW, numbers, dtype=pl.Int64)
    pages = PageTable(table.cells.with_columns(rows), table.absent, tuple(bad))

    def text() -> list[WorkItem]:
        if review is None:
            return []
        return [item for read in reads if read.case.documents for item in review(read)]

    return Part(pages, text)


def _without_page(entry: _Entry) -> BadCell:
    return BadCell(
        entry.number,
        entry.source,
        "coded_front_page",
        "page_missing",
        "没有已填报的首页，不筛查",
        "补上 coded_front_page",
        "",
    )
