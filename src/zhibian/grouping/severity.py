"""Complications and comorbidities (严重并发症或合并症 MCC、并发症或合并症 CC) and their exclusion.

A CC or MCC counts unless its exclusion table (排除表) is the table that the
principal diagnosis is in. The two assignments are different facts: ``cc.csv``
says which table a CC/MCC refers to, ``exclusions.csv`` which table a principal
diagnosis belongs to. Source: 国家医疗保障疾病诊断相关分组（CHS-DRG）细分组方案, CC/MCC 与排除表.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Level(StrEnum):
    """Level of a diagnosis or of a case."""

    MCC = "MCC"
    CC = "CC"
    NONE = "NONE"

    @property
    def chinese(self) -> str:
        """Return the words of the group names."""
        return {
            "MCC": "严重并发症或合并症（MCC）",
            "CC": "并发症或合并症（CC）",
            "NONE": "不是 CC/MCC",
        }[self.value]


class CodeSeverity(NamedTuple):
    """Level of one other diagnosis, and whether the principal diagnosis excludes it."""

    level: Level
    excluded: bool


@dataclass(frozen=True, slots=True)
class SeverityTables:
    """The CC/MCC list and the exclusion tables of a pack.

    Attributes
    ----------
    levels
        Code → (level, exclusion table that it refers to).
    principals
        Principal diagnosis → exclusion table that it is in.
    """

    levels: Mapping[str, tuple[Level, str]]
    principals: Mapping[str, str]

    def of(self, code: str, principal: str) -> CodeSeverity:
        """Return the level of an other diagnosis beside a principal diagnosis."""
        entry = self.levels.get(code)
        if entry is None:
            return CodeSeverity(Level.NONE, excluded=False)
        level, table = entry
        return CodeSeverity(level, excluded=self.principals.get(principal) == table)

    def counted(self, principal: str, others: Iterable[str]) -> dict[Level, frozenset[str]]:
        """Return the codes that count, by level."""
        found: dict[Level, set[str]] = {Level.MCC: set(), Level.CC: set(), Level.NONE: set()}
        own = self.principals.get(principal)
        for code in others:
            entry = self.levels.get(code)
            if entry is not None and entry[1] != own:
                found[entry[0]].add(code)
        return {level: frozenset(found[level]) for level in (Level.MCC, Level.CC)}
