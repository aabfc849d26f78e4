"""Discharge diagnoses written without a heading (无标题的出院诊断).

Many discharge records end in a line of diagnoses and never say 出院诊断 (十二指肠溃疡并出血、
失血性休克、急性失血性贫血。). Such a line is read as the discharge diagnosis list, where the
record has no other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from zhibian.coding.dictionary import Dictionary
from zhibian.coding.select import SelectionRules
from zhibian.documents.types import (
    Assertion,
    DocumentKind,
    ListItem,
    Mention,
    Reading,
    SectionKind,
    Sentence,
    Span,
)

_PIECE = re.compile(r"(?:\([^()\n]{0,40}\)|[^、,;。\s()])+")
_LEAD = re.compile(r"^[^:]{0,8}:")
# 腹部彩超:脂肪肝、胆囊息肉 is what a picture shows, no list of diagnoses.
_REPORT = re.compile(r"超|CT|MR|X线|片|图|镜|检|病理|扫描|示:|史:|体征")
_REMARK = re.compile(r"\([^()]{0,40}\)")
# Gravidity, weeks and position stand between obstetric diagnoses and are none.
_BESIDE = re.compile(r"(?:G\d+P\d+|\d{1,2}\+?\d?周?|[LR]O[APT]|[\d.]+|术后|HP\+?)$", re.IGNORECASE)
_LEAST_DIAGNOSES = 2
_LEAST_SHARE = 0.6
_COVERED = 0.5


def with_discharge_statements(
    reading: Reading, mentions: Sequence[Mention], terms: Dictionary, rules: SelectionRules
) -> tuple[Reading, tuple[Mention, ...]]:
    """Return reading and mentions with an unheaded discharge list made a list.

    Parameters
    ----------
    reading
        The record.
    mentions
        Its mentions, in the order of the record.
    terms
        Tells which mentions are diagnoses.
    rules
        Tells which of them are no diagnoses of a list (symptoms).
    """
    has_list = any(
        item.section is SectionKind.DISCHARGE_DIAGNOSIS
        and reading.kinds[item.span.document] is DocumentKind.DISCHARGE_RECORD
        for item in reading.items
    )
    if has_list:
        return reading, tuple(mentions)
    by_sentence: dict[Span, list[Mention]] = {}
    for mention in mentions:
        codes = terms.codes(mention.term)
        is_disease = bool(codes) and not codes[0].startswith(rules.last_resort)
        if is_disease and mention.assertion is Assertion.PRESENT:
            by_sentence.setdefault(mention.sentence, []).append(mention)
    statements = [
        list(_statement(sentence, by_sentence, reading))
        for sentence in reading.sentences
        if reading.kinds[sentence.span.document] is DocumentKind.DISCHARGE_RECORD
    ]
    # The fullest line is the list; a second one repeats it or speaks of a consultation.
    pieces = max(statements, key=len, default=[])
    if not pieces:
        return reading, tuple(mentions)
    first = len(reading.items)
    items = [
        ListItem(SectionKind.DISCHARGE_DIAGNOSIS, span, order) for order, span in enumerate(pieces)
    ]
    moved = [_moved(mention, pieces, first) for mention in mentions]
    return replace(reading, items=(*reading.items, *items)), tuple(moved)


def _statement(
    sentence: Sentence, mentions: Mapping[Span, Sequence[Mention]], reading: Reading
) -> Iterator[Span]:
    """Yield the pieces of a sentence that is a line of diagnoses, or nothing."""
    own = mentions.get(sentence.span, ())
    if len(own) < _LEAST_DIAGNOSES:
        return
    document = sentence.span.document
    text = reading.normalised[document]
    start = sentence.span.start
    lead = _LEAD.match(text[start : sentence.span.end])
    if lead and _REPORT.search(lead.group()):
        return
    spans = [
        Span(document, match.start(), match.end())
        for match in _PIECE.finditer(text, start + (lead.end() if lead else 0), sentence.span.end)
    ]
    counted = [span for span in spans if not _BESIDE.match(text[span.start : span.end])]
    diagnoses = [span for span in counted if _is_covered(span, own, text)]
    if len(diagnoses) >= max(_LEAST_DIAGNOSES, _LEAST_SHARE * len(counted)):
        yield from diagnoses


def _is_covered(span: Span, mentions: Sequence[Mention], text: str) -> bool:
    """Return whether diagnoses make up most of a piece, remarks in brackets aside."""
    length = len(_REMARK.sub("", text[span.start : span.end]))
    inside = sum(
        m.span.end - m.span.start
        for m in mentions
        if span.start <= m.span.start and m.span.end <= span.end
    )
    return inside >= _COVERED * length > 0


def _moved(mention: Mention, pieces: Sequence[Span], first: int) -> Mention:
    """Return a mention that stands in a piece as a mention of its list entry."""
    for order, piece in enumerate(pieces):
        if (
            piece.document == mention.span.document
            and piece.start <= mention.span.start
            and mention.span.end <= piece.end
        ):
            return replace(mention, section=SectionKind.DISCHARGE_DIAGNOSIS, item=first + order)
    return mention
