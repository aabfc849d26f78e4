"""A run of systems on one task (任务运行)."""

from __future__ import annotations

from zhibian.evaluation.experiments.setting import Setting
from zhibian.evaluation.experiments.spec import LabelledResults, RunResult, TaskRun
from zhibian.evaluation.results import Results
from zhibian.evaluation.run import RunPlan, run
from zhibian.evaluation.run_config import SystemChoice, asked_systems
from zhibian.evaluation.tasks.registry import find_task
from zhibian.evaluation.tasks.spec import TaskSpec


def run_on_task(asked: TaskRun, setting: Setting) -> Results:
    """Return the results of systems on a task.

    Raises
    ------
    InputError
        Task, data, systems or settings can't be used.
    """
    spec = _as_asked(find_task(asked.task, setting.tasks), asked)
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
        results = run(task, kind, plan, setting.resources, watch).results
    shown = (
        one.model_copy(update={"gallery": one.gallery[: asked.gallery]}) for one in results.systems
    )
    return results.model_copy(update={"systems": tuple(shown)})


def _as_asked(spec: TaskSpec, asked: TaskRun) -> TaskSpec:
    """Return a task with the figures that a run asks for: what is answered stays the same."""
    told = {"metrics": asked.metrics, "strata": asked.strata}
    return spec.model_copy(
        update={name: value for name, value in told.items() if value is not None}
    )


def task_run(asked: TaskRun, setting: Setting) -> RunResult:
    """Return the results of a run; see :func:`run_on_task` for the errors."""
    results = run_on_task(asked, setting)
    return RunResult(
        name=asked.name,
        kind=asked.kind,
        asked=asked.model_dump(mode="json", exclude_defaults=True),
        results=(LabelledResults(label=asked.name, results=results),),
    )
