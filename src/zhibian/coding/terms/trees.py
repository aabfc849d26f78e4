"""Boosted trees as data (以数据形式保存的提升树): read from JSON, evaluated with numpy.

A pickled model would run code when it is read and break with each version of its
library. Here a tree is seven lists of numbers.

All trees are evaluated at once, after QuickScorer (Lucchese and others, SIGIR 2015): each
test that fails strikes the leaves on its left off a bit set, and the first leaf that is
left is the one a walk through the tree ends at.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zhibian.coding.terms.types import Floats, Integers

_LEAF = -1
_LEAVES = 16
_ALL = np.uint16(2**_LEAVES - 1)
# Rows at a time: their tests stay within the processor's cache.
_BLOCK = 256


@dataclass(frozen=True, slots=True)
class Trees:
    """A sum of decision trees with a logistic link.

    Attributes
    ----------
    baseline
        Log-odds before any tree.
    column
        What every test compares: a feature, or, counted on behind the features, the same
        with unknown values sent right (trees, tests); spare tests never fail.
    threshold
        Values up to it pass (trees, tests).
    passed
        Leaves that are left when a test fails, as bits (trees, tests).
    value
        Log-odds that a leaf adds (trees, leaves).
    features
        Number of features.
    """

    baseline: float
    column: Integers
    threshold: Floats
    passed: NDArray[np.uint16]
    value: Floats
    features: int

    def probability(self, rows: Floats) -> Floats:
        """Return the probability of each row, shape (rows,).

        Parameters
        ----------
        rows
            Features (rows, columns); NaN for unknown.
        """
        total = np.full(len(rows), self.baseline, np.float64)
        for start in range(0, len(rows), _BLOCK):
            total[start : start + _BLOCK] += self._sums(rows[start : start + _BLOCK])
        return (1 / (1 + np.exp(-total))).astype(np.float32)

    def _sums(self, rows: Floats) -> NDArray[np.float64]:
        turned = np.ascontiguousarray(rows[:, : self.features].T)
        unknown = np.isnan(turned)
        both = np.concatenate(
            [np.where(unknown, -np.inf, turned), np.where(unknown, np.inf, turned)]
        ).astype(np.float32)
        trees, tests = self.column.shape
        passes = both[self.column.ravel()] <= self.threshold.ravel()[:, None]
        left = np.where(passes, _ALL, self.passed.ravel()[:, None])
        left = np.bitwise_and.reduce(left.reshape(trees, tests, len(rows)), axis=1)
        leaf = _FIRST[left]
        found: NDArray[np.float64] = np.take_along_axis(self.value, leaf, 1).sum(
            0, dtype=np.float64
        )
        return found


def _first_bits() -> NDArray[np.int64]:
    numbers = np.arange(2**_LEAVES)
    lowest = numbers & -numbers
    lowest[0] = 1
    return np.asarray(np.log2(lowest), np.int64)


_FIRST = _first_bits()


def trees_from(content: Mapping[str, Any]) -> Trees:
    """Read trees from the mapping of a JSON file: ``baseline``, ``depth``, ``trees``.

    Each tree has the lists ``feature``, ``threshold``, ``left``, ``right``,
    ``missing_left`` and ``value``, and at most sixteen leaves.
    """
    listed: Sequence[Mapping[str, Sequence[float]]] = content["trees"]
    features = 1 + max(int(max(tree["feature"])) for tree in listed)
    features = max(features, 1)
    shape = (len(listed), _LEAVES - 1)
    column = np.zeros(shape, np.int64)
    threshold = np.full(shape, np.inf, np.float32)
    passed = np.full(shape, _ALL, np.uint16)
    value = np.zeros((len(listed), _LEAVES), np.float32)
    for row, tree in enumerate(listed):
        tests: list[tuple[int, int]] = []
        leaves: list[int] = []
        _walk(tree, 0, tests, leaves)
        value[row, : len(leaves)] = [tree["value"][leaf] for leaf in leaves]
        for test, (node, struck) in enumerate(tests):
            unknown_right = not tree["missing_left"][node]
            column[row, test] = int(tree["feature"][node]) + features * unknown_right
            threshold[row, test] = _below(tree["threshold"][node])
            passed[row, test] = _ALL & ~np.uint16(struck)
    return Trees(float(content["baseline"]), column, threshold, passed, value, features)


def _walk(
    tree: Mapping[str, Sequence[float]],
    node: int,
    tests: list[tuple[int, int]],
    leaves: list[int],
) -> None:
    """Collect tests with the leaves on their left as bits, and leaves from left to right."""
    if tree["feature"][node] == _LEAF:
        leaves.append(node)
        return
    first = len(leaves)
    _walk(tree, int(tree["left"][node]), tests, leaves)
    struck = sum(1 << leaf for leaf in range(first, len(leaves)))
    tests.append((node, struck))
    _walk(tree, int(tree["right"][node]), tests, leaves)


def _below(threshold: float) -> np.float32:
    """Return the greatest 32-bit number up to a threshold: features have 32 bits."""
    near = np.float32(threshold)
    return near if float(near) <= threshold else np.nextafter(near, np.float32(-np.inf))
