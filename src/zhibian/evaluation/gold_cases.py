"""Compare proposals with gold codes (与金标准编码的比较), case by case.

Gold blocks are read here and only here, beside the finished report of a case, so
that they can never reach coding. Definitions:

- principal exact: proposed = gold or one of its ``acceptable`` codes; 3-character: same category.
- others, procedures: micro precision, recall, F1 over codes; an ``acceptable`` code counts as its
  gold code; codes under ``neutral`` families are neither right nor wrong.
- DRG exact: proposed DRG = ``drg_1_1``.
- must-not violations: proposed codes inside a ``must_not`` family; must-not families: the share of
  those families from which a code is proposed.
- entry condition: equal to the gold one, over the diagnoses that are right.
- chances: the confidence of every proposed code that counts, and whether it is right.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from zhibian.evaluation.matching import (
    NEUTRAL_DIAGNOSES,
    NEUTRAL_PROCEDURES,
    Match,
    acceptable,
    counted_gold,
    other_matches,
    principal_match,
    procedure_matches,
)
from zhibian.problems import InputError, Problem
from zhibian.review.report import CaseReport

GOLD_PARTS = ("principal", "others", "procedures")


@dataclass(frozen=True, slots=True)
class CaseScore:
    """Counts of one case (单例计数).

    Attributes
    ----------
    category
        Major diagnostic category of the gold group, empty where gold has none.
    chances
        Confidence and rightness of every proposed code that counts.
    """

    principal_exact: bool
    principal_category: bool
    others_hit: int
    others_proposed: int
    others_gold: int
    procedures_hit: int
    procedures_proposed: int
    procedures_gold: int
    drg_exact: bool
    must_not: int
    must_not_hit: int = 0
    must_not_families: int = 0
    entry_right: int = 0
    entry_compared: int = 0
    category: str = ""
    chances: tuple[tuple[float, bool], ...] = ()


def gold_of(raw: object, source: str) -> Mapping[str, Any] | None:
    """Return the ``gold`` block of a parsed case, or None where it has none.

    Raises
    ------
    InputError
        The block lacks a part, or a part lacks its code.
    """
    gold = raw.get("gold") if isinstance(raw, Mapping) else None
    if not isinstance(gold, Mapping):
        return None
    problems = [
        Problem(f"gold.{part}", "gold_incomplete", "缺少或没有编码", "按样例病例的 gold 格式填写")
        for part in GOLD_PARTS
        if not _has_codes(gold.get(part))
    ]
    if problems:
        raise InputError(source, problems)
    return gold


def _has_codes(part: object) -> bool:
    entries = part if isinstance(part, list) else [part]
    return all(isinstance(e, Mapping) and isinstance(e.get("code"), str) for e in entries)


def score_case(report: CaseReport, gold: Mapping[str, Any]) -> CaseScore:
    """Compare one report with its gold block."""
    principal = principal_match(report.principal, gold)
    others = other_matches(report.others, gold)
    procedures = procedure_matches(report.procedures, gold)
    judged: tuple[Match[Any], ...] = (*((principal,) if principal else ()), *others, *procedures)
    diagnoses = (principal, *others) if principal else others
    entries = tuple(_entries(diagnoses))
    families = [entry["code_family"] for entry in gold.get("must_not", ())]
    codes = [match.entry.code for match in diagnoses]
    proposed_group = report.grouping.proposed
    group = str(gold.get("drg_1_1") or "")
    answer = gold["principal"]["code"]
    categories = {code[:3] for code in (answer, *acceptable(gold).get(answer, ()))}
    return CaseScore(
        principal_exact=principal is not None and principal.gold is not None,
        principal_category=principal is not None and principal.entry.code[:3] in categories,
        others_hit=_hits(others),
        others_proposed=sum(match.counts for match in others),
        others_gold=len(counted_gold(others, gold["others"], NEUTRAL_DIAGNOSES)),
        procedures_hit=_hits(procedures),
        procedures_proposed=sum(match.counts for match in procedures),
        procedures_gold=len(counted_gold(procedures, gold["procedures"], NEUTRAL_PROCEDURES)),
        drg_exact=proposed_group is not None and proposed_group.drg == gold.get("drg_1_1"),
        must_not=sum(code.startswith(family) for code in codes for family in families),
        must_not_hit=sum(any(code.startswith(family) for code in codes) for family in families),
        must_not_families=len(families),
        entry_right=sum(entries),
        entry_compared=len(entries),
        category=group[:1],
        chances=tuple(
            (match.entry.confidence, match.gold is not None) for match in judged if match.counts
        ),
    )


def _hits(matches: Sequence[Match[Any]]) -> int:
    return sum(match.gold is not None for match in matches)


def _entries(diagnoses: Sequence[Match[Any]]) -> Iterator[bool]:
    """Yield whether the entry condition is right, for right diagnoses whose gold tells one."""
    for match in diagnoses:
        if match.gold is not None and match.gold.get("poa") and match.entry.poa:
            yield match.entry.poa == str(match.gold["poa"])
