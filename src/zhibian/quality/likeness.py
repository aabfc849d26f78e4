"""Whether a record or a page says the same in other words (近似表述).

No dictionary has every way of writing a disease. Before a filed code is doubted as unmentioned,
its names are laid over the record: a stretch that resembles one of them is a mention, and what the
record says of it there (present, denied, planned) is read as of any other mention.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from rapidfuzz import fuzz

from zhibian.coding.dictionary import Dictionary
from zhibian.coding.types import Evidence
from zhibian.documents.lexicon import CueLexicon
from zhibian.documents.matcher import Match
from zhibian.documents.normalise import normalise
from zhibian.documents.reader import place_mentions
from zhibian.documents.types import Reading

SOURCE = "likeness"
_PERCENT = 100.0


@dataclass(frozen=True, slots=True)
class Likeness:
    """Limits of likeness, and the spellings of every code (近似界限与各编码的写法).

    Attributes
    ----------
    least_characters
        Shorter names are not compared.
    mentioned_from, operation_from
        A stretch of the record resembles the name of a disease, or of a procedure, from this score
        on, 0 to 100.
    telling_words
        Words of a name that a stretch must have as well.
    held_from
        A name holds another from this score on.
    empty_words
        Qualifiers of official names that say nothing.
    spellings
        By code.
    """

    least_characters: int
    mentioned_from: float
    operation_from: float
    telling_words: tuple[str, ...]
    held_from: float
    empty_words: re.Pattern[str]
    spellings: Mapping[str, tuple[str, ...]]

    def mentions(
        self, code: str, names: Iterable[str], reading: Reading, cues: CueLexicon
    ) -> tuple[Evidence, ...]:
        """Return the places of a record that resemble a code's names, one a document at most.

        Parameters
        ----------
        code
            The code.
        names
            Its names besides the spellings: the official one, and the one that was filed.
        reading
            The record.
        cues
            Cues of assertion.
        """
        spelled = [*self.spellings.get(code, ()), *(normalise(name) for name in names)]
        wanted = [s for s in dict.fromkeys(spelled) if len(s) >= self.least_characters]
        least = self.operation_from if code[:1].isdigit() else self.mentioned_from
        found = []
        for document, text in enumerate(reading.normalised):
            best = max(self._alike(wanted, text, least), default=None)
            if best is None:
                continue
            score, match = best
            for mention in place_mentions(reading, document, [match], cues):
                found.append(
                    Evidence(
                        span=mention.sentence,
                        assertion=mention.assertion,
                        section=mention.section,
                        weight=round(score / _PERCENT, 3),
                        source=SOURCE,
                        position=mention.span.start,
                    )
                )
        return tuple(sorted(found, key=lambda e: -e.weight))

    def _alike(
        self, names: Iterable[str], text: str, least: float
    ) -> Iterator[tuple[float, Match]]:
        for name in names:
            if len(text) < len(name):
                continue
            place = fuzz.partial_ratio_alignment(name, text, score_cutoff=least)
            if place is None:
                continue
            stretch = text[place.dest_start : place.dest_end]
            if all(word in stretch for word in self.telling_words if word in name):
                yield place.score, _core(name, stretch, place.dest_start)

    def holds(self, name: str, other: str) -> bool:
        """Tell whether a name says what another, no longer one says (继发于……的缺铁性贫血)."""
        whole, part = (self.empty_words.sub("", normalise(n)) for n in (name, other))
        if not part or len(part) > len(whole):
            return False
        return fuzz.partial_ratio(part, whole) >= self.held_from


def _core(name: str, stretch: str, start: int) -> Match:
    """Return the longest part that a name and a stretch share: around it stand the cues."""
    block = SequenceMatcher(None, name, stretch, autojunk=False).find_longest_match()
    begin = start + block.b
    return begin, begin + block.size, stretch[block.b : block.b + block.size]


def read_likeness(raw: Mapping[str, Any], dictionaries: Iterable[Dictionary]) -> Likeness:
    """Return the limits of a rule file, and the dictionaries turned round."""
    spellings: dict[str, list[str]] = {}
    for dictionary in dictionaries:
        for spelling, term in dictionary.terms.items():
            for code in term.codes:
                spellings.setdefault(code, []).append(spelling)
    return Likeness(
        least_characters=int(raw["least_characters"]),
        mentioned_from=float(raw["mentioned_from"]),
        operation_from=float(raw["operation_from"]),
        telling_words=tuple(raw["telling_words"]),
        held_from=float(raw["held_from"]),
        empty_words=re.compile("|".join(f",?{word}" for word in raw["empty_words"])),
        spellings={code: tuple(names) for code, names in spellings.items()},
    )
