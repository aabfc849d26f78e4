"""Sentences and lines (句), each inside one section."""

from __future__ import annotations

import re
from collections.abc import Iterator

from zhibian.documents.types import Section, Sentence, Span

# A question mark marks doubt in clinical text (肺炎？), it ends no sentence.
_BREAK = re.compile(r"[。;!\n]+")


def split_sentences(text: str, sections: tuple[Section, ...]) -> tuple[Sentence, ...]:
    """Divide sections into sentences: what a coder is shown as evidence.

    Parameters
    ----------
    text
        Normalised text of the document.
    sections
        Sections of that document.

    Returns
    -------
    tuple of Sentence
        Sentences in order, end mark included, blank margins excluded.
    """
    return tuple(
        Sentence(section.kind, Span(section.span.document, start, end))
        for section in sections
        for start, end in _pieces(text, section.span.start, section.span.end)
    )


def _pieces(text: str, begin: int, end: int) -> Iterator[tuple[int, int]]:
    start = begin
    for mark in _BREAK.finditer(text, begin, end):
        yield from _piece(text, start, mark.end())
        start = mark.end()
    yield from _piece(text, start, end)


def _piece(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while start < end and text[start] in " \n":
        start += 1
    while end > start and text[end - 1] in " \n":
        end -= 1
    if start < end:
        yield start, end
