"""Codes that say nothing beside another one on the page (已被涵盖): rules/evidence/covered.yaml."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zhibian.coding.rulefile import read_rule_file

TABLE = Path("evidence") / "covered.yaml"


@dataclass(frozen=True, slots=True)
class Cover:
    """Families of codes that a filed code of other families makes needless.

    Attributes
    ----------
    id
        Stable id.
    codes, by
        Families of the needless code, and of the code that says it.
    why
        Reason, in Chinese.
    """

    id: str
    codes: tuple[str, ...]
    by: tuple[str, ...]
    why: str


def is_covered(code: str, by: str, covers: Iterable[Cover]) -> bool:
    """Tell whether a code is needless where another one is filed."""
    return any(code.startswith(row.codes) and by.startswith(row.by) for row in covers)


def load_covers(rules: Path) -> tuple[Cover, ...]:
    """Read rules/evidence/covered.yaml.

    Raises
    ------
    InputError
        The file is absent or malformed.
    """
    return read_rule_file(rules, TABLE, _parse)


def _parse(raw: Mapping[str, Any]) -> tuple[Cover, ...]:
    return tuple(
        Cover(
            id=str(row["id"]),
            codes=tuple(map(str, row["codes"])),
            by=tuple(map(str, row["by"])),
            why=str(row["why"]),
        )
        for row in raw["rows"]
    )
