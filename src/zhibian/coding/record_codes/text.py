"""A record as a classifier sees it (分类器的输入): passages, one a section, with their place."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from zhibian.documents.types import Reading


@dataclass(frozen=True, slots=True)
class Passage:
    """The text of one section (段落文本).

    Attributes
    ----------
    section
        Its heading in the house spelling, such as 现病史.
    document, start
        Where its text begins in the case.
    text
        Normalised text: every position is one of the original.
    """

    section: str
    document: int
    start: int
    text: str


def passages_of(reading: Reading) -> tuple[Passage, ...]:
    """Return the sections of a case that have text, in order."""
    found = []
    for section in reading.sections:
        span = section.span
        text = reading.normalised[span.document][span.start : span.end]
        if text.strip():
            found.append(Passage(section.kind.value, span.document, span.start, text))
    return tuple(found)


def digest_of(passages: Iterable[Passage]) -> str:
    """Return the sha256 of a record's words; blanks and headings do not count.

    Two exports of one record have the same digest, so that it can't stand on both
    sides of a split.
    """
    words = "".join("".join(passage.text.split()) for passage in passages)
    return hashlib.sha256(words.encode()).hexdigest()
