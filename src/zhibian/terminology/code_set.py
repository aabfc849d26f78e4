"""Code sets (编码字典): NHSA ICD-10 2.0 and ICD-9-CM-3 2.0 with names and grey flags."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from zhibian.problems import InputError, Problem
from zhibian.terminology.tables import read_verified_csv, read_yaml

FOLDER = "terminology"
MANIFEST = "manifest.yaml"
REMEDY = "运行 zhibian terminology build --facts DIR 重建编码表"

ICD10_NHSA = "icd10-nhsa-2.0"
ICD9CM3_NHSA = "icd9cm3-nhsa-2.0"

CODE_HEADER = ("code", "name", "grey")
PROCEDURE_HEADER = ("code", "name", "grey", "category")


@dataclass(frozen=True, slots=True)
class CodeEntry:
    """One code (一条编码).

    Attributes
    ----------
    code
        The code as text.
    name
        Published name.
    grey
        Whether the code is grey (灰码): in the set, but not to be settled by.
    category
        Class of a procedure: 手术, 治疗性操作, 诊断性操作 or 介入治疗; empty where
        none is published, and for diagnoses.
    """

    code: str
    name: str
    grey: bool
    category: str = ""


@dataclass(frozen=True, slots=True)
class CodeSet:
    """All codes of one edition (一个版本的编码字典).

    Attributes
    ----------
    id
        Such as ``icd10-nhsa-2.0``.
    title
        Chinese title.
    entries
        Code to entry; can't be changed.
    ordered
        All codes in text order, for `finer`.
    """

    id: str
    title: str
    entries: Mapping[str, CodeEntry] = field(repr=False)
    ordered: tuple[str, ...] = field(repr=False)

    def __contains__(self, code: object) -> bool:
        return code in self.entries

    def __len__(self) -> int:
        return len(self.entries)

    def get(self, code: str) -> CodeEntry | None:
        """Return the entry of a code, None for an unknown one."""
        return self.entries.get(code)

    def name(self, code: str) -> str:
        """Return the name of a code.

        Raises
        ------
        KeyError
            The code is not in the set.
        """
        return self.entries[code].name

    def is_grey(self, code: str) -> bool:
        """Tell whether a code is grey (灰码); an unknown code is not."""
        entry = self.entries.get(code)
        return entry is not None and entry.grey

    def finer(self, prefix: str, limit: int) -> tuple[CodeEntry, ...]:
        """Return up to `limit` codes that begin with a prefix, grey ones last."""
        start = bisect_left(self.ordered, prefix)
        found: list[CodeEntry] = []
        for position in range(start, len(self.ordered)):
            code = self.ordered[position]
            if not code.startswith(prefix):
                break
            if code != prefix:
                found.append(self.entries[code])
        return tuple(sorted(found, key=lambda entry: entry.grey)[:limit])


def read_manifest(rules: Path) -> Mapping[str, Mapping[str, object]]:
    """Return the tables of the terminology manifest by id.

    Raises
    ------
    InputError
        The manifest is absent or damaged; the remedy names the build command.
    """
    path = rules / FOLDER / MANIFEST
    tables = read_yaml(path, REMEDY).get("tables")
    if not isinstance(tables, dict):
        raise InputError(
            MANIFEST, [Problem("tables", "manifest_invalid", "清单缺少 tables", REMEDY)]
        )
    return tables


def manifest_entry(rules: Path, table_id: str) -> Mapping[str, object]:
    """Return one table's manifest entry.

    Raises
    ------
    InputError
        No such table; the problem lists those there are.
    """
    tables = read_manifest(rules)
    entry = tables.get(table_id)
    if not isinstance(entry, dict):
        message = f"没有编码表 {table_id}；现有：{'、'.join(sorted(tables))}"
        raise InputError(MANIFEST, [Problem("tables", "table_unknown", message, REMEDY)])
    return entry


def load_code_set(rules: Path, id: str) -> CodeSet:
    """Load one code set and verify its sha256.

    Parameters
    ----------
    rules
        Folder of the rule data.
    id
        ``icd10-nhsa-2.0`` or ``icd9cm3-nhsa-2.0``.

    Returns
    -------
    CodeSet
        The whole set.

    Raises
    ------
    InputError
        The table is unknown, absent, or differs from its manifest.
    """
    entry = manifest_entry(rules, id)
    header = PROCEDURE_HEADER if entry.get("categories") else CODE_HEADER
    rows = read_verified_csv(
        rules / FOLDER / str(entry["table"]), header, str(entry["sha256"]), REMEDY
    )
    entries = {row[0]: CodeEntry(row[0], row[1], row[2] == "1", *row[3:]) for row in rows}
    return CodeSet(
        id=id,
        title=str(entry["title"]),
        entries=MappingProxyType(entries),
        ordered=tuple(sorted(entries)),
    )
