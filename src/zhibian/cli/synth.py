"""``zhibian synth``: synthetic front pages for load tests and demonstrations (合成病案首页)."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from zhibian.cli.common import RulesOption, refuse
from zhibian.cli.outputs import OutputFile, check_outputs
from zhibian.cli.progress import progress
from zhibian.grouping.codebook import load_codebook
from zhibian.problems import InputError, Problem
from zhibian.settings import Settings
from zhibian.synthesis.draw import frames
from zhibian.synthesis.model import Model, Request, build_model, request_problems
from zhibian.synthesis.statistics import describe, markdown
from zhibian.synthesis.write import SUFFIXES, write_cases

_DAY = ["%Y-%m-%d"]


def synth(  # noqa: PLR0913, PLR0917  (each option of the command is an argument)
    cases: Annotated[int, typer.Option("--cases", help="例数。")],
    seed: Annotated[int, typer.Option("--seed", help="种子：同一种子得到同样的表。")],
    output: Annotated[
        Path | None, typer.Option("--output", help="结果文件，.csv 或 .parquet。")
    ] = None,
    scheme: Annotated[str | None, typer.Option("--scheme", help="病例所出自的分组方案。")] = None,
    first: Annotated[
        datetime, typer.Option("--from", formats=_DAY, help="最早出院日期。")
    ] = datetime(2025, 1, 1),
    last: Annotated[datetime, typer.Option("--to", formats=_DAY, help="最晚出院日期。")] = datetime(
        2025, 12, 31
    ),
    hospitals: Annotated[int, typer.Option("--hospitals", help="虚构的医院数。")] = 12,
    imperfect: Annotated[
        float, typer.Option("--imperfect", help="有缺陷的行所占比例（缺项、未知编码、不能入组）。")
    ] = 0.01,
    statistics: Annotated[
        bool, typer.Option("--statistics", help="逐例分组并输出统计表（Markdown）。")
    ] = False,
    rules: RulesOption = None,
) -> None:
    """合成虚构的病案首页，逐行标明 synthetic=1；只供压力测试与演示，不得用于临床或管理结论。"""
    settings = Settings()
    folder = rules or settings.rules
    request = Request(
        cases,
        seed,
        scheme or settings.scheme,
        first.date(),
        last.date(),
        hospitals,
        imperfect,
    )
    try:
        _check(request, output, statistics)
        model = build_model(folder, request)
        if output is not None:
            _write(model, output)
        if statistics:
            found = describe(frames(model), model.pack, load_codebook(folder))
            typer.echo(markdown(found, request.scheme))
    except InputError as error:
        raise refuse(error.problems) from None


def _check(request: Request, output: Path | None, statistics: bool) -> None:
    """Refuse a request with all its problems, before anything is loaded."""
    problems: list[Problem] = []
    if output is None and not statistics:
        problems.append(
            Problem("--output", "output_missing", "没有输出文件", "给出 --output 或 --statistics")
        )
    problems += request_problems(request)
    check_outputs("synth", [], [OutputFile("--output", output, SUFFIXES)], problems)


def _write(model: Model, output: Path) -> None:
    started = time.monotonic()
    with progress("合成", model.request.cases) as step:
        write_cases(model, output, step)
    seconds = time.monotonic() - started
    rate = model.request.cases / seconds if seconds else 0.0
    screen = Console(highlight=False, soft_wrap=True)
    screen.print(
        f"已写入 {model.request.cases:,} 例合成病案首页（方案 {model.request.scheme}，"
        f"种子 {model.request.seed}），{seconds:.1f} 秒，每秒 {rate:,.0f} 例"
    )
    if model.unreached:
        screen.print(f"没有合成病例的核心组：{'、'.join(model.unreached)}")
