"""Read case files with their gold blocks (读取带金标准的病例)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from zhibian.evaluation.gold_cases import gold_of
from zhibian.problems import InputError, Problem
from zhibian.records.case_file import SUFFIXES, case_files, read_raw
from zhibian.records.case_json import Limits, ReadCase, case_from_mapping
from zhibian.review.reviewer import Reviewer, code_check

Gold = Mapping[str, Any]


def read_gold_cases(
    folder: Path, pattern: str, limits: Limits, reviewer: Reviewer
) -> list[tuple[ReadCase, Gold]]:
    """Return every case of a folder that has gold codes, by file name.

    Parameters
    ----------
    folder
        JSON and YAML case files.
    pattern
        Shell pattern of file names, such as ``N*``.
    limits
        Largest file and document.
    reviewer
        Its code sets check the filed codes.

    Raises
    ------
    InputError
        There is no folder or no such case, or a file can't be read: a measurement that leaves
        out what it can't read says nothing.
    """
    if not folder.is_dir():
        problem = Problem("路径", "path_missing", "没有这个文件夹", "核对路径")
        raise InputError(folder.name, [problem])
    found = []
    for path in (p for p in case_files(folder) if p.match(pattern)):
        raw = read_raw(path, limits)
        gold = gold_of(raw, path.name)
        if gold is not None:
            read = case_from_mapping(raw, path.name, limits, code_check(reviewer))
            found.append((read, gold))
    if not found:
        message = f"没有含 gold 块的病例（{'、'.join(SUFFIXES)}）"
        problem = Problem("路径", "gold_missing", message, "指向带 gold 的病例文件夹")
        raise InputError(folder.name, [problem])
    return found
