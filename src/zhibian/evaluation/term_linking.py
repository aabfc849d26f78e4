"""Agreement of linked terms with gold names (术语链接的一致性), with bootstrap intervals.

Names are compared, not codes: several codes of a set may share a name. Micro-F1 counts
names over all terms; accuracy counts terms whose whole set of names is right. Gold names
that the code set lacks count as missed.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from zhibian.evaluation.figures import Figure, interval


@dataclass(frozen=True, slots=True)
class TermScore:
    """Counts of one term: right names chosen, names chosen, gold names."""

    hits: int
    chosen: int
    gold: int


def score_term(chosen: Sequence[str], gold: Sequence[str]) -> TermScore:
    """Compare the names chosen for one term with its gold names."""
    return TermScore(len(set(chosen) & set(gold)), len(set(chosen)), len(set(gold)))


def micro_f1(scores: Sequence[TermScore]) -> float:
    """Return micro-F1 over names."""
    chosen_and_gold = sum(s.chosen + s.gold for s in scores)
    return 2 * sum(s.hits for s in scores) / chosen_and_gold if chosen_and_gold else 0.0


def accuracy(scores: Sequence[TermScore]) -> float:
    """Return the share of terms whose whole set of names is right."""
    return sum(s.hits == s.chosen == s.gold for s in scores) / len(scores) if scores else 0.0


def with_interval(
    metric: Callable[[Sequence[TermScore]], float],
    scores: Sequence[TermScore],
    *,
    seed: int = 20261122,
    draws: int = 2000,
) -> Figure:
    """Return a metric with its 95 % percentile bootstrap interval over terms."""
    dice = random.Random(seed)
    low, high = interval(metric(dice.choices(scores, k=len(scores))) for _ in range(draws))
    return Figure(metric(scores), low, high)
