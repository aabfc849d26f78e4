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
from zhibian.coding.voices import Kind, PhraseLinker, Voices
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
    categories
        Categories of the codes that the dictionary found inside; an answer may refine them,
        not contradict them.
    """

    mention: Mention
    words: str
    floor: float
    categories: frozenset[str]


def linked_diagnoses(
    coded: Sequence[CodedMention], reading: Reading, words: DiagnosisWords, voices: Voices
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
    voices
        Models in use; without a linker nothing is returned.
    """
    if voices.linker is None:
        return ()
    phrases = [*_open_entries(coded, reading, words), *_tagged(coded, reading, words, voices)]
    return tuple(_linked(phrases, "diagnosis", voices.linker))


def _open_entries(
    coded: Sequence[CodedMention], reading: Reading, words: DiagnosisWords
) -> Iterator[Phrase]:
    """Yield entries of diagnosis lists that the dictionary's terms cover too little."""
    for index, item in enumerate(reading.items):
        if item.section not in DIAGNOSIS_LISTS:
            continue
        mention = entry_mention(index, reading, words.lexicon)
        yield from _open(mention, coded, reading, words, words.selection.linker_floor)


def _tagged(
    coded: Sequence[CodedMention], reading: Reading, words: DiagnosisWords, voices: Voices
) -> Iterator[Phrase]:
    """Yield tagged mentions outside of diagnosis lists."""
    if voices.tagger is None:
        return
    for found in voices.tagger.tag(reading):
        listed = found.mention.item is not None and found.mention.section in DIAGNOSIS_LISTS
        if found.kind == "diagnosis" and not listed:
            yield from _open(found.mention, coded, reading, words, words.selection.tagged_floor)


def _open(
    mention: Mention,
    coded: Sequence[CodedMention],
    reading: Reading,
    words: DiagnosisWords,
    floor: float,
) -> Iterator[Phrase]:
    span = mention.span
    text = core_of(reading.normalised[span.document][span.start : span.end])
    # 甲亢待除外: words of doubt inside a phrase are none of its name, and the phrase no name.
    if not _SHORTEST <= len(text) <= _LONGEST or find_cues(text, words.lexicon.cues):
        return
    inside = [entry for entry in coded if _overlap(entry.mention.span, span)]
    covered = max((_overlap(entry.mention.span, span) for entry in inside), default=0)
    if covered < words.selection.covered_share * len(text):
        yield Phrase(mention, text, floor, frozenset(entry.code[:3] for entry in inside))


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
        if phrase.categories and best.code[:3] not in phrase.categories:
            continue
        yield CodedMention(replace(phrase.mention, term=phrase.words), best.code, phrase.words)
