"""The codes of one record by part of the page (按部分取编码): others, procedures, all diagnoses.

A given code stands under the label of the gold code that it hits; a wrong one under itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from zhibian.evaluation.metrics.outcomes import CodingOutcome, GivenCode, GoldCode


@dataclass(frozen=True, slots=True)
class Part:
    """Codes of one part of a page that count (一部分编码).

    Attributes
    ----------
    right
        Labels of the given codes that are right.
    given
        Labels of all given codes, the right ones among them.
    gold
        Gold codes.
    """

    right: tuple[str, ...]
    given: tuple[str, ...]
    gold: tuple[str, ...]


PartOf = Callable[[CodingOutcome], Part]


def others(outcome: CodingOutcome) -> Part:
    """Return the other diagnoses (其他诊断)."""
    return _part(outcome.others_given, outcome.others_gold)


def procedures(outcome: CodingOutcome) -> Part:
    """Return the procedures (手术操作)."""
    return _part(outcome.procedures_given, outcome.procedures_gold)


def diagnoses(outcome: CodingOutcome) -> Part:
    """Return all diagnoses as a set (全部诊断): which of them is principal doesn't matter.

    The gold principal diagnosis is right where an other diagnosis hits it, and a gold other
    diagnosis where the given principal one is it or is accepted for it; each is hit once.
    """
    principal = outcome.principal
    gold = (principal.gold, *(code.code for code in outcome.others_gold))
    accepted = {
        principal.gold: principal.accepted | {principal.gold},
        **{code.code: code.accepted | {code.code} for code in outcome.others_gold},
    }
    right = [code.gold for code in outcome.others_given if code.gold is not None]
    left = [code for code in gold if code not in right]
    wrong = []
    for code, counts in _unmatched(outcome):
        hit = next((one for one in left if code in accepted[one]), None)
        if hit is not None:
            left.remove(hit)
            right.append(hit)
        elif counts:
            wrong.append(code)
    return Part(tuple(right), (*right, *wrong), gold)


def _unmatched(outcome: CodingOutcome) -> Iterator[tuple[str, bool]]:
    """Yield the given principal diagnosis and the others that hit no gold other diagnosis."""
    if outcome.principal.given is not None:
        yield outcome.principal.given, True
    for code in outcome.others_given:
        if code.gold is None:
            yield code.code, code.counts


def _part(given: Sequence[GivenCode], gold: Sequence[GoldCode]) -> Part:
    right = tuple(code.gold for code in given if code.gold is not None)
    wrong = tuple(code.code for code in given if code.gold is None and code.counts)
    return Part(right, (*right, *wrong), tuple(code.code for code in gold))
