"""What changes between two schemes (方案比较): groups, CC/MCC levels, one code, one case."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from zhibian.grouping.codebook import CodeBook
from zhibian.grouping.engine import group
from zhibian.grouping.evaluate import Rule
from zhibian.grouping.language import CodeField, fold, sets_of
from zhibian.grouping.pack import RulePack
from zhibian.grouping.severity import Level
from zhibian.grouping.types import Grouping, GroupingInput
from zhibian.grouping.wording import VALID

Kind = Literal["mdc", "adrg", "drg"]
_FIELD_ORDER: tuple[CodeField, ...] = ("ZYZD", "QTZD", "ZYSS", "QTSS")
KINDS: tuple[Kind, ...] = ("mdc", "adrg", "drg")


class Named(NamedTuple):
    """A category or group."""

    code: str
    name: str


class Renamed(NamedTuple):
    """A category or group that both schemes have, under another name."""

    code: str
    before: str
    after: str


class LevelChange(NamedTuple):
    """A diagnosis that is CC or MCC in one scheme and something else in the other."""

    code: str
    before: Level
    after: Level


@dataclass(frozen=True, slots=True)
class GroupChanges:
    """Categories, core groups or groups that one of two schemes lacks or names otherwise.

    Names that differ in blanks or full-width signs alone are the same.
    """

    added: tuple[Named, ...]
    removed: tuple[Named, ...]
    renamed: tuple[Renamed, ...]


@dataclass(frozen=True, slots=True)
class PackDiff:
    """What changes from the first scheme to the second.

    Attributes
    ----------
    first, second
        Ids of the schemes.
    groups
        Changes of categories, core groups (with ambiguous groups) and groups.
    levels
        Diagnoses with another level, by code.
    """

    first: str
    second: str
    groups: Mapping[Kind, GroupChanges]
    levels: tuple[LevelChange, ...]

    def level_counts(self) -> dict[tuple[Level, Level], int]:
        """Return the number of diagnoses by level before and after."""
        return dict(Counter((c.before, c.after) for c in self.levels))


class Place(NamedTuple):
    """A category or core group whose rule names a code.

    Attributes
    ----------
    code, name
        The category or core group.
    fields
        Where a case must have the code: ZYZD, QTZD, ZYSS, QTSS.
    """

    code: str
    name: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CodeRole:
    """What a code does in a scheme.

    Attributes
    ----------
    level
        Level as an other diagnosis.
    table
        Exclusion table that the CC or MCC refers to, empty without level.
    principal_table
        Exclusion table that the code is in as a principal diagnosis, empty when in none.
    valid_procedure
        Whether it is a valid procedure 有效手术操作.
    places
        Categories and core groups whose lists have it; the ambiguous groups and the list of valid
        procedures left out.
    """

    level: Level
    table: str
    principal_table: str
    valid_procedure: bool
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class CaseDiff:
    """One case under two schemes."""

    before: Grouping
    after: Grouping

    @property
    def same(self) -> bool:
        """Tell whether both schemes put the case into the same group with the same status."""
        return _result(self.before) == _result(self.after)


def diff(first: RulePack, second: RulePack) -> PackDiff:
    """Compare two schemes.

    Parameters
    ----------
    first, second
        The schemes, such as two editions or two readings of one.
    """
    codes = sorted(first.severity.levels.keys() | second.severity.levels.keys())
    levels = (LevelChange(c, _level(first, c), _level(second, c)) for c in codes)
    return PackDiff(
        first.scheme,
        second.scheme,
        {kind: _changes(_names(first, kind), _names(second, kind)) for kind in KINDS},
        tuple(c for c in levels if c.before is not c.after),
    )


def code_role(code: str, pack: RulePack) -> CodeRole:
    """Return what a diagnosis or procedure code does in a scheme.

    Parameters
    ----------
    code
        NHSA ICD-10 or ICD-9-CM-3 code.
    pack
        The scheme.
    """
    level, table = pack.severity.levels.get(code, (Level.NONE, ""))
    return CodeRole(
        level,
        table,
        pack.severity.principals.get(code, ""),
        code in pack.sets.get(VALID, frozenset()),
        tuple(_places(code, pack)),
    )


def diff_case(
    case: GroupingInput, first: RulePack, second: RulePack, codebook: CodeBook | None = None
) -> CaseDiff:
    """Group one case under two schemes, with the trace of both.

    Parameters
    ----------
    case
        The case.
    first, second
        The schemes.
    codebook
        As for :func:`zhibian.grouping.group`.
    """
    return CaseDiff(group(case, first, codebook), group(case, second, codebook))


def _result(grouping: Grouping) -> tuple[str, ...]:
    return (grouping.status, grouping.mdc, grouping.adrg, grouping.drg)


def _level(pack: RulePack, code: str) -> Level:
    found = pack.severity.levels.get(code)
    return Level.NONE if found is None else found[0]


def _names(pack: RulePack, kind: Kind) -> dict[str, str]:
    if kind == "mdc":
        return {m.code: m.name for m in pack.mdcs}
    adrgs = [a for m in pack.mdcs for a in m.adrgs]
    if kind == "adrg":
        return {a.code: a.name for a in adrgs}
    return {d.code: d.name for a in adrgs for d in a.drgs}


def _changes(before: Mapping[str, str], after: Mapping[str, str]) -> GroupChanges:
    return GroupChanges(
        tuple(Named(c, n) for c, n in after.items() if c not in before),
        tuple(Named(c, n) for c, n in before.items() if c not in after),
        tuple(
            Renamed(c, n, after[c])
            for c, n in before.items()
            if c in after and _plain(n) != _plain(after[c])
        ),
    )


def _plain(name: str) -> str:
    return fold(name).replace(" ", "")


def _places(code: str, pack: RulePack) -> Iterator[Place]:
    for mdc in pack.mdcs:
        if fields := _fields(code, mdc.rule, pack):
            yield Place(mdc.code, mdc.name, fields)
        for adrg in mdc.adrgs:
            if adrg.kind != "ambiguous" and (fields := _fields(code, adrg.rule, pack)):
                yield Place(adrg.code, adrg.name, fields)


def _fields(code: str, rule: Rule, pack: RulePack) -> tuple[str, ...]:
    """Return the fields in which a rule looks for a code by a list of its own."""
    found: set[str] = set()
    for name, fields in sets_of(rule.condition).items():
        if name != VALID and code in pack.sets.get(name, frozenset()):
            found |= fields
    return tuple(f for f in _FIELD_ORDER if f in found)
