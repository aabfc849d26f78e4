"""How an experiment is written down, and what it leaves (实验的定义与结果)."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from zhibian.evaluation.results import Results
from zhibian.evaluation.run import DRAWS, SEED
from zhibian.evaluation.run_config import SystemChoice

EXPERIMENT_FORMAT: Literal["zhibian-experiment/1"] = "zhibian-experiment/1"

Cell = str | int | float | bool | None


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ExperimentSpec(_Frozen):
    """``experiment.yaml`` (实验定义); the fields of a run depend on its kind."""

    format: Literal["zhibian-experiment/1"] = EXPERIMENT_FORMAT
    title: str = Field(description="Chinese name 名称")
    question: str = Field(description="What is asked, one sentence 问题")
    runs: tuple[dict[str, Any], ...] = Field(
        min_length=1, description="Runs; kind is task where none is named 各次运行"
    )


class RunSpec(_Frozen):
    """What every run has (一次运行): a name that differs from the others', and a kind."""

    name: str = Field(pattern=r"^[\w.\-]+$", description="Name in the results 名称")
    kind: str = Field(default="task", description="Kind of run 运行类别")


class TaskRun(RunSpec):
    """Systems on a task (在任务上评测系统)."""

    task: str = Field(description="Id of the task 任务")
    systems: tuple[SystemChoice, ...] = Field(
        default=(), description="Names, or names with parameters; empty: those of the task 系统"
    )
    seeds: tuple[int, ...] = Field(default=(1,), min_length=1, description="Of learning 种子")
    seed: int = Field(default=SEED, ge=0, description="Of bootstrap and permutations 重抽样种子")
    draws: int = Field(default=DRAWS, ge=100, description="Resamples 重抽次数")
    reference: str | None = Field(default=None, description="System compared with 对照系统")
    limit: int | None = Field(default=None, ge=1, description="First questions only 只取前若干例")
    share: float | None = Field(
        default=None, gt=0, le=1, description="Share of the fit part that is learned 训练占比"
    )
    metrics: tuple[str, ...] | None = Field(
        default=None, description="Metrics or patterns; null: those of the task 指标"
    )
    strata: tuple[str, ...] | None = Field(
        default=None, description="Partitions that figures are told by; null: the task's 分层"
    )
    gallery: int = Field(
        default=0, ge=0, description="Errors shown with evidence, at most, for a system 错误示例"
    )


class LabelledResults(_Frozen):
    """The results of one setting of a run (一组结果)."""

    label: str = Field(description="What differs, such as 20% 标签")
    results: Results = Field(description="Of one run of a task 评测结果")


class RunResult(_Frozen):
    """One run with what came of it (一次运行的结果)."""

    name: str = Field(description="Name of the run 名称")
    kind: str = Field(description="Kind of run 运行类别")
    asked: dict[str, Any] = Field(description="As the experiment defines it 定义")
    results: tuple[LabelledResults, ...] = Field(default=(), description="One a setting 各组结果")
    tables: dict[str, tuple[dict[str, Cell], ...]] = Field(
        default_factory=dict, description="Rows of a run whose results are no figures of systems 表"
    )


class ExperimentOut(_Frozen):
    """``results.json`` of an experiment (实验结果)."""

    format: Literal["zhibian-experiment/1"] = EXPERIMENT_FORMAT
    title: str = Field(description="Chinese name 名称")
    question: str = Field(description="What is asked 问题")
    runs: tuple[RunResult, ...] = Field(description="In the order of the definition 各次运行")
