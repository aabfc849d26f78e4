"""``zhibian evaluate list | show``: tasks and data sets (评测任务与数据集)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal

import typer
from rich.console import Console

from zhibian.cli.common import refuse
from zhibian.cli.evaluate_data import DataOption, TasksOption, library, tasks_of
from zhibian.evaluation.data.load import Library
from zhibian.evaluation.data.registry import BASE_VARIABLE
from zhibian.evaluation.tasks.registry import find_task
from zhibian.evaluation.tasks.spec import DatasetSpec, SplitSpec, TaskSpec
from zhibian.problems import InputError

FormatOption = Annotated[Literal["text", "json"], typer.Option("--format", help="屏幕输出格式。")]

KINDS_SHOWN = {
    "coding": "病历编码",
    "linking": "术语链接",
    "assertion": "断言",
    "entities": "实体识别",
    "grouping": "分组",
    "screening": "文本筛查",
}


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
        books = library(data, tasks)
        known = tasks_of(tasks)
        rows = list(_dataset_rows(books) if datasets else _task_rows(known.values(), books))
    except InputError as bad:
        raise refuse(bad.problems, bad.source) from None
    if output_format == "json":
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    screen = Console(highlight=False, markup=False, soft_wrap=True)
    for row in rows:
        for line in _dataset_row_lines(row) if datasets else _task_row_lines(row):
            screen.print(line)


def _task_rows(tasks: Iterable[TaskSpec], books: Library) -> Iterator[dict[str, Any]]:
    for task in tasks:
        dataset = books.dataset(task.dataset)
        split = dataset.splits.get(task.protocol.test)
        yield {
            "task": task.id,
            "version": task.version,
            "kind": task.kind,
            "title": task.title,
            "n": None if split is None else split.n,
            "held_out": split is not None and split.held_out,
            "present": books.folders.find(dataset) is not None,
            "variable": dataset.variable,
            "main_metric": task.metrics[0],
            "systems": list(task.systems),
        }


def _dataset_rows(books: Library) -> Iterator[dict[str, Any]]:
    for dataset in books.datasets.values():
        yield {
            "dataset": dataset.id,
            "title": dataset.title,
            "invented": dataset.invented,
            "present": books.folders.find(dataset) is not None,
            "variable": dataset.variable,
            "splits": {name: split.n for name, split in dataset.splits.items()},
            "provenance": dataset.provenance,
            "citation": dataset.citation,
            "terms": dataset.terms,
            "url": dataset.url,
        }


def _task_row_lines(row: Mapping[str, Any]) -> Iterator[str]:
    held_out = "（留出）" if row["held_out"] else ""
    yield f"{row['task']}（第 {row['version']} 版）{row['title']}"
    yield (
        f"  {KINDS_SHOWN[row['kind']]}，{row['n'] or '?'} 例{held_out}；{_present(row)}；"
        f"主要指标 {row['main_metric']}"
    )
    yield f"  系统：{_joined(row['systems'])}"


def _dataset_row_lines(row: Mapping[str, Any]) -> Iterator[str]:
    splits = (f"{name} {'保留不测' if n is None else n}" for name, n in row["splits"].items())
    yield f"{row['dataset']} {row['title']}{'（虚构）' if row['invented'] else ''}"
    yield f"  {_present(row)}；划分：{_joined(list(splits))}"
    yield f"  引用：{row['citation']}"
    yield f"  使用条款：{row['terms']}"


def _present(row: Mapping[str, Any]) -> str:
    return "数据在本机" if row["present"] else f"数据不在本机（{row['variable']}）"


def show_task(
    name: Annotated[str, typer.Argument(metavar="TASK", help="任务、任务定义文件，或数据集。")],
    output_format: FormatOption = "text",
    data: DataOption = None,
    tasks: TasksOption = None,
) -> None:
    """Print a task with its data set, or a data set: all of it, citation and terms included."""
    try:
        books = library(data, tasks)
        task = None if name in books.datasets else find_task(name, tasks_of(tasks))
        dataset = books.dataset(name if task is None else task.dataset)
    except InputError as bad:
        raise refuse(bad.problems, bad.source) from None
    if output_format == "json":
        told = {
            "task": None if task is None else task.model_dump(mode="json"),
            "dataset": dataset.model_dump(mode="json"),
        }
        typer.echo(json.dumps(told, ensure_ascii=False, indent=1))
        return
    screen = Console(highlight=False, markup=False, soft_wrap=True)
    if task is not None:
        for line in _task_lines(task):
            screen.print(line)
    for line in _dataset_lines(dataset, books):
        screen.print(line)


def _task_lines(task: TaskSpec) -> Iterator[str]:
    protocol = task.protocol
    yield f"{task.title}（{task.id} 第 {task.version} 版，{KINDS_SHOWN[task.kind]}）"
    yield f"  问题：{task.question}"
    folds = f"，{protocol.folds} 折交叉验证（种子 {protocol.fold_seed}）" if protocol.folds else ""
    yield f"  评测部分：{protocol.test}{folds}"
    yield f"  学习：{_joined(protocol.fit)}；调参：{_joined(protocol.tune)}"
    if task.kind in {"coding", "screening", "grouping"}:
        yield f"  编码版本：{task.code_set}；分组方案：{task.scheme or '无'}"
        yield f"  支付标准：{task.tariff or '无'}"
    yield f"  指标：{_joined(task.metrics)}"
    yield f"  分层：{_joined(task.strata)}"
    yield f"  系统：{_joined(task.systems)}"


def _dataset_lines(dataset: DatasetSpec, books: Library) -> Iterator[str]:
    present = "在本机" if books.folders.find(dataset) is not None else "不在本机"
    yield f"数据集 {dataset.title}（{dataset.id}）{'，虚构' if dataset.invented else ''}"
    yield f"  来源：{dataset.provenance}"
    yield f"  引用：{dataset.citation}"
    yield f"  使用条款：{dataset.terms}"
    yield f"  发布地址：{dataset.url or '未知'}"
    yield f"  目录：{present}（{dataset.variable}，或 {BASE_VARIABLE} 下的 {dataset.folder}）"
    for name, split in dataset.splits.items():
        yield f"  划分 {name}：{split.title}；{_size(split)}"
        if split.contact is not None:
            yield f"    既往接触：{split.contact}"
        if split.checksum is not None:
            yield f"    校验和：{split.checksum}"


def _size(split: SplitSpec) -> str:
    if split.reserved is not None:
        return f"保留不测：{split.reserved}"
    return f"{split.n or '?'} 例{'，留出' if split.held_out else ''}"


def _joined(names: Sequence[str]) -> str:
    return "、".join(names) or "无"
