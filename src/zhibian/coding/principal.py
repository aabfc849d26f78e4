"""Choose the principal diagnosis (主要诊断选择): start scores plus rules, each with its reason.

The rules are data (rules/coding/principal.yaml); this module only applies them.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zhibian.coding.rulefile import read_rule_file
from zhibian.coding.types import AppliedRule, Finding, ProposedDiagnosis
from zhibian.documents.types import Reading, SectionKind

TABLE = Path("coding") / "principal.yaml"
_NOWHERE = (sys.maxsize, sys.maxsize)
_REASON_SECTIONS = frozenset({SectionKind.CHIEF_COMPLAINT, SectionKind.ADMISSION_STATE})


@dataclass(frozen=True, slots=True)
class PrincipalRule:
    """One rule: to which candidates it applies and the points it adds."""

    id: str
    explanation: str
    source: str
    points: float
    if_code: tuple[str, ...]
    if_poa: tuple[str, ...]
    and_any_code: tuple[str, ...]
    and_listed: bool
    unless_only_candidate: bool
    unless_first_listed: bool


@dataclass(frozen=True, slots=True)
class PrincipalRules:
    """Start scores and rules."""

    start: Mapping[str, float]
    rules: tuple[PrincipalRule, ...]


def load_principal_rules(rules: Path) -> PrincipalRules:
    """Read the rules; InputError when they are absent or malformed."""
    return read_rule_file(rules, TABLE, _parse)


def _parse(raw: Mapping[str, Any]) -> PrincipalRules:
    return PrincipalRules(
        start={name: float(points) for name, points in raw["start"].items()},
        rules=tuple(_rule(row) for row in raw["rules"]),
    )


def _rule(row: Mapping[str, Any]) -> PrincipalRule:
    return PrincipalRule(
        id=row["id"],
        explanation=row["explanation"],
        source=row["source"],
        points=float(row["points"]),
        if_code=tuple(row.get("if_code", ())),
        if_poa=tuple(row.get("if_poa", ())),
        and_any_code=tuple(row.get("and_any_code", ())),
        and_listed=bool(row.get("and_listed", False)),
        unless_only_candidate=bool(row.get("unless_only_candidate", False)),
        unless_first_listed=bool(row.get("unless_first_listed", False)),
    )


def rank(
    candidates: Sequence[ProposedDiagnosis],
    findings: Mapping[str, Finding],
    stated: Mapping[str, Finding],
    reading: Reading,
    rules: PrincipalRules,
) -> tuple[tuple[ProposedDiagnosis, ...], tuple[AppliedRule, ...]]:
    """Order candidates, the principal diagnosis first.

    Parameters
    ----------
    candidates
        Proposed diagnoses.
    findings
        Their findings, after combination.
    stated
        Every finding of the record: a vaguer code of the same category shows that the
        disease was the reason for admission.
    reading
        The record.
    rules
        Start scores and rules.

    Returns
    -------
    tuple
        The candidates by falling score, and the rules that shaped the first place.
    """
    scored = []
    for candidate in candidates:
        points, applied = _score(candidate, candidates, findings, stated, reading, rules)
        scored.append((points, candidate, applied))
    scored.sort(key=lambda row: (-row[0], _place(row[1], findings) or _NOWHERE))
    ordered = tuple(candidate for _, candidate, _ in scored)
    by_id: dict[str, AppliedRule] = {}
    for _, candidate, applied in scored:
        for rule in applied:
            seen = by_id.get(rule.id)
            codes = (*(seen.codes if seen else ()), candidate.code)
            by_id[rule.id] = AppliedRule(rule.id, f"{rule.explanation}（{rule.source}）", codes)
    return ordered, tuple(by_id.values())


def _place(candidate: ProposedDiagnosis, findings: Mapping[str, Finding]) -> tuple[int, int] | None:
    finding = findings.get(candidate.code)
    return finding.listed if finding else None


def _score(
    candidate: ProposedDiagnosis,
    candidates: Sequence[ProposedDiagnosis],
    findings: Mapping[str, Finding],
    stated: Mapping[str, Finding],
    reading: Reading,
    rules: PrincipalRules,
) -> tuple[float, list[PrincipalRule]]:
    place = _place(candidate, findings)
    points = _start(candidate, place, stated, reading, rules.start)
    # The list's own first entry, recognised or not: what stands second stays second.
    opens = place is not None and _rank(place, reading) == 0
    applied = [
        rule for rule in rules.rules if _applies(rule, candidate, candidates, place, opens=opens)
    ]
    return points + sum(rule.points for rule in applied), applied


def _start(
    candidate: ProposedDiagnosis,
    place: tuple[int, int] | None,
    stated: Mapping[str, Finding],
    reading: Reading,
    start: Mapping[str, float],
) -> float:
    points = start["trust"] * candidate.confidence
    if place is not None:
        points = max(points, start["discharge_first"] - start["step"] * _rank(place, reading))
    items = {item.span: item for item in reading.items}
    spoken = [
        evidence
        for finding in stated.values()
        if finding.code[:3] == candidate.code[:3]
        for evidence in finding.supporting
    ]
    sections = {evidence.section for evidence in (*candidate.evidence, *spoken)}
    listed = [items[e.span] for e in (*candidate.evidence, *spoken) if e.span in items]
    orders = [item.order for item in listed if item.section is SectionKind.ADMISSION_DIAGNOSIS]
    if any(item.section is SectionKind.DISCHARGE_DIAGNOSIS for item in reading.items):
        points += start["admission_first"] if 0 in orders else 0.0
    elif orders:
        points += max(0.0, start["admission_only"] - start["admission_step"] * min(orders))
    if SectionKind.POSTOPERATIVE_DIAGNOSIS in sections:
        points += start["postoperative"]
    if sections & _REASON_SECTIONS:
        points += start["reason_for_admission"]
    return points


def _rank(place: tuple[int, int], reading: Reading) -> int:
    return reading.items[place[0]].order


def _applies(
    rule: PrincipalRule,
    candidate: ProposedDiagnosis,
    candidates: Sequence[ProposedDiagnosis],
    place: tuple[int, int] | None,
    *,
    opens: bool,
) -> bool:
    others = [other for other in candidates if other is not candidate]
    return (
        (not rule.if_code or candidate.code.startswith(rule.if_code))
        and (not rule.if_poa or candidate.poa.value in rule.if_poa)
        and (not rule.and_any_code or any(o.code.startswith(rule.and_any_code) for o in others))
        and (not rule.and_listed or place is not None)
        and not (rule.unless_only_candidate and not others)
        and not (rule.unless_first_listed and opens)
    )
