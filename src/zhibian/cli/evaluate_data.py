"""What the evaluation commands share (评测命令公用): where data lie, which tasks there are."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from zhibian.cli.common import case_limits
from zhibian.evaluation.data.load import Library, load_task
from zhibian.evaluation.data.reading import Reading
from zhibian.evaluation.data.registry import DataFolders, load_datasets
from zhibian.evaluation.rounds import LoadedTask
from zhibian.evaluation.tasks.registry import load_tasks
from zhibian.evaluation.tasks.spec import TaskSpec
from zhibian.problems import InputError, Problem
from zhibian.settings import Settings

DataOption = Annotated[
    list[str] | None,
    typer.Option("--data", metavar="数据集=目录", help="数据集所在目录，可多次；先于环境变量。"),
]
TasksOption = Annotated[
    Path | None,
    typer.Option(
        "--tasks",
        help="另有的任务定义文件夹（其 datasets 子目录登记数据集）；缺省为 ZHIBIAN_TASKS。",
    ),
]


def library(data: Sequence[str] | None, tasks: Path | None = None) -> Library:
    """Return the registry, with the folders that were named for this run.

    Parameters
    ----------
    data
        ``数据集=目录``, as given.
    tasks
        Folder of the user's tasks, whose folder ``datasets`` registers more data sets; None for
        that of the settings.

    Raises
    ------
    InputError
        A folder is not given as ``数据集=目录``, or names no data set; all of them at once.
    """
    settings = Settings()
    datasets = load_datasets(tasks or settings.tasks)
    given: dict[str, Path] = {}
    problems = []
    for one in data or ():
        name, sign, folder = one.partition("=")
        if not sign or not folder:
            problems.append(
                Problem("--data", "option_invalid", f"{one} 不是 数据集=目录", "如 chip-cdn=目录")
            )
        elif name not in datasets:
            remedy = f"可用：{'、'.join(datasets)}"
            problems.append(Problem("--data", "dataset_unknown", f"没有登记数据集 {name}", remedy))
        else:
            given[name] = Path(folder)
    if problems:
        raise InputError("evaluate", problems)
    return Library(datasets, DataFolders(settings.data, os.environ, given))


def tasks_of(own: Path | None) -> dict[str, TaskSpec]:
    """Return the shipped tasks and those of a folder; see :func:`load_tasks` for the errors."""
    return load_tasks(own or Settings().tasks)


def reading(task: TaskSpec, settings: Settings) -> Reading:
    """Return what readers of a task are made with."""
    return Reading(task.code_set, case_limits(settings))


def loaded_task(task: TaskSpec, books: Library) -> LoadedTask:
    """Read the parts of a task, saying so meanwhile; see :func:`load_task` for the errors."""
    with Console(stderr=True).status("读取评测数据"):
        return load_task(task, books, reading(task, Settings()))
