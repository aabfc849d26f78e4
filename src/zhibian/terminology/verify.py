"""Verifying the shipped terminology tables against their manifest (编码表校验)."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

from zhibian.problems import InputError, Problem
from zhibian.terminology.code_set import FOLDER, REMEDY, read_manifest
from zhibian.terminology.tables import sha256_of


def check_terminology(rules: Path) -> list[Problem]:
    """Return everything in which the tables differ from their manifest.

    Parameters
    ----------
    rules
        Folder of the rule data.

    Returns
    -------
    list of Problem
        Absent tables, other sha256, other row counts, repeated codes; empty
        when all is well.
    """
    try:
        tables = read_manifest(rules)
    except InputError as error:
        return list(error.problems)
    return [
        problem
        for id, entry in tables.items()
        for problem in _check_table(rules / FOLDER, id, entry)
    ]


def _check_table(folder: Path, id: str, entry: Mapping[str, object]) -> list[Problem]:
    path = folder / str(entry["table"])
    if not path.is_file():
        return [Problem(id, "file_missing", f"缺少 {path.name}", REMEDY)]
    if sha256_of(path) != entry["sha256"]:
        return [Problem(id, "table_corrupted", f"{path.name} 与清单的 sha256 不一致", REMEDY)]
    with path.open(encoding="utf-8", newline="") as stream:
        codes = [row[0] for row in csv.reader(stream)][1:]
    problems = []
    if len(codes) != entry["rows"]:
        message = f"清单记 {entry['rows']} 行，实有 {len(codes)} 行"
        problems.append(Problem(id, "row_count", message, REMEDY))
    if len(set(codes)) != len(codes):
        problems.append(Problem(id, "code_repeated", f"{path.name} 有重复编码", REMEDY))
    return problems
