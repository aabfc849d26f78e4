"""Run an experiment (实验运行): every run of its YAML, one file of results."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from zhibian.evaluation.experiments.kinds import RUN_KINDS, RunKind
from zhibian.evaluation.experiments.setting import Setting
from zhibian.evaluation.experiments.spec import (
    ExperimentOut,
    ExperimentSpec,
    RunResult,
    RunSpec,
    TaskRun,
)
from zhibian.evaluation.hardware import package_versions
from zhibian.evaluation.kept import key_of
from zhibian.evaluation.results_file import write_results, write_whole
from zhibian.evaluation.run_config import read_yaml_model
from zhibian.evaluation.tasks.registry import find_task
from zhibian.problems import InputError, Problem

EXPERIMENT = "experiment.yaml"
_FINISHED = "runs"


def experiment_file(path: Path) -> Path:
    """Return the definition in a folder, or the file itself."""
    return path / EXPERIMENT if path.is_dir() else path


def read_experiment(
    path: Path, kinds: Mapping[str, RunKind] = RUN_KINDS
) -> tuple[ExperimentSpec, tuple[RunSpec, ...]]:
    """Return an experiment and its runs, checked by the fields of their kinds.

    Raises
    ------
    InputError
        The file is absent, a field is wrong, a kind is unknown, or two runs have one name.
    """
    spec = read_yaml_model(path, ExperimentSpec, "experiment")
    runs: list[RunSpec] = []
    problems: list[Problem] = []
    for number, told in enumerate(spec.runs):
        found, wrong = _run_of(told, f"runs.{number}", kinds)
        runs += [] if found is None else [found]
        problems += wrong
    names = [one.name for one in runs]
    problems += [
        Problem("runs", "run_twice", f"运行名 {name} 用了两次", "给其中一个另起名字")
        for name in sorted({name for name in names if names.count(name) > 1})
    ]
    if problems:
        raise InputError(path.name, problems)
    return spec, tuple(runs)


def run_experiment(
    path: Path, setting: Setting, kinds: Mapping[str, RunKind] = RUN_KINDS
) -> ExperimentOut:
    """Run everything and write ``results.json`` beside the definition.

    Parameters
    ----------
    path
        ``experiment.yaml``, or its folder.
    setting
        Tasks, data, resources.
    kinds
        Kinds of run.

    Raises
    ------
    InputError
        The definition, or what a run asks for, can't be used.

    Notes
    -----
    Finished runs stay kept until :func:`forget_experiment`.
    """
    file = experiment_file(path)
    spec, runs = read_experiment(file, kinds)
    done = [_finished(one, kinds[one.kind], setting) for one in runs]
    out = ExperimentOut(title=spec.title, question=spec.question, runs=tuple(done))
    write_results(out, file.parent)
    return out


def forget_experiment(
    path: Path, setting: Setting, kinds: Mapping[str, RunKind] = RUN_KINDS
) -> None:
    """Drop the runs that were kept for going on: all that was asked for has ended.

    Raises
    ------
    InputError
        The definition can't be used.
    """
    _, runs = read_experiment(experiment_file(path), kinds)
    for one in runs:
        kept = _kept_file(one, setting)
        if kept is not None:
            kept.unlink(missing_ok=True)


def datasets_of(
    path: Path, setting: Setting, kinds: Mapping[str, RunKind] = RUN_KINDS
) -> tuple[str, ...]:
    """Return the ids of the data sets that an experiment needs, each once.

    Raises
    ------
    InputError
        The definition can't be used, or a task is unknown.
    """
    _, runs = read_experiment(experiment_file(path), kinds)
    tasks = [find_task(one.task, setting.tasks) for one in runs if isinstance(one, TaskRun)]
    return tuple(dict.fromkeys(task.dataset for task in tasks))


def _run_of(
    told: Mapping[str, Any], field: str, kinds: Mapping[str, RunKind]
) -> tuple[RunSpec | None, list[Problem]]:
    kind = kinds.get(str(told.get("kind", "task")))
    if kind is None:
        message = f"没有运行类别 {told.get('kind')}"
        remedy = f"可用：{'、'.join(kinds)}"
        return None, [Problem(f"{field}.kind", "run_kind_unknown", message, remedy)]
    try:
        return kind.spec.model_validate(told), []
    except ValidationError as wrong:
        return None, [
            Problem(
                ".".join(map(str, (field, *error["loc"]))), "run_invalid", error["msg"], "改正该项"
            )
            for error in wrong.errors(include_input=False, include_url=False)
        ]


def _finished(asked: RunSpec, kind: RunKind, setting: Setting) -> RunResult:
    """Return the result of a run: of a stopped experiment when it is taken up, else anew."""
    kept = _kept_file(asked, setting)
    if kept is not None and setting.resume:
        try:
            return RunResult.model_validate_json(kept.read_bytes())
        except (OSError, ValidationError):
            pass  # Not finished then: it is run now.
    result = kind.run(asked, setting)
    # A system that failed is tried again, not taken over.
    if kept is not None and not any(one.results.failures for one in result.results):
        write_whole(kept, result.model_dump_json())
    return result


def _kept_file(asked: RunSpec, setting: Setting) -> Path | None:
    """Return where a finished run is kept; None where nothing is."""
    if setting.resources.work is None:
        return None
    version = find_task(asked.task, setting.tasks).version if isinstance(asked, TaskRun) else None
    told = {"run": asked.model_dump(mode="json"), "task": version, "versions": package_versions()}
    key = key_of(told, [])
    return setting.resources.work / _FINISHED / f"{key}.json"
