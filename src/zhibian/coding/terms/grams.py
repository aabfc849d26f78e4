"""Character n-grams with their weights (字符 n 元组), as sparse unit rows.

The usual TF-IDF with sublinear counts, written out here because the library that has it
takes a second to import, which is a third of the time that a linker may take to load.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from zhibian.coding.terms.types import Floats

SIZES = (1, 2, 3)


@dataclass(frozen=True, slots=True)
class Grams:
    """The n-grams of a list of names with their rarity.

    Attributes
    ----------
    columns
        N-gram to column.
    rarity
        Inverse document frequency by column.
    """

    columns: Mapping[str, int]
    rarity: Floats

    def rows(self, texts: Sequence[str]) -> Any:
        """Return unit rows (texts, n-grams), sparse; n-grams that no name has are left out."""
        counts = [Counter(grams_of(text)) for text in texts]
        return _rows(counts, self.columns, self.rarity)


def learn_grams(names: Sequence[str]) -> tuple[Grams, Any]:
    """Return the n-grams of names, and the rows of the names themselves.

    Rarity is ``ln((1 + n) / (1 + names with it)) + 1``.
    """
    counts = [Counter(grams_of(name)) for name in names]
    held_by: Counter[str] = Counter()
    for one in counts:
        held_by.update(one.keys())
    columns = {gram: column for column, gram in enumerate(held_by)}
    held = np.fromiter(held_by.values(), np.float64, len(held_by))
    rarity = (np.log((1 + len(names)) / (1 + held)) + 1).astype(np.float32)
    return Grams(columns, rarity), _rows(counts, columns, rarity)


def grams_of(text: str) -> list[str]:
    """Return all n-grams of a text, with repetition."""
    return [text[i : i + n] for n in SIZES for i in range(len(text) - n + 1)]


def _rows(counts: Sequence[Mapping[str, int]], columns: Mapping[str, int], rarity: Floats) -> Any:
    # Half a second to import; only linking needs it.
    from scipy import sparse  # noqa: PLC0415

    indices: list[int] = []
    values: list[int] = []
    ends = [0]
    for one in counts:
        for gram, count in one.items():
            column = columns.get(gram)
            if column is not None:
                indices.append(column)
                values.append(count)
        ends.append(len(indices))
    places = np.array(indices, np.int32)
    weights = (np.log(np.array(values, np.float32)) + 1) * rarity[places]
    starts = np.array(ends)
    owner = np.repeat(np.arange(len(counts)), np.diff(starts))
    squares = np.bincount(owner, weights.astype(np.float64) ** 2, minlength=len(counts))
    weights = (weights / np.sqrt(np.maximum(squares, 1e-12))[owner]).astype(np.float32)
    found = sparse.csr_matrix((weights, places, starts), shape=(len(counts), len(columns)))
    found.sort_indices()
    return found
