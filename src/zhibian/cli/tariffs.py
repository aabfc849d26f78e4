"""``zhibian tariffs``: list, rebuild and verify payment standards (支付标准)."""

from __future__ import annotations

from typing import Annotated

import typer

from zhibian.cli.common import FactsOption, RulesOption, refuse
from zhibian.payment.build import build_tariff
from zhibian.payment.tariff_files import FOLDER, check_tariff, list_tariffs, load_tariff
from zhibian.problems import InputError
from zhibian.settings import Settings

app = typer.Typer(help="支付标准：列出、重建、校验。", no_args_is_help=True)


@app.command("list", help="列出现有的支付标准及其类别与费率。")
def list_(rules: RulesOption = None) -> None:
    """List the tariffs with their variants and rates."""
    folder = rules or Settings().rules
    try:
        tariffs = [load_tariff(folder, id) for id in list_tariffs(folder)]
    except InputError as error:
        raise refuse(error.problems) from None
    for tariff in tariffs:
        rates = "，".join(f"{variant} {rate} 元/权重" for variant, rate in tariff.rates.items())
        typer.echo(f"{tariff.id}  {tariff.title}  分组方案 {tariff.scheme}  {rates}")


@app.command(help="由地方公布的支付标准表重建。")
def build(
    facts: FactsOption,
    tariff: Annotated[str, typer.Argument(help="支付标准标识。")] = "linyi-2022",
    rules: RulesOption = None,
) -> None:
    """Rebuild one tariff from the table published locally."""
    folder = rules or Settings().rules
    try:
        report = build_tariff(facts, folder / FOLDER / tariff)
    except InputError as error:
        raise refuse(error.problems) from None
    typer.echo(f"{report.id}：{report.groups} 行，未公布权重 {len(report.without_weight)} 组")
    typer.echo(
        f"方案中没有的组 {len(report.not_in_scheme)}，缺少的组 {len(report.missing_in_tariff)}"
    )


@app.command(help="校验全部支付标准与其清单一致。")
def check(rules: RulesOption = None) -> None:
    """Verify all tariffs."""
    folder = rules or Settings().rules
    problems = [problem for id in list_tariffs(folder) for problem in check_tariff(folder, id)]
    if problems:
        raise refuse(problems)
    typer.echo("支付标准与清单一致")
