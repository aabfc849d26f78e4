"""A run kind small enough to be killed everywhere: logistic regression on numbers, by passes."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import Field

from zhibian.settings import Settings
from zhibian.terminology.tables import sha256_of
from zhibian.training.epochs import Stopping, train_epochs
from zhibian.training.runs.kinds import Kind, Place, Tuned, Watch
from zhibian.training.runs.spec import Strict


class Slope:
    """Learns whether a number is above a line; the last third of the rows tunes.

    Parameters
    ----------
    rows
        Features and, last, the answer (rows, 3).
    rate
        Learning rate.
    seed
        Of the order of rows and of the first weights.
    """

    def __init__(self, rows: np.ndarray, rate: float, seed: int) -> None:
        cut = 2 * len(rows) // 3
        self.fit, self.tune = rows[:cut], rows[cut:]
        self.rate, self.seed = rate, seed
        self.weights = np.random.default_rng(seed).normal(size=2)
        self.speed = np.zeros(2)
        self.kept = self.weights.copy()

    def _loss(self, rows: np.ndarray) -> float:
        margins = (2 * rows[:, 2] - 1) * (rows[:, :2] @ self.weights)
        return float(np.log1p(np.exp(-margins)).mean())

    def epoch(self, number: int) -> float:
        order = list(range(len(self.fit)))
        random.Random(f"{self.seed} {number}").shuffle(order)
        for place in order:
            *features, answer = self.fit[place]
            chance = 1 / (1 + np.exp(-np.dot(features, self.weights)))
            self.speed = 0.5 * self.speed + (chance - answer) * np.array(features)
            self.weights = self.weights - self.rate * self.speed
        return self._loss(self.fit)

    def measure(self) -> float:
        return self._loss(self.tune)

    def keep(self) -> None:
        self.kept = self.weights.copy()

    def restore(self) -> None:
        self.weights = self.kept.copy()

    def save(self, path: Path, values: Sequence[float | None]) -> None:
        with path.open("wb") as file:
            told = np.array(values, np.float64)
            np.savez(file, weights=self.weights, speed=self.speed, kept=self.kept, values=told)

    def load(self, path: Path) -> list[float | None]:
        with np.load(path) as found:
            self.weights, self.speed, self.kept = found["weights"], found["speed"], found["kept"]
            values: list[float | None] = found["values"].tolist()
        return values


def rows_of(count: int = 30) -> np.ndarray:
    """Return invented rows; some answers are wrong, so that learning too long does harm."""
    dice = np.random.default_rng(3)
    features = dice.normal(size=(count, 2))
    answers = (features[:, 0] > 0) ^ (dice.random(count) < 0.2)
    return np.column_stack([features, answers])


class ToyData(Strict):
    """Where the numbers lie."""

    table: Path


class ToyParameters(Strict):
    """Settings."""

    rate: float = Field(default=0.1, gt=0)
    epochs: int = Field(default=4, ge=1)
    patience: int = Field(default=2, ge=0)


@dataclass(frozen=True, slots=True)
class _ToyJob:
    table: Path

    @property
    def sources(self) -> Mapping[str, str]:
        return {"table": sha256_of(self.table)}

    def train(self, parameters: ToyParameters, seed: int, place: Place, watch: Watch) -> Tuned:
        learner = Slope(np.loadtxt(self.table), parameters.rate, seed)
        stopping = Stopping(parameters.epochs, parameters.patience, "minimize")
        course = train_epochs(learner, stopping, place.work / "checkpoint.npz", watch.epoch)
        if place.target is not None:
            place.target.mkdir(parents=True)
            np.savetxt(place.target / "weights.txt", learner.weights)
        return Tuned({"loss": learner.measure()}, course)


def _prepare(data: Any, settings: Settings, threads: int) -> _ToyJob:
    return _ToyJob(data.table)


KIND = Kind(
    name="toy",
    title="玩具",
    data=ToyData,
    parameters=ToyParameters,
    metrics={"loss": "minimize"},
    seeded=True,
    needs=(),
    prepare=_prepare,
)
