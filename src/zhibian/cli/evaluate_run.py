"""``zhibian evaluate run``: systems on a task, with intervals and paired tests (评测运行)."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console

from zhibian.cli.common import RulesOption, refuse
from zhibian.cli.evaluate_data import DataOption, TasksOption, library, loaded_task, tasks_of
from zhibian.cli.evaluate_outputs import prepare_outputs
from zhibian.cli.evaluate_report import REPORT
from zhibian.cli.evaluation_resources import (
    evaluation_resources,
    known_kinds,
    shown_command,
)
from zhibian.cli.evaluation_tables import comparison_table, figures_table, seeds_table
from zhibian.cli.models import ModelsOption, say
from zhibian.cli.outputs import Source
from zhibian.cli.progress import progress
from zhibian.evaluation.answering import Watch
from zhibian.evaluation.data.learned_before import read_digests, refuse_known
from zhibian.evaluation.report.render import render
from zhibian.evaluation.results import Results
from zhibian.evaluation.results_file import (
    drop_outcomes,
    write_outcomes,
    write_results,
    write_whole,
)
from zhibian.evaluation.run import DRAWS, SEED, Finished, RunPlan, run
from zhibian.evaluation.run_config import (
    RunConfig,
    SystemChoice,
    answer_choices,
    asked_systems,
    parse_pairs,
    parse_settings,
    read_config,
)
from zhibian.evaluation.tasks.registry import find_task
from zhibian.problems import InputError, Problem

FAILED = 1
MARKS = "▲ 优于对照，▼ 劣于对照：配对置换检验，Holm 校正 P < 0.05；未标者不能说有差别。"

#: What becomes of a finished run: a sink writes or files it and returns a sentence for the user.
Sink = Callable[[Finished], str]


def run_task(  # noqa: PLR0913, PLR0917  (each option of the command is an argument)
    task: Annotated[str, typer.Argument(help="任务编号（见 evaluate list），或任务 YAML 文件。")],
    system: Annotated[
        list[str] | None, typer.Option("--system", help="系统名，可多次；缺省为任务所列。")
    ] = None,
    config: Annotated[
        Path | None, typer.Option("--config", help="YAML：systems（system、name、parameters）。")
    ] = None,
    param: Annotated[
        list[str] | None, typer.Option("--param", help="系统参数：系统.参数=值，可多次。")
    ] = None,
    answers: Annotated[
        list[str] | None,
        typer.Option("--answers", help="别处得出的回答：名称=文件.jsonl，可多次。"),
    ] = None,
    learned: Annotated[
        list[Path] | None,
        typer.Option(
            "--learned",
            help="别处的系统学过的问题：每行一个摘要（见 evaluate digests），与评测重叠则拒绝。",
        ),
    ] = None,
    data: DataOption = None,
    tasks: TasksOption = None,
    reference: Annotated[
        str | None, typer.Option("--reference", help="对照系统；缺省为第一个。")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="自助法与置换检验的随机种子。")] = SEED,
    seeds: Annotated[
        str, typer.Option("--seeds", help="可学习系统的随机种子，逗号分隔，如 1,2,3。")
    ] = "1",
    draws: Annotated[int, typer.Option(min=100, help="自助法重抽次数。")] = DRAWS,
    limit: Annotated[
        int | None, typer.Option(min=1, help="只取前若干例试运行；结果标明不可比较。")
    ] = None,
    share: Annotated[
        float | None, typer.Option(min=0.001, max=1.0, help="只学训练部分的这一比例（学习曲线）。")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", help="结果文件夹：results.json、report.html 等。")
    ] = None,
    outcomes: Annotated[
        bool, typer.Option("--outcomes", help="另写逐例结果（编码、分组、金额，不含病历文字）。")
    ] = False,
    track: Annotated[
        Path | None, typer.Option("--track", help="另记入该文件夹的 MLflow 追踪库。")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="沿用上次中断前已完成的作答。")] = False,
    allow_host: Annotated[
        list[str] | None,
        typer.Option("--allow-host", help="允许系统向该主机发送病历，可多次；缺省一概不许。"),
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="表中列出全部指标，而非只列主要指标。")
    ] = False,
    output_format: Annotated[
        Literal["text", "json"], typer.Option("--format", help="屏幕输出格式。")
    ] = "text",
    models: ModelsOption = "auto",
    rules: RulesOption = None,
) -> None:
    """Run systems on a task; exit code 1 where one of them failed, 2 where nothing could be run."""
    try:
        if outcomes and output is None:
            problem = Problem("--outcomes", "output_missing", "没有结果文件夹", "用 --output 指定")
            raise InputError("run", [problem])
        books = library(data, tasks)
        spec = find_task(task, tasks_of(tasks))
        kind = known_kinds()[spec.kind]
        settings = read_config(config) if config else RunConfig()
        outside = parse_pairs(answers or (), "--answers")
        choices = _choices(system or (), settings, spec.systems, outside)
        plan = RunPlan(
            systems=asked_systems(
                choices, kind.systems, {**settings.parameters, **parse_settings(param or ())}
            ),
            seeds=parse_seeds(seeds),
            seed=seed,
            draws=draws,
            reference=reference,
            limit=limit,
            share=share,
            resume=resume,
            command=shown_command(sys.argv),
        )
        resources = evaluation_resources(rules, models, books, allow_host or ())
        read = [
            Source("--config", config),
            *(
                Source("--answers", path)
                for path in parse_pairs(answers or (), "--answers").values()
            ),
            *(Source("--learned", path) for path in learned or ()),
            Source(f"数据集 {spec.dataset}", books.folders.find(books.dataset(spec.dataset))),
        ]
        prepare_outputs(output, track, read)
        loaded = loaded_task(spec, books)
        for file in learned or ():
            refuse_known(loaded.parts.test, read_digests(file), file.name)
        total = (
            len(plan.systems) * len(plan.seeds) * min(len(loaded.parts.test), limit or sys.maxsize)
        )
        with watching(spec.title, total) as watch:
            finished = run(loaded, kind, plan, resources, watch)
        for sink in sinks(output, kind.outcome if outcomes else None, track):
            say(sink(finished))
    except InputError as error:
        raise refuse(error.problems, error.source) from None
    if output_format == "json":
        typer.echo(finished.results.model_dump_json(indent=1))
    else:
        show(finished.results, every=every)
    if finished.results.failures:
        raise typer.Exit(FAILED)


def _choices(
    names: Sequence[str], config: RunConfig, default: Sequence[str], answers: Mapping[str, Path]
) -> tuple[SystemChoice, ...]:
    """Return the systems of a run: those named, else those of the file, else those of the task."""
    given = {choice.shown: choice for choice in config.systems}
    chosen = names or tuple(given) or default
    return (
        *(given.get(name) or SystemChoice(system=name) for name in chosen),
        *answer_choices(answers),
    )


def parse_seeds(text: str) -> tuple[int, ...]:
    """Return the seeds of ``1,2,3``, each once.

    Raises
    ------
    InputError
        One is no number.
    """
    try:
        seeds = tuple(dict.fromkeys(int(part) for part in text.replace("，", ",").split(",")))
    except ValueError:
        problem = Problem("--seeds", "seeds_invalid", "不是逗号分隔的整数", "写成 --seeds 1,2,3")
        raise InputError("--seeds", [problem]) from None
    return seeds


@contextmanager
def watching(title: str, total: int) -> Iterator[Watch]:
    """Show how far a run is, and say on standard error what a person should know."""
    with progress(title, total) as step:
        yield Watch(step, say)


def show(results: Results, *, every: bool) -> None:
    """Print figures, paired comparisons and what failed."""
    console = Console()
    main = list(dict.fromkeys(row.metric for row in results.comparisons))
    names = list(results.metrics) if every else main or list(results.metrics)
    if results.systems:
        console.print(figures_table(results, names))
    if results.comparisons:
        console.print(comparison_table(results))
        console.print(MARKS)
    repeated = seeds_table(results, names)
    if repeated is not None:
        console.print(repeated)
    for failure in results.failures:
        console.print(f"未完成：{failure.system}（{failure.step}）{failure.error}", markup=False)
    if not every and main:
        console.print("其余指标：--all，或见 results.json。")


def sinks(output: Path | None, outcome: object, store: Path | None) -> list[Sink]:
    """Return what becomes of the run, in this order."""
    found: list[Sink] = []
    if output is not None:
        # Outcomes of an earlier run would be taken for those of this one by ``compare``.
        drop_outcomes(output)
        found.append(lambda done: f"结果：{write_results(done.results, output)}")
        found.append(lambda done: f"报告：{write_whole(output / REPORT, render([done.results]))}")
        if outcome is not None:
            found.append(
                lambda done: (
                    f"逐例结果：{write_outcomes(done.measured, outcome, output)}；"
                    f"数据使用条款：{done.results.task.terms}"
                )
            )
    if store is not None:
        report = None if output is None else output / REPORT
        found.append(lambda done: _tracked(done.results, store, [report] if report else []))
    return found


def _tracked(results: Results, store: Path, beside: Sequence[Path]) -> str:
    # MLflow is an extra: runs that aren't tracked do not wait for it.
    from zhibian.training.tracking import track  # noqa: PLC0415

    filed = track(results, store, beside)
    return f"已记入追踪库 {store}，运行 {filed.run}"
