"""Link a whole list entry to a code (条目链接) where the dictionary has no exact term.

First version: nearest spelling among the dictionary's terms (rapidfuzz), after side
and stage remarks are taken off. It answers only when the spellings are very close.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz, process

from zhibian.coding.dictionary import Dictionary
from zhibian.coding.types import Term

_REMARK = re.compile(r"\([^()]{0,60}\)|\[[^\[\]]{0,60}\]|\"|“|”")
_SIDE = re.compile(r"^(?:左侧|右侧|双侧|双|左|右|两侧)+")
_TAIL = re.compile(r"(?:术后|治疗后|恢复期|待查|[?？。;；,，、:：\s])+$")
_LONGEST_ENTRY = 40
_SHORTEST_ENTRY = 3


@dataclass(frozen=True, slots=True)
class Link:
    """The nearest term of an entry and how near it is, 0 to 1."""

    term: Term
    score: float


@dataclass(frozen=True, slots=True)
class Linker:
    """Nearest-spelling search over one dictionary."""

    dictionary: Dictionary
    spellings: Sequence[str]
    threshold: float

    def link(self, entry: str) -> Link | None:
        """Return the term that an entry most likely spells, or None.

        Parameters
        ----------
        entry
            Normalised text of a list entry, without its number.
        """
        core = core_of(entry)
        if not _SHORTEST_ENTRY <= len(core) <= _LONGEST_ENTRY:
            return None
        best = process.extractOne(
            core, self.spellings, scorer=fuzz.ratio, score_cutoff=self.threshold * 100
        )
        if best is None:
            return None
        return Link(self.dictionary.terms[best[0]], best[1] / 100)


def core_of(entry: str) -> str:
    """Return an entry without remarks, side and trailing stage words."""
    bare = _REMARK.sub("", entry).strip()
    bare = _TAIL.sub("", bare)
    return _SIDE.sub("", bare)


def build_linker(dictionary: Dictionary, threshold: float) -> Linker:
    """Prepare the search; ``threshold`` is the least similarity, 0 to 1."""
    return Linker(dictionary, tuple(dictionary.terms), threshold)
