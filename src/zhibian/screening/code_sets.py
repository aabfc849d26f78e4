"""Sets of codes as bits (编码集合): which sets a code, and a list of codes, meets.

Sets are written as in the rules of the front page (`zhibian.quality.front_page.selectors`). Every
distinct code is compared once in a run, however many pages bear it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from zhibian.grouping.cases import Ids
from zhibian.quality.front_page.selectors import CodeSelector

Words = NDArray[np.uint64]
_BITS = 64


class Memberships:
    """Answers for lists of codes which sets they meet; keeps what it found of each code.

    Parameters
    ----------
    sets
        The sets; set k is bit k % 64 of word k // 64.
    """

    def __init__(self, sets: Sequence[CodeSelector]) -> None:
        self._sets = tuple(sets)
        self.words = max(1, -(-len(self._sets) // _BITS))
        self._known: dict[str, Words] = {}

    def of_codes(self, codes: pl.Series) -> Words:
        """Return the words of each code, one row a code; null is in no set."""
        distinct = codes.drop_nulls().unique()
        self._learn(sorted(set(distinct) - self._known.keys()))
        rows = [self._known[code] for code in distinct]
        table = np.zeros((len(rows) + 1, self.words), np.uint64)
        if rows:
            table[:-1] = rows
        places = pl.DataFrame({"code": distinct, "at": np.arange(len(rows), dtype=np.uint32)})
        found = (
            codes.alias("code")
            .to_frame()
            .join(places, on="code", how="left", maintain_order="left")
        )
        at: NDArray[np.uint32] = found["at"].fill_null(len(rows)).to_numpy()
        return table[at]

    def of_lists(self, flat: pl.Series, starts: Ids) -> Words:
        """Return the words of each list: the union over its codes.

        Parameters
        ----------
        flat
            Codes of all lists, end to end.
        starts
            Where each list begins, and where the last one ends.
        """
        found = np.zeros((len(starts) - 1, self.words), np.uint64)
        filled = np.flatnonzero(np.diff(starts))
        if len(filled):
            found[filled] = np.bitwise_or.reduceat(self.of_codes(flat), starts[filled], axis=0)
        return found

    def _learn(self, codes: Sequence[str]) -> None:
        """Find the words of codes that were not met before."""
        words = np.zeros((len(codes), self.words), np.uint64)
        for number, wanted in enumerate(self._sets):
            word, bit = divmod(number, _BITS)
            kept, excluded = wanted.spans(codes)
            found = np.zeros(len(codes), np.bool_)
            for span in kept:
                found[span] = True
            for span in excluded:
                found[span] = False
            words[found, word] |= np.uint64(1 << bit)
        self._known.update(zip(codes, words, strict=True))
