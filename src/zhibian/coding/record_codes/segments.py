"""Cut long passages into overlapping segments (长文本切段) for an encoder of 512 positions.

Every segment begins with the heading of its section, so that the encoder knows what it
reads: 糖尿病 in 家族史 is another statement than in 出院诊断.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from zhibian.coding.record_codes.text import Passage


@dataclass(frozen=True, slots=True)
class Tokens:
    """Pieces of one text (子词): numbers, and where each stands in the text."""

    ids: Sequence[int]
    offsets: Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Segment:
    """One stretch that an encoder reads at once (片段).

    Attributes
    ----------
    section
        Section of its passage.
    document
        Document of its passage.
    ids
        Pieces to encode: opening piece, heading, text, closing piece.
    body
        Positions in ``ids`` whose vectors count: text that no earlier segment had.
    offsets
        Start and end in the document, one a position of ``body``.
    """

    section: str
    document: int
    ids: tuple[int, ...]
    body: range
    offsets: tuple[tuple[int, int], ...]


def cut(
    passage: Passage,
    tokens: Tokens,
    heading: Sequence[int],
    frame: tuple[int, int],
    *,
    longest: int = 512,
    overlap: int = 64,
) -> Iterator[Segment]:
    """Yield the segments of one passage.

    Parameters
    ----------
    passage
        The passage.
    tokens
        Its pieces.
    heading
        Pieces of its heading.
    frame
        Opening and closing piece of the encoder.
    longest
        Most positions a segment.
    overlap
        Pieces of the segment before that are read again as context; their vectors are
        taken from where they were read first.

    Raises
    ------
    ValueError
        The heading and the overlap leave no room for text.
    """
    room = longest - len(heading) - len(frame)
    if room <= overlap:
        message = f"no room for text: {room} positions, {overlap} of them overlap"
        raise ValueError(message)
    begin = 0
    while begin < len(tokens.ids):
        context = min(overlap, begin)
        end = min(len(tokens.ids), begin - context + room)
        ids = (frame[0], *heading, *tokens.ids[begin - context : end], frame[1])
        first = 1 + len(heading) + context
        yield Segment(
            section=passage.section,
            document=passage.document,
            ids=ids,
            body=range(first, first + end - begin),
            offsets=tuple(
                (passage.start + a, passage.start + b) for a, b in tokens.offsets[begin:end]
            ),
        )
        begin = end


def batches(segments: Sequence[Segment], most: int = 4096) -> Iterator[list[int]]:
    """Yield places of segments of like length, a bounded number of positions together."""
    batch: list[int] = []
    for place in sorted(range(len(segments)), key=lambda place: len(segments[place].ids)):
        if batch and (len(batch) + 1) * len(segments[place].ids) > most:
            yield batch
            batch = []
        batch.append(place)
    if batch:
        yield batch
