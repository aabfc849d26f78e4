"""``zhibian tariffs``: list, rebuild and verify payment standards (支付标准)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from zhibian.payment.build import build_tariff
from zhibian.payment.tariff import FOLDER, check_tariff, list_tariffs, load_tariff
from zhibian.problems import InputError, Problem
from zhibian.settings import Settings

app = typer.Typer(help="支付标准：列出、重建、校验。", no_args_is_help=True)

FactsOption = Annotated[
    Path, typer.Option("--facts", help="来源数据目录，其中有 payment 与 chs-drg-1.1 文件夹。")
]
RulesOption = Annotated[
    Path | None, typer.Option("--rules", help="规则目录；缺省为 ZHIBIAN_RULES 或随软件提供的规则。")
]


@app.command("list")
def list_(rules: RulesOption = None) -> None:
    """列出现有的支付标准及其类别与费率。"""
    folder = rules or Settings().rules
    try:
        tariffs = [load_tariff(folder, id) for id in list_tariffs(folder)]
    except InputError as error:
        raise _refuse(error.problems) from None
    for tariff in tariffs:
        rates = "，".join(f"{variant} {rate} 元/权重" for variant, rate in tariff.rates.items())
        typer.echo(f"{tariff.id}  {tariff.title}  分组方案 {tariff.scheme}  {rates}")


@app.command()
def build(
    facts: FactsOption,
    tariff: Annotated[str, typer.Argument(help="支付标准标识。")] = "linyi-2022",
    rules: RulesOption = None,
) -> None:
    """由地方公布的支付标准表重建。"""
    folder = rules or Settings().rules
    try:
        report = build_tariff(facts, folder / FOLDER / tariff)
    except InputError as error:
        raise _refuse(error.problems) from None
    typer.echo(f"{report.id}：{report.groups} 行，未公布权重 {len(report.without_weight)} 组")
    typer.echo(f"方案中没有的组 {len(report.not_in_scheme)}，缺少的组 {len(report.missing_in_tariff)}")


@app.command()
def check(rules: RulesOption = None) -> None:
    """校验全部支付标准与其清单一致。"""
    folder = rules or Settings().rules
    problems = [problem for id in list_tariffs(folder) for problem in check_tariff(folder, id)]
    if problems:
        raise _refuse(problems)
    typer.echo("支付标准与清单一致")


def _refuse(problems: Sequence[Problem]) -> typer.Exit:
    screen = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
    for problem in problems:
        screen.print(problem.render())
    return typer.Exit(2)
