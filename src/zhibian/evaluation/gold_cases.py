"""Agreement of proposals with gold codes (与金标准编码的一致性).

Gold blocks are read here and only here, beside the finished report of a case, so
that they can never reach coding. Definitions:

- principal exact: proposed = gold or one of its ``acceptable`` codes; 3-character: same category.
- others, procedures: micro precision, recall, F1 over codes; an ``acceptable`` code counts as its
  gold code; codes under ``neutral`` families are neither right nor wrong.
- DRG exact: proposed DRG = ``drg_1_1``.
- must-not violations: proposed codes inside a ``must_not`` family.

Intervals are percentile bootstraps over cases (Efron & Tibshirani 1993).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from zhibian.problems import InputError, Problem
from zhibian.review.report import CaseReport

# The conventions of the gold codes: neither right nor wrong when proposed.
_SYMPTOMS = tuple(f"R{n:02d}" for n in range(100) if n not in {57, 64, 65})
NEUTRAL_DIAGNOSES = ("B95", "B96", "B97", "B98", "O26.9", "V", "W", "X", "Y", *_SYMPTOMS)
NEUTRAL_PROCEDURES = ("99.0", "87.", "88.0", "88.1", "88.2", "88.3", "88.7", "88.9", "89.")


@dataclass(frozen=True, slots=True)
class CaseScore:
    """Counts of one case."""

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


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured share with its 95 % bootstrap interval."""

    value: float
    low: float
    high: float


GOLD_PARTS = ("principal", "others", "procedures")


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
    acceptable: Mapping[str, list[str]] = gold.get("acceptable", {})
    principal = report.principal.code if report.principal else ""
    answer = gold["principal"]["code"]
    accepted = {answer, *acceptable.get(answer, ())}
    others = _matched(
        [entry.code for entry in report.others],
        [entry["code"] for entry in gold["others"]],
        acceptable,
        NEUTRAL_DIAGNOSES,
    )
    procedures = _matched(
        [entry.code for entry in report.procedures],
        [entry["code"] for entry in gold["procedures"]],
        acceptable,
        NEUTRAL_PROCEDURES,
    )
    proposed_group = report.grouping.proposed
    families = [entry["code_family"] for entry in gold.get("must_not", ())]
    codes = [principal, *(entry.code for entry in report.others)]
    return CaseScore(
        principal_exact=principal in accepted,
        principal_category=principal[:3] in {code[:3] for code in accepted},
        others_hit=others[0],
        others_proposed=others[1],
        others_gold=others[2],
        procedures_hit=procedures[0],
        procedures_proposed=procedures[1],
        procedures_gold=procedures[2],
        drg_exact=proposed_group is not None and proposed_group.drg == gold.get("drg_1_1"),
        must_not=sum(code.startswith(family) for code in codes for family in families),
    )


def _matched(
    proposed: Sequence[str],
    gold: Sequence[str],
    acceptable: Mapping[str, Sequence[str]],
    neutral: tuple[str, ...],
) -> tuple[int, int, int]:
    """Return hits, proposed codes that count, gold codes; each gold code is hit at most once."""
    left = list(gold)
    hits = 0
    counted = 0
    for code in proposed:
        match = next((g for g in left if code == g or code in acceptable.get(g, ())), None)
        if match is not None:
            left.remove(match)
            hits += 1
            counted += 1
        elif not code.startswith(neutral):
            counted += 1
    wanted = [g for g in gold if not g.startswith(neutral) or g not in left]
    return hits, counted, len(wanted)


def _ratio(top: float, bottom: float) -> float:
    return top / bottom if bottom else 0.0


def _f1(hits: int, proposed: int, gold: int) -> float:
    return _ratio(2 * hits, proposed + gold)


Metric = Callable[[Sequence[CaseScore]], float]
METRICS: Mapping[str, Metric] = {
    "principal exact": lambda s: _ratio(sum(c.principal_exact for c in s), len(s)),
    "principal 3-character": lambda s: _ratio(sum(c.principal_category for c in s), len(s)),
    "others precision": lambda s: _ratio(
        sum(c.others_hit for c in s), sum(c.others_proposed for c in s)
    ),
    "others recall": lambda s: _ratio(sum(c.others_hit for c in s), sum(c.others_gold for c in s)),
    "others F1": lambda s: _f1(
        sum(c.others_hit for c in s),
        sum(c.others_proposed for c in s),
        sum(c.others_gold for c in s),
    ),
    "procedures precision": lambda s: _ratio(
        sum(c.procedures_hit for c in s), sum(c.procedures_proposed for c in s)
    ),
    "procedures recall": lambda s: _ratio(
        sum(c.procedures_hit for c in s), sum(c.procedures_gold for c in s)
    ),
    "procedures F1": lambda s: _f1(
        sum(c.procedures_hit for c in s),
        sum(c.procedures_proposed for c in s),
        sum(c.procedures_gold for c in s),
    ),
    "DRG exact": lambda s: _ratio(sum(c.drg_exact for c in s), len(s)),
    "must-not violations per case": lambda s: _ratio(sum(c.must_not for c in s), len(s)),
}


def figures(scores: Sequence[CaseScore], seed: int, draws: int) -> dict[str, Figure]:
    """Return every metric with its bootstrap interval.

    Parameters
    ----------
    scores
        One entry a case; at least one.
    seed
        Seed of the resampling.
    draws
        Number of resamples.
    """
    dice = random.Random(seed)
    resamples = [dice.choices(scores, k=len(scores)) for _ in range(draws)]
    result = {}
    for name, metric in METRICS.items():
        values = sorted(metric(sample) for sample in resamples)
        low = values[int(0.025 * (draws - 1))]
        high = values[int(0.975 * (draws - 1))]
        result[name] = Figure(metric(scores), low, high)
    return result
