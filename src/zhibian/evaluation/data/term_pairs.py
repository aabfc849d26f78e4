"""Read term pairs (原始词与标准词): wordings of records with the names they were coded to.

Three sources: CHIP-CDN (diagnoses, Beijing 6.0.1), Yidu-N7K (procedures) and the
project's own alias tables. The first two are research data: read from a path that the
user names, never part of the repository.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from zhibian.coding.dictionary import read_aliases
from zhibian.problems import InputError, Problem

_JOINT = "##"
_REMEDY = "检查数据目录：CHIP-CDN 的 train.json，Yidu-N7K 的 train.tsv、dev.tsv"


@dataclass(frozen=True, slots=True)
class TermPair:
    """One wording and all names that it was coded to (一对多).

    Attributes
    ----------
    wording
        The term as written in a record.
    names
        Names of the code set, at least one; ``O`` and the like stay as they are.
    """

    wording: str
    names: tuple[str, ...]


def read_chip_cdn(folder: Path) -> list[TermPair]:
    """Read ``train.json`` of CHIP-CDN.

    Raises
    ------
    InputError
        The file is absent or of another layout.
    """
    return read_pair_file(folder / "train.json")


def read_yidu_n7k(folder: Path) -> list[TermPair]:
    """Read ``train.tsv`` and ``dev.tsv`` of Yidu-N7K, in this order.

    Raises
    ------
    InputError
        A file is absent or of another layout.
    """
    return [*read_pair_file(folder / "train.tsv"), *read_pair_file(folder / "dev.tsv")]


def read_pair_file(path: Path) -> list[TermPair]:
    """Read one file of pairs: JSON as CHIP-CDN has it, or a table with a heading as Yidu-N7K.

    Raises
    ------
    InputError
        The file is absent or of another layout.
    """
    try:
        if path.suffix == ".json":
            rows = json.loads(path.read_text(encoding="utf-8"))
            return [_pair(row["text"], row["normalized_result"]) for row in rows]
        with path.open(encoding="utf-8", newline="") as lines:
            table = csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
            next(table)
            return [_pair(wording, names) for wording, names in table]
    except (OSError, ValueError, KeyError, TypeError, StopIteration):
        raise _unreadable(path) from None


def read_alias_pairs(folder: Path, names: Mapping[str, str]) -> list[TermPair]:
    """Read the project's alias tables of one kind as pairs.

    Parameters
    ----------
    folder
        Such as ``rules/lexicons/aliases/diagnosis``.
    names
        Code to official name.
    """
    found = [(alias, names.get(code)) for alias, code in read_aliases(folder)]
    return [TermPair(alias, (name,)) for alias, name in found if name and name != alias]


def read_names(path: Path) -> list[tuple[str, str]]:
    """Read a list of ``code<TAB>name``; further columns are ignored.

    Raises
    ------
    InputError
        The file is absent, or no line has two columns.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, ValueError):
        raise _unreadable(path) from None
    rows = [line.split("\t") for line in lines]
    return [(row[0].strip(), row[1].strip()) for row in rows if len(row) > 1 and row[1].strip()]


def all_names(pairs: Iterable[TermPair]) -> set[str]:
    """Return every name that some pair has."""
    return {name for pair in pairs for name in pair.names}


def wordings(pairs: Sequence[TermPair]) -> list[str]:
    """Return the wordings of pairs, in order."""
    return [pair.wording for pair in pairs]


def _pair(wording: str, names: str) -> TermPair:
    """Return a pair without the quotes that a spreadsheet left around cells."""
    found = (name.strip().strip('"').strip() for name in names.split(_JOINT))
    return TermPair(wording.strip().strip('"').strip(), tuple(dict.fromkeys(n for n in found if n)))


def _unreadable(path: Path) -> InputError:
    message = "文件不存在，或不是约定的格式"
    return InputError(path.name, [Problem(path.name, "pairs_unreadable", message, _REMEDY)])
