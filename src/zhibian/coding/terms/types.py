"""What linking terms works with (术语链接的类型)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]
Kind = Literal["diagnosis", "procedure"]
Method = Literal["encoder", "spelling"]


@dataclass(frozen=True, slots=True)
class LinkedCode:
    """One code that a term means (链接到的编码).

    Attributes
    ----------
    code, name
        As published.
    score
        How likely the term means this code, 0 to 1.
    """

    code: str
    name: str
    score: float


@dataclass(frozen=True, slots=True)
class TermLink:
    """A term with its codes, and what else came near (一条术语的链接结果).

    Attributes
    ----------
    term
        As written.
    codes
        Chosen codes, best first; several for a composite term, none for an empty one.
    alternatives
        Next best codes, best first.
    method
        ``encoder`` or ``spelling``: whether the neural encoder took part.
    """

    term: str
    codes: tuple[LinkedCode, ...]
    alternatives: tuple[LinkedCode, ...]
    method: Method


@dataclass(frozen=True, slots=True)
class Encoded:
    """Texts as vectors (编码后的文本).

    Attributes
    ----------
    vectors
        Unit vectors (texts, hidden).
    tokens
        Unit token vectors (texts, positions, width), zero at padding.
    weights
        Weights of the tokens (texts, positions), adding to one a text.
    """

    vectors: Floats
    tokens: Floats
    weights: Floats

    def __len__(self) -> int:
        return len(self.vectors)


class TermEncoder(Protocol):
    """Anything that encodes terms (编码器): a model on disk, or none."""

    @property
    def fingerprint(self) -> str:
        """Return the sha256 of the weights; vectors of two weights never mix."""

    def encode(self, texts: Sequence[str]) -> Encoded:
        """Return the vectors of texts, in their order."""
