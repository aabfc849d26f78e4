"""Diagnoses that this patient can't have (性别年龄不符): the words speak of somebody else.

A newborn's record tells of the mother, a man's pathology of adenomyoma-like tissue. Such a code
is no finding of the case. Source: quality rules X01–X03 and K16 of the domain specification.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zhibian.coding.findings import CodedMention
from zhibian.coding.rulefile import read_rule_file
from zhibian.records.types import Admission, Sex

TABLE = Path("coding") / "plausible.yaml"


@dataclass(frozen=True, slots=True)
class Implausible:
    """Code families that patients of one sex or age don't have (不可能的编码).

    Attributes
    ----------
    sex
        To whom the row applies; None for both.
    from_age, below_age
        Full years: from, and below which it applies.
    families
        Code prefixes.
    """

    sex: Sex | None
    from_age: int
    below_age: int
    families: tuple[str, ...]


def load_implausible(rules: Path) -> tuple[Implausible, ...]:
    """Read the table; InputError when it is absent or malformed."""
    return read_rule_file(rules, TABLE, _parse)


def _parse(raw: Mapping[str, Any]) -> tuple[Implausible, ...]:
    return tuple(
        Implausible(
            sex=Sex(row["sex"]) if "sex" in row else None,
            from_age=int(row.get("from_age", 0)),
            below_age=int(row.get("below_age", 1000)),
            families=tuple(row["families"]),
        )
        for row in raw["implausible"]
    )


def plausible(
    coded: Iterable[CodedMention], stay: Admission | None, table: Iterable[Implausible]
) -> tuple[CodedMention, ...]:
    """Return the mentions whose codes this patient can have.

    Parameters
    ----------
    coded
        Mentions with codes.
    stay
        Sex and age; without a stay nothing is left out.
    table
        What is implausible.
    """
    if stay is None:
        return tuple(coded)
    never = tuple(
        family
        for row in table
        if row.sex in {None, stay.sex} and row.from_age <= stay.age < row.below_age
        for family in row.families
    )
    return tuple(entry for entry in coded if not entry.code.startswith(never or ("\0",)))
