"""Which rules a case can meet at all (候选规则), told by its principal diagnosis and procedure.

Most rules ask that the principal diagnosis or the principal procedure be in a set. A rule whose set
does not have the code needs no evaluation: the answer is the same, only sooner.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeVar

from zhibian.grouping.evaluate import Rule
from zhibian.grouping.language import VIRTUAL_SETS, CodeField, Condition, Member, conjuncts

_T = TypeVar("_T")


class _ByCode(NamedTuple):
    """The rules of a list as bits, the first rule the lowest, told by the code of one field.

    Attributes
    ----------
    asking
        By code, the rules that ask for a set which has it.
    free
        Rules that do not ask for the field.
    leading
        Rules whose first condition asks for the field.
    """

    asking: Mapping[str, int]
    free: int
    leading: int

    def met(self, code: str | None) -> int:
        """Return the rules that a case with this code can meet."""
        return self.free if code is None else self.asking.get(code, 0) | self.free


class Candidates(NamedTuple):
    """What the principal diagnosis and the principal procedure tell about a list of rules."""

    principal: _ByCode
    procedure: _ByCode

    def among(self, rules: Sequence[_T], principal: str, procedure: str | None) -> list[_T]:
        """Return the rules that may hold, in their order.

        Parameters
        ----------
        rules
            The list that the candidates were made of, or what goes with each of its rules.
        principal
            Principal diagnosis 主要诊断.
        procedure
            Principal procedure 主要手术操作, None without one.
        """
        # Written out, since every case passes here several times.
        asking, free, _ = self.principal
        bits = asking.get(principal, 0) | free
        asking, free, _ = self.procedure
        bits &= free if procedure is None else asking.get(procedure, 0) | free
        found = []
        while bits:
            lowest = bits & -bits
            found.append(rules[lowest.bit_length() - 1])
            bits ^= lowest
        return found

    def failing_first(self, principal: str, procedure: str | None) -> int:
        """Return as bits the rules whose first condition does not hold.

        There may be more of them: only conditions on one code are known here.
        """
        return (self.principal.leading & ~self.principal.met(principal)) | (
            self.procedure.leading & ~self.procedure.met(procedure)
        )


def candidates(
    rules: Sequence[Rule], always: Sequence[bool], sets: Mapping[str, frozenset[str]]
) -> Candidates:
    """Return the candidates of a list of rules.

    Parameters
    ----------
    rules
        The rules.
    always
        Which of them are to be asked in any case.
    sets
        Code sets by name.
    """
    return Candidates(_by_code(rules, always, sets, "ZYZD"), _by_code(rules, always, sets, "ZYSS"))


def _by_code(
    rules: Sequence[Rule],
    always: Sequence[bool],
    sets: Mapping[str, frozenset[str]],
    field: CodeField,
) -> _ByCode:
    asking: dict[str, int] = {}
    free = leading = 0
    for number, (rule, kept) in enumerate(zip(rules, always, strict=True)):
        parts = conjuncts(rule.condition)
        demands = [p for p in parts if isinstance(p, Member) and _demands(p, field)]
        if kept or not demands:
            free |= 1 << number
            continue
        for code in frozenset[str]().union(*(sets[name] for name in demands[0].sets)):
            asking[code] = asking.get(code, 0) | 1 << number
        if demands[0] is parts[0]:
            leading |= 1 << number
    return _ByCode(asking, free, leading)


def _demands(part: Condition, field: CodeField) -> bool:
    """Tell whether a condition asks for one field to be in a set, and for nothing else."""
    return (
        isinstance(part, Member)
        and part.fields == (field,)
        and not part.negated
        and VIRTUAL_SETS.isdisjoint(part.sets)
    )
