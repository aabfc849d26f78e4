"""``zhibian rules``: list, rebuild and check rule packs (规则包)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from zhibian.grouping.build import build as build_pack
from zhibian.grouping.check import CHECKS, Finding, check_pack
from zhibian.grouping.pack import list_schemes, pack_folders, read_manifest
from zhibian.grouping.recipe import editions
from zhibian.problems import InputError, Problem
from zhibian.settings import Settings

_ALL = "all"

app = typer.Typer(help="分组规则包：列出、重建、检查、比较。", no_args_is_help=True)

RulesOption = Annotated[
    Path | None, typer.Option("--rules", help="规则目录；缺省为 ZHIBIAN_RULES 或随软件提供的规则。")
]


@app.command("list")
def list_(rules: RulesOption = None) -> None:
    """列出可用的分组方案及其读法。"""
    folder = rules or Settings().rules
    try:
        manifests = [read_manifest(f) for f in pack_folders(folder).values()]
        schemes = list_schemes(folder)
    except InputError as error:
        raise _refuse(error.problems) from None
    readings = {(m.id, name): r for m in manifests for name, r in m.readings.items()}
    for scheme in schemes:
        pack_id, _, reading = scheme.partition("@")
        typer.echo(f"{scheme}  {readings[pack_id, reading or 'default'].title}")


@app.command()
def build(
    facts: Annotated[
        Path,
        typer.Option("--facts", help="来源数据目录，其中有 chs-drg-1.1 等转录与 terminology。"),
    ],
    edition: Annotated[str, typer.Option("--edition", help="版本，如 2.0；all 为全部。")] = _ALL,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="输出目录，每个版本一个子目录；缺省为规则目录下的 chs-drg。"),
    ] = None,
    rules: RulesOption = None,
) -> None:
    """由公布的表重建 CHS-DRG 各版本的规则包，并报告发现的问题。"""
    home = (rules or Settings().rules) / "chs-drg"
    known = editions(home)
    if edition not in (_ALL, *known):
        remedy = f"可用：{'、'.join((*known, _ALL))}"
        problem = Problem("--edition", "edition_unknown", "没有这个版本", remedy, edition)
        raise _refuse([problem])
    for name in known if edition == _ALL else (edition,):
        _build(facts, known[name], (out or home) / name)


def _build(facts: Path, authored: Path, target: Path) -> None:
    try:
        findings = build_pack(facts, authored, target)
        manifest = read_manifest(target)
    except InputError as error:
        raise _refuse(error.problems) from None
    except OSError as error:
        message = f"文件 {error.filename} 不能读写"
        raise _refuse([Problem("--facts", "unreadable", message, "检查来源数据目录")]) from None
    typer.echo(manifest.id)
    counts = "，".join(f"{name} {count:,}" for name, count in manifest.counts.items())
    typer.echo(f"  {counts}")
    _report(findings)


@app.command()
def check(
    pack: Annotated[str | None, typer.Argument(help="规则包标识；缺省为全部。")] = None,
    rules: RulesOption = None,
) -> None:
    """检查规则包：sha256、数量、主键、集合、每条规则。"""
    folders = pack_folders(rules or Settings().rules)
    if pack is not None and pack not in folders:
        known = "、".join(folders) or "无"
        raise _refuse([Problem("pack", "pack_unknown", "没有这个规则包", f"可用：{known}", pack)])
    for pack_id, folder in folders.items():
        if pack in (None, pack_id):
            typer.echo(pack_id)
            try:
                _report(check_pack(folder))
            except InputError as error:
                raise _refuse(error.problems) from None


def _report(findings: Sequence[Finding]) -> None:
    """Print findings by check; those that forbid using the pack one by one, with exit code 2."""
    for name, count in Counter(f.check for f in findings).items():
        typer.echo(f"  {CHECKS[name]}：{count}")
    fatal = [f for f in findings if f.fatal]
    for finding in fatal:
        typer.echo(f"  {CHECKS[finding.check]}：{finding.subject} {finding.code}", err=True)
    if fatal:
        raise typer.Exit(2)
    typer.echo("  规则包可用")


def _refuse(problems: Sequence[Problem]) -> typer.Exit:
    screen = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
    for problem in problems:
        screen.print(problem.render())
    return typer.Exit(2)
