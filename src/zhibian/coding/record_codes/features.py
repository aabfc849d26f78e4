"""What a linear model sees of a record (线性模型的特征): spelling, and terms.

Spelling is TF-IDF over the character n-grams of each section. Terms are found by
Aho-Corasick, overlapping ones too (心绞痛 inside 不稳定型心绞痛), and count once for the record
and once for each group of sections.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

import ahocorasick
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from zhibian.coding.record_codes.text import Passage

Family = str
SPELLING: Family = "spelling"
TERMS: Family = "terms"
FAMILIES: tuple[Family, ...] = (TERMS, SPELLING)

_LONGEST_GRAM = 4
_ANYWHERE = "*"
_SHORTEST_TERM = 2


@dataclass(frozen=True)
class FeatureSpace:
    """Features of one family with their weights (特征空间).

    Attributes
    ----------
    family
        ``spelling`` or ``terms``.
    groups
        Section to the groups that it belongs to; other sections form their own.
    names
        Features, by column: place and words, joined by a tab.
    rarity
        Inverse document frequency of every column.
    """

    family: Family
    groups: Mapping[str, Sequence[str]]
    names: tuple[str, ...]
    rarity: NDArray[np.float32]

    @cached_property
    def columns(self) -> Mapping[str, int]:
        """Return feature to column."""
        return MappingProxyType({name: place for place, name in enumerate(self.names)})

    @cached_property
    def terms(self) -> ahocorasick.Automaton:
        """Return the automaton of the terms that columns name."""
        return automaton({name.partition("\t")[2] for name in self.names})

    def rows(self, records: Sequence[Sequence[Passage]]) -> csr_matrix:
        """Return one row of unit length a record."""
        places: list[int] = []
        values: list[float] = []
        ends = [0]
        for record in records:
            counts = self._counts(record)
            found = {
                column: np.float32(1 + np.log(count)) * self.rarity[column]
                for name, count in counts.items()
                if (column := self.columns.get(name)) is not None
            }
            length = float(np.sqrt(sum(value * value for value in found.values()))) or 1.0
            places += found.keys()
            values += (value / length for value in found.values())
            ends.append(len(places))
        shape = (len(records), len(self.names))
        data = np.asarray(values, np.float32)
        return csr_matrix((data, np.asarray(places, np.int32), np.asarray(ends)), shape)

    def _counts(self, record: Sequence[Passage]) -> Counter[str]:
        if self.family == SPELLING:
            return Counter(spelled(record))
        return Counter(termed(record, self.terms, self.groups))


def learn_space(
    family: Family,
    records: Sequence[Sequence[Passage]],
    groups: Mapping[str, Sequence[str]],
    terms: Iterable[str],
    *,
    least: int,
) -> FeatureSpace:
    """Return the features that enough records have.

    Parameters
    ----------
    family
        ``spelling`` or ``terms``.
    records
        Passages of the training records.
    groups
        Section to groups of sections.
    terms
        Words worth finding; not used by ``spelling``.
    least
        Records that a feature must stand in.
    """
    found: Counter[str] = Counter()
    search = automaton(terms)
    for record in records:
        found.update(set(spelled(record)) if family == SPELLING else termed(record, search, groups))
    names = tuple(sorted(name for name, count in found.items() if count >= least))
    counts = np.array([found[name] for name in names], np.float32)
    rarity = np.log((1 + len(records)) / (1 + counts)) + 1
    return FeatureSpace(family, groups, names, rarity.astype(np.float32))


def spelled(record: Sequence[Passage]) -> Iterator[str]:
    """Yield the character n-grams of a record with their section."""
    for passage in record:
        text = "".join(passage.text.split())
        for size in range(1, _LONGEST_GRAM + 1):
            for start in range(len(text) - size + 1):
                yield f"{passage.section}\t{text[start : start + size]}"


def termed(
    record: Sequence[Passage],
    search: ahocorasick.Automaton,
    groups: Mapping[str, Sequence[str]],
) -> Iterator[str]:
    """Yield the terms of a record, once for each group and once for the record."""
    seen: set[str] = set()
    for passage in record:
        places = (_ANYWHERE, *groups.get(passage.section, (passage.section,)))
        for _, _, term in find_terms(passage.text, search):
            seen.update(f"{place}\t{term}" for place in places)
    yield from sorted(seen)


def find_terms(text: str, search: ahocorasick.Automaton) -> Iterator[tuple[int, int, str]]:
    """Yield start, end and words of every term, overlapping ones too."""
    if not len(search):
        return
    for last, term in search.iter(text):
        yield last + 1 - len(term), last + 1, term


def automaton(terms: Iterable[str]) -> ahocorasick.Automaton:
    """Return an automaton that finds terms of two characters or more."""
    search = ahocorasick.Automaton()
    for term in terms:
        if len(term) >= _SHORTEST_TERM:
            search.add_word(term, term)
    if len(search):
        search.make_automaton()
    return search
