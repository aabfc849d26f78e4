"""Training in passes (逐轮训练): when to stop, which weights to keep, how to go on after a stop.

One loop for everything that learns pass by pass. What a pass, a measurement and a checkpoint
are, the learner knows; this module needs no neural library.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

Direction = Literal["maximize", "minimize"]


@dataclass(frozen=True, slots=True)
class Stopping:
    """When training ends (停止条件).

    Attributes
    ----------
    epochs
        Most passes.
    patience
        Passes without gain on the tune part before stopping; 0 never stops early.
    direction
        Which values of the tune part are better.
    """

    epochs: int
    patience: int
    direction: Direction


@dataclass(frozen=True, slots=True)
class Course:
    """How a training went (训练过程).

    Attributes
    ----------
    values
        What was measured on the tune part after every pass; None where there is no such part.
    best_epoch
        Pass whose weights were kept, counted from 1; 0 where no value was a number.
    stopped_early
        Whether it ended before the most passes.
    """

    values: tuple[float | None, ...]
    best_epoch: int
    stopped_early: bool

    @property
    def epochs(self) -> int:
        """Return the passes that were made."""
        return len(self.values)


@dataclass(frozen=True, slots=True)
class EpochDone:
    """One pass that has ended (一轮结束).

    Attributes
    ----------
    number, most
        Which pass, counted from 1, of how many at most.
    loss
        Mean loss over the examples.
    value
        What was measured on the tune part.
    """

    number: int
    most: int
    loss: float
    value: float | None


Told = Callable[[EpochDone], None]


def untold(_: EpochDone) -> None:
    """Tell nobody."""


class Learner(Protocol):
    """What learns in passes (逐轮学习者)."""

    def epoch(self, number: int) -> float:
        """Pass once over the examples, ``number`` counted from 0; return the mean loss."""
        ...

    def measure(self) -> float | None:
        """Return the metric on the tune part; None without one."""
        ...

    def keep(self) -> None:
        """Remember the weights as the best so far."""
        ...

    def restore(self) -> None:
        """Take the weights that were remembered."""
        ...

    def save(self, path: Path, values: Sequence[float | None]) -> None:
        """Write everything that going on needs, with the values so far."""
        ...

    def load(self, path: Path) -> list[float | None]:
        """Read what `save` wrote; return the values so far."""
        ...


def train_epochs(
    learner: Learner, stopping: Stopping, checkpoint: Path | None, told: Told = untold
) -> Course:
    """Train until nothing is gained any more, and leave the best weights.

    A learner whose passes depend on nothing but its saved state and their number ends with
    the same weights whether it was stopped in between or not.

    Parameters
    ----------
    learner
        What learns.
    stopping
        When it ends.
    checkpoint
        File that is written after every pass and read at the start; None keeps nothing.
    told
        Told of every pass, before its checkpoint is written.
    """
    found = checkpoint is not None and checkpoint.is_file()
    values = learner.load(checkpoint) if checkpoint is not None and found else []
    while not _ended(values, stopping):
        loss = learner.epoch(len(values))
        values.append(learner.measure())
        if _best(values, stopping.direction) == len(values):
            learner.keep()
        told(EpochDone(len(values), stopping.epochs, loss, values[-1]))
        if checkpoint is not None:
            _save(learner, checkpoint, values)
    learner.restore()
    best = _best(values, stopping.direction)
    return Course(tuple(values), best, len(values) < stopping.epochs)


def _ended(values: Sequence[float | None], stopping: Stopping) -> bool:
    if not values:
        return False
    idle = len(values) - _best(values, stopping.direction)
    return len(values) >= stopping.epochs or idle >= stopping.patience > 0


def _best(values: Sequence[float | None], direction: Direction) -> int:
    """Return the best pass, counted from 1: the first of equal ones, the last unmeasured one."""
    if values and values[-1] is None:
        return len(values)
    sign = 1.0 if direction == "maximize" else -1.0
    numbers = [-math.inf if v is None or math.isnan(v) else sign * v for v in values]
    best = max(numbers, default=-math.inf)
    return 0 if best == -math.inf else numbers.index(best) + 1


def _save(learner: Learner, checkpoint: Path, values: Sequence[float | None]) -> None:
    checkpoint.parent.mkdir(parents=True, exist_ok=True)
    scratch = checkpoint.with_suffix(".writing")
    learner.save(scratch, values)
    # Moved into place: a stop half way leaves the checkpoint of the pass before.
    scratch.replace(checkpoint)
