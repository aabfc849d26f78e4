"""``zhibian terminology``: rebuild and verify code sets and crosswalks (编码表)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from zhibian.problems import InputError, Problem
from zhibian.settings import Settings
from zhibian.terminology.build import build_terminology
from zhibian.terminology.code_set import FOLDER
from zhibian.terminology.verify import check_terminology

app = typer.Typer(help="编码字典与映射表：重建、校验。", no_args_is_help=True)

FactsOption = Annotated[
    Path, typer.Option("--facts", help="来源数据目录，其中有 terminology 文件夹。")
]
RulesOption = Annotated[
    Path | None, typer.Option("--rules", help="规则目录；缺省为 ZHIBIAN_RULES 或随软件提供的规则。")
]


@app.command()
def build(facts: FactsOption, rules: RulesOption = None) -> None:
    """由公布的编码表重建字典、映射与同码不同义清单。"""
    folder = rules or Settings().rules
    try:
        report = build_terminology(facts / "terminology", folder / FOLDER)
    except InputError as error:
        raise _refuse(error.problems) from None
    for table in report.tables:
        typer.echo(f"{table.id}：{table.rows:,} 行，sha256 {table.sha256[:12]}")


@app.command()
def check(rules: RulesOption = None) -> None:
    """校验随软件提供的编码表与清单一致。"""
    problems = check_terminology(rules or Settings().rules)
    if problems:
        raise _refuse(problems)
    typer.echo("编码表与清单一致")


def _refuse(problems: Sequence[Problem]) -> typer.Exit:
    screen = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
    for problem in problems:
        screen.print(problem.render())
    return typer.Exit(2)
