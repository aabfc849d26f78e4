"""``zhibian evaluate experiment``: all runs of an experiment, one file of results (实验)."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from zhibian.cli.common import RulesOption, refuse
from zhibian.cli.evaluate_data import DataOption, TasksOption, library, reading, tasks_of
from zhibian.cli.evaluate_run import FAILED, show, watching
from zhibian.cli.evaluation_resources import (
    evaluation_resources,
    known_kinds,
    shown_command,
)
from zhibian.cli.models import ModelsOption, say
from zhibian.evaluation.data.load import load_task
from zhibian.evaluation.experiments.run import experiment_file, run_experiment
from zhibian.evaluation.experiments.setting import Setting
from zhibian.evaluation.results_file import RESULTS
from zhibian.problems import InputError
from zhibian.settings import Settings


def experiment(
    path: Annotated[Path, typer.Argument(help="实验文件夹（含 experiment.yaml），或该文件。")],
    data: DataOption = None,
    tasks: TasksOption = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="沿用上次中断前已完成的运行与作答。")
    ] = False,
    allow_host: Annotated[
        list[str] | None,
        typer.Option("--allow-host", help="允许系统向该主机发送病历，可多次；缺省一概不许。"),
    ] = None,
    models: ModelsOption = "auto",
    rules: RulesOption = None,
) -> None:
    """Run an experiment and write ``results.json`` beside its definition."""
    try:
        books = library(data)
        setting = Setting(
            tasks=tasks_of(tasks),
            load=lambda spec: load_task(spec, books, reading(spec, Settings())),
            kinds=known_kinds(),
            resources=evaluation_resources(rules, models, books, allow_host or ()),
            watching=watching,
            command=shown_command(sys.argv),
            resume=resume,
        )
        out = run_experiment(path, setting)
    except InputError as error:
        raise refuse(error.problems, error.source) from None
    failed = False
    for run in out.runs:
        for labelled in run.results:
            show(labelled.results, every=False)
            failed = failed or bool(labelled.results.failures)
    say(f"结果：{experiment_file(path).parent / RESULTS}")
    if failed:
        raise typer.Exit(FAILED)
