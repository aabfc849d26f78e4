"""Find procedures that the record tells by act and site instead of by name (叙述中的操作)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from zhibian.coding.procedure.narrative_rules import NarrativeRules, Slot, Statement
from zhibian.documents.types import Assertion, DocumentKind, Mention, Reading, Sentence, Span

_CLAUSE_ENDS = ",，。;\n"
# How far from a statement a word may stand that makes it something else, in characters.
_BESIDE = 10

Places = Mapping[str, Sequence[tuple[int, int]]]


@dataclass(frozen=True, slots=True)
class ToldProcedure:
    """One statement found in the text: the code, where it stands, which rule found it."""

    code: str
    mention: Mention
    rule: str
    nursing: bool


@dataclass(frozen=True, slots=True)
class _Document:
    index: int
    kind: DocumentKind
    text: str
    words: frozenset[str]


def told_procedures(reading: Reading, rules: NarrativeRules) -> tuple[ToldProcedure, ...]:
    """Return what the documents tell of procedures without naming them.

    Parameters
    ----------
    reading
        The record.
    rules
        Statements.

    Returns
    -------
    tuple of ToldProcedure
        In order of document and sentence. The assertion of a mention is ``PLANNED`` or
        ``HISTORICAL`` where its clause says so.
    """
    found = [list(rules.matcher.find_all(text)) for text in reading.normalised]
    in_case = frozenset(
        text[start:end]
        for text, hits in zip(reading.normalised, found, strict=True)
        for start, end in hits
    )
    told: list[ToldProcedure] = []
    for index, hits in enumerate(found):
        text = reading.normalised[index]
        document = _Document(
            index,
            reading.kinds[index],
            text,
            frozenset(text[start:end] for start, end in hits),
        )
        for sentence, places in _by_sentence(index, hits, reading):
            told.extend(_told_in(sentence, places, document, in_case, rules))
    return tuple(told)


def _by_sentence(
    index: int, hits: Sequence[tuple[int, int]], reading: Reading
) -> Iterator[tuple[Sentence, Places]]:
    sentences = [s for s in reading.sentences if s.span.document == index]
    starts = [s.span.start for s in sentences]
    places: dict[int, dict[str, list[tuple[int, int]]]] = {}
    for start, end in hits:
        number = bisect_right(starts, start) - 1
        if number >= 0 and end <= sentences[number].span.end:
            word = reading.normalised[index][start:end]
            places.setdefault(number, {}).setdefault(word, []).append((start, end))
    for number in sorted(places):
        yield sentences[number], places[number]


def _told_in(
    sentence: Sentence,
    places: Places,
    document: _Document,
    in_case: frozenset[str],
    rules: NarrativeRules,
) -> Iterator[ToldProcedure]:
    told: dict[str, tuple[Statement, tuple[int, int], Assertion]] = {}
    for word in places:
        for statement, way in rules.opened_by.get(word, ()):
            known = told.get(statement.id)
            if known is not None and known[2] is Assertion.PRESENT:
                continue
            if not _applies(statement, document, in_case, rules):
                continue
            for stretch in _stretches(word, way, places, statement):
                assertion = _assertion(stretch, sentence, document.text, rules)
                if known is None or assertion is Assertion.PRESENT:
                    told[statement.id] = known = (statement, stretch, assertion)
                if assertion is Assertion.PRESENT:
                    break
    for statement, stretch, assertion in told.values():
        mention = Mention(
            span=Span(document.index, *stretch),
            term=document.text[stretch[0] : stretch[1]],
            section=sentence.section,
            sentence=sentence.span,
            assertion=assertion,
        )
        for code in _codes(statement, places, document):
            yield ToldProcedure(code, mention, statement.id, statement.nursing)


def _applies(
    statement: Statement, document: _Document, in_case: frozenset[str], rules: NarrativeRules
) -> bool:
    here = document.kind in statement.kinds or (
        # A note of the day of surgery tells the operation like its record.
        statement.surgery
        and document.kind is DocumentKind.PROGRESS
        and not rules.surgery_marks.isdisjoint(document.words)
    )
    return (
        here
        and statement.without_document.isdisjoint(document.words)
        and _filled(statement.document, document.words)
        and _filled(statement.case, in_case)
    )


def _filled(slots: tuple[Slot, ...], words: frozenset[str]) -> bool:
    return all(not slot.isdisjoint(words) for slot in slots)


def _codes(statement: Statement, places: Places, document: _Document) -> tuple[str, ...]:
    here = frozenset(places)
    return next(
        (
            choice.codes
            for choice in statement.choices
            if _filled(choice.sentence, here)
            and _filled(choice.document, document.words)
            and choice.without.isdisjoint(document.words)
        ),
        (),
    )


def _stretches(
    word: str, way: tuple[Slot, ...], places: Places, statement: Statement
) -> Iterator[tuple[int, int]]:
    """Yield stretches from ``word`` on that fill every slot within reach."""
    for start, end in places[word]:
        low, high = start, end
        used = [(start, end)]
        for slot in way[1:]:
            # One word fills one slot: 化疗 alone is no 化疗 & 化疗.
            nearest = min(
                (p for other in slot for p in places.get(other, ()) if p not in used),
                key=lambda place: max(high, place[1]) - min(low, place[0]),
                default=None,
            )
            if nearest is None:
                return
            used.append(nearest)
            low, high = min(low, nearest[0]), max(high, nearest[1])
        if high - low <= statement.reach and not _contradicted(low, high, places, statement):
            yield low, high


def _contradicted(low: int, high: int, places: Places, statement: Statement) -> bool:
    """Return whether a word that makes it something else stands in or right beside a stretch."""
    return any(
        start < high + _BESIDE and end > low - _BESIDE
        for word in statement.without
        for start, end in places.get(word, ())
    )


def _assertion(
    stretch: tuple[int, int], sentence: Sentence, text: str, rules: NarrativeRules
) -> Assertion:
    """Return whether the clause of a statement says that it was planned, refused or past."""
    start, end = stretch
    clause = max(text.rfind(mark, sentence.span.start, start) for mark in _CLAUSE_ENDS) + 1
    own = text[max(clause, sentence.span.start) : end]
    own = rules.assurances.sub("", own)
    if any(word in own for word in rules.doubts) or text.endswith(rules.refusals, 0, start):
        return Assertion.PLANNED
    ahead = text[sentence.span.start : end]
    if any(word in ahead for word in rules.past) or text.startswith(rules.past_behind, end):
        return Assertion.HISTORICAL
    return Assertion.PRESENT
