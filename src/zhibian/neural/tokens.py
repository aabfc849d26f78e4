"""Cut the passages of a record into segments with an encoder's own tokenizer (分词与切段)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from tokenizers import Tokenizer

from zhibian.coding.record_codes.segments import Segment, Tokens, cut
from zhibian.coding.record_codes.text import Passage
from zhibian.terminology.tables import sha256_of

_PADS = ("<pad>", "[PAD]")


class RecordTokenizer:
    """The tokenizer of an encoder, used on whole records.

    Parameters
    ----------
    path
        ``tokenizer.json`` of the encoder.
    longest
        Positions the encoder has.
    overlap
        Pieces that neighbouring segments share.
    """

    def __init__(self, path: Path, *, longest: int = 512, overlap: int = 64) -> None:
        self._tokenizer = Tokenizer.from_file(str(path))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self.longest, self.overlap = longest, overlap
        frame = self._tokenizer.encode("").ids
        self._frame = (frame[0], frame[-1])
        pads = (self._tokenizer.token_to_id(pad) for pad in _PADS)
        self.pad = next((pad for pad in pads if pad is not None), 0)
        self.fingerprint = f"{sha256_of(path)} {longest} {overlap}"
        self._heading = lru_cache(maxsize=None)(self._plain)

    def segments(self, passages: Sequence[Passage]) -> list[Segment]:
        """Return the segments of a record, in order."""
        found: list[Segment] = []
        for passage in passages:
            encoded = self._tokenizer.encode(passage.text, add_special_tokens=False)
            tokens = Tokens(encoded.ids, encoded.offsets)
            heading = self._heading(f"{passage.section}：")
            found += cut(
                passage,
                tokens,
                heading,
                self._frame,
                longest=self.longest,
                overlap=self.overlap,
            )
        return found

    def framed(self, text: str) -> list[int]:
        """Return the pieces of a short text between opening and closing piece."""
        return [self._frame[0], *self._plain(text), self._frame[1]]

    def _plain(self, text: str) -> tuple[int, ...]:
        return tuple(self._tokenizer.encode(text, add_special_tokens=False).ids)
