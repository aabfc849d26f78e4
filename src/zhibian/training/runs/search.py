"""Which settings a search tries, and which are best (超参数搜索)."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Mapping, Sequence
from typing import Any

from zhibian.training.epochs import Direction
from zhibian.training.runs.spec import Range, SearchSpec


def grid_size(search: SearchSpec) -> int:
    """Return the number of combinations of all lists; ranges count as one."""
    return math.prod(len(given) for given in search.values.values() if isinstance(given, list))


def trials_of(search: SearchSpec) -> list[dict[str, Any]]:
    """Return the changed parameters of every trial, in order; equal seeds give equal trials.

    A grid tries all combinations, the last parameter changing first. A random search of lists
    alone draws combinations without repeats; with a range, each trial is drawn by itself.

    Parameters
    ----------
    search
        What is tried.
    """
    lists = [given for given in search.values.values() if isinstance(given, list)]
    if len(lists) == len(search.values):
        combinations = list(itertools.product(*lists))
        if search.method == "random":
            # Shuffled and cut: a longer search begins with the trials of a shorter one.
            random.Random(search.seed).shuffle(combinations)
            combinations = combinations[: search.budget]
        return [dict(zip(search.values, one, strict=True)) for one in combinations]
    return [
        {name: _drawn(given, dice) for name, given in search.values.items()}
        for dice in (
            random.Random(f"{search.seed} {number}") for number in range(search.budget or 0)
        )
    ]


def best_of(values: Sequence[float | None], direction: Direction) -> int | None:
    """Return the place of the best value, the first of equal ones; None where none is a number."""
    sign = 1.0 if direction == "maximize" else -1.0
    found = [(sign * value, -place) for place, value in enumerate(values) if value is not None]
    return -max(found)[1] if found else None


def mean_and_sd(values: Sequence[float]) -> Mapping[str, float | int | None]:
    """Return mean and standard deviation over seeds, with n - 1; one seed has none."""
    mean = sum(values) / len(values)
    squares = sum((value - mean) ** 2 for value in values)
    sd = math.sqrt(squares / (len(values) - 1)) if len(values) > 1 else None
    return {"mean": mean, "sd": sd, "n": len(values)}


def _drawn(given: list[Any] | Range, dice: random.Random) -> Any:
    if isinstance(given, list):
        return dice.choice(given)
    if given.scale == "log":
        value = math.exp(dice.uniform(math.log(given.low), math.log(given.high)))
    else:
        value = dice.uniform(given.low, given.high)
    # Four digits: no setting is known better, and they read well.
    return round(value) if given.whole else float(f"{value:.4g}")
