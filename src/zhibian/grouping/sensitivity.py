"""Which single code decides about a case (敏感性): each code is left out once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from zhibian.grouping.codebook import CodeBook
from zhibian.grouping.engine import group
from zhibian.grouping.pack import RulePack
from zhibian.grouping.severity import Level
from zhibian.grouping.types import Grouping, GroupingInput, Status
from zhibian.grouping.what_if import without_diagnosis, without_procedure

Standing = Literal["counted", "outranked", "excluded", "not_cc"]
# A principal diagnosis that is in no list: what is left of a group without one.
_IN_NO_LIST = "-"


@dataclass(frozen=True, slots=True)
class DiagnosisInfluence:
    """What an other diagnosis does to the level and the group of a case.

    Attributes
    ----------
    code, position
        The diagnosis and its place among the other diagnoses, from 0.
    level
        Its level in the scheme.
    standing
        ``counted`` at the level of the case; ``outranked``: a CC that counts beside an MCC;
        ``excluded`` by the principal diagnosis; ``not_cc``.
    table, principal_table
        Exclusion table that it refers to and the one that the principal diagnosis is in; empty
        where there is none.
    counts_beside
        Other diagnoses of this case beside which, as principal diagnosis, it would count; for
        excluded diagnoses only.
    without
        The grouping without it.
    changes_level, changes_group
        Whether the level of the case or its group or status is another without it.
    """

    code: str
    position: int
    level: Level
    standing: Standing
    table: str
    principal_table: str
    counts_beside: tuple[str, ...]
    without: Grouping
    changes_level: bool
    changes_group: bool

    @property
    def redundant(self) -> bool:
        """Tell whether it counts at the level of the case, but others hold the level without it."""
        return self.standing == "counted" and not self.changes_level


@dataclass(frozen=True, slots=True)
class GroupInfluence:
    """What the principal diagnosis or a procedure does to the core group.

    Attributes
    ----------
    role
        Where the code stands.
    code, position
        The code and its place among the procedures, from 0.
    without
        The grouping without it: without the procedure (the next one becomes the main one), or with
        a principal diagnosis that is in no list.
    changes_adrg, changes_group
        Whether the core group, or the group or status, is another without it.
    """

    role: Literal["principal", "procedure"]
    code: str
    position: int
    without: Grouping
    changes_adrg: bool
    changes_group: bool


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """Which codes decide about the level and the group of a case.

    Attributes
    ----------
    grouping
        The case as filed.
    diagnoses
        Its other diagnoses in their order, each once.
    codes
        The principal diagnosis, then the procedures in their order, each once.
    """

    grouping: Grouping
    diagnoses: tuple[DiagnosisInfluence, ...]
    codes: tuple[GroupInfluence, ...]

    @property
    def deciding(self) -> tuple[DiagnosisInfluence, ...]:
        """Return the other diagnoses without which the level or the group is another."""
        return tuple(d for d in self.diagnoses if d.changes_level or d.changes_group)

    @property
    def redundant(self) -> tuple[DiagnosisInfluence, ...]:
        """Return those that count, but not alone: one of several MCC, or of several CC."""
        return tuple(d for d in self.diagnoses if d.redundant)

    @property
    def excluded(self) -> tuple[DiagnosisInfluence, ...]:
        """Return those that the principal diagnosis excludes."""
        return tuple(d for d in self.diagnoses if d.standing == "excluded")


def sensitivity(
    case: GroupingInput, pack: RulePack, codebook: CodeBook | None = None
) -> Sensitivity:
    """Leave out each code of a case once.

    Parameters
    ----------
    case
        The case as filed.
    pack
        The scheme.
    codebook
        As for :func:`zhibian.grouping.group`.

    Returns
    -------
    Sensitivity
        Without influences for a case that can't be grouped for its input.
    """
    before = group(case, pack, codebook)
    principal = case.principal
    if before.status is Status.INVALID or principal is None:
        return Sensitivity(before, (), ())
    diagnoses = tuple(
        _diagnosis(case, principal, code, before, pack, codebook)
        for code in dict.fromkeys(case.others)
    )
    # Without the code book: the stand-in is no code.
    nowhere = group(replace(case, principal=_IN_NO_LIST), pack)
    codes = [_influence("principal", principal, 0, before, nowhere)]
    codes += [
        _influence(
            "procedure",
            code,
            case.procedures.index(code),
            before,
            group(without_procedure(case, code), pack, codebook),
        )
        for code in dict.fromkeys(case.procedures)
    ]
    return Sensitivity(before, diagnoses, tuple(codes))


def _diagnosis(
    case: GroupingInput,
    principal: str,
    code: str,
    before: Grouping,
    pack: RulePack,
    codebook: CodeBook | None,
) -> DiagnosisInfluence:
    level, table = pack.severity.levels.get(code, (Level.NONE, ""))
    excluded = pack.severity.of(code, principal).excluded
    others = without_diagnosis(case, code)
    without = group(others, pack, codebook)
    of_case, of_rest = _level(principal, case.others, pack), _level(principal, others.others, pack)
    standing: Standing = "counted"
    if level is Level.NONE:
        standing = "not_cc"
    elif excluded:
        standing = "excluded"
    elif level is not of_case:
        standing = "outranked"
    return DiagnosisInfluence(
        code,
        case.others.index(code),
        level,
        standing,
        table,
        pack.severity.principals.get(principal, "") if table else "",
        tuple(c for c in others.others if not pack.severity.of(code, c).excluded)
        if excluded
        else (),
        without,
        changes_level=of_case is not of_rest,
        changes_group=_moved(before, without),
    )


def _level(principal: str, others: tuple[str, ...], pack: RulePack) -> Level:
    """Return the level of a case; it has one even where it reaches no group."""
    counted = pack.severity.counted(principal, others)
    return next((v for v in (Level.MCC, Level.CC) if counted[v]), Level.NONE)


def _influence(
    role: Literal["principal", "procedure"],
    code: str,
    position: int,
    before: Grouping,
    without: Grouping,
) -> GroupInfluence:
    return GroupInfluence(
        role,
        code,
        position,
        without,
        changes_adrg=before.adrg != without.adrg,
        changes_group=_moved(before, without),
    )


def _moved(before: Grouping, after: Grouping) -> bool:
    return (before.status, before.drg) != (after.status, after.drg)
