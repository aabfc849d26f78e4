"""Records to train a classifier on (训练病历): a hospital's own cases, or CCL25-Eval task 8.

A record is its passages and its codes. Whether two records are the same is told by the
digest of their words, never by an id: an export may number one record twice.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from zhibian.coding.record_codes.text import Passage, digest_of, passages_of
from zhibian.documents.lexicon import ReadingLexicon
from zhibian.documents.reader import read_documents
from zhibian.evaluation.data.ccl25 import field_row, is_names_only
from zhibian.evaluation.gold_cases import gold_of
from zhibian.problems import InputError, Problem
from zhibian.records.case_json import Limits, case_from_mapping, decode, parse_json
from zhibian.records.field_record import is_field_record
from zhibian.records.types import Case

_SUFFIXES = (".json", ".jsonl")
_FORMAT_REMEDY = "病例用 zhibian-case/1 格式（JSON 或每行一例的 .jsonl），并带编码首页或 gold 块"


@dataclass(frozen=True, slots=True)
class TrainingRecord:
    """One record with its codes (一份训练病历).

    Attributes
    ----------
    id
        Case id.
    passages
        Its text by section.
    principal, others
        Codes as filed.
    digest
        sha256 of its words.
    whole
        Whether it has its text; a record of name lists only may train, never be measured
        beside whole ones.
    """

    id: str
    passages: tuple[Passage, ...]
    principal: str
    others: tuple[str, ...]
    digest: str
    whole: bool = True


def read_cases(
    paths: Sequence[Path], lexicon: ReadingLexicon, limits: Limits
) -> list[TrainingRecord]:
    """Read a hospital's cases; the same record filed twice counts once.

    Parameters
    ----------
    paths
        Files (``.json``, or ``.jsonl`` with one case a line) and folders of them.
    lexicon
        To read the documents with.
    limits
        Size limits of one file; a ``.jsonl`` file may be of any size, each line not.

    Raises
    ------
    InputError
        A case can't be read, or has no codes; or the same words are filed under different codes.
    """
    found: list[TrainingRecord] = []
    problems: list[Problem] = []
    for source, raw in _raw_cases(paths, limits):
        try:
            found.append(_of_case(raw, source, lexicon, limits))
        except InputError as bad:
            problems += [p for p in bad.problems if p.severity == "error"]
    if problems:
        raise InputError("cases", problems)
    return _once_each(found)


def read_ccl25(folder: Path, lexicon: ReadingLexicon, limits: Limits) -> list[TrainingRecord]:
    """Read the JSON files of CCL25-Eval task 8: whole records, and records of names only.

    Raises
    ------
    InputError
        The folder has no such file, or a record lacks its codes.
    """
    found: list[TrainingRecord] = []
    for path in sorted(folder.glob("*.json")):
        rows = parse_json(path.read_text(encoding="utf-8"), path.name)
        for index, row in enumerate(rows):
            found.append(_of_ccl25(row, f"{path.name}[{index}]", lexicon, limits))
    if not found:
        message = "文件夹中没有 CCL25 任务 8 的 JSON 文件"
        raise InputError(folder.name, [Problem("--ccl25", "data_missing", message, "核对路径")])
    return _once_each(found)


def refuse_overlap(
    train: Sequence[TrainingRecord], held: Sequence[TrainingRecord], where: str
) -> None:
    """Refuse to measure on a record that was trained on.

    Raises
    ------
    InputError
        A record stands on both sides, told by the digest of its words.
    """
    known = {record.digest for record in train}
    both = [record.id for record in held if record.digest in known]
    if both:
        message = f"{len(both)} 份病历同时在训练与评测部分：{'、'.join(both[:5])}"
        problem = Problem(where, "evaluation_overlap", message, "从训练数据中去掉评测病历")
        raise InputError(where, [problem])


def folds(records: Sequence[TrainingRecord], count: int, seed: int) -> list[list[int]]:
    """Deal records out into folds: by their digest, alike in principal diagnoses.

    The order of the file does not matter; equal records never come apart.

    Returns
    -------
    list of list of int
        Positions, one list a fold.
    """
    alike: dict[str, list[int]] = defaultdict(list)
    for place, record in enumerate(records):
        alike[record.principal].append(place)
    dealt: list[list[int]] = [[] for _ in range(count)]
    next_fold = 0
    for principal in sorted(alike):
        for place in sorted(alike[principal], key=lambda p: _shuffled(records[p].digest, seed)):
            dealt[next_fold % count].append(place)
            next_fold += 1
    return [sorted(fold) for fold in dealt]


def checksum_of(records: Sequence[TrainingRecord]) -> str:
    """Return one sha256 for a set of records and their codes, whatever their order."""
    lines = sorted(f"{r.digest} {r.principal} {' '.join(sorted(r.others))}" for r in records)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _shuffled(digest: str, seed: int) -> str:
    return hashlib.sha256(f"{seed}\t{digest}".encode()).hexdigest()


def _once_each(records: Sequence[TrainingRecord]) -> list[TrainingRecord]:
    """Drop repeated records; refuse those whose codes differ."""
    first: dict[str, TrainingRecord] = {}
    problems = []
    for record in records:
        known = first.setdefault(record.digest, record)
        if (known.principal, set(known.others)) != (record.principal, set(record.others)):
            message = f"正文相同而编码不同：{known.id} 与 {record.id}"
            problems.append(Problem("cases", "codes_conflict", message, "只保留编码正确的一份"))
    if problems:
        raise InputError("cases", problems)
    return list(first.values())


def _raw_cases(paths: Sequence[Path], limits: Limits) -> Iterator[tuple[str, object]]:
    for path in paths:
        files = (
            sorted(p for p in path.iterdir() if p.suffix in _SUFFIXES) if path.is_dir() else [path]
        )
        if not files or not all(file.is_file() for file in files):
            problem = Problem("--cases", "data_missing", "没有病例文件", _FORMAT_REMEDY)
            raise InputError(path.name, [problem])
        for file in files:
            yield from _rows_of(file, limits)


def _rows_of(file: Path, limits: Limits) -> Iterator[tuple[str, object]]:
    if file.suffix == ".jsonl":
        with file.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                source = f"{file.name} 第 {number} 行"
                if line.strip():
                    yield source, parse_json(decode(line, source, limits), source)
        return
    raw = parse_json(decode(file.read_bytes(), file.name, limits), file.name)
    if isinstance(raw, list):
        for index, row in enumerate(raw):
            yield f"{file.name}[{index}]", row
    else:
        yield file.name, raw


def _of_case(raw: object, source: str, lexicon: ReadingLexicon, limits: Limits) -> TrainingRecord:
    if is_field_record(raw):
        return _of_ccl25(raw, source, lexicon, limits)
    case = case_from_mapping(raw, source, limits).case
    gold = gold_of(raw, source)
    if gold is not None:
        codes = [gold["principal"]["code"], *(entry["code"] for entry in gold["others"])]
    elif case.coded_front_page is not None:
        page = case.coded_front_page
        codes = [page.principal.code, *(entry.code for entry in page.others)]
    else:
        problem = Problem(source, "codes_missing", "病例没有编码首页", _FORMAT_REMEDY)
        raise InputError(source, [problem])
    return record_of(case, codes[0], codes[1:], lexicon)


def _of_ccl25(raw: object, source: str, lexicon: ReadingLexicon, limits: Limits) -> TrainingRecord:
    row = field_row(raw, source)
    if not row.names_only:
        case = row.case(row.id, source, limits)
        return record_of(case, row.principal, row.others, lexicon)
    passages = tuple(
        Passage(kind, place, 0, "\n".join(names))
        for place, (kind, names) in enumerate(row.names().items())
    )
    return TrainingRecord(
        row.id, passages, row.principal, row.others, digest_of(passages), whole=False
    )


def record_of(
    case: Case, principal: str, others: Sequence[str], lexicon: ReadingLexicon
) -> TrainingRecord:
    """Return a case with its codes as a training record.

    Parameters
    ----------
    case
        Documents, or lists of names (:mod:`zhibian.evaluation.data.ccl25`).
    principal, others
        Its codes.
    lexicon
        To read the documents with.
    """
    whole = not is_names_only(case)
    passages = (
        passages_of(read_documents(case.documents, lexicon))
        if whole
        else tuple(
            Passage(document.type, place, 0, document.text)
            for place, document in enumerate(case.documents)
        )
    )
    return TrainingRecord(
        case.id, passages, principal, _unique(others, principal), digest_of(passages), whole
    )


def _unique(others: Sequence[str], principal: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(code for code in others if code != principal))
