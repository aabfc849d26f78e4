"""Which codes a condition means (编码范围): prefixes and ranges, such as ``O00-O99 N70-N98``."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from zhibian.terminology.names import normal_spelling

# Sorts after everything that a code may hold.
_LAST = "\U0010ffff"
_PIECE = re.compile(r"[A-Z]\d[0-9A-Zx.+*/]*|[A-Z]|\d{2,3}(\.[0-9A-Zx]*)?|M\d{4,5}(/\d)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class CodeSelector:
    """A set of codes by prefixes and ranges (编码范围).

    Attributes
    ----------
    ranges
        First and last prefix of each range; the two are equal for a prefix alone. A code is in a
        range when it is not before the first and when as many characters of it as the last one has
        are not after the last.
    excluded
        Ranges that are taken out again.
    """

    ranges: tuple[tuple[str, str], ...]
    excluded: tuple[tuple[str, str], ...] = ()

    def __contains__(self, code: str) -> bool:
        return _within(code, self.ranges) and not _within(code, self.excluded)

    def spans(self, ordered: Sequence[str]) -> tuple[list[slice], list[slice]]:
        """Return which stretches of sorted codes are in the ranges, and in the excluded ones."""
        return _stretches(ordered, self.ranges), _stretches(ordered, self.excluded)


def _within(code: str, ranges: Sequence[tuple[str, str]]) -> bool:
    return any(code >= first and code[: len(last)] <= last for first, last in ranges)


def _stretches(ordered: Sequence[str], ranges: Sequence[tuple[str, str]]) -> list[slice]:
    return [
        slice(bisect_left(ordered, first), bisect_right(ordered, last + _LAST))
        for first, last in ranges
    ]


class SelectorError(ValueError):
    """Text that names no set of codes; the message is in Chinese."""


def read_selector(text: str, excluded: str, sets: Mapping[str, str]) -> CodeSelector:
    """Read a set of codes.

    Parameters
    ----------
    text
        Prefixes, ranges and names of sets (``@name``), separated by blanks.
    excluded
        The same for what is taken out; empty for nothing.
    sets
        Named sets as text of the same kind.

    Raises
    ------
    SelectorError
        A piece is no code, a range runs backwards, a set is unknown or holds itself.
    """
    ranges, without = _ranges(text, sets, ())
    more, _ = _ranges(excluded, sets, ())
    if not ranges:
        raise SelectorError("没有编码")
    return CodeSelector(ranges, (*without, *more))


def _ranges(
    text: str, sets: Mapping[str, str], inside: tuple[str, ...]
) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]:
    found: list[tuple[str, str]] = []
    without: list[tuple[str, str]] = []
    for piece in text.split():
        kept, bare = (without, piece[1:]) if piece.startswith("!") else (found, piece)
        if bare.startswith("@"):
            more, less = _named(bare[1:], sets, inside)
            kept += more
            without += less
        else:
            kept.append(_range(bare))
    return tuple(found), tuple(without)


def _named(
    name: str, sets: Mapping[str, str], inside: tuple[str, ...]
) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]:
    if name not in sets:
        raise SelectorError(f"没有编码集 @{name}")
    if name in inside:
        raise SelectorError(f"编码集 @{name} 包含自身")
    return _ranges(sets[name], sets, (*inside, name))


@cache
def _range(piece: str) -> tuple[str, str]:
    ends = [normal_spelling(end) for end in re.split("[-–]", piece)]
    if len(ends) > 2 or any(not _PIECE.fullmatch(end) for end in ends):
        raise SelectorError(f"“{piece}”不是编码前缀或范围")
    first, last = ends[0], ends[-1]
    if first[: len(last)] > last:
        raise SelectorError(f"范围“{piece}”的终点在起点之前")
    return first, last
