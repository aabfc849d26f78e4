"""Candidates by meaning (按语义找候选): encoded names and learned label vectors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from zhibian.coding.terms.types import Encoded, Floats, Integers

_TOKEN_SCALE = 127
_BLOCK = 32
# Divisor of cosines: the nearest ten or so labels share what there is.
_SHARPNESS = 0.05


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
        """Return the positions of the nearest names (terms, count), best first."""
        return _top(terms @ self.vectors.T, count)

    def label_cosines(self, terms: Floats) -> tuple[Floats, Floats]:
        """Return cosines with the label vectors, and their softmax, both (terms, labels)."""
        if not len(self.labelled):
            nothing = np.zeros((len(terms), 1), np.float32)
            return nothing, nothing
        near = terms @ self.label_vectors.T
        raised = np.exp((near - near.max(1, keepdims=True)) / _SHARPNESS)
        return near, raised / raised.sum(1, keepdims=True)

    def nearest_labels(self, cosines: Floats, count: int) -> Integers:
        """Return the positions of the names with the nearest label vectors, best first."""
        if not len(self.labelled):
            return np.zeros((len(cosines), 0), np.int64)
        return np.asarray(self.labelled[_top(cosines, count)])

    def token_matches(self, places: Integers, term_tokens: Floats) -> Floats:
        """Return cosines of name tokens and term tokens (names, name tokens, term tokens)."""
        tokens = self.tokens[places].astype(np.float32)
        return np.asarray(tokens @ (term_tokens.T / _TOKEN_SCALE))


def pack_tokens(encoded: Encoded) -> np.ndarray[tuple[int, int, int], np.dtype[np.int8]]:
    """Return token vectors in 127ths: a quarter of the memory at no visible loss."""
    return np.rint(encoded.tokens * _TOKEN_SCALE).astype(np.int8)


def unpack_tokens(tokens: np.ndarray[tuple[int, int, int], np.dtype[np.int8]]) -> Floats:
    """Return token vectors as they were before `pack_tokens`, but for the rounding."""
    return tokens.astype(np.float32) / np.float32(_TOKEN_SCALE)


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
    """Return the columns of the greatest values of each row, best first.

    The greatest values lie in the blocks with the greatest maxima; looking at those alone
    is ten times faster than partitioning whole rows.
    """
    rows, width = near.shape
    if width < (count + 1) * _BLOCK:
        return np.argsort(-near, axis=1, kind="stable")[:, :count]
    blocks = width // _BLOCK
    maxima = near[:, : blocks * _BLOCK].reshape(rows, blocks, _BLOCK).max(2)
    best = np.argpartition(-maxima, count, axis=1)[:, :count]
    inside = (best[:, :, None] * _BLOCK + np.arange(_BLOCK)).reshape(rows, -1)
    behind = np.broadcast_to(np.arange(blocks * _BLOCK, width), (rows, width - blocks * _BLOCK))
    looked_at = np.hstack([inside, behind])
    values = np.take_along_axis(near, looked_at, 1)
    order = np.argsort(-values, axis=1, kind="stable")[:, :count]
    return np.asarray(np.take_along_axis(looked_at, order, 1))
