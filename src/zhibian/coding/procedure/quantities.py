"""Codes that a number in the text decides (按数量取码): hours, stents, vessels, vertebrae."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta

from zhibian.coding.dates import date_near
from zhibian.coding.procedure.gather import says
from zhibian.coding.procedure.rules import ProcedureRules, Quantity
from zhibian.coding.types import AppliedRule, Finding
from zhibian.documents.types import Reading, SectionKind
from zhibian.records.types import Case

_MOMENT = re.compile(
    r"(?:(?P<year>\d{4})[-./年])?(?P<month>\d{1,2})[-/月](?P<day>\d{1,2})日?"
    r"(?:[ T]?(?P<hour>\d{1,2})[:时](?P<minute>\d{2})?)?"
)
# How far a time may stand from the words that it belongs to, in characters.
_NEAR = 14
_ANY_YEAR = 2000


# L4-S1, C5/6, T12~L2: first and last vertebra of a stretch of the spine.
_SPINE = re.compile(r"([CTLS])(\d{1,2})\s*[-~/至]\s*([CTLS]?)(\d{1,2})")
_FIRST_VERTEBRA = {"C": 0, "T": 7, "L": 19, "S": 24}


def with_quantities(
    findings: Mapping[str, Finding],
    case: Case,
    reading: Reading,
    rules: ProcedureRules,
    applied: list[AppliedRule],
) -> dict[str, Finding]:
    """Add the codes that counts and durations decide.

    Parameters
    ----------
    findings
        Procedures that would be proposed, by code.
    case, reading
        The record.
    rules
        Quantities with their patterns and bands.
    applied
        Takes a note of each rule that applied.
    """
    current = dict(findings)
    for rule in rules.quantities:
        origin = next((current[code] for code in rule.applies_to if code in current), None)
        if origin is None:
            continue
        number = _counted(rule, origin, case, reading, rules.numerals)
        if number is None:
            continue
        code = next((b.code for b in rule.bands if b.at_least <= number < b.below), None)
        if code is None or code in current:
            continue
        # A duration replaces the code that leaves it open; a count is coded beside it.
        if code in rule.applies_to:
            for vague in rule.applies_to:
                current.pop(vague, None)
        current[code] = replace(origin, code=code)
        applied.append(AppliedRule(rule.id, rule.explanation, (origin.code, code)))
    return current


def _counted(
    rule: Quantity, origin: Finding, case: Case, reading: Reading, numerals: Mapping[str, int]
) -> float | None:
    """Return the number that a rule asks for, or None when the text does not tell."""
    documents = (
        range(len(reading.normalised))
        if rule.combine == "longest"
        else sorted({evidence.span.document for evidence in origin.supporting})
    )
    numbers: list[float] = []
    named: set[str] = set()
    vertebrae: set[int] = set()
    for document in documents:
        own: list[float] = []
        for text in _sentences(rule, document, reading):
            named.update(
                name for name, words in rule.groups.items() if any(word in text for word in words)
            )
            vertebrae.update(_vertebrae(text))
            own.extend(_written(rule, text, numerals) or _each(rule, text))
        # The same stents are told again in the discharge record: one document's sum is the sum.
        if own:
            numbers.append(sum(own) if rule.combine == "sum" else max(own))
    if rule.combine == "distinct":
        return float(len(named)) if named else None
    if rule.combine == "vertebrae" and not numbers:
        return float(len(vertebrae)) if vertebrae else None
    if not numbers and rule.start_terms:
        numbers.extend(h for text in reading.normalised for h in _intervals(rule, text))
        if not numbers:
            numbers.extend(_noted_days(rule, origin, case, reading))
    return max(numbers, default=None)


def _sentences(rule: Quantity, document: int, reading: Reading) -> Iterator[str]:
    for sentence in reading.sentences:
        if sentence.span.document == document:
            text = reading.normalised[document][sentence.span.start : sentence.span.end]
            if any(word in text for word in rule.mention_terms) and not any(
                word in text for word in rule.exclude_terms
            ):
                yield text


def _vertebrae(text: str) -> Iterator[int]:
    """Yield the vertebrae of every stretch of the spine named in a text, counted from the atlas."""
    for match in _SPINE.finditer(text):
        region, first, other, last = match.groups()
        start = _FIRST_VERTEBRA[region] + int(first)
        end = _FIRST_VERTEBRA[other or region] + int(last)
        if start < end <= start + 12:
            yield from range(start, end + 1)


def _each(rule: Quantity, text: str) -> list[float]:
    """Return one for each piece told with its measures but without a number."""
    return [1.0 for pattern in rule.each for _ in pattern.finditer(text)]


def _noted_days(rule: Quantity, origin: Finding, case: Case, reading: Reading) -> Iterator[float]:
    """Yield the hours between the days of the notes that tell of beginning and end."""
    if case.admission is None or case.admission.admitted is None:
        return
    admitted = case.admission.admitted.date()

    def day(document: int, start: int, end: int) -> date | None:
        return date_near(reading, document, start, end, case.documents[document].time, admitted)

    began = [
        day(e.span.document, e.span.start, e.span.end)
        for e in origin.supporting
        if e.section is not SectionKind.TREATMENT_COURSE
    ]
    ended = [
        day(s.span.document, s.span.start, s.span.end)
        for s in reading.sentences
        if says(rule.end_terms, reading.normalised[s.span.document][s.span.start : s.span.end])
    ]
    start = min((d for d in began if d is not None), default=None)
    if start is not None:
        end = min((d for d in ended if d is not None and d >= start), default=None)
        if end is not None:
            yield (end - start) / timedelta(hours=1)


def _written(rule: Quantity, text: str, numerals: Mapping[str, int]) -> list[float]:
    # Two patterns may read the same number: each number in the text counts once.
    read: set[int] = set()
    numbers: list[float] = []
    for pattern, factor in rule.patterns:
        for match in pattern.finditer(text):
            if match.start("n") in read:
                continue
            read.add(match.start("n"))
            number = match.group("n")
            numbers.append(
                factor * (float(numerals[number]) if number in numerals else float(number))
            )
    return numbers


def _intervals(rule: Quantity, text: str) -> Iterator[float]:
    """Yield hours between a written start (01-06 10:30 上机) and the next written end (撤机)."""
    start: datetime | None = None
    for match in _MOMENT.finditer(text):
        behind = text[match.end() : match.end() + _NEAR]
        moment = _moment(match)
        if moment is None:
            continue
        if any(word in behind for word in rule.end_terms) and start is not None:
            end = moment if moment >= start else moment.replace(year=moment.year + 1)
            yield (end - start) / timedelta(hours=1)
            start = None
        elif any(word in behind for word in rule.start_terms):
            start = moment


def _moment(match: re.Match[str]) -> datetime | None:
    part = match.groupdict()
    try:
        return datetime(
            int(part["year"] or _ANY_YEAR),
            int(part["month"]),
            int(part["day"]),
            int(part["hour"] or 0),
            int(part["minute"] or 0),
        )
    except ValueError:
        return None
