"""Find procedures that the record tells by act and site instead of by name (叙述中的操作)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from zhibian.coding.procedure.narrative_rules import NarrativeRules, Slot, Statement
from zhibian.documents.types import Assertion, DocumentKind, Mention, Reading, Sentence, Span

_CLAUSE_ENDS = ",，。;\n"
# How far from a statement a word may stand that makes it something else, in characters.
_BESIDE = 10
# How far behind it the words may stand that take it back (取消, 失败), in characters.
_BEHIND = 6

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
    found = [
        [hit for hit in rules.matcher.find_all(text) if not _is_idle(hit, text, rules)]
        for text in reading.normalised
    ]
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
        everywhere = _places(hits, text)
        for sentence, places in _by_sentence(index, hits, reading):
            # The course of an operation names the organ in one sentence, the act in the next.
            wide = everywhere if document.kind is DocumentKind.OPERATION else places
            told.extend(_told_in(sentence, places, wide, document, in_case, rules))
    return tuple(told)


def _is_idle(hit: tuple[int, int], text: str, rules: NarrativeRules) -> bool:
    """Return whether the clause of a word says that the organ was only looked at (阑尾外观正常)."""
    if text[hit[0] : hit[1]] not in rules.sites:
        return False
    opens = max(text.rfind(mark, 0, hit[0]) for mark in _CLAUSE_ENDS) + 1
    closes = min((p for mark in _CLAUSE_ENDS if (p := text.find(mark, hit[1])) >= 0), default=-1)
    clause = text[opens : closes if closes >= 0 else len(text)]
    return any(word in clause for word in rules.idle)


def _places(hits: Iterable[tuple[int, int]], text: str) -> Places:
    places: dict[str, list[tuple[int, int]]] = {}
    for start, end in hits:
        places.setdefault(text[start:end], []).append((start, end))
    return places


def _by_sentence(
    index: int, hits: Sequence[tuple[int, int]], reading: Reading
) -> Iterator[tuple[Sentence, Places]]:
    sentences = [s for s in reading.sentences if s.span.document == index]
    starts = [s.span.start for s in sentences]
    own: dict[int, list[tuple[int, int]]] = {}
    for start, end in hits:
        number = bisect_right(starts, start) - 1
        if number >= 0 and end <= sentences[number].span.end:
            own.setdefault(number, []).append((start, end))
    for number in sorted(own):
        yield sentences[number], _places(own[number], reading.normalised[index])


def _told_in(
    sentence: Sentence,
    places: Places,
    wide: Places,
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
            for stretch in _stretches(places[word], way, wide, statement):
                assertion = _assertion(stretch, sentence, document, rules)
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
        near = frozenset(places) | _words_between(wide, *stretch)
        for code in _codes(statement, near, document):
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


def _words_between(places: Places, low: int, high: int) -> frozenset[str]:
    return frozenset(
        word
        for word, stretches in places.items()
        if any(low <= start and end <= high for start, end in stretches)
    )


def _codes(statement: Statement, here: frozenset[str], document: _Document) -> tuple[str, ...]:
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
    anchors: Iterable[tuple[int, int]],
    way: tuple[Slot, ...],
    places: Places,
    statement: Statement,
) -> Iterator[tuple[int, int]]:
    """Yield stretches around a word of the first slot that fill every slot within reach."""
    for start, end in anchors:
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
    stretch: tuple[int, int], sentence: Sentence, document: _Document, rules: NarrativeRules
) -> Assertion:
    """Return whether the clause of a statement says that it was planned, refused or past."""
    start, end = stretch
    text = document.text
    opens = min(sentence.span.start, start)
    clause = max(text.rfind(mark, opens, start) for mark in _CLAUSE_ENDS) + 1
    own = rules.assurances.sub("", text[max(clause, opens) : end])
    # The course of an operation tells what was avoided and prepared; only a refusal counts there.
    in_operation = document.kind is DocumentKind.OPERATION
    doubts = rules.doubts_in_operation if in_operation else rules.doubts
    if any(word in own for word in doubts) or text.endswith(rules.refusals, 0, start):
        return Assertion.PLANNED
    ahead = text[opens:end]
    past = not in_operation and (
        any(word in ahead for word in rules.past) or rules.past_years.search(ahead) is not None
    )
    if past or text.startswith(rules.past_behind, end):
        return Assertion.HISTORICAL
    if any(word in text[end : end + _BEHIND] for word in rules.doubts_behind):
        return Assertion.NEGATED
    return Assertion.PRESENT
