"""``zhibian evaluate validate | digests``: are tasks and data as registered (核对任务与数据)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from zhibian.cli.common import refuse, tell
from zhibian.cli.evaluate_data import (
    DataOption,
    TasksOption,
    library,
    loaded_task,
    reading,
    tasks_of,
)
from zhibian.cli.evaluation_resources import known_kinds
from zhibian.cli.progress import progress
from zhibian.evaluation.data.counted import with_counts
from zhibian.evaluation.data.learned_before import read_digests, refuse_known
from zhibian.evaluation.data.load import Library, count_splits, load_task
from zhibian.evaluation.data.registry import definition_of
from zhibian.evaluation.metrics.registry import select
from zhibian.evaluation.rounds import rounds_of
from zhibian.evaluation.tasks.registry import find_task
from zhibian.evaluation.tasks.spec import Protocol, TaskSpec
from zhibian.problems import InputError, Problem
from zhibian.settings import Settings
from zhibian.whole_file import whole_file

WRONG = 1


def validate(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[TASK ...]", help="任务或任务定义文件；缺省为全部任务。"),
    ] = None,
    write: Annotated[
        bool,
        typer.Option("--write", help="先把各划分的例数与校验和写入登记（登记新数据集时用）。"),
    ] = False,
    data: DataOption = None,
    tasks: TasksOption = None,
) -> None:
    """Check tasks and their data; exit code 1 where something is wrong."""
    settings = Settings()
    screen = Console(highlight=False, markup=False, soft_wrap=True)
    try:
        books = library(data, tasks)
        known = tasks_of(tasks)
        chosen = [find_task(name, known) for name in names] if names else list(known.values())
        if write:
            _write_counts(chosen, books, settings, tasks or settings.tasks)
            books = library(data, tasks)
    except InputError as bad:
        raise refuse(bad.problems, bad.source) from None
    wrong = 0
    with progress("核对任务", len(chosen)) as step:
        for task in chosen:
            problems = list(_problems(task, books, settings))
            step(1)
            if not problems:
                screen.print(f"{task.id}：有效{_uncounted(task, books)}")
            elif all(problem.code == "data_missing" for problem in problems):
                screen.print(f"{task.id}：定义有效；数据不在本机（{problems[0].field}）")
            else:
                wrong += 1
                tell(problems, task.id)
    if wrong:
        raise typer.Exit(WRONG)


def digests(
    name: Annotated[str, typer.Argument(metavar="TASK", help="任务。")],
    split: Annotated[
        str | None, typer.Option("--split", help="数据集的划分；缺省为任务的评测部分。")
    ] = None,
    check: Annotated[
        Path | None,
        typer.Option("--check", help="改为核对：该文件所列的训练摘要中有无评测问题。"),
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", help="写入文件，而非屏幕。")] = None,
    data: DataOption = None,
    tasks: TasksOption = None,
) -> None:
    """Print the digests of the measured questions, one a line, or check a file of such lines.

    A digest is the sha256 (UTF-8) of the words after normalisation, without white space: terms
    as written, texts whole, all documents of a record one after another.
    """
    try:
        task = find_task(name, tasks_of(tasks))
        protocol = Protocol(test=split or task.protocol.test)
        asked = task.model_copy(update={"protocol": protocol})
        loaded = loaded_task(asked, library(data, tasks))
        if check is not None:
            refuse_known(loaded.parts.test, read_digests(check), check.name)
            typer.echo(f"{len(loaded.parts.test)} 个评测问题都不在 {check.name} 中")
            return
    except InputError as bad:
        raise refuse(bad.problems, bad.source) from None
    lines = "".join(f"{digest}\n" for digest in sorted({e.digest for e in loaded.parts.test}))
    if output is None:
        typer.echo(lines, nl=False)
        return
    try:
        _write(output, lines)
    except OSError:
        problem = Problem("--output", "output_unwritable", "文件写不出", "核对目录与权限")
        raise refuse([problem], output.name) from None


def _problems(task: TaskSpec, books: Library, settings: Settings) -> Iterator[Problem]:
    systems = known_kinds()[task.kind].systems
    for system in task.systems:
        if system not in systems:
            remedy = f"可用：{'、'.join(systems)}"
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


def _uncounted(task: TaskSpec, books: Library) -> str:
    """Return that changed data would not be noticed, where a part has no checksum registered."""
    protocol, splits = task.protocol, books.dataset(task.dataset).splits
    names = [n for n in (protocol.test, *protocol.fit, *protocol.tune) if not splits[n].checksum]
    return f"；{'、'.join(names)} 未登记校验和，数据变动不会被发现（--write 登记）" if names else ""


def _write_counts(
    tasks: Sequence[TaskSpec], books: Library, settings: Settings, own: Path | None
) -> None:
    """Write number and checksums of the splits of every data set that is at hand."""
    with progress("登记校验和", len(tasks)) as step:
        for task in {task.dataset: task for task in tasks}.values():
            dataset = books.dataset(task.dataset)
            folder = books.folders.find(dataset)
            if folder is not None:
                counts = count_splits(dataset, task.kind, folder, reading(task, settings))
                path = definition_of(dataset.id, own)
                _write(path, with_counts(path.read_text(encoding="utf-8"), counts))
            step(1)


def _write(path: Path, text: str) -> None:
    with whole_file(path) as part:
        part.write_text(text, encoding="utf-8", newline="\n")
