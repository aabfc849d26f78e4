"""``zhibian evaluate experiment``: all runs of an experiment, one file of results (实验)."""

from __future__ import annotations

import sys
from collections.abc import Sequence
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
from zhibian.evaluation.data.load import Library, load_task
from zhibian.evaluation.experiments.readme import README, refresh
from zhibian.evaluation.experiments.run import (
    datasets_of,
    experiment_file,
    forget_experiment,
    run_experiment,
)
from zhibian.evaluation.experiments.setting import Setting
from zhibian.evaluation.results_file import RESULTS
from zhibian.problems import InputError
from zhibian.settings import Settings


def experiment(  # noqa: PLR0913, PLR0917  (each option of the command is an argument)
    paths: Annotated[
        list[Path], typer.Argument(help="实验文件夹（含 experiment.yaml），或该文件；可多个。")
    ],
    data: DataOption = None,
    tasks: TasksOption = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="沿用上次中断前已完成的运行与作答。")
    ] = False,
    skip_missing: Annotated[
        bool, typer.Option("--skip-missing", help="数据不在本机的实验说明后跳过，不作为错误。")
    ] = False,
    tables: Annotated[
        bool, typer.Option("--tables", help="不运行，只按已有结果重写 README.md 中的数字。")
    ] = False,
    allow_host: Annotated[
        list[str] | None,
        typer.Option("--allow-host", help="允许系统向该主机发送病历，可多次；缺省一概不许。"),
    ] = None,
    models: ModelsOption = "auto",
    rules: RulesOption = None,
) -> None:
    """Run experiments; write ``results.json`` and the figures of ``README.md`` beside each."""
    failed = False
    try:
        if tables:
            _write_tables(paths)
            return
        books = library(data, tasks)
        setting = Setting(
            tasks=tasks_of(tasks),
            load=lambda spec: load_task(spec, books, reading(spec, Settings())),
            kinds=known_kinds(),
            resources=evaluation_resources(rules, models, books, allow_host or ()),
            watching=watching,
            command=shown_command(sys.argv),
            resume=resume,
        )
        for path in paths:
            absent = _absent(path, setting, books) if skip_missing else ()
            if absent:
                _tell_skipped(path, absent, books)
            else:
                failed = not _run(path, setting) or failed
        # Not before: whoever stops the last of several goes on with that one alone.
        for path in paths:
            forget_experiment(path, setting)
    except InputError as error:
        raise refuse(error.problems, error.source) from None
    if failed:
        raise typer.Exit(FAILED)


def _run(path: Path, setting: Setting) -> bool:
    """Run one experiment; return whether every system gave a result."""
    out = run_experiment(path, setting)
    shown = [labelled.results for run in out.runs for labelled in run.results]
    for results in shown:
        show(results, every=False)
    say(f"结果：{experiment_file(path).parent / RESULTS}")
    refresh(experiment_file(path).parent)
    return not any(results.failures for results in shown)


def _write_tables(paths: Sequence[Path]) -> None:
    for path in paths:
        folder = path if path.is_dir() else path.parent
        if refresh(folder):
            say(f"已更新 {folder / README}")


def _absent(path: Path, setting: Setting, books: Library) -> tuple[str, ...]:
    """Return the data sets of an experiment that are not on this machine."""
    wanted = datasets_of(path, setting)
    return tuple(name for name in wanted if books.folders.find(books.dataset(name)) is None)


def _tell_skipped(path: Path, absent: Sequence[str], books: Library) -> None:
    for name in absent:
        dataset = books.dataset(name)
        say(f"跳过 {experiment_file(path).parent.name}：没有数据集 {name}（{dataset.variable}）")
