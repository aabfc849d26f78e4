"""Learn what single names are called (标签向量): one direction and one count a name."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType

import numpy as np

from zhibian.coding.terms.meaning import Labels
from zhibian.coding.terms.parts import clean
from zhibian.coding.terms.types import Floats
from zhibian.evaluation.data.term_pairs import TermPair


def learn_labels(pairs: Sequence[TermPair], vectors: Floats) -> Labels:
    """Return labels from pairs; a wording of several names counts less for each.

    Parameters
    ----------
    pairs
        Pairs of the training part.
    vectors
        Unit vectors of their wordings (pairs, hidden).
    """
    places: dict[str, int] = {}
    for pair in pairs:
        for name in pair.names:
            places.setdefault(clean(name), len(places))
    sums = np.zeros((len(places), vectors.shape[1]), np.float32)
    counts = np.zeros(len(places), np.float32)
    for pair, vector in zip(pairs, vectors, strict=True):
        for name in pair.names:
            sums[places[clean(name)]] += vector / len(pair.names)
            counts[places[clean(name)]] += 1
    lengths = np.linalg.norm(sums, axis=1, keepdims=True)
    return Labels(MappingProxyType(places), counts, sums / np.maximum(lengths, 1e-6))
