"""Give codes to phrases that no dictionary has (短语编码): list entries and tagged mentions.

A trained linker proposes the code, a trained tagger finds phrases outside of lists. Both are
optional; a phrase whose words the dictionary knows is never asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from zhibian.coding.code_mentions import DIAGNOSIS_LISTS, DiagnosisWords, entry_mention
from zhibian.coding.findings import CodedMention
from zhibian.coding.linking import core_of
from zhibian.coding.voices import Kind, PhraseLinker, TaggedMention
from zhibian.documents.assertion import find_cues
from zhibian.documents.types import Mention, Reading, Span

_SHORTEST, _LONGEST = 3, 40


@dataclass(frozen=True, slots=True)
class Phrase:
    """A stretch of the record to be linked (待链接短语).

    Attributes
    ----------
    mention
        Where it stands and what the record says of it.
    words
        What the linker is asked.
    floor
        Least score of an answer that is taken.
    families
        First characters of the codes that the dictionary found inside; an answer may refine
        them, not contradict them.
    """

    mention: Mention
    words: str
    floor: float
    families: frozenset[str]


def linked_diagnoses(
    coded: Sequence[CodedMention],
    reading: Reading,
    words: DiagnosisWords,
    tagged: Sequence[TaggedMention],
    linker: PhraseLinker | None,
) -> tuple[CodedMention, ...]:
    """Return codes for the diagnosis phrases that the dictionary leaves open.

    Parameters
    ----------
    coded
        What the dictionary found, with codes.
    reading
        The record.
    words
        Terms and rules of diagnoses, with the least scores of answers that are taken.
    tagged
        What a tagger found; those in diagnosis lists are covered by their entries.
    linker
        Without one nothing is returned.
    """
    if linker is None:
        return ()
    floors = words.selection
    mentions = [
        *((mention, floors.linker_floor) for mention in _entries(reading, words)),
        *(
            (found.mention, floors.tagged_floor)
            for found in tagged
            if found.kind == "diagnosis" and not _is_listed(found.mention)
        ),
    ]
    phrases = [p for m, floor in mentions for p in _open(m, floor, coded, reading, words, 3)]
    return tuple(_linked(phrases, "diagnosis", linker))


def linked_procedures(
    coded: Sequence[CodedMention],
    reading: Reading,
    words: DiagnosisWords,
    tagged: Sequence[TaggedMention],
    linker: PhraseLinker | None,
) -> tuple[CodedMention, ...]:
    """Return codes for tagged procedures that the dictionary leaves open.

    Parameters as `linked_diagnoses`; ``coded`` holds the procedures that the dictionary found.
    """
    if linker is None:
        return ()
    floor = words.selection.tagged_floor
    found = [mention.mention for mention in tagged if mention.kind == "procedure"]
    phrases = [p for m in found for p in _open(m, floor, coded, reading, words, 2)]
    return tuple(_linked(phrases, "procedure", linker))


def _is_listed(mention: Mention) -> bool:
    return mention.item is not None and mention.section in DIAGNOSIS_LISTS


def _entries(reading: Reading, words: DiagnosisWords) -> Iterator[Mention]:
    for index, item in enumerate(reading.items):
        if item.section in DIAGNOSIS_LISTS:
            yield entry_mention(index, reading, words.lexicon)


def _open(
    mention: Mention,
    floor: float,
    coded: Sequence[CodedMention],
    reading: Reading,
    words: DiagnosisWords,
    family: int,
) -> Iterator[Phrase]:
    """Yield a mention as a phrase where the dictionary's terms cover too little of it."""
    span = mention.span
    text = core_of(reading.normalised[span.document][span.start : span.end])
    # 甲亢待除外: words of doubt inside a phrase are none of its name, and the phrase no name.
    if not _SHORTEST <= len(text) <= _LONGEST or find_cues(text, words.lexicon.cues):
        return
    inside = [entry for entry in coded if _overlap(entry.mention.span, span)]
    covered = max((_overlap(entry.mention.span, span) for entry in inside), default=0)
    if covered < words.selection.covered_share * len(text):
        yield Phrase(mention, text, floor, frozenset(entry.code[:family] for entry in inside))


def _overlap(one: Span, other: Span) -> int:
    if one.document != other.document:
        return 0
    return max(0, min(one.end, other.end) - max(one.start, other.start))


def _linked(phrases: Sequence[Phrase], kind: Kind, linker: PhraseLinker) -> Iterator[CodedMention]:
    asked = list(dict.fromkeys(phrase.words for phrase in phrases))
    answers = dict(zip(asked, linker.link(asked, kind) if asked else (), strict=True))
    for phrase in phrases:
        best = next(iter(answers[phrase.words]), None)
        if best is None or best.score < phrase.floor:
            continue
        if phrase.families and not best.code.startswith(tuple(phrase.families)):
            continue
        yield CodedMention(replace(phrase.mention, term=phrase.words), best.code, phrase.words)
