"""What a case must look like to meet a rule (规则的满足方式): from a rule's tree to code sets.

A way is a proposal: whoever uses it asks the engine whether the case really lands where it should,
because other groups stand before, and because negations are left to that trial.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import product

from zhibian.grouping.language import (
    VIRTUAL_SETS,
    And,
    Compare,
    Condition,
    Count,
    Length,
    Member,
    Or,
)

Codes = frozenset[str]


@dataclass(frozen=True, slots=True)
class Way:
    """One way to meet a rule.

    Attributes
    ----------
    principal
        Sets that must all hold the principal diagnosis.
    diagnoses
        Sets of which each must hold the principal or another diagnosis.
    main
        Sets that must all hold the principal procedure.
    procedures
        Sets of which each must hold a procedure.
    numbers
        Comparisons of age, sex, age in days and weight.
    """

    principal: tuple[Codes, ...] = ()
    diagnoses: tuple[Codes, ...] = ()
    main: tuple[Codes, ...] = ()
    procedures: tuple[Codes, ...] = ()
    numbers: tuple[Compare, ...] = ()

    def __add__(self, other: Way) -> Way:
        """Return the way that is both."""
        return Way(
            self.principal + other.principal,
            self.diagnoses + other.diagnoses,
            self.main + other.main,
            self.procedures + other.procedures,
            self.numbers + other.numbers,
        )

    def settled(self) -> Way:
        """Return the way with its first free diagnosis and procedure as the principal ones.

        A free diagnosis becomes the principal one where the principal may be in its set, and so
        does a free procedure.
        """
        way = self
        if way.diagnoses:
            together = frozenset.intersection(*way.principal, way.diagnoses[0])
            if together:
                way = replace(way, principal=(together,), diagnoses=way.diagnoses[1:])
        if way.procedures:
            main = frozenset.intersection(*way.main, way.procedures[0])
            if main:
                way = replace(way, main=(main,), procedures=way.procedures[1:])
        return way


def ways(condition: Condition, sets: Mapping[str, Codes]) -> tuple[Way, ...]:
    """Return the ways to meet a condition.

    Parameters
    ----------
    condition
        Tree of a rule.
    sets
        Code sets of the pack.
    """
    found: tuple[Way, ...]
    match condition:
        case Member(fields, names, False):
            found = (_among(fields, _union(names, sets)),)
        case Length(names, fields, _, number):
            one = _among(fields, _union(names, sets))
            found = (sum((one for _ in range(int(number))), Way()),)
        case Compare():
            found = (Way(numbers=(condition,)),)
        case And(parts):
            found = _all(parts, sets)
        case Or(parts):
            found = tuple(way for part in parts for way in ways(part, sets))
        case Count(parts, _, number):
            # Neighbours in the list stand for all choices of that many parts.
            found = tuple(
                way
                for first in range(len(parts))
                for way in _all(
                    tuple(parts[(first + k) % len(parts)] for k in range(int(number))), sets
                )
            )
        case _:
            found = (Way(),)
    return found


def _all(parts: tuple[Condition, ...], sets: Mapping[str, Codes]) -> tuple[Way, ...]:
    each = [ways(part, sets) for part in parts]
    return tuple(sum(chosen, Way()) for chosen in product(*each))


def _union(names: tuple[str, ...], sets: Mapping[str, Codes]) -> Codes:
    return frozenset[str]().union(*(sets[n] for n in names if n not in VIRTUAL_SETS))


def _among(fields: tuple[str, ...], codes: Codes) -> Way:
    if not codes:
        return Way()
    if fields == ("ZYZD",):
        return Way(principal=(codes,))
    if fields == ("ZYSS",):
        return Way(main=(codes,))
    if set(fields) <= {"ZYZD", "QTZD"}:
        return Way(diagnoses=(codes,))
    return Way(procedures=(codes,))
