"""Choose the principal diagnosis and say which rule decided (主要诊断的决定与说明)."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from zhibian.coding.principal.features import Candidate, Stay, candidates_of
from zhibian.coding.principal.load import Clause, PrincipalRule, PrincipalRules, Role
from zhibian.coding.principal.rules import applies, stay_facts
from zhibian.coding.types import AppliedRule, Finding, ProposedDiagnosis
from zhibian.documents.types import Reading

_NOWHERE = (sys.maxsize, sys.maxsize)
_RANKER_RULE = "P01"
_MOST_REASONS = 3


@dataclass(frozen=True, slots=True)
class Decision:
    """Candidates by falling score, the principal diagnosis first, and the trace."""

    ordered: tuple[ProposedDiagnosis, ...]
    trace: tuple[AppliedRule, ...]


@dataclass(frozen=True, slots=True)
class AppliedClause:
    """A clause that applies, and its rule."""

    rule: PrincipalRule
    clause: Clause


@dataclass(frozen=True, slots=True)
class Weighed:
    """A candidate with the ranker's points and the clauses that apply (已计分的候选)."""

    candidate: Candidate
    base: float
    applied: tuple[AppliedClause, ...]

    def score(self, without: str | None = None) -> float:
        """Return the score; ``without`` leaves one rule out."""
        return self.base + sum(a.clause.points for a in self.applied if a.rule.id != without)


def decide(
    proposed: Sequence[ProposedDiagnosis],
    findings: Mapping[str, Finding],
    stated: Mapping[str, Finding],
    reading: Reading,
    procedures: Sequence[str],
    grey: frozenset[str],
    rules: PrincipalRules,
) -> Decision:
    """Order candidates, the principal diagnosis first.

    Parameters
    ----------
    proposed
        Proposed diagnoses.
    findings
        Their findings, after combination.
    stated
        Every finding of the record.
    reading
        The record.
    procedures
        Proposed procedure codes, the main one first.
    grey
        Proposed codes that may not be filed.
    rules
        Ranker, rules, phrases and operation families.

    Notes
    -----
    The trace opens with what decided: the rule without which another diagnosis would stand
    first, or the ranker (P01) where no rule changed the first place.
    Sources: 国卫办医发〔2016〕24号 第10–22条; 医保办发〔2021〕34号.
    """
    scored = list(weigh(proposed, findings, stated, reading, procedures, grey, rules))
    scored.sort(key=lambda row: (-row.score(), row.candidate.place or _NOWHERE))
    if not scored:
        return Decision((), ())
    return Decision(
        tuple(row.candidate.diagnosis for row in scored),
        (replace(_deciding(scored, rules), decides=True), *_others(scored)),
    )


def weigh(
    proposed: Sequence[ProposedDiagnosis],
    findings: Mapping[str, Finding],
    stated: Mapping[str, Finding],
    reading: Reading,
    procedures: Sequence[str],
    grey: frozenset[str],
    rules: PrincipalRules,
) -> tuple[Weighed, ...]:
    """Return every candidate with its points; parameters as for :func:`decide`."""
    stay = Stay(tuple(procedures), stay_facts(reading, rules.facts))
    candidates = candidates_of(proposed, findings, stated, reading, stay, rules.operations, grey)
    return tuple(_scored(own, candidates, stay, rules) for own in candidates)


def _scored(
    own: Candidate, candidates: Sequence[Candidate], stay: Stay, rules: PrincipalRules
) -> Weighed:
    held = tuple(
        AppliedClause(rule, clause)
        for rule in rules.rules
        for clause in rule.clauses
        if applies(clause, own, candidates, stay)
    )
    return Weighed(own, rules.ranker.score(own), held)


def _first(scored: Sequence[Weighed], score: Mapping[int, float]) -> Weighed:
    """Return the best row under other scores, ties to the earlier list entry."""
    return min(scored, key=lambda row: (-score[id(row)], row.candidate.place or _NOWHERE))


def _deciding(scored: Sequence[Weighed], rules: PrincipalRules) -> AppliedRule:
    """Return what decided, with the diagnosis that would stand first without it."""
    winner = scored[0]
    code = winner.candidate.code
    used = {a.rule.id: a.rule for row in scored for a in row.applied if a.clause.points}
    for rule in used.values():
        other = _first(scored, {id(row): row.score(rule.id) for row in scored})
        if other is not winner:
            beaten = other.candidate.code
            explanation = _reason(rule, winner, other)
            return AppliedRule(
                rule.id,
                f"主要诊断由 {rule.id} 决定：{explanation}（{rule.source}）；"
                f"若无此规则，{beaten} 将排在首位",
                (code, beaten),
            )
    by_ranker = _first(scored, {id(row): row.base for row in scored})
    if by_ranker is not winner:
        names = "、".join(used)
        return AppliedRule(
            next(iter(used)),
            f"主要诊断由 {names} 共同决定；仅按排序，{by_ranker.candidate.code} 将排在首位",
            (code, by_ranker.candidate.code),
        )
    reasons = "、".join(rules.ranker.reasons(winner.candidate)[:_MOST_REASONS])
    rule = next(rule for rule in rules.rules if rule.id == _RANKER_RULE)
    return AppliedRule(
        rule.id,
        f"主要诊断由 {rule.id} 决定：{rule.explanation}（{rule.source}）；"
        f"{code} 依据：{reasons or '仅此诊断'}；其他规则未改变首位",
        (code,),
    )


def _reason(rule: PrincipalRule, winner: Weighed, beaten: Weighed) -> str:
    """Return the explanation of the clause that lifted the winner or lowered the other."""
    lifted = [a for a in winner.applied if a.rule is rule and a.clause.points > 0]
    lowered = [a for a in beaten.applied if a.rule is rule and a.clause.points < 0]
    held = lifted or lowered
    return held[0].clause.explanation if held else rule.explanation


def _others(scored: Sequence[Weighed]) -> tuple[AppliedRule, ...]:
    """Return every clause that applied, with the codes to which it applied."""
    codes: dict[str, list[str]] = {}
    words: dict[str, str] = {}
    for row in scored:
        for applied in row.applied:
            clause, rule = applied.clause, applied.rule
            label = "（提示）" if rule.role is Role.HINT else ""
            words.setdefault(clause.id, f"{label}{clause.explanation}（{rule.source}）")
            codes.setdefault(clause.id, []).append(row.candidate.code)
    return tuple(AppliedRule(id, words[id], tuple(codes[id])) for id in words)
