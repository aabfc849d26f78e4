"""Read the documents of one case (病历阅读): sections, sentences, lists, mentions.

Entry points of the package: :func:`load_reading_lexicon`, :func:`read_documents`,
:func:`find_mentions`.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

from zhibian.documents.assertion import CUE_WINDOW, assert_mention, find_cues
from zhibian.documents.lexicon import CueLexicon, ReadingLexicon, load_reading_lexicon
from zhibian.documents.lines import unwrap
from zhibian.documents.lists import list_items
from zhibian.documents.matcher import Match, TermMatcher
from zhibian.documents.normalise import normalise
from zhibian.documents.sections import document_rule, split_sections
from zhibian.documents.sentences import split_sentences
from zhibian.documents.types import (
    DocumentKind,
    ListItem,
    Mention,
    Reading,
    Section,
    Sentence,
    Span,
)
from zhibian.records.types import Document

__all__ = ["find_mentions", "load_reading_lexicon", "place_mentions", "read_documents"]

_LONGEST_CUE = 16


def read_documents(documents: Sequence[Document], lexicon: ReadingLexicon) -> Reading:
    """Return the structure of the documents of one case.

    Parameters
    ----------
    documents
        Documents in the order of the case.
    lexicon
        From :func:`load_reading_lexicon`.

    Returns
    -------
    Reading
        Kinds, normalised texts, sections, sentences and list entries; every span
        points into the original text of its document.
    """
    kinds: list[DocumentKind] = []
    texts: list[str] = []
    sections: list[Section] = []
    sentences: list[Sentence] = []
    items: list[ListItem] = []
    for index, document in enumerate(documents):
        text = unwrap(normalise(document.text))
        rule = document_rule(document.type, document.title, lexicon)
        own = split_sections(text, index, rule, lexicon)
        kinds.append(rule.kind)
        texts.append(text)
        sections.extend(own)
        sentences.extend(split_sentences(text, own))
        items.extend(list_items(text, own, lexicon.lists))
    return Reading(tuple(kinds), tuple(texts), tuple(sections), tuple(sentences), tuple(items))


def find_mentions(
    reading: Reading, matcher: TermMatcher, lexicon: ReadingLexicon
) -> tuple[Mention, ...]:
    """Return every dictionary term of a case with what the record says of it.

    Parameters
    ----------
    reading
        From :func:`read_documents`.
    matcher
        Terms to be found.
    lexicon
        From :func:`load_reading_lexicon`.

    Returns
    -------
    tuple of Mention
        In order of document and position. Terms in headings, and terms that name
        no illness where they stand (抗结核, 糖尿病饮食), are left out.
    """
    return tuple(
        mention
        for document, text in enumerate(reading.normalised)
        for mention in place_mentions(
            reading, document, list(matcher.find_over_breaks(text)), lexicon.cues
        )
    )


def place_mentions(
    reading: Reading, document: int, matches: Sequence[Match], cues: CueLexicon
) -> Iterator[Mention]:
    """Yield the mentions at given stretches of one document, with what the record says of them.

    Parameters
    ----------
    reading
        From :func:`read_documents`.
    document
        Index of the document.
    matches
        Start, end and term of each stretch, in order; they don't overlap.
    cues
        Cues of assertion, and the words around which a term names nothing.

    Yields
    ------
    Mention
        Stretches in headings, and those that name no illness where they stand
        (抗结核, 糖尿病饮食), are left out.
    """
    text = _mended(reading.normalised[document], matches)
    sentences = [s for s in reading.sentences if s.span.document == document]
    starts = [s.span.start for s in sentences]
    entries = [(i, e) for i, e in enumerate(reading.items) if e.span.document == document]
    entry_starts = [entry.span.start for _, entry in entries]
    hits = find_cues(text, cues)
    hit_starts = [hit[0] for hit in hits]
    decoys = list(cues.decoys.find(text))
    decoy_starts = [decoy[0] for decoy in decoys]
    for start, end, term in matches:
        sentence = _sentence(sentences, starts, start, end)
        if sentence is None:
            continue
        decoy = bisect_right(decoy_starts, start) - 1
        if decoy >= 0 and end <= decoys[decoy][1]:
            continue
        if _names_nothing(text, start, end, cues):
            continue
        item = _item(entries, entry_starts, start, end)
        bounds = None if item is None else (entries[item][1].span.start, entries[item][1].span.end)
        low = bisect_left(hit_starts, start - CUE_WINDOW - _LONGEST_CUE)
        high = bisect_right(hit_starts, end + CUE_WINDOW + _LONGEST_CUE)
        assertion, cue = assert_mention(
            text, (start, end), sentence.section, cues, bounds=bounds, hits=hits[low:high]
        )
        yield Mention(
            span=Span(document, start, end),
            term=term,
            section=sentence.section,
            sentence=sentence.span,
            assertion=assertion,
            cue=cue,
            item=None if item is None else entries[item][0],
        )


def _mended(text: str, matches: Sequence[Match]) -> str:
    """Return the text with blanks for the line ends inside terms: they end no sentence."""
    pieces, at = [], 0
    for start, end, term in matches:
        if end - start > len(term):
            pieces += [text[at:start], text[start:end].replace("\n", " ")]
            at = end
    return "".join([*pieces, text[at:]]) if pieces else text


def _sentence(
    sentences: Sequence[Sentence], starts: Sequence[int], start: int, end: int
) -> Sentence | None:
    """Return the sentence that holds a stretch, or the two lines of a section that do."""
    place = bisect_right(starts, start) - 1
    if place < 0:
        return None
    first = sentences[place]
    if end <= first.span.end:
        return first
    last = sentences[min(place + 1, len(sentences) - 1)]
    if start >= first.span.end or end > last.span.end or last.section is not first.section:
        return None
    return Sentence(first.section, Span(first.span.document, first.span.start, last.span.end))


def _item(
    entries: Sequence[tuple[int, ListItem]], starts: Sequence[int], start: int, end: int
) -> int | None:
    place = bisect_right(starts, start) - 1
    if place < 0 or end > entries[place][1].span.end:
        return None
    return place


def _names_nothing(text: str, start: int, end: int, cues: CueLexicon) -> bool:
    return text.endswith(cues.no_mention_before, 0, start) or text.startswith(
        cues.no_mention_after, end
    )
