"""Which clauses of the rules apply to a candidate (规则判定)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from zhibian.coding.principal.features import Candidate, Stay
from zhibian.coding.principal.load import Clause, StayFact
from zhibian.documents.types import Reading
from zhibian.records.types import EntryCondition


def stay_facts(reading: Reading, facts: Sequence[StayFact]) -> frozenset[str]:
    """Return the phrases that the record holds, each looked for in its own sections."""
    return frozenset(
        fact.id
        for fact in facts
        for section in reading.sections
        if section.kind in fact.sections
        and fact.pattern.search(
            reading.normalised[section.span.document], section.span.start, section.span.end
        )
    )


_Flag = Callable[[Candidate, Sequence[Candidate]], bool]
_FLAGS: Mapping[str, _Flag] = {
    "listed": lambda own, others: own.place is not None,
    # The list's own first entry, recognised or not: what stands second stays second.
    "first_listed": lambda own, others: own.rank == 0,
    "operated": lambda own, others: own.treated_by_operation,
    "any_operated": lambda own, others: any(o.treated_by_operation for o in (own, *others)),
    "reason": lambda own, others: own.is_reason,
    "rival_reason": lambda own, others: any(o.is_reason for o in others),
    "suspected": lambda own, others: own.suspected,
    "other_suspected": lambda own, others: any(o.suspected for o in others),
    "grey": lambda own, others: own.grey,
    "admission_first": lambda own, others: own.values["admission_first"] > 0,
}


def _has_rival(clause: Clause, own: Candidate, others: Sequence[Candidate]) -> bool:
    rivals = [other for other in others if other.code.startswith(clause.and_any_code)]
    if not clause.rival_credible:
        return bool(rivals)
    return any(
        rival.diagnosis.poa is not EntryCondition.NOT_PRESENT
        and (rival.place is not None or own.place is None)
        for rival in rivals
    )


def applies(clause: Clause, own: Candidate, candidates: Sequence[Candidate], stay: Stay) -> bool:
    """Return whether a clause applies to one of the candidates.

    Parameters
    ----------
    clause
        Conditions; all of them must hold.
    own
        The candidate.
    candidates
        All candidates, ``own`` among them.
    stay
        Procedures and phrases of the record.
    """
    if clause.if_code and not own.code.startswith(clause.if_code):
        return False
    if clause.unless_code and own.code.startswith(clause.unless_code):
        return False
    if clause.if_poa and own.diagnosis.poa.value not in clause.if_poa:
        return False
    if not (set(clause.stay) <= stay.facts and stay.facts.isdisjoint(clause.unless_stay)):
        return False
    others = [other for other in candidates if other is not own]
    return (
        (not clause.and_any_code or _has_rival(clause, own, others))
        and not (
            clause.unless_any_code
            and any(o.code.startswith(clause.unless_any_code) for o in others)
        )
        and (
            not clause.and_other_than
            or any(not o.code.startswith(clause.and_other_than) for o in others)
        )
        and not (clause.unless_only_candidate and not others)
        and all(_FLAGS[name](own, others) is wanted for name, wanted in clause.flags.items())
    )
