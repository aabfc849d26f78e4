"""Order procedures (主要手术的选择与排列): rules/coding/procedure/principal.yaml."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from zhibian.coding.procedure.rules import ProcedureRules
from zhibian.coding.types import Finding, ProposedProcedure
from zhibian.terminology.code_set import CodeSet


def ordered_for(
    proposed: Sequence[ProposedProcedure],
    principal: str | None,
    code_set: CodeSet,
    rules: ProcedureRules,
) -> tuple[ProposedProcedure, ...]:
    """Return procedures in the order that goes with a principal diagnosis (主要手术).

    Parameters
    ----------
    proposed
        From :func:`propose_procedures`, in its order.
    principal
        Code of the principal diagnosis; of procedures of one class, those that correspond to
        it stand first. None leaves the order.
    code_set, rules
        As for :func:`propose_procedures`.
    """
    every = [entry.code for entry in proposed]
    return tuple(
        sorted(
            proposed,
            key=lambda p: (
                *_rank(p.code, every, code_set, rules),
                not _corresponds(p.code, principal, rules),
            ),
        )
    )


def order_of(
    finding: Finding, every: Iterable[str], code_set: CodeSet, rules: ProcedureRules
) -> tuple[tuple[bool, bool, bool, bool, int], float, int, int]:
    """Return the sort key of a procedure: by rule and class, then by trust and place.

    Parameters
    ----------
    finding
        The procedure.
    every
        Codes of all procedures of the case.
    code_set, rules
        Procedure codes with their classes; rules of procedure coding.
    """
    best = finding.supporting[0]
    return (
        _rank(finding.code, every, code_set, rules),
        -best.weight,
        best.span.document,
        best.position,
    )


def _rank(
    code: str, every: Iterable[str], code_set: CodeSet, rules: ProcedureRules
) -> tuple[bool, bool, bool, bool, int]:
    entry = code_set.get(code)
    category = entry.category if entry else ""
    # A code without published class is a name of the NHSA edition alone: mostly an operation.
    place = rules.class_order.index(category) if category in rules.class_order else 0
    outranked = any(
        code.startswith(over) and any(other.startswith(first) for other in every)
        for first, over in rules.outranks
    )
    return (
        code not in rules.first_codes,
        code.startswith(rules.never_first),
        code_set.is_grey(code),
        outranked,
        place,
    )


def _corresponds(code: str, principal: str | None, rules: ProcedureRules) -> bool:
    return principal is not None and any(
        principal.startswith(diagnoses) and code.startswith(first)
        for diagnoses, first in rules.corresponds
    )
