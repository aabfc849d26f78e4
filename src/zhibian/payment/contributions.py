"""What each changed code does to weight and payment (边际贡献, SPEC 3.3.5).

The proposed page differs from the filed one by edits: another principal diagnosis, diagnoses and
procedures added or removed, another main procedure. Each edit is made alone on the filed page, and
undone alone on the proposed one: both marginals are told, because codes act together (two CC of one
level: neither alone matters). Where edits are few, the Shapley value shares the whole difference
among them without regard to order. Edits stand in the order of the page, never by amount.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from itertools import combinations
from math import factorial

from zhibian.grouping.types import GroupingInput
from zhibian.grouping.what_if import Change
from zhibian.payment.settlement.types import FEN, Settlement, half_up

#: Edits up to which all subsets are grouped: 2 to this power.
MOST_SHARED = 6

Settle = Callable[[GroupingInput], Settlement]
_Subset = frozenset[int]


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one edit does (一处改动的边际贡献).

    Attributes
    ----------
    change
        The edit, from the filed to the proposed page.
    group
        Group of the filed page with this edit alone.
    weight, amount
        That group less the filed one, in weight and yuan; None where either has none.
    weight_undone, amount_undone
        The proposed page less the same without this edit.
    decides
        Whether this edit alone changes the group, or undoing it does.
    share
        Shapley value in yuan: shares of all edits add up to the deviation to the fen. None where
        there are too many edits or a subset of them has no amount.
    """

    change: Change
    group: str
    weight: Decimal | None
    amount: Decimal | None
    weight_undone: Decimal | None
    amount_undone: Decimal | None
    decides: bool
    share: Decimal | None


def edits(filed: GroupingInput, proposed: GroupingInput) -> tuple[Change, ...]:
    """Return how the proposed page differs from the filed one, in the order of the page.

    Parameters
    ----------
    filed, proposed
        Two pages of one stay. Order counts for the principal diagnosis and the main procedure
        alone. A principal diagnosis that becomes an other one is part of the change of principal.
    """
    found: list[Change] = []
    old, new = filed.principal or "", proposed.principal or ""
    if old != new and new:
        found.append(Change("principal", new, 0, old))
    passed = {old, new}
    added = [c for c in _once(proposed.others) if c not in {*filed.others, *passed}]
    removed = [c for c in _once(filed.others) if c not in {*proposed.others, *passed}]
    found += [Change("add_diagnosis", c, i) for i, c in enumerate(added)]
    found += [Change("remove_diagnosis", c, filed.others.index(c)) for c in removed]
    before, after = _first(filed.procedures), _first(proposed.procedures)
    moved = before != after and bool(before) and after in filed.procedures
    if moved:
        found.append(Change("main_procedure", after, filed.procedures.index(after), before))
    fresh = [c for c in _once(proposed.procedures) if c not in filed.procedures]
    gone = [c for c in _once(filed.procedures) if c not in proposed.procedures]
    found += [Change("add_procedure", c, i) for i, c in enumerate(fresh)]
    found += [Change("remove_procedure", c, filed.procedures.index(c)) for c in gone]
    return tuple(found)


def contributions(
    filed: GroupingInput, proposed: GroupingInput, settle: Settle
) -> tuple[Contribution, ...]:
    """Return the marginal contribution of each edit.

    Parameters
    ----------
    filed, proposed
        Two pages of one stay.
    settle
        Groups and settles a page with the cost of the stay.
    """
    changes = edits(filed, proposed)
    every = frozenset(range(len(changes)))
    known: dict[_Subset, Settlement] = {frozenset(): settle(filed), every: settle(proposed)}

    def settled(chosen: _Subset) -> Settlement:
        if chosen not in known:
            known[chosen] = settle(edited(filed, proposed, [changes[i] for i in sorted(chosen)]))
        return known[chosen]

    few = 0 < len(changes) <= MOST_SHARED
    shares = shapley(len(changes), lambda chosen: settled(chosen).amount, FEN) if few else None
    found = []
    for i, change in enumerate(changes):
        alone, without = settled(frozenset({i})), settled(every - {i})
        start, end = settled(frozenset()), settled(every)
        found.append(
            Contribution(
                change,
                alone.price.drg,
                _less(alone.price.weight, start.price.weight),
                _less(alone.amount, start.amount),
                _less(end.price.weight, without.price.weight),
                _less(end.amount, without.amount),
                alone.price.drg != start.price.drg or end.price.drg != without.price.drg,
                shares[i] if shares else None,
            )
        )
    return tuple(found)


def edited(
    filed: GroupingInput, proposed: GroupingInput, changes: Sequence[Change]
) -> GroupingInput:
    """Return the filed page with some of the edits.

    Parameters
    ----------
    filed, proposed
        Two pages of one stay.
    changes
        Some of :func:`edits` of the two, in its order.
    """
    principal, others, procedures = filed.principal, list(filed.others), list(filed.procedures)
    for change in changes:
        code = change.code
        if change.kind == "principal":
            principal = code
            others = [c for c in others if c != code]
            if change.instead_of in proposed.others and change.instead_of not in others:
                others.insert(0, change.instead_of)
        elif change.kind == "add_diagnosis":
            others.append(code)
        elif change.kind == "remove_diagnosis":
            others = [c for c in others if c != code]
        elif change.kind == "main_procedure":
            procedures = [code, *(c for c in procedures if c != code)]
        elif change.kind == "add_procedure":
            # A new main procedure goes to the front.
            place = 0 if code == _first(proposed.procedures) else len(procedures)
            procedures.insert(place, code)
        else:
            procedures = [c for c in procedures if c != code]
    return replace(filed, principal=principal, others=tuple(others), procedures=tuple(procedures))


def shapley(
    count: int, worth: Callable[[frozenset[int]], Decimal | None], step: Decimal
) -> tuple[Decimal, ...] | None:
    """Return the Shapley values of players, which add up to what all together change.

    Parameters
    ----------
    count
        Number of players; every subset of them is asked for, 2 to this power.
    worth
        What a subset of players is worth, a multiple of ``step``.
    step
        What values are rounded to, such as 0.01 yuan.

    Returns
    -------
    tuple of Decimal or None
        One value a player; None where a subset is worth nothing that is known.

    Notes
    -----
    Shapley (1953), *A value for n-person games*; exact in fractions, then rounded so that the sum
    is kept.
    """
    known: dict[_Subset, Fraction] = {}
    for size in range(count + 1):
        for members in combinations(range(count), size):
            told = worth(frozenset(members))
            if told is None:
                return None
            known[frozenset(members)] = Fraction(told)
    exact = [Fraction(0)] * count
    for chosen, value in known.items():
        for i in range(count):
            if i not in chosen:
                times = factorial(len(chosen)) * factorial(count - len(chosen) - 1)
                exact[i] += Fraction(times, factorial(count)) * (known[chosen | {i}] - value)
    return _rounded([e / Fraction(step) for e in exact], step)


def _rounded(exact: Sequence[Fraction], step: Decimal) -> tuple[Decimal, ...]:
    """Round to whole steps so that the sum is kept: the rest goes where rounding took the most."""
    steps = [half_up(e.numerator, e.denominator) for e in exact]
    left = int(sum(exact)) - sum(steps)
    by_loss = sorted(range(len(exact)), key=lambda i: exact[i] - steps[i], reverse=left > 0)
    for i in by_loss[: abs(left)]:
        steps[i] += 1 if left > 0 else -1
    return tuple(n * step for n in steps)


def _less(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    return None if one is None or other is None else one - other


def _once(codes: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(codes))


def _first(codes: Sequence[str]) -> str:
    return codes[0] if codes else ""
