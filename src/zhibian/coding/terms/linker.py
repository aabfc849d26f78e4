"""Link terms to codes (术语链接): from spelling and meaning to chosen codes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Any

import numpy as np
from threadpoolctl import ThreadpoolController

from zhibian.coding.terms.attributes import Attributes
from zhibian.coding.terms.features import Compared, Query, Texts, compare_terms
from zhibian.coding.terms.meaning import MeaningIndex, unpack_tokens
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
# Characters of a term that are read: a line of a record that holds more is no term.
LONGEST = 400
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
class Prepared:
    """Terms ready for comparison (待比较的一批术语): split, and their texts encoded."""

    queries: Sequence[Query]
    grams: Any
    encoded: Encoded | None


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
        return self.describe(self.prepare(terms))

    def prepare(self, terms: Sequence[str]) -> Prepared:
        """Split and encode cleaned, non-empty terms: the part that an encoder takes long for."""
        queries, asked = self._queries(terms)
        grams = self.spelling.vectors(asked)
        encoded = self._encoded(asked, self.meaning) if self.meaning and asked else None
        return Prepared(queries, grams, encoded)

    def _encoded(self, texts: Sequence[str], meaning: Meaning) -> Encoded:
        """Encode texts; one that spells a name of the code set has been encoded with it."""
        index = meaning.index
        places = {
            row: self.names.exact[text]
            for row, text in enumerate(texts)
            if text in self.names.exact and text not in self.names.aliases
        }
        rows, known = list(places), list(places.values())
        others = [row for row in range(len(texts)) if row not in places]
        fresh = meaning.encoder.encode([texts[row] for row in others])
        widest = max(index.tokens.shape[1], fresh.tokens.shape[1])
        vectors = np.zeros((len(texts), index.vectors.shape[1]), np.float32)
        tokens = np.zeros((len(texts), widest, index.tokens.shape[2]), np.float32)
        weights = np.zeros((len(texts), widest), np.float32)
        vectors[rows] = index.vectors[known]
        tokens[rows, : index.tokens.shape[1]] = unpack_tokens(index.tokens[known])
        weights[rows, : index.weights.shape[1]] = index.weights[known]
        if others:
            vectors[others] = fresh.vectors
            tokens[others, : fresh.tokens.shape[1]] = fresh.tokens
            weights[others, : fresh.weights.shape[1]] = fresh.weights
        return Encoded(vectors, tokens, weights)

    def describe(self, prepared: Prepared) -> list[Compared]:
        """Return the candidates of prepared terms with their features."""
        if not prepared.queries:
            return []
        # The products of one term are small; handing them to a second core costs more.
        with _numeric_libraries().limit(limits=1, user_api="blas"):
            index = self.meaning.index if self.meaning else None
            texts = _compared_with_labels(prepared, index)
            return compare_terms(
                prepared.queries,
                self._candidates(prepared.queries, texts),
                texts,
                self.names,
                self.spelling,
                index,
                self.priors,
            )

    def _queries(self, terms: Sequence[str]) -> tuple[list[Query], list[str]]:
        """Return the terms with the rows of their texts, and these texts without repetition."""
        numbers: dict[str, int] = {}
        queries = []
        for term in terms:
            core, parts = self.splitter.core(term), self.splitter.parts(term)
            whole = (term, core) if len(parts) <= 1 else (term,)
            rows = [numbers.setdefault(text, len(numbers)) for text in (*whole, *parts)]
            masks = self.attributes.read(term)
            queries.append(Query(term, core, parts, rows, len(whole), masks))
        return queries, list(numbers)

    def _candidates(self, queries: Sequence[Query], texts: Texts) -> list[Integers]:
        alone = self.meaning is None
        whole = _GRAMS_WHOLE_ALONE if alone else _GRAMS_WHOLE
        part = _GRAMS_PART_ALONE if alone else _GRAMS_PART
        by_spelling = self.spelling.nearest(texts.grams, whole)
        by_meaning = self._meaning_candidates(texts)
        found = []
        for query in queries:
            places: set[int] = set(by_meaning[query.rows[0]])
            for row in query.rows[: query.whole]:
                places.update(by_spelling[row])
            for row in query.rows[query.whole :]:
                places.update(by_spelling[row][:part])
            for row in query.rows[1:]:
                places.update(by_meaning[row][: _DENSE_PART + _LABELS_PART])
            places.update(self.spelling.contained(query.text))
            exact = (self.names.exact.get(t) for t in (query.text, query.core, *query.parts))
            places.update(p for p in exact if p is not None)
            found.append(np.array(sorted(places) or [0], np.int64))
        return found

    def _meaning_candidates(self, texts: Texts) -> list[list[int]]:
        """Return each text's candidates: the few that a part gets first, then the rest."""
        if self.meaning is None or texts.encoded is None or texts.labels is None:
            return [[] for _ in range(texts.grams.shape[0])]
        index = self.meaning.index
        near = index.nearest(texts.encoded.vectors, _DENSE_WHOLE)
        labelled = index.nearest_labels(texts.labels, _LABELS_WHOLE)
        few = [near[:, :_DENSE_PART], labelled[:, :_LABELS_PART]]
        rest = [near[:, _DENSE_PART:], labelled[:, _LABELS_PART:]]
        found: list[list[int]] = np.hstack([*few, *rest]).tolist()
        return found


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

    def link(
        self, terms: Iterable[str], *, batch_size: int = BATCH, alternatives: int = ALTERNATIVES
    ) -> Iterator[TermLink]:
        """Link terms, one result a term in their order.

        Parameters
        ----------
        terms
            As written; an empty one yields no code, of one beyond `LONGEST` characters
            only these are read.
        batch_size
            Terms that are linked together; one for somebody who waits for each answer.
        alternatives
            Most codes that are told beside the chosen ones.
        """
        source = iter(terms)
        batches = iter(lambda: list(islice(source, batch_size)), [])
        if batch_size == 1:
            for batch in batches:
                yield from self._answers(self._begun(batch), alternatives)
            return
        # The encoder works on the next batch while this one is compared.
        with ThreadPoolExecutor(1) as ahead:
            waiting: Future[_Begun] | None = None
            for batch in batches:
                following = ahead.submit(self._begun, batch)
                if waiting is not None:
                    yield from self._answers(waiting.result(), alternatives)
                waiting = following
            if waiting is not None:
                yield from self._answers(waiting.result(), alternatives)

    def _begun(self, batch: Sequence[str]) -> _Begun:
        cleaned = [clean(term[:LONGEST]) for term in batch]
        asked = list(dict.fromkeys(text for text in cleaned if text))
        return _Begun(batch, cleaned, asked, self.comparer.prepare(asked))

    def _answers(self, begun: _Begun, alternatives: int) -> Iterator[TermLink]:
        names = self.comparer.names
        method: Method = "encoder" if self.comparer.meaning else "spelling"
        ranked = self.ranker.rank(self.comparer.describe(begun.prepared), names.codes)
        answers = dict(zip(begun.asked, ranked, strict=True))
        for term, text in zip(begun.terms, begun.cleaned, strict=True):
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
            others = tuple(codes[kept : kept + alternatives])
            yield TermLink(term, tuple(codes[:kept]), others, method)


@dataclass(frozen=True, slots=True)
class _Begun:
    """A batch of terms as written and as compared, without repetition, and prepared."""

    terms: Sequence[str]
    cleaned: Sequence[str]
    asked: Sequence[str]
    prepared: Prepared


def _compared_with_labels(prepared: Prepared, index: MeaningIndex | None) -> Texts:
    if index is None or prepared.encoded is None:
        return Texts(prepared.grams, None, None, None)
    labels, shares = index.label_cosines(prepared.encoded.vectors)
    return Texts(prepared.grams, prepared.encoded, labels, shares)


@cache
def _numeric_libraries() -> ThreadpoolController:
    """Return the libraries that numpy computes with; finding them takes milliseconds."""
    return ThreadpoolController()


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
