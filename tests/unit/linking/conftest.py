"""A small code set, an encoder that needs no weights, and a ranker of one rule."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from zhibian.coding.terms.features import columns
from zhibian.coding.terms.linker import Comparer
from zhibian.coding.terms.load import load_comparer
from zhibian.coding.terms.meaning import Labels
from zhibian.coding.terms.names import TargetCode
from zhibian.coding.terms.ranker import Ranker, ranker_from
from zhibian.coding.terms.types import Encoded, Floats

WIDTH = 8

CODES = (
    TargetCode("I10.x00", "高血压", grey=True),
    TargetCode("I10.x00x002", "高血压"),
    TargetCode("I25.103", "冠状动脉粥样硬化性心脏病"),
    TargetCode("E11.900", "2型糖尿病"),
    TargetCode("K29.500", "慢性胃炎"),
    TargetCode("K29.100", "急性胃炎"),
    TargetCode("J18.901", "社区获得性肺炎"),
    TargetCode("C50.900", "乳腺恶性肿瘤"),
    TargetCode("M85000/3", "浸润性导管癌"),
)


def character_vector(character: str) -> Floats:
    seed = int(hashlib.sha256(character.encode()).hexdigest()[:8], 16)
    vector = np.random.default_rng(seed).normal(size=WIDTH).astype(np.float32)
    return np.asarray(vector / np.linalg.norm(vector))


class CharacterEncoder:
    """Each character has a fixed random direction; a text is their mean."""

    def __init__(self) -> None:
        self.encoded = 0

    @property
    def fingerprint(self) -> str:
        return "characters"

    def encode(self, texts: Sequence[str]) -> Encoded:
        self.encoded += len(texts)
        widest = max(map(len, texts), default=0)
        tokens = np.zeros((len(texts), widest, WIDTH), np.float32)
        weights = np.zeros((len(texts), widest), np.float32)
        for row, text in enumerate(texts):
            tokens[row, : len(text)] = [character_vector(c) for c in text]
            weights[row, : len(text)] = 1 / len(text)
        vectors = tokens.sum(1)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return Encoded(vectors, tokens, weights)


def stump(column: int, threshold: float) -> dict[str, Any]:
    """Return trees that say yes above a threshold of one column."""
    tree = {
        "feature": [column, -1, -1],
        "threshold": [threshold, 0.0, 0.0],
        "left": [1, 0, 0],
        "right": [2, 0, 0],
        "missing_left": [1, 0, 0],
        "value": [0.0, -3.0, 3.0],
    }
    return {"baseline": 0.0, "depth": 1, "trees": [tree]}


def no_labels() -> Labels:
    return Labels({}, np.zeros(0, np.float32), np.zeros((0, WIDTH), np.float32))


def comparer_of(
    rules: Path, encoder: CharacterEncoder | None = None, cache: Path | None = None
) -> Comparer:
    return load_comparer(rules, CODES, (), no_labels(), encoder, cache)


def ranker_by(comparer: Comparer, column: str, threshold: float) -> Ranker:
    """Return a ranker whose both stages look at one column."""
    names = columns(comparer.attributes.groups, meaning=comparer.meaning is not None)
    trees = stump(names.index(column), threshold)
    return ranker_from({"columns": names, "alone": trees, "beside": trees, "limit": 0.5})


@pytest.fixture(scope="session")
def comparer(rules: Path) -> Comparer:
    return comparer_of(rules)
