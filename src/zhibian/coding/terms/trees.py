"""Boosted trees as data (以数据形式保存的提升树): read from JSON, evaluated with numpy.

A pickled model would run code when it is read and break with each version of its
library. Here a tree is seven lists of numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zhibian.coding.terms.types import Floats, Integers

_LEAF = -1


@dataclass(frozen=True, slots=True)
class Trees:
    """A sum of decision trees with a logistic link.

    Attributes
    ----------
    baseline
        Log-odds before any tree.
    feature
        Column compared at a node, -1 at a leaf, shape (trees, nodes).
    threshold
        Values up to it go left, shape (trees, nodes).
    left, right
        Next nodes, shape (trees, nodes).
    missing_left
        Whether an unknown value goes left, shape (trees, nodes).
    value
        Log-odds that a leaf adds, shape (trees, nodes).
    depth
        Longest path of any tree.
    """

    baseline: float
    feature: Integers
    threshold: NDArray[np.float64]
    left: Integers
    right: Integers
    missing_left: NDArray[np.bool_]
    value: Floats
    depth: int

    def probability(self, rows: Floats) -> Floats:
        """Return the probability of each row, shape (rows,).

        Parameters
        ----------
        rows
            Features (rows, columns); NaN for unknown.
        """
        total = np.full(len(rows), self.baseline, np.float64)
        every = np.arange(len(rows))
        for tree in range(len(self.feature)):
            feature, threshold = self.feature[tree], self.threshold[tree]
            at = np.zeros(len(rows), np.int64)
            for _ in range(self.depth):
                column = feature[at]
                seen = rows[every, np.maximum(column, 0)]
                goes_left = np.where(
                    np.isnan(seen), self.missing_left[tree][at], seen <= threshold[at]
                )
                onward = np.where(goes_left, self.left[tree][at], self.right[tree][at])
                at = np.where(column == _LEAF, at, onward)
            total += self.value[tree][at]
        return (1 / (1 + np.exp(-total))).astype(np.float32)


def trees_from(content: Mapping[str, Any]) -> Trees:
    """Read trees from the mapping of a JSON file: ``baseline``, ``depth``, ``trees``.

    Each tree has the lists ``feature``, ``threshold``, ``left``, ``right``,
    ``missing_left`` and ``value``.
    """
    listed: Sequence[Mapping[str, Sequence[float]]] = content["trees"]
    widest = max(len(tree["feature"]) for tree in listed)

    def column(key: str, empty: float) -> NDArray[np.float64]:
        table = np.full((len(listed), widest), empty, np.float64)
        for row, tree in enumerate(listed):
            table[row, : len(tree[key])] = tree[key]
        return table

    return Trees(
        baseline=float(content["baseline"]),
        feature=column("feature", _LEAF).astype(np.int64),
        threshold=column("threshold", 0),
        left=column("left", 0).astype(np.int64),
        right=column("right", 0).astype(np.int64),
        missing_left=column("missing_left", 0).astype(np.bool_),
        value=column("value", 0).astype(np.float32),
        depth=int(content["depth"]),
    )
