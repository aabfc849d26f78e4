"""Dictionary terms in text (词典匹配): Aho-Corasick, leftmost-longest, no overlaps."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

import ahocorasick

from zhibian.documents.normalise import normalise

_STAGE_UNITS = frozenset("期级度型")


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
            self._automaton.add_word(term, term)
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
        longest: dict[int, int] = {}
        for start, end in self.find_all(normalised):
            if end > longest.get(start, 0):
                longest[start] = end
        free = 0
        for start in sorted(longest):
            if start >= free:
                free = longest[start]
                yield start, free, normalised[start:free]

    def find_all(self, normalised: str) -> Iterator[tuple[int, int]]:
        """Yield start and end (exclusive) of every match, overlapping ones too.

        Parameters
        ----------
        normalised
            Text from :func:`zhibian.documents.normalise.normalise`.
        """
        if not self._size:
            return
        for last, term in self._automaton.iter(normalised):
            end = last + 1
            start = end - len(term)
            if _stands_alone(normalised, start, end):
                yield start, end


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
