"""What a case needs to fulfil a rule (规则的析取范式): every way, as a list of needs.

Only needs are told: a code in a list, a number in a range. What a rule forbids (``not in``, at
most) is left out, so that the ways are no more than candidates; the engine decides.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import combinations, combinations_with_replacement
from typing import NamedTuple

from zhibian.grouping.language import (
    DEPARTMENT,
    And,
    CodeField,
    Compare,
    Condition,
    Constant,
    Count,
    Length,
    Member,
    Not,
    Operator,
    Or,
    leaves,
)

_OPPOSITE: dict[Operator, Operator] = {
    "=": "!=",
    "!=": "=",
    ">=": "<",
    "<": ">=",
    "<=": ">",
    ">": "<=",
}


class Need(NamedTuple):
    """A code that a field must have.

    Attributes
    ----------
    field
        ZYZD, QTZD, ZYSS, QTSS or KS.
    sets
        Sets of which one must hold the code.
    different
        How many different codes of these sets the rule asks for in all.
    """

    field: CodeField
    sets: tuple[str, ...]
    different: int = 1


class Term(NamedTuple):
    """One way to fulfil a rule.

    Attributes
    ----------
    needs
        Codes; of several needs of one kind each may be met by a code of its own.
    numbers
        Comparisons that must hold.
    """

    needs: tuple[Need, ...]
    numbers: tuple[Compare, ...]


def terms(condition: Condition) -> Iterator[Term]:
    """Yield every way to fulfil a condition, one after another: there may be very many.

    Parameters
    ----------
    condition
        A rule's tree.
    """
    return _terms(condition, negated=False)


def _terms(condition: Condition, *, negated: bool) -> Iterator[Term]:
    match condition:
        case Constant(value):
            if (value != 0) is not negated:
                yield Term((), ())
        case Member(fields, sets, not_in):
            yield from _members(fields, sets) if not_in is negated else iter([Term((), ())])
        case Compare(field, operator, number):
            sign = _OPPOSITE[operator] if negated else operator
            yield Term((), (Compare(field, sign, number),))
        case Length(sets, fields, operator, number):
            least = _least(_OPPOSITE[operator] if negated else operator, number)
            for chosen in combinations_with_replacement(fields, least):
                yield Term(tuple(Need(f, sets, least) for f in chosen), ())
        case Count(conditions, operator, number):
            least = _least(_OPPOSITE[operator] if negated else operator, number)
            for several in combinations(conditions, least):
                yield from _all(several, negated=False)
        case Not(inner):
            yield from _terms(inner, negated=not negated)
        case And(conditions):
            yield from (_any if negated else _all)(conditions, negated=negated)
        case Or(conditions):
            yield from (_all if negated else _any)(conditions, negated=negated)


def _members(fields: tuple[CodeField, ...], sets: tuple[str, ...]) -> Iterator[Term]:
    return iter([Term((Need(field, sets),), ()) for field in fields])


def _least(operator: Operator, number: float) -> int:
    """Return how many things a comparison of a number of things asks for at least."""
    match operator:
        case ">=" | "=":
            return max(0, math.ceil(number))
        case ">":
            return max(0, math.floor(number) + 1)
        case "!=":
            return 1 if number == 0 else 0
        case _:
            return 0


def _all(conditions: Sequence[Condition], *, negated: bool) -> Iterator[Term]:
    if not conditions:
        yield Term((), ())
        return
    for first in _terms(conditions[0], negated=negated):
        for rest in _all(conditions[1:], negated=negated):
            yield Term(first.needs + rest.needs, first.numbers + rest.numbers)


def _any(conditions: Sequence[Condition], *, negated: bool) -> Iterator[Term]:
    for condition in conditions:
        yield from _terms(condition, negated=negated)


def escapes(condition: Condition) -> tuple[Need, ...] | None:
    """Return the codes that may undo a condition when they are added to a case that fulfils it.

    Parameters
    ----------
    condition
        A rule's tree; numbers stay as they are.

    Returns
    -------
    tuple of Need, or None
        Empty: nothing undoes it. A larger case that does not fulfil it meets one of the needs.
        None: the rule is of a kind for which that can't be told.
    """
    found: tuple[Need, ...] | None = ()
    match condition:
        case Member(fields, sets, True) | Not(Member(fields, sets, False)):
            found = _against(fields, sets)
        case And(conditions) | Or(conditions):
            found = _together(conditions)
        case Count(conditions, operator, _):
            found = _together(conditions) if operator in (">=", ">") else None
        case Length(_, _, operator, _) if operator not in (">=", ">"):
            found = None
        case Not(inner) if not all(isinstance(c, Constant | Compare) for c in leaves(inner)):
            found = None
    return found


def _against(fields: tuple[CodeField, ...], sets: tuple[str, ...]) -> tuple[Need, ...] | None:
    # No added code changes the principal diagnosis or the department.
    if not {"ZYZD", DEPARTMENT}.isdisjoint(fields):
        return None
    return tuple(Need(field, sets) for field in fields)


def _together(conditions: Sequence[Condition]) -> tuple[Need, ...] | None:
    found: list[Need] = []
    for condition in conditions:
        needs = escapes(condition)
        if needs is None:
            return None
        found += needs
    return tuple(dict.fromkeys(found))
