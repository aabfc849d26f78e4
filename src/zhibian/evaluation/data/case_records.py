"""Case files with gold blocks (带金标准的病例文件): records to be coded, pages to be screened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zhibian.evaluation.coders.interface import RecordQuestion
from zhibian.evaluation.data.digests import digest_of_case
from zhibian.evaluation.data.reading import Reading
from zhibian.evaluation.examples import Example
from zhibian.evaluation.gold_cases import gold_of
from zhibian.evaluation.questions import PageGold, PageQuestion, RecordGold
from zhibian.problems import InputError, Problem
from zhibian.records.case_file import read_raw
from zhibian.records.case_json import ReadCase, case_from_mapping


def read_records(
    folder: Path, files: Sequence[str], reading: Reading
) -> Iterator[Example[RecordQuestion, RecordGold]]:
    """Yield records without their filed page, which stands with gold.

    Raises
    ------
    InputError
        Files can't be read or have no gold; all of them at once.
    """
    for one in _gold_files(folder, files, reading):
        filed = one.read.case.coded_front_page
        yield Example(
            id=one.name,
            digest=digest_of_case(one.read.case),
            question=RecordQuestion(
                one.read.case.model_copy(update={"coded_front_page": None}), reading.code_set
            ),
            gold=RecordGold(one.gold, None if filed is None else filed.model_dump(mode="json")),
            record=one.name,
            strata=one.strata,
        )


def read_pages(
    folder: Path, files: Sequence[str], reading: Reading
) -> Iterator[Example[PageQuestion, PageGold]]:
    """Yield records with their filed page, where it is known what is wrong with it.

    Raises
    ------
    InputError
        Files can't be read or have no gold; all of them at once.
    """
    for one in _gold_files(folder, files, reading):
        planted = one.gold.get("planted")
        if isinstance(planted, Mapping) and one.read.case.coded_front_page is not None:
            yield Example(
                id=one.name,
                digest=digest_of_case(one.read.case),
                question=PageQuestion(one.read),
                gold=PageGold(one.gold),
                # Pages that were planted from one record are drawn together.
                record=str(planted.get("record", one.name)),
                strata=one.strata,
            )


@dataclass(frozen=True, slots=True)
class _GoldFile:
    """One case file: its name without suffix, the case, the gold block."""

    name: str
    read: ReadCase
    gold: Mapping[str, Any]

    @property
    def strata(self) -> dict[str, str]:
        """Return the MDC of the gold group and the department, empty where unknown."""
        admission = self.read.case.admission
        return {
            "mdc": str(self.gold.get("drg_1_1") or "")[:1],
            "department": "" if admission is None else admission.department or "",
        }


def _gold_files(folder: Path, files: Sequence[str], reading: Reading) -> list[_GoldFile]:
    found, problems = [], []
    for file in files:
        try:
            found.append(_gold_file(folder / file, reading))
        except InputError as bad:
            problems += [
                Problem(f"{file} {p.field}", p.code, p.message, p.remedy)
                for p in bad.problems
                if p.severity == "error"
            ]
    problems += _repeated(found)
    if problems:
        raise InputError(folder.name, problems)
    return found


def _repeated(found: Sequence[_GoldFile]) -> Iterator[Problem]:
    """Yield the ids that two files share: answers made elsewhere are matched by the id."""
    first: dict[str, str] = {}
    for one in found:
        name = first.setdefault(one.read.case.id, one.name)
        if name != one.name:
            message = f"与 {name} 的 id 相同"
            yield Problem(f"{one.name} id", "id_repeated", message, "每份病例用不同的 id")


def _gold_file(path: Path, reading: Reading) -> _GoldFile:
    raw = read_raw(path, reading.limits)
    gold = gold_of(raw, path.name)
    if gold is None:
        problem = Problem("gold", "gold_missing", "没有 gold 块", "补上 gold，或移出该文件夹")
        raise InputError(path.name, [problem])
    read = case_from_mapping(raw, path.name, reading.limits, reading.check_code)
    return _GoldFile(path.stem, read, gold)
