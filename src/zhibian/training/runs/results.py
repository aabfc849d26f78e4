"""What a training run found (训练结果): every trial, every seed, mean and spread."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from zhibian.evaluation.hardware import hardware
from zhibian.evaluation.results import HardwareOut
from zhibian.training.epochs import Direction
from zhibian.training.runs.config import Configured
from zhibian.training.runs.search import mean_and_sd
from zhibian.training.runs.spec import Strict
from zhibian.training.runs.state import Measured, RunState

_FORMAT: Literal["zhibian-training-results/1"] = "zhibian-training-results/1"


class Spread(Strict):
    """One metric over seeds (多个种子的均值与标准差)."""

    mean: float
    sd: float | None = Field(description="With n - 1; null for one seed 标准差")
    n: int


class Results(Strict):
    """What a training run found (训练结果)."""

    format: Literal["zhibian-training-results/1"] = _FORMAT
    name: str
    kind: str
    measured_on: Literal["tune"] = Field(
        default="tune", description="Never on a test part 只在调参部分测量"
    )
    metric: str = Field(description="Metric that decided, or the usual one 依据的指标")
    direction: Direction
    trials: list[Measured]
    best_trial: int | None = Field(description="Counted from 1 采用的试验")
    parameters: dict[str, Any] = Field(description="Settings of the seeds 采用的参数")
    seeds: list[Measured]
    over_seeds: dict[str, Spread | None] = Field(
        description="By metric; null where a seed gave no number 各指标的均值与标准差"
    )
    seconds: float = Field(description="All trainings together 总用时（秒）")
    processor_seconds: float = Field(description="Of processors 处理器总用时（秒）")
    threads: int
    sources: dict[str, str]
    versions: list[dict[str, str]]
    hardware: HardwareOut


def results_of(configured: Configured, state: RunState) -> Results:
    """Return the results of a run whose seeds are all done."""
    spec = configured.spec
    every = (*state.trials, *state.seeds)
    usual = next(iter(configured.kind.metrics))
    metric = usual if spec.search is None else spec.search.metric
    return Results(
        name=spec.name,
        kind=spec.kind,
        metric=metric,
        direction=(
            configured.kind.metrics[usual] if spec.search is None else spec.search.direction
        ),
        trials=state.trials,
        best_trial=state.best_trial,
        parameters=state.seeds[0].parameters,
        seeds=state.seeds,
        over_seeds={name: _spread(state.seeds, name) for name in state.seeds[0].metrics},
        seconds=round(sum(one.seconds for one in every), 1),
        processor_seconds=round(sum(one.processor_seconds for one in every), 1),
        threads=spec.threads,
        sources=state.sources,
        versions=state.versions,
        hardware=hardware(),
    )


def _spread(seeds: list[Measured], name: str) -> Spread | None:
    values = [one.metrics[name] for one in seeds]
    numbers = [value for value in values if value is not None]
    return Spread.model_validate(mean_and_sd(numbers)) if len(numbers) == len(values) else None
