"""What speaks for a candidate (候选特征): spelling, meaning, attributes, the code itself.

One row a candidate, one column a feature. NaN means unknown: without an encoder its
columns are left out, and a name that training never saw has no prior.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from rapidfuzz import fuzz, process

from zhibian.coding.terms.attributes import CONFLICT, EXTRA, MISSING, compare
from zhibian.coding.terms.characters import SHARED, Wording, share
from zhibian.coding.terms.meaning import MeaningIndex
from zhibian.coding.terms.names import SHAPE, NameTable
from zhibian.coding.terms.spelling import SpellingIndex
from zhibian.coding.terms.types import Encoded, Floats, Integers

SPELLING = (
    "gram_whole",
    "gram_part",
    "gram_gap",
    "ratio",
    "partial",
    *SHARED,
    "name_said_gap",
    "part_said_gap",
    "rarest_unsaid_gap",
    "exact_whole",
    "exact_part",
    "alias",
    "contained",
    "term_length",
    "parts",
    "prior",
    *SHAPE,
    "gram_rank",
    "extra",
    "missing",
    "conflict",
)
MEANING = (
    "dense_whole",
    "dense_part",
    "dense_gap",
    "dense_part_gap",
    "dense_rank",
    "said",
    "said_least",
    "said_gap",
    "said_rank",
    "covered",
    "covered_weighed",
    "covered_least",
    "label_whole",
    "label_part",
    "label_gap",
    "label_share",
)
# Tokens of less weight (brackets, 的) may stay unsaid.
_WEIGHTY = 0.03


@dataclass(frozen=True, slots=True)
class Query(Wording):
    """A term prepared for comparison (待链接术语).

    Attributes
    ----------
    text
        As compared; `core` without side, number and doubt.
    parts
        Parts of a composite term; empty for a simple one.
    rows
        Rows of the text, the core and the parts among the texts of the batch. The core of
        a composite term is left out: it is nearly the text, and long.
    whole
        How many of the rows stand for the whole term.
    attributes
        Attribute masks.
    """

    rows: Sequence[int]
    whole: int
    attributes: Integers


@dataclass(frozen=True, slots=True)
class Texts:
    """Texts and parts of a batch, prepared once (一批文本).

    Attributes
    ----------
    grams
        N-gram rows (texts, n-grams), sparse.
    encoded
        Vectors and tokens; None without an encoder.
    labels
        Cosines with the label vectors (texts, labels); None without an encoder.
    shares
        The same as shares of one, the nearest labels taking most; None without an encoder.
    """

    grams: Any
    encoded: Encoded | None
    labels: Floats | None
    shares: Floats | None


@dataclass(frozen=True, slots=True)
class Compared:
    """Candidates of one term with what speaks for them.

    Attributes
    ----------
    places
        Positions of the names (candidates,).
    rows
        Features (candidates, columns).
    cover
        How far each name says each unit (token or character) of the term
        (candidates, units).
    directions
        Unit rows whose products tell how alike the candidates are; sparse without an
        encoder.
    """

    places: Integers
    rows: Floats
    cover: Floats
    directions: Any

    def alike(self, some: Integers) -> Floats:
        """Return how alike some of the candidates are (some, some)."""
        rows = self.directions[some]
        near = rows @ rows.T
        return np.asarray(near if isinstance(near, np.ndarray) else near.toarray())


def columns(attributes: Sequence[str], *, meaning: bool) -> tuple[str, ...]:
    """Return the names of the columns in order."""
    return (*SPELLING, *(f"attribute_{a}" for a in attributes), *(MEANING if meaning else ()))


def compare_terms(
    queries: Sequence[Query],
    candidates: Sequence[Integers],
    texts: Texts,
    names: NameTable,
    spelling: SpellingIndex,
    meaning: MeaningIndex | None,
    priors: Floats,
) -> list[Compared]:
    """Compare terms with their candidates.

    Parameters
    ----------
    queries
        The terms.
    candidates
        Positions of each term's candidates, at least one.
    texts
        What the rows of the queries lead to.
    names, spelling, meaning
        The code set and its indexes; no meaning without an encoder.
    priors
        Log of how often training saw each name (names,), NaN for never.
    """
    if not queries:
        return []
    places = np.concatenate(candidates)
    sizes = [len(some) for some in candidates]
    spans = _Spans(np.repeat(np.arange(len(queries)), sizes), np.cumsum([0, *sizes]))
    found, gram_rows, covers = _spelled(queries, places, spans, texts, names, spelling, priors)
    directions = gram_rows
    if meaning is not None and texts.encoded is not None:
        directions = meaning.vectors[places]
        meant, covers = _meant(queries, places, spans, texts, meaning, directions)
        found = np.column_stack([found, meant])
    return [
        Compared(places[low:high], found[low:high], cover, directions[low:high])
        for cover, low, high in zip(covers, spans.starts, spans.starts[1:], strict=False)
    ]


@dataclass(frozen=True, slots=True)
class _Spans:
    """Which candidates belong to which term: owners, and the first of each term."""

    owner: Integers
    starts: Integers

    def greatest(self, values: Floats) -> Floats:
        """Return the greatest known value among the candidates of the same term, or zero."""
        known = np.where(np.isnan(values), -np.inf, values)
        best = np.maximum.reduceat(known, self.starts[:-1])
        return np.asarray(np.where(np.isinf(best), 0, best)[self.owner], np.float32)

    def ranks(self, values: Floats) -> Floats:
        """Return the rank among the candidates of the same term, from zero."""
        order = np.lexsort((-values, self.owner))
        found = np.empty(len(values), np.float32)
        found[order] = np.arange(len(values)) - self.starts[self.owner[order]]
        return found


def _spelled(
    queries: Sequence[Query],
    places: Integers,
    spans: _Spans,
    texts: Texts,
    names: NameTable,
    spelling: SpellingIndex,
    priors: Floats,
) -> tuple[Floats, Any, list[Floats]]:
    """Return the columns of spelling, the n-gram rows of the candidates, and covers."""
    gram_rows = spelling.matrix[places]
    whole, part, best = (np.empty(len(places), np.float32) for _ in range(3))
    ratio, partial = np.empty(len(places), np.float32), np.empty(len(places), np.float32)
    agreement = np.empty((len(places), len(queries[0].attributes)), np.int64)
    flags = np.zeros((4, len(places)), np.float32)
    spread = np.zeros(gram_rows.shape[1], np.float32)
    for query, low, high in zip(queries, spans.starts, spans.starts[1:], strict=False):
        span = slice(low, high)
        near = _products(gram_rows, low, high, texts.grams, query.rows, spread)
        whole[span], part[span] = near[0], _of_parts(query, near)
        best[span] = near[: query.whole].max(0)
        spelled = [names.spelled[p] for p in places[span]]
        ratio[span] = _ratio(fuzz.ratio, query.core, spelled)
        partial[span] = _ratio(fuzz.partial_ratio, query.text, spelled)
        agreement[span] = compare(query.attributes, names.attributes[places[span]])
        known = {names.exact.get(t): t for t in (query.text, query.core, *query.parts)}
        flags[0, span] = [s in (query.text, query.core) for s in spelled]
        # A part may be written exactly like a name while the whole term is not.
        flags[1, span] = [s in query.parts for s in spelled]
        flags[2, span] = [known.get(p, "") in names.aliases for p in places[span]]
        flags[3, span] = [s in query.text for s in spelled]
    shared, covers = share(spelling.characters, queries, places, spans.owner, spans.starts.tolist())
    lengths = np.array([(len(q.text), len(q.parts)) for q in queries], np.float32)
    table = np.column_stack(
        [
            whole,
            part,
            best - spans.greatest(best),
            ratio,
            partial,
            shared,
            shared[:, 0] - spans.greatest(shared[:, 0]),
            shared[:, 2] - spans.greatest(shared[:, 2]),
            shared[:, 3] + spans.greatest(-shared[:, 3]),
            *flags,
            lengths[spans.owner],
            priors[places],
            names.shape[places],
            spans.ranks(whole),
            (agreement == EXTRA).sum(1),
            (agreement == MISSING).sum(1),
            (agreement == CONFLICT).sum(1),
            agreement,
        ]
    )
    return table.astype(np.float32), gram_rows, covers


def _meant(
    queries: Sequence[Query],
    places: Integers,
    spans: _Spans,
    texts: Texts,
    meaning: MeaningIndex,
    vectors: Floats,
) -> tuple[Floats, list[Floats]]:
    """Return the columns of meaning, and covers by token."""
    assert texts.encoded is not None
    assert texts.labels is not None
    assert texts.shares is not None
    whole, part, said, least, covered, weighed, heavy, label, label_part, share_of = np.empty(
        (10, len(places)), np.float32
    )
    covers = []
    label_rows = meaning.label_of[places]
    for query, low, high in zip(queries, spans.starts, spans.starts[1:], strict=False):
        span = slice(low, high)
        dense = texts.encoded.vectors[list(query.rows)] @ vectors[span].T
        whole[span], part[span] = dense[0], _of_parts(query, dense)
        here = texts.encoded.weights[query.rows[0]]
        real = here > 0
        matches = meaning.token_matches(places[span], texts.encoded.tokens[query.rows[0]][real])
        best, weights = matches.max(2), meaning.weights[places[span]]
        said[span] = (best * weights).sum(1)
        least[span] = np.where(weights > _WEIGHTY, best, 1).min(1)
        cover = matches.max(1)
        covered[span] = cover.mean(1)
        weighed[span] = cover @ here[real]
        heavy[span] = np.where(here[real] > _WEIGHTY, cover, 1).min(1)
        covers.append(cover)
        cells = np.ix_(np.array(query.rows), label_rows[span])
        unknown = label_rows[span] < 0
        known = np.where(unknown, np.nan, texts.labels[cells])
        label[span], label_part[span] = known[0], _of_parts(query, known)
        share_of[span] = np.where(unknown, 0, _of_parts(query, texts.shares[cells]))
    return np.column_stack(
        [
            whole,
            part,
            whole - spans.greatest(whole),
            part - spans.greatest(part),
            spans.ranks(whole),
            said,
            least,
            said - spans.greatest(said),
            spans.ranks(said),
            covered,
            weighed,
            heavy,
            label,
            label_part,
            label - spans.greatest(label),
            share_of,
        ]
    ), covers


def _of_parts(query: Query, near: Floats) -> Floats:
    """Return the best row of the parts; of the text and its core for a simple term."""
    return np.asarray(near[query.whole :].max(0) if query.parts else near.max(0))


def _products(
    rows: Any, low: int, high: int, texts: Any, wanted: Sequence[int], spread: Floats
) -> Floats:
    """Return the products of some texts with some candidates (texts, candidates).

    Sparse rows are taken apart here: for a handful of them the calls of the library cost
    more than the sums. `spread` holds zeros and is given back so.
    """
    start, end = rows.indptr[low], rows.indptr[high]
    indices, data = rows.indices[start:end], rows.data[start:end]
    firsts = rows.indptr[low:high] - start
    found = np.empty((len(wanted), high - low), np.float32)
    for place, row in enumerate(wanted):
        own = slice(texts.indptr[row], texts.indptr[row + 1])
        spread[texts.indices[own]] = texts.data[own]
        found[place] = np.add.reduceat(data * spread[indices], firsts)
        spread[texts.indices[own]] = 0
    return found


def _ratio(scorer: Callable[..., float], text: str, names: Sequence[str]) -> Floats:
    return np.asarray(process.cdist([text], names, scorer=scorer, dtype=np.float32)[0] / 100)
