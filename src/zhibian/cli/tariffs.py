"""``zhibian tariffs``: list, show, rebuild and verify payment standards (支付标准)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from zhibian.cli.common import FactsOption, RulesOption, refuse
from zhibian.cli.outputs import OutputFolder, Source, check_outputs
from zhibian.payment.group_weight import FLAGS, GroupWeight
from zhibian.payment.published.build import TariffReport, build_tariff, surroundings
from zhibian.payment.published.check import check_tariff, read_defects
from zhibian.payment.published.defects import load_defect_kinds
from zhibian.payment.published.recipe import RECIPE
from zhibian.payment.published.scheme_groups import all_scheme_groups
from zhibian.payment.settlement.sets import check_settlement_rules
from zhibian.payment.tariff import PaymentStandard, Tariff, Variant
from zhibian.payment.tariff_files import (
    FOLDER,
    REMEDY,
    TARIFF_FILE,
    list_tariffs,
    load_tariff,
)
from zhibian.problems import InputError, Problem
from zhibian.settings import Settings
from zhibian.terminology.tables import read_yaml

app = typer.Typer(help="支付标准：列出、查看、重建、校验。", no_args_is_help=True)

_UNITS = {"rate": "元/权重", "points": "元/点"}
_TariffArgument = Annotated[str, typer.Argument(help="支付标准标识，如 linyi-2022。")]


@app.command("list", help="列出现有的支付标准及其类别与费率。")
def list_(rules: RulesOption = None) -> None:
    """List the tariffs with their variants and rates."""
    folder = rules or Settings().rules
    try:
        tariffs = [load_tariff(folder, id) for id in list_tariffs(folder)]
    except InputError as error:
        raise refuse(error.problems) from None
    for tariff in tariffs:
        rates = "，".join(
            f"{id} {rate} {_UNITS[tariff.method]}"
            for id, rate in tariff.rates.items()
            if rate is not None
        )
        typer.echo(
            f"{tariff.id}  {tariff.title}  分组方案 {tariff.scheme}  {rates or '未公布费率'}"
        )


@app.command(help="查看一个支付标准，或其中一个组在各类别下的支付标准。")
def show(
    tariff: _TariffArgument,
    group: Annotated[str | None, typer.Option("--group", help="组编码，如 ES31。")] = None,
    rules: RulesOption = None,
) -> None:
    """Show a tariff: where it comes from, its variants and defects; or one group of it."""
    folder = rules or Settings().rules
    try:
        found = load_tariff(folder, tariff)
        lines = _group_lines(found, group) if group else _tariff_lines(folder, found)
        for line in lines:
            typer.echo(line)
    except InputError as error:
        raise refuse(error.problems) from None


@app.command(help="列出一个支付标准的缺陷。")
def defects(
    tariff: _TariffArgument,
    kind: Annotated[str | None, typer.Option("--kind", help="只列一种，如 no_weight。")] = None,
    rules: RulesOption = None,
) -> None:
    """List the defects of a tariff, each kind with its meaning."""
    folder = rules or Settings().rules
    try:
        load_tariff(folder, tariff)
        listed = read_defects(folder, tariff)
        kinds = load_defect_kinds(folder / FOLDER)
    except InputError as error:
        raise refuse(error.problems) from None
    if kind and kind not in kinds.titles:
        known = "、".join(kinds.titles)
        raise refuse([Problem("--kind", "kind_unknown", "没有这种缺陷", f"可用：{known}", kind)])
    for code in sorted({defect.code for defect in listed if kind in (None, defect.code)}):
        typer.echo(f"{kinds.titles[code]}（{code}）：{kinds.meanings[code]}")
        for defect in listed:
            if defect.code == code:
                typer.echo(f"  {defect.drg}  {defect.detail}")


@app.command(help="由地方公布的支付标准表重建。")
def build(
    facts: FactsOption,
    tariff: Annotated[str, typer.Argument(help="支付标准标识。")] = "linyi-2022",
    every: Annotated[bool, typer.Option("--all", help="重建全部。")] = False,
    rules: RulesOption = None,
) -> None:
    """Rebuild one tariff, or all, from the tables published locally."""
    folder = rules or Settings().rules
    ids = _recipes(folder) if every else (tariff,)
    problems: list[Problem] = []
    try:
        check_outputs(
            "tariffs build",
            [Source("--facts", facts)],
            [OutputFolder("--rules", folder / FOLDER / id) for id in ids],
        )
        around = surroundings(facts, folder)
    except InputError as error:
        raise refuse(error.problems) from None
    for id in ids:
        try:
            typer.echo(_built(build_tariff(around, folder / FOLDER / id)))
        except InputError as error:
            problems += error.problems
    if problems:
        raise refuse(problems)


@app.command(help="校验全部支付标准与其清单、分组方案一致。")
def check(rules: RulesOption = None) -> None:
    """Verify all tariffs; defects that follow from the tables are worked out anew."""
    folder = rules or Settings().rules
    try:
        schemes = all_scheme_groups(folder)
    except InputError as error:
        raise refuse(error.problems) from None
    problems = [
        problem for id in list_tariffs(folder) for problem in check_tariff(folder, id, schemes)
    ]
    problems += check_settlement_rules(folder)
    if problems:
        raise refuse(problems)
    typer.echo("支付标准与清单一致")


def _recipes(rules: Path) -> tuple[str, ...]:
    return tuple(sorted(path.parent.name for path in (rules / FOLDER).glob(f"*/{RECIPE}")))


def _built(report: TariffReport) -> str:
    tariff = report.tariff
    kinds = "，".join(f"{code} {count}" for code, count in sorted(report.defects.items()))
    return f"{tariff.id}：{len(tariff.groups)} 行，缺陷：{kinds or '无'}"


def _tariff_lines(rules: Path, tariff: Tariff) -> Iterator[str]:
    told = read_yaml(rules / FOLDER / tariff.id / TARIFF_FILE, REMEDY)
    fit = told["scheme_fit"]
    yield f"{tariff.id}  {tariff.title}  {told['authority']}（{told['document']}）"
    yield (
        f"分组方案 {tariff.scheme}：共有 {fit['common']} 组，只在本表 {fit['only_in_tariff']} 组，"
        f"只在方案 {fit['only_in_scheme']} 组"
    )
    if "scheme_reason" in told:
        yield f"  {told['scheme_reason']}"
    yield f"{told['method_title']}：{told['formula']}"
    for variant in tariff.variants.values():
        yield f"  {_variant_line(tariff, variant)}"
    statuses = Counter(tariff.standard(drg).note for drg in tariff.groups)
    yield f"{len(tariff.groups)} 行（按 {tariff.default_variant}）："
    for note, count in statuses.most_common():
        yield f"  {count}  {note}"
    yield "缺陷（明细：zhibian tariffs defects " + tariff.id + "）："
    for code, kind in told["defects"].get("kinds", {}).items():
        yield f"  {kind['count']}  {kind['title']}（{code}）"
    for note in told.get("notes", ()):
        yield f"注：{note}"


def _variant_line(tariff: Tariff, variant: Variant) -> str:
    rate = tariff.rates[variant.id]
    default = "（默认）" if variant.id == tariff.default_variant else ""
    shown = "费率未公布" if rate is None else f"{rate} {_UNITS[tariff.method]}"
    if variant.coefficient is not None and not tariff.coefficients_by_group:
        shown += f"，系数 {variant.coefficient}"
    elif tariff.coefficients_by_group:
        shown += "，系数因组而异"
    where = f"，{variant.institution}" if variant.institution else ""
    return f"{variant.id}{default}{where}：{shown}"


def _group_lines(tariff: Tariff, drg: str) -> Iterator[str]:
    group = tariff.groups.get(drg)
    yield f"{tariff.title}  {drg}  {group.name if group else ''}".rstrip()
    if group is not None:
        yield from _published(group)
    for id in tariff.variants:
        yield f"  {id}：{_standard_text(tariff.standard(drg, id))}"


def _published(group: GroupWeight) -> Iterator[str]:
    if group.flags:
        yield "  " + "，".join(FLAGS[flag] for flag in sorted(group.flags))
    if group.mean_cost is not None:
        yield f"  例均费用 {group.mean_cost} 元"
    if group.volume is not None:
        yield f"  总控人次 {group.volume}"
    for variant, bounds in group.thresholds.items():
        yield f"  {variant}：低倍临界值 {bounds.low} 元，高倍临界值 {bounds.high} 元"
    if group.remark:
        yield f"  备注：{group.remark}"


def _standard_text(standard: PaymentStandard) -> str:
    parts = (
        ("权重", standard.weight),
        ("点数", standard.points),
        ("系数", standard.coefficient),
        ("费率", standard.rate),
    )
    told = "，".join(f"{name} {value}" for name, value in parts if value is not None)
    amount = standard.note if standard.amount is None else f"{standard.amount} 元"
    return f"{amount}（{told}）" if told else amount
