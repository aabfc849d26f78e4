"""Outcomes of coding made from codes alone, and values of metrics, for tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import strategies as st

from zhibian.evaluation.metrics.outcomes import (
    CodingOutcome,
    GivenCode,
    GoldCode,
    Level,
    PrincipalOutcome,
)
from zhibian.evaluation.metrics.registry import select
from zhibian.evaluation.metrics.resampling import total

CODES = [f"{letter}{n:02d}.{m}00" for letter in "AJ" for n in (1, 15) for m in (0, 9)]
SETS = st.lists(st.sampled_from(CODES), unique=True, max_size=4)


def value(kind: str, name: str, outcomes: Sequence[Any]) -> float:
    """Return the value of one metric over outcomes."""
    (found,) = select(kind, [name])
    return float(found.value(total(found.rows(outcomes))))


def codes(
    gold: Sequence[str],
    given: Sequence[str],
    *,
    levels: Mapping[str, Level] | None = None,
    accepted: Mapping[str, Sequence[str]] | None = None,
    neutral: Sequence[str] = (),
    confidence: Mapping[str, float] | None = None,
) -> tuple[tuple[GivenCode, ...], tuple[GoldCode, ...]]:
    """Match given codes in their order, each gold code once, as scoring does."""
    levels, accepted, confidence = levels or {}, accepted or {}, confidence or {}
    left, found = list(gold), []
    for code in given:
        hit = next((one for one in left if code in (one, *accepted.get(one, ()))), None)
        if hit is not None:
            left.remove(hit)
        counts = hit is not None or code not in neutral
        found.append(GivenCode(code, confidence.get(code), hit, counts, levels.get(code, "none")))
    return tuple(found), tuple(
        GoldCode(
            code, levels.get(code, "none"), code not in left, frozenset(accepted.get(code, ()))
        )
        for code in gold
    )


def coded(
    *,
    gold: str = "A00.000",
    principal: str | None = None,
    accepted: Sequence[str] = (),
    others: tuple[Sequence[str], Sequence[str]] = ((), ()),
    procedures: tuple[Sequence[str], Sequence[str]] = ((), ()),
) -> CodingOutcome:
    """Return an outcome of gold and given codes."""
    others_given, others_gold = codes(*others)
    procedures_given, procedures_gold = codes(*procedures)
    return CodingOutcome(
        record="r",
        mdc="",
        department="",
        principal=PrincipalOutcome(gold, frozenset({gold, *accepted}), principal),
        others_given=others_given,
        others_gold=others_gold,
        procedures_given=procedures_given,
        procedures_gold=procedures_gold,
    )
