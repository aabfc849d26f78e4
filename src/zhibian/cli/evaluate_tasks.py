"""``zhibian evaluate list | show | validate | digests``: tasks and data sets (评测任务与数据集)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.table import Table

from zhibian.cli.common import refuse, tell
from zhibian.cli.evaluate_data import DataOption, TasksOption, library, reading, tasks_of
from zhibian.cli.evaluation_kinds import all_kinds
from zhibian.evaluation.data.counted import with_counts
from zhibian.evaluation.data.digests import checksum_of_digests
from zhibian.evaluation.data.load import Library, load_task, read_split
from zhibian.evaluation.data.registry import REGISTRY
from zhibian.evaluation.metrics.registry import select
from zhibian.evaluation.rounds import rounds_of
from zhibian.evaluation.tasks.registry import find_task
from zhibian.evaluation.tasks.spec import TaskSpec
from zhibian.problems import InputError, Problem
from zhibian.settings import Settings

FormatOption = Annotated[Literal["text", "json"], typer.Option("--format", help="屏幕输出格式。")]


def list_tasks(
    datasets: Annotated[
        bool, typer.Option("--datasets", help="改列登记的数据集：来源、条款、是否在本机。")
    ] = False,
    output_format: FormatOption = "text",
    data: DataOption = None,
    tasks: TasksOption = None,
) -> None:
    """List tasks, or the registry of data sets."""
    try:
        books = library(data)
        known = tasks_of(tasks)
    except InputError as bad:
        raise refuse(bad.problems, bad.source) from None
    rows = _dataset_rows(books) if datasets else _task_rows(known.values(), books)
    if output_format == "json":
        typer.echo(json.dumps(list(rows), ensure_ascii=False, indent=1))
        return
    table = Table(title="登记的数据集" if datasets else "评测任务")
    shown = list(rows)
    for heading in shown[0]:
        table.add_column(heading, overflow="fold")
    for row in shown:
        table.add_row(*(str(cell) for cell in row.values()))
    Console(highlight=False).print(table)


def show_task(
    name: Annotated[str, typer.Argument(metavar="TASK", help="任务，或任务定义文件。")],
    data: DataOption = None,
    tasks: TasksOption = None,
) -> None:
    """Print a task with its data set, citation and terms as JSON."""
    try:
        books = library(data)
        task = find_task(name, tasks_of(tasks))
        dataset = books.dataset(task.dataset)
    except InputError as bad:
        raise refuse(bad.problems, bad.source) from None
    told = {"task": task.model_dump(mode="json"), "dataset": dataset.model_dump(mode="json")}
    typer.echo(json.dumps(told, ensure_ascii=False, indent=1))


def validate(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[TASK ...]", help="缺省为全部任务。")
    ] = None,
    write: Annotated[
        bool,
        typer.Option("--write", help="把各划分的例数与校验和写入登记（登记新数据集时用）。"),
    ] = False,
    data: DataOption = None,
    tasks: TasksOption = None,
) -> None:
    """Check tasks and their data: schema, files, checksums, metrics, systems, overlap of parts."""
    settings = Settings()
    screen = Console(highlight=False, markup=False, soft_wrap=True)
    try:
        books = library(data)
        known = tasks_of(tasks)
        chosen = [find_task(name, known) for name in names] if names else list(known.values())
    except InputError as bad:
        raise refuse(bad.problems, bad.source) from None
    wrong = 0
    for task in chosen:
        if write:
            _write_counts(task, books, settings)
            books = library(data)
        problems = list(_problems(task, books, settings))
        absent = [p for p in problems if p.code == "data_missing"]
        if problems and len(absent) == len(problems):
            screen.print(f"{task.id}：定义有效；数据不在本机（{absent[0].field}）")
        elif problems:
            wrong += 1
            tell(problems, task.id)
        else:
            screen.print(f"{task.id}：有效")
    if wrong:
        raise typer.Exit(1)


def digests(
    name: Annotated[str, typer.Argument(metavar="TASK", help="任务。")],
    data: DataOption = None,
    tasks: TasksOption = None,
) -> None:
    """Print the digests of the measured questions, one a line: others check their data by them."""
    settings = Settings()
    try:
        task = find_task(name, tasks_of(tasks))
        loaded = load_task(task, library(data), reading(task, settings))
    except InputError as bad:
        raise refuse(bad.problems, bad.source) from None
    for digest in sorted({example.digest for example in loaded.parts.test}):
        typer.echo(digest)


def _task_rows(tasks: Iterable[TaskSpec], books: Library) -> Iterator[dict[str, object]]:
    for task in tasks:
        dataset = books.dataset(task.dataset)
        split = dataset.splits[task.protocol.test]
        yield {
            "任务": task.id,
            "版本": task.version,
            "类别": task.kind,
            "名称": task.title,
            "例数": split.n or "",
            "留出": "是" if split.held_out else "",
            "数据在本机": "是" if books.folders.find(dataset) else f"否（{dataset.variable}）",
            "主要指标": task.metrics[0],
            "系统": " ".join(task.systems),
        }


def _dataset_rows(books: Library) -> Iterator[dict[str, object]]:
    for dataset in books.datasets.values():
        yield {
            "数据集": dataset.id,
            "名称": dataset.title,
            "虚构": "是" if dataset.invented else "否",
            "数据在本机": "是" if books.folders.find(dataset) else f"否（{dataset.variable}）",
            "划分": "、".join(
                f"{name} {'保留' if split.reserved else split.n or '?'}"
                for name, split in dataset.splits.items()
            ),
            "引用": dataset.citation,
            "使用条款": dataset.terms,
        }


def _problems(task: TaskSpec, books: Library, settings: Settings) -> Iterator[Problem]:
    kind = all_kinds()[task.kind]
    for system in task.systems:
        if system not in kind.systems:
            remedy = f"可用：{'、'.join(kind.systems)}"
            yield Problem("systems", "system_unknown", f"没有系统 {system}", remedy)
    try:
        select(task.kind, task.metrics)
    except InputError as bad:
        yield from bad.problems
    try:
        loaded = load_task(task, books, reading(task, settings))
        rounds_of(loaded.parts, task.protocol)
    except InputError as bad:
        yield from bad.problems


def _write_counts(task: TaskSpec, books: Library, settings: Settings) -> None:
    """Write number and checksum of the splits of a task's data set, where its data are here."""
    dataset = books.dataset(task.dataset)
    folder = books.folders.find(dataset)
    path = REGISTRY / f"{dataset.id}.yaml"
    if folder is None or not path.is_file():
        return
    counts = {}
    for name, split in dataset.splits.items():
        if split.reserved is None:
            examples = read_split(
                dataset, name, task.kind, folder, reading(task, settings), check=False
            )
            checksum = checksum_of_digests(example.digest for example in examples)
            counts[name] = (len(examples), checksum)
    path.write_text(with_counts(path.read_text(encoding="utf-8"), counts), encoding="utf-8")
