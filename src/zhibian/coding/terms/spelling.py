"""Candidates by spelling (按字面找候选): character n-grams, exact names, names inside a term."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import ahocorasick
import numpy as np

from zhibian.coding.terms.characters import CharacterTable, build_characters
from zhibian.coding.terms.grams import Grams, learn_grams

_SHORTEST_INSIDE = 2
# Characters in a greater share of the names than this, and in more names, are common.
_COMMON, _COMMON_LEAST = 0.02, 50


@dataclass(frozen=True, slots=True)
class SpellingIndex:
    """Names searchable by their characters (字面索引).

    Attributes
    ----------
    grams
        Weights of character n-grams, 1 to 3.
    matrix
        Unit rows (names, n-grams), sparse.
    transposed
        The same by columns, for searching; without the commonest characters, which tell
        little and take most of the time.
    inside
        Automaton of all spellings; values are positions and lengths.
    characters
        Characters of the names with their inverse document frequency.
    """

    grams: Grams
    matrix: Any
    transposed: Any
    inside: ahocorasick.Automaton
    characters: CharacterTable

    def vectors(self, texts: Sequence[str]) -> Any:
        """Return unit rows (texts, n-grams), sparse."""
        return self.grams.rows(texts)

    def nearest(self, vectors: Any, count: int) -> list[Sequence[int]]:
        """Return the positions of the nearest names of each row, best first."""
        near = (vectors @ self.transposed).tocsr()
        found: list[Sequence[int]] = []
        for row in range(near.shape[0]):
            low, high = near.indptr[row], near.indptr[row + 1]
            values, places = near.data[low:high], near.indices[low:high]
            if len(values) > count:
                best = np.argpartition(-values, count)[:count]
                values, places = values[best], places[best]
            found.append(places[np.argsort(-values, kind="stable")].tolist())
        return found

    def contained(self, text: str) -> list[int]:
        """Return the names that stand in a text, without those inside a longer one."""
        hits = [(end - n + 1, end + 1, place) for end, (place, n) in self.inside.iter(text)]
        hits.sort(key=lambda hit: hit[0] - hit[1])
        taken: list[tuple[int, int]] = []
        kept = []
        for start, end, place in hits:
            if not any(low <= start and end <= high for low, high in taken):
                taken.append((start, end))
                kept.append(place)
        return kept


def build_spelling(spelled: Sequence[str], exact: dict[str, int] | Any) -> SpellingIndex:
    """Build the index.

    Parameters
    ----------
    spelled
        Names as compared.
    exact
        Further spellings (aliases included) to positions.
    """
    grams, matrix = learn_grams(spelled)
    inside = ahocorasick.Automaton()
    for spelling, place in exact.items():
        if len(spelling) >= _SHORTEST_INSIDE:
            inside.add_word(spelling, (place, len(spelling)))
    inside.make_automaton()
    rarity = {g: float(grams.rarity[c]) for g, c in grams.columns.items() if len(g) == 1}
    characters = build_characters(spelled, rarity)
    return SpellingIndex(grams, matrix, _searched(matrix, grams), inside, characters)


def _searched(matrix: Any, grams: Grams) -> Any:
    """Return the n-grams by names, without characters that stand in too many names."""
    by_gram = matrix.T.tocsr()
    single = np.zeros(by_gram.shape[0], np.bool_)
    single[[column for gram, column in grams.columns.items() if len(gram) == 1]] = True
    held_by = np.diff(by_gram.indptr)
    common = single & (held_by > max(_COMMON_LEAST, matrix.shape[0] * _COMMON))
    by_gram.data[np.repeat(common, held_by)] = 0
    by_gram.eliminate_zeros()
    return by_gram
