"""Votes of several systems for codes (多系统表决): weights and confidences, added up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from zhibian.evaluation.coders.interface import CodedLine, CodedPage, Span

Weights = Sequence[float]

# What a line counts whose system tells no confidence: it stands on the page after all.
_TOLD_NOTHING = 1.0
_MOST_EVIDENCE = 5


def principal_vote(pages: Sequence[CodedPage], weights: Weights) -> CodedLine | None:
    """Return the principal diagnosis with the most votes, ties to the earlier system.

    Parameters
    ----------
    pages
        One a system.
    weights
        Of the systems; a vote is weight times confidence.

    Returns
    -------
    CodedLine or None
        Its confidence is its share of all weights; None where no system gives a principal
        diagnosis, or all weights are zero.
    """
    lines = voted([_principal(page) for page in pages], weights)
    return lines[0] if lines else None


def voted(given: Sequence[Sequence[CodedLine]], weights: Weights) -> list[CodedLine]:
    """Return every code with its mean confidence over the systems, highest first.

    A system that does not give a code counts with zero. The line keeps the evidence of all who
    gave it, and the entry condition of the first who told one.

    Parameters
    ----------
    given
        Lines of every system.
    weights
        Of the systems.
    """
    whole = sum(weights)
    if whole <= 0:
        return []
    sums: dict[str, float] = {}
    merged: dict[str, CodedLine] = {}
    for lines, weight in zip(given, weights, strict=True):
        for line in {line.code: line for line in reversed(lines)}.values():
            told = _TOLD_NOTHING if line.confidence is None else line.confidence
            sums[line.code] = sums.get(line.code, 0.0) + weight * told
            merged[line.code] = _joined(merged.get(line.code), line)
    # Python sorts stably: of equal sums the code that came first stays first.
    order = sorted((code for code in sums if sums[code] > 0), key=lambda code: -sums[code])
    return [replace(merged[code], confidence=min(sums[code] / whole, 1.0)) for code in order]


def ranked(rankings: Sequence[Sequence[str]], weights: Weights) -> tuple[str, ...]:
    """Return one ranking out of several, by the sum of weight / place (reciprocal rank)."""
    points: dict[str, float] = {}
    for codes, weight in zip(rankings, weights, strict=True):
        for place, code in enumerate(dict.fromkeys(codes), start=1):
            points[code] = points.get(code, 0.0) + weight / place
    return tuple(sorted(points, key=lambda code: -points[code]))


def diagnoses_of(page: CodedPage) -> tuple[str, ...]:
    """Return the ranked diagnoses of a page, those of the page where it ranks none."""
    return page.ranked_diagnoses or tuple(line.code for line in (*_principal(page), *page.others))


def procedures_of(page: CodedPage) -> tuple[str, ...]:
    """Return the ranked procedures of a page, those of the page where it ranks none."""
    return page.ranked_procedures or tuple(line.code for line in page.procedures)


def _principal(page: CodedPage) -> tuple[CodedLine, ...]:
    return () if page.principal is None else (page.principal,)


def _joined(known: CodedLine | None, line: CodedLine) -> CodedLine:
    if known is None:
        return line
    evidence: Mapping[Span, None] = dict.fromkeys((*known.evidence, *line.evidence))
    return replace(known, poa=known.poa or line.poa, evidence=tuple(evidence)[:_MOST_EVIDENCE])
