"""One coded page against its gold codes (单份病历的评分)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from zhibian.evaluation.coders.interface import CodedLine, CodedPage, RecordQuestion
from zhibian.evaluation.examples import Example
from zhibian.evaluation.kinds.page_groups import PageGroups
from zhibian.evaluation.matching import (
    NEUTRAL_DIAGNOSES,
    NEUTRAL_PROCEDURES,
    Gold,
    Match,
    acceptable,
    accepted_principal,
    counted_gold,
    match_codes,
    other_matches,
    principal_match,
    procedure_matches,
)
from zhibian.evaluation.metrics.outcomes import (
    CodingOutcome,
    EvidenceOutcome,
    GivenCode,
    GoldCode,
    Level,
    PrincipalOutcome,
)
from zhibian.evaluation.questions import RecordGold
from zhibian.grouping.types import GroupingInput
from zhibian.records.types import Admission, Case

Place = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class _Ranked:
    code: str


def coding_outcome(
    example: Example[RecordQuestion, RecordGold],
    page: CodedPage,
    groups: PageGroups | None,
) -> CodingOutcome:
    """Judge one page.

    Parameters
    ----------
    example
        What was asked, and gold; its evidence is located in the documents asked about.
    page
        What the system gave.
    groups
        Scheme and tariff; None where the task groups nothing: all levels are ``none`` then.
    """
    question, gold = example.question, example.gold.block
    principal = principal_match(page.principal, gold)
    others = other_matches(page.others, gold)
    procedures = procedure_matches(page.procedures, gold)
    diagnoses = (principal, *others) if principal else others
    families = [str(entry["code_family"]) for entry in gold.get("must_not", ())]
    codes = [match.entry.code for match in diagnoses]
    entries = tuple(_entry_conditions(diagnoses))
    stay = question.case.admission
    gold_page = None if groups is None else groups.priced(gold_input(gold, stay, groups))
    return CodingOutcome(
        record=example.record,
        mdc=(gold_page.mdc or "") if gold_page else "",
        department=_department(question.case),
        principal=PrincipalOutcome(
            gold=gold["principal"]["code"],
            accepted=accepted_principal(gold),
            given=page.principal.code if page.principal else None,
            confidence=page.principal.confidence if page.principal else None,
        ),
        others_given=tuple(_given(match, groups) for match in others),
        others_gold=_gold_codes(
            counted_gold(others, gold["others"], NEUTRAL_DIAGNOSES), acceptable(gold), groups
        ),
        procedures_given=tuple(_given(match, None) for match in procedures),
        procedures_gold=_gold_codes(
            counted_gold(procedures, gold["procedures"], NEUTRAL_PROCEDURES),
            acceptable(gold),
            None,
        ),
        ranked_diagnoses=_ranked(
            page.ranked_diagnoses or _by_confidence(_diagnoses(page)),
            (gold["principal"], *gold["others"]),
            gold,
            NEUTRAL_DIAGNOSES,
        ),
        ranked_procedures=_ranked(
            page.ranked_procedures or _by_confidence(page.procedures),
            gold["procedures"],
            gold,
            NEUTRAL_PROCEDURES,
        ),
        must_not_hit=sum(any(code.startswith(family) for code in codes) for family in families),
        must_not_families=len(families),
        entry_right=sum(entries),
        entry_compared=len(entries),
        evidence=tuple(_evidence((*diagnoses, *procedures), question.case)),
        gold_page=gold_page,
        given_page=None if groups is None else groups.priced(given_input(page, stay, groups)),
        seconds=page.seconds,
    )


def gold_input(gold: Gold, stay: Admission | None, groups: PageGroups) -> GroupingInput | None:
    """Return the page of gold, or any page in the case format, as the grouper needs it."""
    return groups.page(
        gold["principal"]["code"],
        [entry["code"] for entry in gold["others"]],
        [entry["code"] for entry in gold["procedures"]],
        stay,
    )


def given_input(
    page: CodedPage, stay: Admission | None, groups: PageGroups
) -> GroupingInput | None:
    """Return the page that a system gave as the grouper needs it."""
    return groups.page(
        page.principal.code if page.principal else None,
        [line.code for line in page.others],
        [line.code for line in page.procedures],
        stay,
    )


def quoted_places(entry: Mapping[str, Any], case: Case) -> frozenset[Place]:
    """Return where the quote of a gold entry stands; a quote found twice means either place."""
    quote, number = entry.get("evidence"), entry.get("document")
    if not isinstance(quote, str) or not quote or not isinstance(number, int):
        return frozenset()
    if not 0 <= number < len(case.documents):
        return frozenset()
    return frozenset(
        (number, start, start + len(quote))
        for start in _occurrences(quote, case.documents[number].text)
    )


def _occurrences(quote: str, text: str) -> Iterator[int]:
    start = text.find(quote)
    while start >= 0:
        yield start
        start = text.find(quote, start + 1)


def _department(case: Case) -> str:
    return (case.admission.department or "") if case.admission else ""


def _diagnoses(page: CodedPage) -> tuple[CodedLine, ...]:
    return page.others if page.principal is None else (page.principal, *page.others)


def _by_confidence(lines: Iterable[CodedLine]) -> tuple[str, ...]:
    """Return the codes of a page, surest first; lines of equal or no confidence as they stand."""
    ordered = sorted(lines, key=lambda line: -(line.confidence or 0.0))
    return tuple(line.code for line in ordered)


def _level(code: str, groups: PageGroups | None) -> Level:
    return "none" if groups is None else groups.level(code)


def _given(match: Match[CodedLine], groups: PageGroups | None) -> GivenCode:
    return GivenCode(
        code=match.entry.code,
        confidence=match.entry.confidence,
        gold=None if match.gold is None else match.gold["code"],
        counts=match.counts,
        level=_level(match.entry.code, groups),
    )


def _gold_codes(
    counted: Sequence[tuple[Gold, bool]],
    accepted: Mapping[str, Sequence[str]],
    groups: PageGroups | None,
) -> tuple[GoldCode, ...]:
    return tuple(
        GoldCode(
            code=entry["code"],
            level=_level(entry["code"], groups),
            hit=hit,
            accepted=frozenset(accepted.get(entry["code"], ())),
        )
        for entry, hit in counted
    )


def _ranked(
    codes: Sequence[str], entries: Sequence[Gold], gold: Gold, neutral: tuple[str, ...]
) -> tuple[str | None, ...]:
    matches = match_codes([_Ranked(c) for c in codes], entries, acceptable(gold), neutral)
    return tuple(None if m.gold is None else m.gold["code"] for m in matches if m.counts)


def _entry_conditions(diagnoses: Sequence[Match[CodedLine]]) -> Iterator[bool]:
    """Yield whether the entry condition is right, for right diagnoses whose gold tells one."""
    for match in diagnoses:
        if match.gold is not None and match.gold.get("poa") and match.entry.poa:
            yield match.entry.poa == str(match.gold["poa"])


def _evidence(matches: Sequence[Match[CodedLine]], case: Case) -> Iterator[EvidenceOutcome]:
    for match in matches:
        places = frozenset[Place]() if match.gold is None else quoted_places(match.gold, case)
        if places:
            given = frozenset((s.document, s.start, s.end) for s in match.entry.evidence)
            yield EvidenceOutcome(frozenset({_meant(places, given)}), given)


def _meant(places: frozenset[Place], given: frozenset[Place]) -> Place:
    """Return one place of a quote that stands several times: the one most given, else the first."""
    return max(sorted(places), key=lambda place: max((_shared(place, g) for g in given), default=0))


def _shared(one: Place, other: Place) -> int:
    """Return how many characters two places have in common."""
    same = one[0] == other[0]
    return max(0, min(one[2], other[2]) - max(one[1], other[1])) if same else 0
