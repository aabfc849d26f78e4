"""Candidates by meaning (按语义找候选): encoded names and learned label vectors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from zhibian.coding.terms.types import Encoded, Floats, Integers

_TOKEN_SCALE = 127
_BLOCK = 32


@dataclass(frozen=True, slots=True)
class Labels:
    """What training learned about single names (标签向量): a prior and a direction.

    A label vector is the mean direction of the wordings that were coded to the name: the
    weights of a linear classifier over names (as in SiameseXML, Dahiya et al. 2021).

    Attributes
    ----------
    places
        Name as compared to row.
    counts
        How often training saw the name (labels,).
    vectors
        Unit vectors (labels, hidden).
    """

    places: Mapping[str, int]
    counts: Floats
    vectors: Floats


@dataclass(frozen=True, slots=True)
class MeaningIndex:
    """The names of one code set as vectors (语义索引).

    Attributes
    ----------
    vectors
        Unit vectors (names, hidden).
    tokens
        Token vectors (names, positions, width) in 127ths.
    weights
        Token weights (names, positions).
    label_of
        Row of the name's label vector, -1 without one (names,).
    labelled
        Positions of the names that have a label vector.
    label_vectors
        Label vectors of `labelled`, in its order.
    """

    vectors: Floats
    tokens: np.ndarray[tuple[int, int, int], np.dtype[np.int8]]
    weights: Floats
    label_of: Integers
    labelled: Integers
    label_vectors: Floats

    def nearest(self, terms: Floats, count: int) -> Integers:
        """Return the positions of the nearest names (terms, count), in no order."""
        return _top(terms @ self.vectors.T, count)

    def nearest_labels(self, terms: Floats, count: int) -> Integers:
        """Return the positions of the names with the nearest label vectors."""
        if not len(self.labelled):
            return np.zeros((len(terms), 0), np.int64)
        return np.asarray(self.labelled[_top(terms @ self.label_vectors.T, count)])

    def token_matches(self, places: Integers, term_tokens: Floats) -> Floats:
        """Return cosines of name tokens and term tokens (names, name tokens, term tokens)."""
        tokens = self.tokens[places].astype(np.float32) / _TOKEN_SCALE
        return np.asarray(tokens @ term_tokens.T)


def pack_tokens(encoded: Encoded) -> np.ndarray[tuple[int, int, int], np.dtype[np.int8]]:
    """Return token vectors in 127ths: a quarter of the memory at no visible loss."""
    return np.rint(encoded.tokens * _TOKEN_SCALE).astype(np.int8)


def build_meaning(
    vectors: Floats,
    tokens: np.ndarray[tuple[int, int, int], np.dtype[np.int8]],
    weights: Floats,
    spelled: Sequence[str],
    labels: Labels,
) -> MeaningIndex:
    """Join the encoded names with what was learned about them."""
    rows = np.array([labels.places.get(name, -1) for name in spelled], np.int64)
    labelled = np.flatnonzero(rows >= 0)
    order = np.full(len(rows), -1, np.int64)
    order[labelled] = np.arange(len(labelled))
    return MeaningIndex(vectors, tokens, weights, order, labelled, labels.vectors[rows[labelled]])


def _top(near: Floats, count: int) -> Integers:
    """Return the columns of the greatest values of each row, in no order.

    The greatest values lie in the blocks with the greatest maxima; looking at those alone
    is ten times faster than partitioning whole rows.
    """
    rows, width = near.shape
    if width <= count * _BLOCK:
        return np.argsort(-near, axis=1)[:, :count]
    blocks = -(-width // _BLOCK)
    padded = np.full((rows, blocks * _BLOCK), -np.inf, np.float32)
    padded[:, :width] = near
    padded = padded.reshape(rows, blocks, _BLOCK)
    best = np.argpartition(-padded.max(2), count, axis=1)[:, :count]
    every = np.arange(rows)[:, None]
    values = padded[every, best].reshape(rows, -1)
    places = np.argpartition(-values, count, axis=1)[:, :count]
    return np.asarray(best[every, places // _BLOCK] * _BLOCK + places % _BLOCK)
