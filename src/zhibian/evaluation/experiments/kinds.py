"""Kinds of run that an experiment may have (运行类别): each with its fields and how it is run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from zhibian.evaluation.answering import Watch
from zhibian.evaluation.experiments.spec import LabelledResults, RunResult, RunSpec, TaskRun
from zhibian.evaluation.resources import Resources
from zhibian.evaluation.results import Results
from zhibian.evaluation.rounds import LoadedTask
from zhibian.evaluation.run import RunPlan, run
from zhibian.evaluation.run_config import SystemChoice, asked_systems
from zhibian.evaluation.tasks.kind import KindOfTask
from zhibian.evaluation.tasks.registry import find_task
from zhibian.evaluation.tasks.spec import Kind, TaskSpec


@dataclass(frozen=True, slots=True)
class Setting:
    """Where runs of an experiment take place (实验环境).

    Attributes
    ----------
    tasks
        By id.
    load
        Reads the questions of a task.
    kinds
        Scorers and systems by kind of task.
    resources
        What systems and scorers are made with.
    watching
        Title and number of answers to whoever is told of progress.
    command
        As typed, without paths of the machine.
    resume
        Whether finished rounds and runs of a stopped experiment are taken over.
    """

    tasks: Mapping[str, TaskSpec]
    load: Callable[[TaskSpec], LoadedTask]
    kinds: Mapping[Kind, KindOfTask]
    resources: Resources
    watching: Callable[[str, int], AbstractContextManager[Watch]]
    command: str = ""
    resume: bool = False


@dataclass(frozen=True, slots=True)
class RunKind:
    """One kind of run (运行类别): the model of its fields, and the function that runs it."""

    spec: type[RunSpec]
    run: Callable[[Any, Setting], RunResult]


def run_on_task(asked: TaskRun, setting: Setting) -> Results:
    """Return the results of systems on a task.

    Raises
    ------
    InputError
        Task, data, systems or settings can't be used.
    """
    spec = find_task(asked.task, setting.tasks)
    kind = setting.kinds[spec.kind]
    choices = asked.systems or tuple(SystemChoice(system=name) for name in spec.systems)
    plan = RunPlan(
        systems=asked_systems(choices, kind.systems, {}),
        seeds=asked.seeds,
        seed=asked.seed,
        draws=asked.draws,
        reference=asked.reference,
        limit=asked.limit,
        share=asked.share,
        resume=setting.resume,
        command=setting.command,
    )
    task = setting.load(spec)
    questions = min(len(task.parts.test), asked.limit or len(task.parts.test))
    total = len(plan.systems) * len(plan.seeds) * questions
    with setting.watching(f"{asked.name}：{spec.title}", total) as watch:
        return run(task, kind, plan, setting.resources, watch).results


def _task_run(asked: TaskRun, setting: Setting) -> RunResult:
    results = run_on_task(asked, setting)
    return RunResult(
        name=asked.name,
        kind=asked.kind,
        asked=asked.model_dump(mode="json", exclude_defaults=True),
        results=(LabelledResults(label=asked.name, results=results),),
    )


#: Other kinds of run are added here: their fields, and how they are run.
RUN_KINDS: Mapping[str, RunKind] = MappingProxyType({"task": RunKind(TaskRun, _task_run)})
