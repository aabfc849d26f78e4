"""The rules of the choice (主要诊断选择规则), read from rules/coding/principal.yaml."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from zhibian.coding.principal.features import OperationFamily
from zhibian.coding.principal.ranker import Ranker, load_ranker
from zhibian.coding.rulefile import read_rule_file
from zhibian.documents.types import SectionKind

TABLE = Path("coding") / "principal.yaml"
OPERATIONS = Path("coding") / "operation_families.yaml"


class Role(StrEnum):
    """How a rule of the norm is kept (规则的作用方式)."""

    CHOICE = "choice"
    RANKER = "ranker"
    HINT = "hint"
    ELSEWHERE = "elsewhere"


@dataclass(frozen=True, slots=True)
class StayFact:
    """A phrase of the record on which rules depend (病历事实): where it is looked for."""

    id: str
    sections: frozenset[SectionKind]
    pattern: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Clause:
    """One condition of a rule and the points that it gives or takes.

    Attributes
    ----------
    id
        Id of the clause; begins with the id of its rule.
    explanation
        What the trace says.
    points
        Added to the candidate's score; 0 for a hint.
    if_code, unless_code
        The candidate's own code.
    if_poa
        Its entry condition.
    and_any_code, unless_any_code
        Codes of which another candidate must, or must not, be one.
    and_other_than
        Another candidate must stand outside these codes.
    stay, unless_stay
        Phrases that the record must, or must not, hold.
    flags
        Further conditions by name, each true or false (see ``_FLAGS`` in rules.py).
    rival_credible
        The other candidate of ``and_any_code`` must have been there at admission, and stand in
        the discharge list where this one does.
    unless_only_candidate
        Silent when nothing else is proposed.
    """

    id: str
    explanation: str
    points: float
    if_code: tuple[str, ...]
    unless_code: tuple[str, ...]
    if_poa: tuple[str, ...]
    and_any_code: tuple[str, ...]
    unless_any_code: tuple[str, ...]
    and_other_than: tuple[str, ...]
    stay: tuple[str, ...]
    unless_stay: tuple[str, ...]
    flags: Mapping[str, bool]
    rival_credible: bool
    unless_only_candidate: bool


@dataclass(frozen=True, slots=True)
class PrincipalRule:
    """A rule of the norm with its clauses."""

    id: str
    explanation: str
    source: str
    role: Role
    clauses: tuple[Clause, ...]


@dataclass(frozen=True, slots=True)
class PrincipalRules:
    """Everything that the choice reads: ranker, rules, phrases, operation families."""

    ranker: Ranker
    rules: tuple[PrincipalRule, ...]
    facts: tuple[StayFact, ...]
    operations: tuple[OperationFamily, ...]


FLAGS = frozenset(
    {
        "listed",
        "first_listed",
        "operated",
        "any_operated",
        "reason",
        "suspected",
        "grey",
        "other_suspected",
        "rival_reason",
        "admission_first",
    }
)
_KNOWN = {
    *("id", "explanation", "points", "if_code", "unless_code", "if_poa", "and_any_code"),
    *("unless_any_code", "and_other_than", "stay", "unless_stay", "unless_only_candidate"),
    "rival_credible",
    *FLAGS,
}


def load_principal_rules(rules: Path) -> PrincipalRules:
    """Read rules, phrases, operation families and weights; InputError when one is malformed."""
    ranker = load_ranker(rules)
    operations = read_rule_file(rules, OPERATIONS, _parse_operations)
    choice, facts = read_rule_file(rules, TABLE, _parse)
    return PrincipalRules(ranker, choice, facts, operations)


def _parse_operations(raw: Mapping[str, Any]) -> tuple[OperationFamily, ...]:
    return tuple(
        OperationFamily(row["id"], tuple(row["operations"]), tuple(row["diagnoses"]))
        for row in raw["families"]
    )


def _parse(raw: Mapping[str, Any]) -> tuple[tuple[PrincipalRule, ...], tuple[StayFact, ...]]:
    codes: Mapping[str, list[str]] = raw["code_groups"]
    facts = tuple(
        StayFact(
            row["id"],
            frozenset(SectionKind(name) for name in row["sections"]),
            re.compile(row["pattern"]),
        )
        for row in raw["stay"]
    )
    known = {fact.id for fact in facts}
    return tuple(_rule(row, codes, known) for row in raw["rules"]), facts


def _rule(
    row: Mapping[str, Any], groups: Mapping[str, list[str]], facts: set[str]
) -> PrincipalRule:
    return PrincipalRule(
        id=row["id"],
        explanation=row["explanation"],
        source=row["source"],
        role=Role(row["role"]),
        clauses=tuple(_clause(part, row, groups, facts) for part in row.get("clauses", ())),
    )


def _clause(
    part: Mapping[str, Any],
    rule: Mapping[str, Any],
    groups: Mapping[str, list[str]],
    facts: set[str],
) -> Clause:
    unknown = set(part) - _KNOWN
    named = {*part.get("stay", ()), *part.get("unless_stay", ())}
    if unknown or named - facts:
        # Without the name an editor of the file would search in vain.
        raise KeyError(f"{rule['id']}: {sorted(unknown | (named - facts))}")

    def codes(key: str) -> tuple[str, ...]:
        return tuple(
            code
            for entry in part.get(key, ())
            for code in (groups[entry[1:]] if str(entry).startswith("@") else [str(entry)])
        )

    return Clause(
        id=part.get("id", rule["id"]),
        explanation=part.get("explanation", rule["explanation"]),
        points=float(part.get("points", 0)),
        if_code=codes("if_code"),
        unless_code=codes("unless_code"),
        if_poa=tuple(part.get("if_poa", ())),
        and_any_code=codes("and_any_code"),
        unless_any_code=codes("unless_any_code"),
        and_other_than=codes("and_other_than"),
        stay=tuple(part.get("stay", ())),
        unless_stay=tuple(part.get("unless_stay", ())),
        flags={name: bool(part[name]) for name in FLAGS if name in part},
        rival_credible=bool(part.get("rival_credible", False)),
        unless_only_candidate=bool(part.get("unless_only_candidate", False)),
    )
