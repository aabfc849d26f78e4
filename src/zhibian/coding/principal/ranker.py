"""The ranker below the rules (排序模型): a weighted sum of readable features.

Weights are data with their origin (rules/coding/principal_ranker.yaml); ``zhibian train
principal`` fits them on records with gold codes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zhibian.coding.principal.features import NAMES, Candidate
from zhibian.coding.rulefile import read_rule_file

TABLE = Path("coding") / "principal_ranker.yaml"


@dataclass(frozen=True, slots=True)
class Ranker:
    """Feature → points, and the words by which a trace names each feature.

    ``prior`` are the hand-set weights from which learning starts.
    """

    weights: Mapping[str, float]
    prior: Mapping[str, float]
    words: Mapping[str, str]

    def score(self, candidate: Candidate) -> float:
        """Return the points of a candidate."""
        return sum(self.weights[name] * candidate.values[name] for name in NAMES)

    def reasons(self, candidate: Candidate) -> tuple[str, ...]:
        """Return in words what speaks for a candidate, the weightiest first."""
        parts = {name: self.weights[name] * candidate.values[name] for name in NAMES}
        named = sorted((name for name in parts if parts[name] > 0), key=lambda n: -parts[n])
        return tuple(self.words[name] for name in named)


def load_ranker(rules: Path) -> Ranker:
    """Read the weights; InputError when they are absent or a feature has none."""
    return read_rule_file(rules, TABLE, _parse)


def _parse(raw: Mapping[str, Any]) -> Ranker:
    return Ranker(
        weights={name: float(raw["weights"][name]) for name in NAMES},
        prior={name: float(raw["prior"][name]) for name in NAMES},
        words={name: str(raw["words"][name]) for name in NAMES},
    )
