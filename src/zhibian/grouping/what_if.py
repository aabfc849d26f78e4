"""What another coding would give (如果……会怎样): the same case with one change at a time.

Alternatives are shown in a fixed order, by kind of change and by position in the record, never by
what a group pays (SPEC rule P33): nothing here knows a weight, and the layer above only adds the
weight to each answer. Codes are never invented: those that are added are given by the user.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

from zhibian.grouping.codebook import CodeBook
from zhibian.grouping.engine import group
from zhibian.grouping.pack import RulePack
from zhibian.grouping.types import Grouping, GroupingInput

ChangeKind = Literal[
    "principal",
    "add_diagnosis",
    "remove_diagnosis",
    "main_procedure",
    "add_procedure",
    "remove_procedure",
    "scheme",
]
CHANGE_KINDS: tuple[ChangeKind, ...] = get_args(ChangeKind)


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a case (一处改动).

    Attributes
    ----------
    kind
        What is changed.
    code
        Code that becomes principal diagnosis or main procedure, is added or is removed; the id of
        the scheme for another scheme.
    position
        Place of the code among the other diagnoses or the procedures as filed, from 0; place in
        the list given for added codes and schemes.
    instead_of
        Principal diagnosis or main procedure that gives way, empty for the other kinds.
    """

    kind: ChangeKind
    code: str
    position: int
    instead_of: str = ""


@dataclass(frozen=True, slots=True)
class Alternative:
    """A case after one change, and its group.

    Attributes
    ----------
    change
        The change.
    case
        The case after it.
    before, after
        The groupings without and with it.
    """

    change: Change
    case: GroupingInput
    before: Grouping
    after: Grouping

    @property
    def mdc_changed(self) -> bool:
        """Tell whether the category is another."""
        return self.before.mdc != self.after.mdc

    @property
    def adrg_changed(self) -> bool:
        """Tell whether the core group is another."""
        return self.before.adrg != self.after.adrg

    @property
    def group_changed(self) -> bool:
        """Tell whether the group or the status is another."""
        return (self.before.status, self.before.drg) != (self.after.status, self.after.drg)

    @property
    def level_changed(self) -> bool:
        """Tell whether the level of the case is another."""
        return self.before.level is not self.after.level


@dataclass(frozen=True, slots=True)
class WhatIf:
    """A case as filed and all its alternatives.

    Attributes
    ----------
    case
        The case as filed.
    before
        Its grouping.
    alternatives
        By kind of change (the order of ``CHANGE_KINDS``), then by position; never by weight.
    """

    case: GroupingInput
    before: Grouping
    alternatives: tuple[Alternative, ...]


def what_if(
    case: GroupingInput,
    pack: RulePack,
    codebook: CodeBook | None = None,
    *,
    add_diagnoses: Sequence[str] = (),
    add_procedures: Sequence[str] = (),
    schemes: Sequence[RulePack] = (),
    trace: bool = True,
) -> WhatIf:
    """Group a case as filed and with every single change of it.

    Each other diagnosis becomes principal, with the old one in its place; each diagnosis and each
    procedure is left out; each procedure becomes the main one; given codes are added; given
    schemes group the case as filed. A code that is filed twice counts once.

    Parameters
    ----------
    case
        The case as filed.
    pack
        The scheme.
    codebook, trace
        As for :func:`zhibian.grouping.group`.
    add_diagnoses, add_procedures
        Codes to add, one at a time, as the last other diagnosis or procedure.
    schemes
        Other schemes, such as the next editions.
    """
    before = group(case, pack, codebook, trace=trace)
    changed = [
        *_principals(case),
        *_added_diagnoses(case, add_diagnoses),
        *_removed_diagnoses(case),
        *_main_procedures(case),
        *_added_procedures(case, add_procedures),
        *_removed_procedures(case),
    ]
    alternatives = [
        Alternative(change, other, before, group(other, pack, codebook, trace=trace))
        for change, other in changed
    ]
    alternatives += [
        Alternative(
            Change("scheme", other.scheme, position),
            case,
            before,
            group(case, other, codebook, trace=trace),
        )
        for position, other in enumerate(schemes)
    ]
    return WhatIf(case, before, tuple(alternatives))


def without_diagnosis(case: GroupingInput, code: str) -> GroupingInput:
    """Return a case without an other diagnosis, wherever it is filed."""
    return replace(case, others=tuple(c for c in case.others if c != code))


def without_procedure(case: GroupingInput, code: str) -> GroupingInput:
    """Return a case without a procedure, wherever it is filed; the next becomes the main one."""
    return replace(case, procedures=tuple(c for c in case.procedures if c != code))


_Changed = Iterator[tuple[Change, GroupingInput]]


def _principals(case: GroupingInput) -> _Changed:
    old = case.principal
    if not old:
        return
    for position, code in _each(case.others):
        if code != old:
            others = tuple(old if i == position else c for i, c in enumerate(case.others))
            other = replace(case, principal=code, others=others)
            yield Change("principal", code, position, old), other


def _added_diagnoses(case: GroupingInput, codes: Sequence[str]) -> _Changed:
    for position, code in enumerate(codes):
        yield Change("add_diagnosis", code, position), replace(case, others=(*case.others, code))


def _removed_diagnoses(case: GroupingInput) -> _Changed:
    for position, code in _each(case.others):
        yield Change("remove_diagnosis", code, position), without_diagnosis(case, code)


def _main_procedures(case: GroupingInput) -> _Changed:
    for position, code in _each(case.procedures):
        if code != case.procedures[0]:
            rest = (*case.procedures[:position], *case.procedures[position + 1 :])
            other = replace(case, procedures=(code, *rest))
            yield Change("main_procedure", code, position, case.procedures[0]), other


def _added_procedures(case: GroupingInput, codes: Sequence[str]) -> _Changed:
    for position, code in enumerate(codes):
        other = replace(case, procedures=(*case.procedures, code))
        yield Change("add_procedure", code, position), other


def _removed_procedures(case: GroupingInput) -> _Changed:
    for position, code in _each(case.procedures):
        yield Change("remove_procedure", code, position), without_procedure(case, code)


def _each(codes: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Yield each code once, with the place where it first stands."""
    first = {code: position for position, code in reversed(list(enumerate(codes)))}
    return iter(sorted((position, code) for code, position in first.items()))
