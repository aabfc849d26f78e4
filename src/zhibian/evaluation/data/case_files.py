"""Case files with gold blocks as examples (带金标准的病例文件)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from zhibian.evaluation.coders.interface import RecordQuestion
from zhibian.evaluation.examples import Example
from zhibian.evaluation.gold_cases import gold_of
from zhibian.evaluation.questions import RecordGold
from zhibian.evaluation.tasks.spec import SplitSpec
from zhibian.problems import InputError, Problem
from zhibian.records.case_file import read_raw
from zhibian.records.case_json import Limits, case_from_mapping
from zhibian.records.types import Case


def read_case_files(
    folder: Path, split: SplitSpec, code_set: str, limits: Limits
) -> tuple[Example[RecordQuestion, RecordGold], ...]:
    """Return the records of a split in the order of their file names.

    Parameters
    ----------
    folder
        Of the data set.
    split
        Names the files.
    code_set
        Edition in which codes are wanted.
    limits
        Largest file and document.

    Raises
    ------
    InputError
        There is no such file, one can't be read, or one has no gold block.
    """
    paths = sorted({path for pattern in split.files for path in folder.glob(pattern)})
    if not paths:
        problem = Problem("files", "files_missing", "没有这一部分的病例文件", "核对数据目录")
        raise InputError(folder.name, [problem])
    return tuple(_example(path, code_set, limits) for path in paths)


def _example(path: Path, code_set: str, limits: Limits) -> Example[RecordQuestion, RecordGold]:
    raw = read_raw(path, limits)
    gold = gold_of(raw, path.name)
    if gold is None:
        problem = Problem("gold", "gold_missing", "没有 gold 块", "补上金标准编码，或移走文件")
        raise InputError(path.name, [problem])
    case = case_from_mapping(raw, path.name, limits).case
    filed: Mapping[str, Any] | None = raw.get("coded_front_page")
    return Example(
        id=case.id,
        digest=digest_of(case),
        question=RecordQuestion(case.model_copy(update={"coded_front_page": None}), code_set),
        gold=RecordGold(gold, filed),
        record=case.id,
    )


def digest_of(case: Case) -> str:
    """Return the sha256 of the words of a record; blanks do not count."""
    words = "".join("".join(document.text.split()) for document in case.documents)
    return hashlib.sha256(words.encode()).hexdigest()
