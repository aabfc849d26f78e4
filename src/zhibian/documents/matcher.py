"""Dictionary terms in text (词典匹配): Aho-Corasick, leftmost-longest, no overlaps."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence

import ahocorasick

from zhibian.documents.normalise import normalise

_STAGE_UNITS = frozenset("期级度型")
# Where a line end or blanks may stand inside a word: between two Chinese characters.
_BREAK = re.compile(r"(?<=[\u4e00-\u9fff])[ \n]{1,8}(?=[\u4e00-\u9fff])")
_AROUND_BREAK = 24

Match = tuple[int, int, str]


def _is_latin(character: str) -> bool:
    return character.isascii() and character.isalnum()


class TermMatcher:
    """Find dictionary terms in normalised text.

    A term that begins or ends with a Latin letter or digit counts only where the
    run of letters and digits begins or ends too: ``AKI`` is not in ``TAKING``,
    ``1型糖尿病`` is not in ``11型糖尿病``. A stage directly behind an abbreviation
    (``CKD5期``) does not hide it.

    Parameters
    ----------
    terms
        Terms in any spelling; they are normalised here. Blank ones are ignored.
    stop_terms
        Terms never to be found, because alone they mean nothing codable.
    """

    def __init__(self, terms: Iterable[str], stop_terms: Collection[str] = ()) -> None:
        stopped = {normalise(term).strip() for term in stop_terms}
        wanted = {normalise(term).strip() for term in terms} - stopped - {""}
        self._automaton = ahocorasick.Automaton()
        for term in wanted:
            # Only a term with a Latin character at its edge asks what stands beside it.
            edged = _is_latin(term[0]) or _is_latin(term[-1])
            self._automaton.add_word(term, (len(term), edged))
        self._size = len(wanted)
        if wanted:
            self._automaton.make_automaton()

    def __len__(self) -> int:
        return self._size

    def find(self, normalised: str) -> Iterator[tuple[int, int, str]]:
        """Yield start, end (exclusive) and term of each match, left to right.

        Parameters
        ----------
        normalised
            Text from :func:`zhibian.documents.normalise.normalise`.

        Yields
        ------
        tuple of int, int, str
            Matches that don't overlap: the leftmost first, of those the longest.
        """
        if not self._size:
            return
        longest = self._longest(normalised)
        free = 0
        for start in sorted(longest):
            if start >= free:
                free = longest[start]
                yield start, free, normalised[start:free]

    def find_over_breaks(self, normalised: str) -> Iterator[Match]:
        """Yield matches as :meth:`find` does, also those with a line end or blanks inside.

        A term counts over a break (``高血 压``) only where no other match ends at the break
        or overlaps it in part: ``胸痛 风湿热`` holds no ``痛风``, ``高血压 病毒性肝炎`` no
        ``高血压病``.

        Parameters
        ----------
        normalised
            Text from :func:`zhibian.documents.normalise.normalise`.

        Yields
        ------
        tuple of int, int, str
            Start, end and term; the stretch is longer than the term where it holds a break.
        """
        plain = list(self.find(normalised))
        broken = self._over_breaks(normalised, plain)
        if not broken:
            yield from plain
            return
        starts = [match[0] for match in broken]
        for match in plain:
            place = bisect_right(starts, match[0]) - 1
            if place < 0 or match[1] > broken[place][1]:
                broken.append(match)
        yield from sorted(broken)

    def find_all(self, normalised: str) -> Iterator[tuple[int, int]]:
        """Yield start and end (exclusive) of every match, overlapping ones too.

        Parameters
        ----------
        normalised
            Text from :func:`zhibian.documents.normalise.normalise`.
        """
        if not self._size:
            return
        for last, (length, edged) in self._automaton.iter(normalised):
            end = last + 1
            start = end - length
            if not edged or _stands_alone(normalised, start, end):
                yield start, end

    def _longest(self, normalised: str) -> dict[int, int]:
        """Return the end of the longest term at each place where one begins."""
        longest: dict[int, int] = {}
        for last, (length, edged) in self._automaton.iter(normalised):
            end = last + 1
            start = end - length
            if end <= longest.get(start, 0):
                continue
            if not edged or _stands_alone(normalised, start, end):
                longest[start] = end
        return longest

    def _over_breaks(self, normalised: str, plain: Sequence[Match]) -> list[Match]:
        if not self._size:
            return []
        begins, ends = [match[0] for match in plain], [match[1] for match in plain]
        found: list[Match] = []
        free = 0
        for begin, finish, breaks in _windows(normalised):
            squeezed, places = _squeeze(normalised, begin, finish, breaks)
            longest = self._longest(squeezed)
            gap_starts = [gap[0] for gap in breaks]
            for first in sorted(longest):
                last = longest[first]
                start, end = places[first], places[last - 1] + 1
                inside = breaks[bisect_right(gap_starts, start) : bisect_left(gap_starts, end)]
                if start < free or not inside or self._is_cut(normalised, start, inside):
                    continue
                near = plain[bisect_right(ends, start) : bisect_left(begins, end)]
                if all(start <= match[0] and match[1] <= end for match in near):
                    found.append((start, end, squeezed[first:last]))
                    free = end
        return found

    def _is_cut(self, text: str, start: int, breaks: Sequence[tuple[int, int]]) -> bool:
        """Tell whether what stands before a break is a term already."""
        return any(text[start : gap[0]] in self._automaton for gap in breaks)


def _windows(text: str) -> Iterator[tuple[int, int, list[tuple[int, int]]]]:
    """Yield stretches around breaks, with their breaks; stretches don't overlap."""
    begin = finish = 0
    breaks: list[tuple[int, int]] = []
    for mark in _BREAK.finditer(text):
        if breaks and mark.start() - _AROUND_BREAK > finish:
            yield begin, finish, breaks
            breaks = []
        if not breaks:
            begin = max(0, mark.start() - _AROUND_BREAK)
        breaks.append(mark.span())
        finish = min(len(text), mark.end() + _AROUND_BREAK)
    if breaks:
        yield begin, finish, breaks


def _squeeze(
    text: str, begin: int, finish: int, breaks: Sequence[tuple[int, int]]
) -> tuple[str, list[int]]:
    """Return a stretch without its breaks, and the place of each character in the text."""
    places: list[int] = []
    at = begin
    for start, end in (*breaks, (finish, finish)):
        places.extend(range(at, start))
        at = end
    return "".join([text[place] for place in places]), places


def _stands_alone(text: str, start: int, end: int) -> bool:
    if start and _is_latin(text[start]) and _is_latin(text[start - 1]):
        return False
    if end == len(text) or not _is_latin(text[end - 1]) or not _is_latin(text[end]):
        return True
    return text[end - 1].isalpha() and _is_stage(text, end)


def _is_stage(text: str, position: int) -> bool:
    """Tell whether a one- or two-digit stage such as ``3期`` stands at ``position``."""
    digits = position
    while digits < len(text) and digits - position < 2 and text[digits].isdigit():
        digits += 1
    return digits > position and digits < len(text) and text[digits] in _STAGE_UNITS
