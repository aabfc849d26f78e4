"""Link terms to codes (术语链接): from spelling and meaning to chosen codes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from threadpoolctl import threadpool_limits

from zhibian.coding.terms.attributes import Attributes
from zhibian.coding.terms.features import Compared, Query, compare_term
from zhibian.coding.terms.meaning import MeaningIndex
from zhibian.coding.terms.names import NameTable
from zhibian.coding.terms.parts import Splitter, clean
from zhibian.coding.terms.ranker import Ranker
from zhibian.coding.terms.spelling import SpellingIndex
from zhibian.coding.terms.types import (
    Encoded,
    Floats,
    Integers,
    LinkedCode,
    Method,
    TermEncoder,
    TermLink,
)

BATCH = 128
ALTERNATIVES = 5

# Candidates taken for the whole term (and its core) and for each part. Among the tuning
# pairs they hold 0.895 of the right names of CHIP-CDN, of which 0.047 are not in the code
# set at all, and 0.994 of those of Yidu-N7K. Without an encoder spelling searches wider.
_GRAMS_WHOLE, _GRAMS_PART = 10, 4
_GRAMS_WHOLE_ALONE, _GRAMS_PART_ALONE = 30, 10
_DENSE_WHOLE, _DENSE_PART = 16, 5
_LABELS_WHOLE, _LABELS_PART = 8, 2


@dataclass(frozen=True, slots=True)
class Meaning:
    """The encoder with the encoded code set (语义部分)."""

    encoder: TermEncoder
    index: MeaningIndex


@dataclass(frozen=True, slots=True)
class Comparer:
    """Finds and describes candidates among the names of one code set (候选比较).

    Attributes
    ----------
    names, spelling
        The code set and its spelling index.
    splitter, attributes
        Rules of splitting and the word list of attributes.
    priors
        Log of how often training saw each name, NaN for never (names,).
    meaning
        The encoder and its index; None compares by spelling alone.
    """

    names: NameTable
    spelling: SpellingIndex
    splitter: Splitter
    attributes: Attributes
    priors: Floats
    meaning: Meaning | None = None

    def compare(self, terms: Sequence[str]) -> list[Compared]:
        """Return the candidates of cleaned, non-empty terms with their features."""
        queries = self._queries(terms)
        index = self.meaning.index if self.meaning else None
        candidates = self._candidates(queries)
        # The products of one term are small; handing them to a second core costs more.
        with threadpool_limits(1, user_api="blas"):
            return [
                compare_term(query, places, self.names, self.spelling, index, self.priors)
                for query, places in zip(queries, candidates, strict=True)
            ]

    def _queries(self, terms: Sequence[str]) -> list[Query]:
        texts: dict[str, int] = {}
        plans = []
        for term in terms:
            core, parts = self.splitter.core(term), self.splitter.parts(term)
            rows = [texts.setdefault(t, len(texts)) for t in (term, core, *parts)]
            plans.append((term, core, parts, rows))
        grams = self.spelling.vectors(list(texts))
        encoded = self.meaning.encoder.encode(list(texts)) if self.meaning and texts else None
        return [
            Query(
                text=term,
                core=core,
                parts=parts,
                attributes=self.attributes.read(term),
                grams=grams[rows],
                vectors=encoded.vectors[rows] if encoded else None,
                tokens=_tokens(encoded, rows[0]) if encoded else None,
            )
            for term, core, parts, rows in plans
        ]

    def _candidates(self, queries: Sequence[Query]) -> list[Integers]:
        from scipy import sparse  # noqa: PLC0415  (half a second; only linking needs it)

        widths = [len(q.parts) + 2 for q in queries]
        grams = sparse.vstack([q.grams for q in queries]).tocsr() if queries else None
        alone = self.meaning is None
        whole = _GRAMS_WHOLE_ALONE if alone else _GRAMS_WHOLE
        part = _GRAMS_PART_ALONE if alone else _GRAMS_PART
        by_spelling = self.spelling.nearest(grams, whole) if queries else []
        by_meaning = self._meaning_candidates(queries, widths)
        found = []
        row = 0
        for query, width, meant in zip(queries, widths, by_meaning, strict=True):
            places: set[int] = set(meant)
            places.update(by_spelling[row])
            places.update(by_spelling[row + 1])
            for part_row in range(row + 2, row + width):
                places.update(by_spelling[part_row][:part])
            row += width
            places.update(self.spelling.contained(query.text))
            exact = (self.names.exact.get(t) for t in (query.text, query.core, *query.parts))
            places.update(p for p in exact if p is not None)
            found.append(np.array(sorted(places) or [0], np.int64))
        return found

    def _meaning_candidates(
        self, queries: Sequence[Query], widths: Sequence[int]
    ) -> list[list[int]]:
        if self.meaning is None:
            return [[] for _ in queries]
        vectors = [q.vectors for q in queries if q.vectors is not None]
        whole = np.array([v[0] for v in vectors])
        rest = np.concatenate([v[1:] for v in vectors])
        index = self.meaning.index
        of_whole = np.hstack(
            [index.nearest(whole, _DENSE_WHOLE), index.nearest_labels(whole, _LABELS_WHOLE)]
        )
        of_rest = np.hstack(
            [index.nearest(rest, _DENSE_PART), index.nearest_labels(rest, _LABELS_PART)]
        )
        ends = np.cumsum([width - 1 for width in widths])
        return [
            [*places.tolist(), *of_rest[end - width + 1 : end].ravel().tolist()]
            for places, end, width in zip(of_whole, ends, widths, strict=True)
        ]


@dataclass(frozen=True, slots=True)
class TermLinker:
    """Links terms to the codes of one code set (术语链接器).

    Attributes
    ----------
    comparer
        Finds and describes candidates.
    ranker
        Ranks and chooses them; made for the kind of the code set, with or without an
        encoder as the comparer.
    """

    comparer: Comparer
    ranker: Ranker

    def link(self, terms: Iterable[str]) -> Iterator[TermLink]:
        """Link terms, one result a term in their order.

        Parameters
        ----------
        terms
            As written; an empty one yields no code.
        """
        source = iter(terms)
        while batch := list(islice(source, BATCH)):
            yield from self._link_batch(batch)

    def _link_batch(self, batch: Sequence[str]) -> Iterator[TermLink]:
        names = self.comparer.names
        method: Method = "encoder" if self.comparer.meaning else "spelling"
        cleaned = [clean(term) for term in batch]
        asked = list(dict.fromkeys(text for text in cleaned if text))
        ranked = self.ranker.rank(self.comparer.compare(asked), names.codes)
        answers = dict(zip(asked, ranked, strict=True))
        for term, text in zip(batch, cleaned, strict=True):
            if not text:
                yield TermLink(term, (), (), method)
                continue
            exact = None if text in names.aliases else names.exact.get(text)
            places, scores = _exact_first(exact, *answers[text])
            codes = [
                LinkedCode(names.codes[p], names.names[p], round(float(s), 4))
                for p, s in zip(places, scores, strict=True)
            ]
            kept = self.ranker.chosen(scores) if exact is None else 1
            others = tuple(codes[kept : kept + ALTERNATIVES])
            yield TermLink(term, tuple(codes[:kept]), others, method)


def _tokens(encoded: Encoded, row: int) -> Floats:
    """Return the token vectors of one text without its padding."""
    return np.asarray(encoded.tokens[row][encoded.weights[row] > 0])


def _exact_first(exact: int | None, places: Integers, scores: Floats) -> tuple[Integers, Floats]:
    """Put the name that a term spells exactly first, with the best score.

    Research data are at times coded otherwise even then, and the ranker learned that; a
    coder who writes an official name means its code. An alias may need further codes in
    another code set (扁桃体癌 and its morphology), so it is left to the ranker.
    """
    if exact is None:
        return places, scores
    rest = places != exact
    best = max(0.99, float(scores.max()))
    return (
        np.concatenate([np.array([exact], np.int64), places[rest]]),
        np.concatenate([np.array([best], np.float32), scores[rest]]),
    )
