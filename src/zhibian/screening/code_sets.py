"""Sets of codes as bits (编码集合): which of the named ranges a code, and a list of codes, is in.

A range such as ``O00-O99`` compares as many characters as its ends have; anything else is a
prefix. Every distinct code is compared once in a run, however many pages bear it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from zhibian.grouping.cases import Ids

Words = NDArray[np.uint64]
_BITS = 64
_NAMED = "@"
_LAST = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class CodeSet:
    """A set of codes (编码集合).

    Attributes
    ----------
    ranges
        First and last of each range, both equal for a prefix.
    spared
        Ranges whose codes are not in the set.
    """

    ranges: tuple[tuple[str, str], ...]
    spared: tuple[tuple[str, str], ...] = ()

    def among(self, codes: Sequence[str]) -> NDArray[np.bool_]:
        """Return which of some codes are in the set.

        Parameters
        ----------
        codes
            In text order.
        """
        found = _within(codes, self.ranges)
        return found & ~_within(codes, self.spared) if self.spared else found


def _within(codes: Sequence[str], ranges: Sequence[tuple[str, str]]) -> NDArray[np.bool_]:
    found = np.zeros(len(codes), np.bool_)
    for low, high in ranges:
        # A code that goes on behind the end of a range is still in it.
        found[bisect_left(codes, low) : bisect_left(codes, high + _LAST)] = True
    return found


def read_set(text: str, named: Mapping[str, str]) -> CodeSet:
    """Return the set that a text names.

    Parameters
    ----------
    text
        Prefixes, ranges and ``@name``, separated by spaces.
    named
        Text of each named set; those do not name further sets.

    Raises
    ------
    ValueError
        The text is empty, a name is unknown, or a range has its end before its beginning.
    """
    parts: list[str] = []
    for part in text.split():
        if part.startswith(_NAMED):
            if part[1:] not in named:
                raise ValueError(f"unknown set {part}")
            parts += named[part[1:]].split()
        else:
            parts.append(part)
    if not parts:
        raise ValueError("empty set of codes")
    return CodeSet(tuple(_range(part) for part in parts))


def _range(part: str) -> tuple[str, str]:
    low, dash, high = part.partition("-")
    if not dash:
        return low, low
    if not low or not high or high < low[: len(high)]:
        raise ValueError(f"no range {part}")
    return low, high


class Memberships:
    """Answers for lists of codes which sets they meet; keeps what it found of each code.

    Parameters
    ----------
    sets
        The sets; set k is bit k % 64 of word k // 64.
    """

    def __init__(self, sets: Sequence[CodeSet]) -> None:
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
            words[wanted.among(codes), word] |= np.uint64(1 << bit)
        self._known.update(zip(codes, words, strict=True))
