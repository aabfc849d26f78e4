"""Compare the codes of a page with gold codes (编码比对): the one home of its conventions.

- principal: right where it is the gold code or one of its ``acceptable`` codes.
- others, procedures: an ``acceptable`` code counts as its gold code, and each gold code is hit
  once; codes under neutral families are neither right nor wrong unless they are gold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

# The conventions of the gold codes: neither right nor wrong when proposed.
_SYMPTOMS = tuple(f"R{n:02d}" for n in range(100) if n not in {57, 64, 65})
NEUTRAL_DIAGNOSES = ("B95", "B96", "B97", "B98", "O26.9", "V", "W", "X", "Y", *_SYMPTOMS)
NEUTRAL_PROCEDURES = ("99.0", "87.", "88.0", "88.1", "88.2", "88.3", "88.7", "88.9", "89.")

Gold = Mapping[str, Any]


class Coded(Protocol):
    """A line of a page, whoever gave it."""

    @property
    def code(self) -> str:
        """Return the code of the line."""
        ...


C = TypeVar("C", bound=Coded)


@dataclass(frozen=True, slots=True)
class Match(Generic[C]):
    """One given code against gold (编码比对): ``gold`` is None where it is wrong.

    Attributes
    ----------
    entry
        The line as given.
    gold
        The gold entry that it hits.
    counts
        False for codes that are neither right nor wrong.
    """

    entry: C
    gold: Gold | None
    counts: bool


def acceptable(gold: Gold) -> Mapping[str, Sequence[str]]:
    """Return the codes that are accepted for a gold code, by gold code."""
    accepted: Mapping[str, Sequence[str]] = gold.get("acceptable", {})
    return accepted


def accepted_principal(gold: Gold) -> frozenset[str]:
    """Return the codes that are right as principal diagnosis."""
    answer = gold["principal"]["code"]
    return frozenset({answer, *acceptable(gold).get(answer, ())})


def principal_match(given: C | None, gold: Gold) -> Match[C] | None:
    """Compare the principal diagnosis; None when none is given."""
    if given is None:
        return None
    right = given.code in accepted_principal(gold)
    return Match(given, gold["principal"] if right else None, counts=True)


def other_matches(given: Sequence[C], gold: Gold) -> tuple[Match[C], ...]:
    """Compare the other diagnoses, in their order."""
    return match_codes(given, gold["others"], acceptable(gold), NEUTRAL_DIAGNOSES)


def procedure_matches(given: Sequence[C], gold: Gold) -> tuple[Match[C], ...]:
    """Compare the procedures, in their order."""
    return match_codes(given, gold["procedures"], acceptable(gold), NEUTRAL_PROCEDURES)


def match_codes(
    given: Sequence[C],
    gold: Sequence[Gold],
    accepted: Mapping[str, Sequence[str]],
    neutral: tuple[str, ...],
) -> tuple[Match[C], ...]:
    """Match given codes in their order; each gold code is hit at most once.

    Parameters
    ----------
    given
        Codes to judge.
    gold
        Gold entries.
    accepted
        Accepted codes by gold code.
    neutral
        Families that are neither right nor wrong.
    """
    left = list(gold)
    found = []
    for entry in given:
        hit = next(
            (g for g in left if entry.code in (g["code"], *accepted.get(g["code"], ()))), None
        )
        if hit is not None:
            left.remove(hit)
        found.append(Match(entry, hit, hit is not None or not entry.code.startswith(neutral)))
    return tuple(found)


def counted_gold(
    matches: Sequence[Match[Any]], gold: Sequence[Gold], neutral: tuple[str, ...]
) -> tuple[tuple[Gold, bool], ...]:
    """Return the gold entries that count and whether each was hit.

    Those of neutral families count only where they were hit.
    """
    hit = {id(match.gold) for match in matches if match.gold is not None}
    return tuple(
        (entry, id(entry) in hit)
        for entry in gold
        if id(entry) in hit or not str(entry["code"]).startswith(neutral)
    )
