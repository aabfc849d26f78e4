"""Combination codes and competing codes (合并编码与取舍).

ICD-10 has one code for many pairs of conditions (K80.3 for stones with
cholangitis); the parts are then not coded. The pairs are data
(rules/coding/combinations.yaml).
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zhibian.coding.rulefile import read_rule_file
from zhibian.coding.types import AppliedRule, Finding
from zhibian.terminology.code_set import CodeSet

TABLE = Path("coding") / "combinations.yaml"
_UNLISTED = (sys.maxsize, sys.maxsize)


@dataclass(frozen=True, slots=True)
class Combination:
    """Parts that together make one code.

    Attributes
    ----------
    parts
        Each a set of code prefixes; every part needs one proposed code.
    code
        The combined code; None when the rule only drops a part.
    drop
        Prefixes of codes that the combination makes superfluous.
    same_disease
        What is dropped is the same disease said less exactly: the first part takes over its
        evidence and its place in the discharge list.
    """

    id: str
    explanation: str
    source: str
    parts: tuple[tuple[str, ...], ...]
    code: str | None
    drop: tuple[str, ...]
    same_disease: bool


@dataclass(frozen=True, slots=True)
class Retyping:
    """A code without type that takes the type of another code of the record (分型).

    ``prefix`` is what the name of the typed code begins with.
    """

    id: str
    explanation: str
    when: tuple[str, ...]
    origin: str
    target: str
    prefix: str


def load_combinations(rules: Path) -> tuple[Combination, ...]:
    """Read the combination rules; InputError when they are absent or malformed."""
    return read_rule_file(rules, TABLE, _parse)


def load_retypings(rules: Path) -> tuple[Retyping, ...]:
    """Read the typing rules of the same file; InputError when they are absent or malformed."""
    return read_rule_file(rules, TABLE, _parse_retypings)


def _parse_retypings(raw: Mapping[str, Any]) -> tuple[Retyping, ...]:
    return tuple(
        Retyping(
            row["id"],
            row["explanation"],
            tuple(row["when"]),
            row["origin"],
            row["target"],
            row["prefix"],
        )
        for row in raw["retype"]
    )


def retype(
    findings: Mapping[str, Finding], retypings: tuple[Retyping, ...], code_set: CodeSet
) -> tuple[dict[str, Finding], tuple[AppliedRule, ...]]:
    """Give complications their type where the record tells it: 2型糖尿病 + 糖尿病肾病.

    Parameters
    ----------
    findings
        Findings that would be proposed, by code.
    retypings
        Rules.
    code_set
        Names, by which the typed code is found.
    """
    current = dict(findings)
    applied = []
    for rule in retypings:
        if not any(code.startswith(rule.when) for code in current):
            continue
        for code in [c for c in current if c.startswith(rule.origin)]:
            name = _kernel(f"{rule.prefix}{code_set.name(code)}")
            typed = next(
                (
                    entry.code
                    for entry in code_set.finer(rule.target, len(code_set))
                    if not entry.grey and _kernel(entry.name) == name
                ),
                None,
            )
            if typed is not None:
                own = [current[typed]] if typed in current else []
                current[typed] = merged(typed, [*own, current.pop(code)])
                applied.append(AppliedRule(rule.id, rule.explanation, (code, typed)))
    return current, tuple(applied)


def _parse(raw: Mapping[str, Any]) -> tuple[Combination, ...]:
    return tuple(
        Combination(
            id=row["id"],
            explanation=row["explanation"],
            source=row.get("source", raw["source"]),
            parts=tuple(tuple(part) for part in row["parts"]),
            code=row.get("code"),
            drop=tuple(row.get("drop", ())),
            same_disease=bool(row.get("same_disease", False)),
        )
        for row in raw["combinations"]
    )


def _kernel(name: str) -> str:
    """Return a name without the syllables in which the two families of names differ."""
    return name.replace("性", "").rstrip("病变症")


def combine(
    findings: Mapping[str, Finding], combinations: tuple[Combination, ...]
) -> tuple[dict[str, Finding], tuple[AppliedRule, ...]]:
    """Replace parts by their combined code.

    Parameters
    ----------
    findings
        Findings that would be proposed, by code.
    combinations
        Rules, in order; a rule sees what earlier rules made.

    Returns
    -------
    tuple
        Findings after the rules, and the rules that applied. The combined code carries
        the evidence of its parts and the best place of any part in the discharge list.
    """
    current = dict(findings)
    applied = []
    for rule in combinations:
        parts = [
            [code for code in current if code.startswith(prefixes) and code != rule.code]
            for prefixes in rule.parts
        ]
        if not all(parts):
            continue
        used = [code for part in parts for code in part]
        exact = set(parts[0]) if rule.code is None else {rule.code}
        dropped = [
            code
            for code in current
            if rule.drop and code.startswith(rule.drop) and code not in exact
        ]
        if rule.code is None:
            if not dropped:
                continue
            if rule.same_disease:
                # 2型糖尿病 beside several complications: the one that opens the list inherits.
                heir = min(parts[0], key=lambda code: current[code].listed or _UNLISTED)
                vague = [current[code] for code in dropped]
                current[heir] = merged(heir, [current[heir], *vague])
        else:
            own = [current[rule.code]] if rule.code in current else []
            # Beside a part that stays (P07 with its jaundice) it takes the evidence and the place
            # of what goes.
            gone = [code for code in used if code in dropped] or used
            whole = merged(rule.code, [*own, *(current[code] for code in gone)])
            current[rule.code] = whole
        for code in dropped:
            current.pop(code)
        applied.append(
            AppliedRule(rule.id, f"{rule.explanation}（{rule.source}）", tuple(dict.fromkeys(used)))
        )
    return current, tuple(applied)


def merged(code: str, parts: Sequence[Finding]) -> Finding:
    """Return one finding with the evidence of all parts; words are those of the first part."""
    ranked = sorted(
        {evidence for part in parts for evidence in part.supporting},
        key=lambda e: (-e.weight, e.span.document, e.span.start),
    )
    # Two terms of one sentence are one sentence of evidence.
    by_place = {evidence.span: evidence for evidence in reversed(ranked)}
    supporting = [evidence for evidence in ranked if by_place[evidence.span] is evidence]
    return Finding(
        code=code,
        term=parts[0].term,
        supporting=tuple(supporting),
        against=(),
        first=min((part.first for part in parts), key=lambda m: (m.span.document, m.span.start)),
        listed=min((part.listed for part in parts if part.listed is not None), default=None),
    )
