"""Kinds of run that an experiment may have (运行类别): each with its fields and how it is run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from zhibian.evaluation.experiments.error_injection import ErrorInjection, run_injection
from zhibian.evaluation.experiments.learning_curve import LearningCurve, run_curve
from zhibian.evaluation.experiments.setting import Setting
from zhibian.evaluation.experiments.spec import RunResult, RunSpec, TaskRun
from zhibian.evaluation.experiments.task_run import task_run


@dataclass(frozen=True, slots=True)
class RunKind:
    """One kind of run (运行类别): the model of its fields, and the function that runs it."""

    spec: type[RunSpec]
    run: Callable[[Any, Setting], RunResult]


RUN_KINDS: Mapping[str, RunKind] = MappingProxyType(
    {
        "task": RunKind(TaskRun, task_run),
        "learning-curve": RunKind(LearningCurve, run_curve),
        "error-injection": RunKind(ErrorInjection, run_injection),
    }
)
