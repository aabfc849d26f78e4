"""Training in passes: when it stops, which weights stay, and going on after a stop."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from tests.unit.training.stops import Killed, killed_at
from tests.unit.training.toy_kind import Slope, rows_of

from zhibian.training.epochs import Direction, EpochDone, Stopping, train_epochs


class Told:
    """A learner that measures what it is told."""

    def __init__(self, values: Sequence[float | None]) -> None:
        self.values, self.at, self.kept = list(values), 0, 0

    def epoch(self, number: int) -> float:
        self.at = number + 1
        return 0.0

    def measure(self) -> float | None:
        return self.values[self.at - 1]

    def keep(self) -> None:
        self.kept = self.at

    def restore(self) -> None:
        self.at = self.kept

    def save(self, path: Path, values: Sequence[float | None]) -> None:
        raise AssertionError("no checkpoint is wanted")

    def load(self, path: Path) -> list[float | None]:
        raise AssertionError("there is no checkpoint")


@pytest.mark.parametrize(
    ("values", "direction", "patience", "epochs", "best"),
    [
        ([3, 2, 1], "minimize", 2, 3, 3),
        ([1, 2, 3], "maximize", 2, 3, 3),
        ([1, 2, 3, 0, 0], "minimize", 2, 3, 1),
        ([2, 3, 1, 3, 3, 0], "minimize", 2, 5, 3),
        ([1, 1, 0], "maximize", 1, 2, 1),
        ([3, 4, 5, 6], "minimize", 0, 4, 1),
        ([None, None, None], "maximize", 1, 3, 3),
        ([float("nan"), 2, 1], "maximize", 2, 3, 2),
        ([float("nan")] * 5, "maximize", 2, 2, 0),
    ],
)
def test_it_stops_without_gain_and_keeps_the_best(
    values: list[float | None], direction: Direction, patience: int, epochs: int, best: int
) -> None:
    learner = Told(values)
    course = train_epochs(learner, Stopping(len(values), patience, direction), None)
    assert (course.epochs, course.best_epoch) == (epochs, best)
    assert course.stopped_early == (epochs < len(values))
    assert learner.at == best


def test_every_pass_is_told() -> None:
    told: list[EpochDone] = []
    train_epochs(Told([2.0, 1.0]), Stopping(2, 1, "minimize"), None, told.append)
    assert [(one.number, one.most, one.value) for one in told] == [(1, 2, 2.0), (2, 2, 1.0)]


def test_killed_anywhere_it_goes_on_to_the_same_weights(tmp_path: Path) -> None:
    stopping = Stopping(6, 3, "minimize")
    whole = Slope(rows_of(), 0.1, 1)
    with killed_at(None) as moves:
        course = train_epochs(whole, stopping, tmp_path / "whole.npz")
    assert moves.count == course.epochs > 1
    for step in range(moves.count):
        for after in (False, True):
            checkpoint = tmp_path / f"{step}-{after}.npz"
            with pytest.raises(Killed), killed_at(step, after=after):
                train_epochs(Slope(rows_of(), 0.1, 1), stopping, checkpoint)
            again = Slope(rows_of(), 0.1, 1)
            assert train_epochs(again, stopping, checkpoint) == course
            np.testing.assert_array_equal(again.weights, whole.weights)
