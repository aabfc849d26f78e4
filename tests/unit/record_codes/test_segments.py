"""Long passages in overlapping segments: nothing lost, nothing twice."""

from __future__ import annotations

import pytest

from zhibian.coding.record_codes.segments import Segment, Tokens, batches, cut
from zhibian.coding.record_codes.text import Passage, digest_of

HEADING, FRAME = (7, 8), (1, 2)


def segments(length: int, *, longest: int = 20, overlap: int = 4) -> list[Segment]:
    passage = Passage("现病史", 0, 100, "x" * length)
    tokens = Tokens(range(1000, 1000 + length), [(i, i + 1) for i in range(length)])
    return list(cut(passage, tokens, HEADING, FRAME, longest=longest, overlap=overlap))


@pytest.mark.parametrize("length", [1, 15, 16, 17, 31, 100])
def test_every_piece_is_read_once_in_order(length: int) -> None:
    found = segments(length)
    read = [segment.ids[place] for segment in found for place in segment.body]
    assert read == list(range(1000, 1000 + length))
    places = [offset for segment in found for offset in segment.offsets]
    assert places == [(100 + i, 101 + i) for i in range(length)]


def test_segments_fit_and_begin_with_their_heading() -> None:
    for segment in segments(100):
        assert len(segment.ids) <= 20
        assert segment.ids[:3] == (1, 7, 8)
        assert segment.ids[-1] == 2


def test_later_segments_read_the_end_of_the_one_before_again() -> None:
    first, second = segments(30)[:2]
    assert second.ids[3:7] == first.ids[-5:-1]
    assert second.body.start == 7


def test_a_heading_that_leaves_no_room_is_an_error() -> None:
    with pytest.raises(ValueError, match="no room"):
        segments(5, longest=8, overlap=4)


def test_batches_hold_every_segment_once_and_are_bounded() -> None:
    found = [*segments(100), *segments(3), *segments(1)]
    grouped = list(batches(found, most=40))
    assert sorted(place for batch in grouped for place in batch) == list(range(len(found)))
    for batch in grouped:
        assert len(batch) * max(len(found[place].ids) for place in batch) <= 40


def test_blanks_and_headings_do_not_change_the_digest() -> None:
    one = digest_of([Passage("主诉", 0, 3, "咳嗽 3天。\n")])
    assert one == digest_of([Passage("其他", 1, 9, "咳嗽3天。")])
    assert one != digest_of([Passage("主诉", 0, 3, "咳嗽4天。")])
