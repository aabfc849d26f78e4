"""Which codes and names of a table meet which questions (编码掩码): one bit a question.

Every different code of a table is asked once; a page then has the bits of its codes joined, and a
condition compares a few bits. The questions of a kind of text are numbered when rules are compiled
and fill as many words of 64 bits as they need.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from zhibian.quality.front_page.page_fields import Domain, domain_of
from zhibian.quality.front_page.selectors import CodeSelector
from zhibian.terminology.names import normal_spelling

WORD = 64
# Answers are kept for as many texts as all code sets together have codes.
_MOST_KNOWN = 200_000
Words = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class NameQuestion:
    """Whether a name holds one of some words and none of others."""

    words: tuple[str, ...]
    without: tuple[str, ...]


Question = CodeSelector | NameQuestion


@dataclass(slots=True)
class Questions:
    """Questions by kind of text, each numbered once.

    Attributes
    ----------
    fields
        Fields that are asked.
    """

    fields: dict[str, None] = field(default_factory=dict)
    _numbers: dict[Domain, dict[Question, int]] = field(default_factory=dict)

    def place(self, name: str, question: Question) -> tuple[int, int]:
        """Return word and bit of a question about a field; an equal one has the same."""
        self.fields[name] = None
        known = self._numbers.setdefault(domain_of(name), {})
        number = known.setdefault(question, len(known))
        return number // WORD, 1 << (number % WORD)

    def of(self, domain: Domain) -> tuple[Question, ...]:
        """Return the questions of a kind of text in the order of their numbers."""
        return tuple(self._numbers.get(domain, {}))


@dataclass(frozen=True, slots=True)
class WordTable:
    """The answers of every different text of a table.

    Attributes
    ----------
    kind
        Numbers the texts.
    words
        One row a word, one column a text, the last for no text at all.
    """

    kind: pl.Enum
    words: Words

    def ids(self, texts: pl.Series) -> NDArray[np.uint32]:
        """Return the number of every text of a column, that of no text where there is none."""
        blank = self.words.shape[1] - 1
        number = pl.col("text").cast(self.kind).to_physical().cast(pl.UInt32).fill_null(blank)
        found: NDArray[np.uint32] = (
            texts.alias("text").to_frame().select(number).to_series().to_numpy()
        )
        return found

    def of(self, ids: NDArray[np.uint32], word: int) -> Words:
        """Return one word of the answers by the numbers of texts, 0 for no text."""
        found: Words = self.words[word].take(ids)
        return found

    def known(self, ids: NDArray[np.uint32], word: int) -> pl.Series:
        """Return one word of the answers by the numbers of texts, null for no text."""
        blank = ids == self.words.shape[1] - 1
        return pl.Series(pa.array(self.words[word].take(ids), mask=blank))


@dataclass(slots=True)
class Answers:
    """Answers about texts of one kind, kept from table to table: hospitals file the same codes.

    Attributes
    ----------
    questions
        Questions in the order of their numbers.
    """

    questions: Sequence[Question]
    _known: dict[str, Words] = field(default_factory=dict)

    def table(self, columns: Sequence[pl.Series]) -> WordTable:
        """Ask every different text of some columns, or of lists in them, all questions."""
        flat = [c.explode() if isinstance(c.dtype, pl.List) else c for c in columns]
        empty = pl.Series("text", [], pl.String)
        texts = pl.concat([empty, *(c.alias("text") for c in flat)]).unique().drop_nulls()
        size = -(-len(self.questions) // WORD)
        words = np.zeros((size, len(texts) + 1), dtype=np.uint64)
        if size:
            self._fill(texts.to_list(), words)
        return WordTable(pl.Enum(texts), words)

    def _fill(self, texts: list[str], words: Words) -> None:
        known = self._known
        new = [text for text in texts if text not in known]
        if len(known) + len(new) > _MOST_KNOWN:
            # Another thread may still read what was known so far.
            known, new = {}, texts
        if new:
            known.update(zip(new, _asked(new, self.questions, len(words)).T, strict=True))
        self._known = known
        if texts:
            words[:, :-1] = np.stack([known[text] for text in texts], axis=1)


def _asked(texts: list[str], questions: Sequence[Question], size: int) -> Words:
    words = np.zeros((size, len(texts)), dtype=np.uint64)
    codes = [(n, q) for n, q in enumerate(questions) if isinstance(q, CodeSelector)]
    if codes:
        _ask_codes(texts, codes, words)
    names = [(n, q) for n, q in enumerate(questions) if isinstance(q, NameQuestion)]
    if names:
        _ask_names(texts, names, words)
    return words


def _ask_codes(texts: list[str], questions: list[tuple[int, CodeSelector]], words: Words) -> None:
    spelled = [normal_spelling(text) for text in texts]
    order = sorted(range(len(texts)), key=spelled.__getitem__)
    ordered = [spelled[i] for i in order]
    places = np.array(order, dtype=np.intp)
    for number, selector in questions:
        found = np.zeros(len(texts), dtype=np.bool_)
        kept, excluded = selector.spans(ordered)
        for span in kept:
            found[span] = True
        for span in excluded:
            found[span] = False
        words[number // WORD, places[found]] |= np.uint64(1 << (number % WORD))


def _ask_names(texts: list[str], questions: list[tuple[int, NameQuestion]], words: Words) -> None:
    names = pl.Series("name", [folded(text) for text in texts], pl.String)
    for number, asked in questions:
        found = names.str.contains_any([folded(w) for w in asked.words])
        if asked.without:
            found &= ~names.str.contains_any([folded(w) for w in asked.without])
        words[number // WORD, np.flatnonzero(found.to_numpy())] |= np.uint64(1 << (number % WORD))


def folded(text: str) -> str:
    """Return a name as it is compared: narrow signs, lower case, no blanks."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def joined(words: Words, pages: NDArray[np.intp], size: int) -> Words:
    """Return the bits of all entries of a page joined; entries lie in the order of pages."""
    found = np.zeros(size, dtype=np.uint64)
    if len(words):
        starts = np.flatnonzero(np.diff(pages, prepend=-1))
        found[pages[starts]] = np.bitwise_or.reduceat(words, starts)
    return found
