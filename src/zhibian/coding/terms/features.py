"""What speaks for a candidate (候选特征): spelling, meaning, attributes, the code itself.

One row a candidate, one column a feature. NaN means unknown: without an encoder its
columns are left out, and a name that training never saw has no prior.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from rapidfuzz import fuzz, process

from zhibian.coding.terms.attributes import CONFLICT, EXTRA, MISSING, compare
from zhibian.coding.terms.meaning import MeaningIndex
from zhibian.coding.terms.names import SHAPE, NameTable
from zhibian.coding.terms.spelling import SpellingIndex
from zhibian.coding.terms.types import Floats, Integers

SPELLING = (
    "gram_whole",
    "gram_part",
    "gram_gap",
    "ratio",
    "partial",
    "name_said",
    "term_said",
    "part_said",
    "rarest_unsaid",
    "pairs_said",
    "rarest_left",
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
    "extra",
    "missing",
    "conflict",
)
MEANING = (
    "dense_whole",
    "dense_part",
    "dense_gap",
    "dense_part_gap",
    "said",
    "said_least",
    "said_gap",
    "covered",
    "label_whole",
    "label_part",
    "label_gap",
)


@dataclass(frozen=True, slots=True)
class Query:
    """A term prepared for comparison (待链接术语).

    Attributes
    ----------
    text
        As compared; `core` without side, number and doubt.
    parts
        Parts of a composite term; empty for a simple one.
    attributes
        Attribute masks.
    grams
        N-gram rows: text, core, then parts.
    vectors
        Unit vectors: text, core, then parts; None without an encoder.
    tokens
        Token vectors of the text without padding; None without an encoder.
    """

    text: str
    core: str
    parts: tuple[str, ...]
    attributes: Integers
    grams: Any
    vectors: Floats | None
    tokens: Floats | None


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
    near
        How alike the candidates are (candidates, candidates).
    """

    places: Integers
    rows: Floats
    cover: Floats
    near: Floats


def columns(attributes: Sequence[str], *, meaning: bool) -> tuple[str, ...]:
    """Return the names of the columns in order."""
    return (*SPELLING, *(f"attribute_{a}" for a in attributes), *(MEANING if meaning else ()))


def compare_term(
    query: Query,
    places: Integers,
    names: NameTable,
    spelling: SpellingIndex,
    meaning: MeaningIndex | None,
    priors: Floats,
) -> Compared:
    """Compare a term with its candidates.

    Parameters
    ----------
    query
        The term.
    places
        Positions of the candidates.
    names, spelling, meaning
        The code set and its indexes; no meaning without an encoder.
    priors
        Log of how often training saw each name (names,), NaN for never.
    """
    spelled = [names.spelled[p] for p in places]
    gram_rows = spelling.matrix[places]
    grams = (gram_rows @ query.grams.T).toarray()
    said, cover = _characters(query, spelled, spelling)
    agreement = compare(query.attributes, names.attributes[places])
    parts = slice(2, None) if query.parts else slice(0, 2)
    gram_part = grams[:, parts].max(1)
    # A part may be written exactly like a name while the whole term is not.
    exact_part = [s in query.parts for s in spelled]
    known = {names.exact.get(t): t for t in (query.text, query.core, *query.parts)}
    alias = [known.get(p, "") in names.aliases for p in places]
    spelled_columns = np.column_stack(
        [
            grams[:, 0],
            gram_part,
            grams[:, :2].max(1) - grams[:, :2].max(),
            _ratio(fuzz.ratio, query.core, spelled),
            _ratio(fuzz.partial_ratio, query.text, spelled),
            said,
            said[:, (0, 2)] - said[:, (0, 2)].max(0),
            said[:, 3] - said[:, 3].min(),
            [s in (query.text, query.core) for s in spelled],
            exact_part,
            alias,
            [s in query.text for s in spelled],
            np.full(len(places), len(query.text)),
            np.full(len(places), len(query.parts)),
            priors[places],
            names.shape[places],
            (agreement == EXTRA).sum(1),
            (agreement == MISSING).sum(1),
            (agreement == CONFLICT).sum(1),
            agreement,
        ]
    )
    if meaning is None or query.vectors is None or query.tokens is None:
        near = np.asarray((gram_rows @ gram_rows.T).toarray(), np.float32)
        return Compared(places, spelled_columns.astype(np.float32), cover, near)
    vectors = meaning.vectors[places]
    dense = vectors @ query.vectors.T
    matches = meaning.token_matches(places, query.tokens)
    best = matches.max(2)
    weights = meaning.weights[places]
    whole_said = (best * weights).sum(1)
    token_cover = matches.max(1)
    label = _labels(query.vectors, places, meaning)
    dense_part = dense[:, parts].max(1)
    rows = np.column_stack(
        [
            spelled_columns,
            dense[:, 0],
            dense_part,
            dense[:, 0] - dense[:, 0].max(),
            dense_part - dense_part.max(),
            whole_said,
            np.where(weights > 0.03, best, 1).min(1),
            whole_said - whole_said.max(),
            token_cover.mean(1),
            label[:, 0],
            label[:, parts].max(1),
            label[:, 0] - _greatest(label[:, 0]),
        ]
    )
    return Compared(places, rows.astype(np.float32), token_cover, vectors @ vectors.T)


def _characters(
    query: Query, spelled: Sequence[str], spelling: SpellingIndex
) -> tuple[Floats, Floats]:
    """Return six columns on shared characters, and which characters each name covers."""
    own = set(query.text + query.core)
    own_pairs = {t[i : i + 2] for t in (query.text, query.core) for i in range(len(t) - 1)}
    term_weights = spelling.rarities(query.text)
    total = float(term_weights.sum()) or 1.0
    cover = np.array([[c in name for c in query.text] for name in spelled], np.float32)
    core = set(query.core)
    part_sets = [set(p) for p in query.parts] or [set(query.core)]
    rarity, rarest = spelling.rarity, spelling.rarity[""]
    rows = []
    for name in spelled:
        weights = [rarity.get(c, rarest) for c in name]
        unsaid = [w for c, w in zip(name, weights, strict=True) if c not in own]
        pairs = max(1, len(name) - 1)
        shared = sum(name[i : i + 2] in own_pairs for i in range(len(name) - 1))
        letters = set(name)
        part = max(len(p & letters) / len(p) for p in part_sets)
        left = max((rarity.get(c, rarest) for c in core - letters), default=0)
        said = 1 - sum(unsaid) / sum(weights)
        rows.append((said, part, max(unsaid, default=0), shared / pairs, left))
    table = np.array(rows, np.float32)
    term_said = (cover @ term_weights) / total
    return np.column_stack([table[:, 0], term_said, table[:, 1:]]), cover


def _labels(terms: Floats, places: Integers, meaning: MeaningIndex) -> Floats:
    """Return cosines with the label vectors (candidates, terms), NaN where there is none."""
    found = np.full((len(places), len(terms)), np.nan, np.float32)
    rows = meaning.label_of[places]
    has = rows >= 0
    found[has] = meaning.label_vectors[rows[has]] @ terms.T
    return found


def _greatest(values: Floats) -> float:
    known = values[~np.isnan(values)]
    return float(known.max()) if len(known) else 0.0


def _ratio(scorer: Any, text: str, names: Sequence[str]) -> Floats:
    return np.asarray(process.cdist([text], names, scorer=scorer, dtype=np.float32)[0] / 100)
