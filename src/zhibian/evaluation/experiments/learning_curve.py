"""A run that learns from more and more (学习曲线): the same test part, growing fit parts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pydantic import Field, field_validator

from zhibian.evaluation.experiments.setting import Setting
from zhibian.evaluation.experiments.spec import Cell, LabelledResults, RunResult, TaskRun
from zhibian.evaluation.experiments.task_run import run_on_task
from zhibian.evaluation.results import Results

#: Name of the table of a run.
CURVE = "curve"


class LearningCurve(TaskRun):
    """Systems on a task at growing shares of its fit part (学习曲线)."""

    shares: tuple[float, ...] = Field(
        min_length=2, description="Shares of the fit part, rising; each holds the former 训练占比"
    )

    @field_validator("shares")
    @classmethod
    def _rising(cls, shares: tuple[float, ...]) -> tuple[float, ...]:
        if any(not 0 < share <= 1 for share in shares) or list(shares) != sorted(set(shares)):
            raise ValueError("训练占比应在 0 与 1 之间，由小到大，互不相同")
        return shares


def run_curve(asked: LearningCurve, setting: Setting) -> RunResult:
    """Return the results at every share, and the main figures as one table.

    Raises
    ------
    InputError
        Task, data, systems or settings can't be used.
    """
    found = [
        LabelledResults(
            label=f"{share:.0%}",
            results=run_on_task(
                asked.model_copy(update={"share": share, "name": f"{asked.name} {share:.0%}"}),
                setting,
            ),
        )
        for share in asked.shares
    ]
    rows = tuple(_rows(asked.shares, [one.results for one in found]))
    return RunResult(
        name=asked.name,
        kind=asked.kind,
        asked=asked.model_dump(mode="json", exclude_defaults=True),
        results=(found[-1],),
        tables={CURVE: rows},
    )


def _rows(shares: Sequence[float], found: Sequence[Results]) -> Iterator[dict[str, Cell]]:
    for share, results in zip(shares, found, strict=True):
        for system in results.systems:
            for name, figure in system.figures.items():
                yield {
                    "share": share,
                    "system": system.name,
                    "metric": name,
                    "value": figure.value,
                    "low": figure.low,
                    "high": figure.high,
                    "mean_over_seeds": system.spread[name].mean if name in system.spread else None,
                    "sd_over_seeds": system.spread[name].sd if name in system.spread else None,
                }
