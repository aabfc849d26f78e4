"""``zhibian rules``: list, rebuild, import, check and compare rule packs (规则包)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Literal

import typer

from zhibian.cli.common import REFUSED, RulesOption, case_limits, refuse
from zhibian.cli.import_workbook import import_workbook
from zhibian.cli.outputs import OutputFolder, Source, check_outputs
from zhibian.cli.regional import built_overlays, standing
from zhibian.cli.rules_reach import show_coverage, show_reach
from zhibian.cli.rules_show import show
from zhibian.grouping.build import build as build_pack
from zhibian.grouping.check import CHECKS, Finding, check_pack
from zhibian.grouping.codebook import CodeBook, load_codebook
from zhibian.grouping.diff import code_role, diff, diff_case
from zhibian.grouping.diff_text import (
    case_json,
    code_json,
    diff_json,
    render_case,
    render_code,
    render_diff,
)
from zhibian.grouping.manifest import Manifest
from zhibian.grouping.pack import list_schemes, load_scheme, pack_folders, read_manifest
from zhibian.grouping.recipe import editions
from zhibian.grouping.stay import grouping_input
from zhibian.grouping.types import GroupingInput
from zhibian.problems import InputError, Problem
from zhibian.records.case_json import read_case
from zhibian.records.types import Case
from zhibian.settings import Settings

_ALL = "all"

app = typer.Typer(
    help="分组规则包：列出、查看、重建、导入、检查、比较、覆盖与可达性。", no_args_is_help=True
)

app.command("import")(import_workbook)
app.command("show")(show)
app.command("coverage")(show_coverage)
app.command("reach")(show_reach)


@app.command("list")
def list_(rules: RulesOption = None) -> None:
    """列出可用的分组方案及其读法。"""
    folder = rules or Settings().rules
    try:
        manifests = {m.id: m for m in map(read_manifest, pack_folders(folder).values())}
        schemes = list_schemes(folder)
    except InputError as error:
        raise refuse(error.problems) from None
    for scheme in schemes:
        pack_id, _, reading = scheme.partition("@")
        manifest = manifests[pack_id]
        title = manifest.readings[reading or "default"].title
        typer.echo(f"{scheme}  {title}{standing(manifest)}")


@app.command()
def build(
    facts: Annotated[
        Path,
        typer.Option("--facts", help="来源数据目录，其中有 chs-drg-1.1 等转录与 terminology。"),
    ],
    edition: Annotated[str, typer.Option("--edition", help="版本，如 2.0；all 为全部。")] = _ALL,
    regional: Annotated[
        str | None,
        typer.Option(
            "--regional",
            help="改为重建规则目录中的地方方案，如 beijing_2022；all 为全部。",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="输出目录，每个版本一个子目录；缺省为规则目录下的 chs-drg。"),
    ] = None,
    rules: RulesOption = None,
) -> None:
    """由公布的表重建 CHS-DRG 各版本或地方方案的规则包，并报告发现的问题。"""
    home = (rules or Settings().rules) / "chs-drg"
    if regional is not None:
        _check_targets(facts, "--rules", [home / "regional"])
        for overlay, findings in built_overlays(facts, regional, home / "regional"):
            _told(overlay, findings)
        return
    known = editions(home)
    if edition not in (_ALL, *known):
        remedy = f"可用：{'、'.join((*known, _ALL))}"
        problem = Problem("--edition", "edition_unknown", "没有这个版本", remedy, edition)
        raise refuse([problem])
    targets = {name: (out or home) / name for name in (known if edition == _ALL else (edition,))}
    _check_targets(facts, "--out" if out else "--rules", targets.values())
    for name, target in targets.items():
        _build(facts, known[name], target)


def _check_targets(facts: Path, option: str, targets: Iterable[Path]) -> None:
    """Refuse to build among the source tables."""
    try:
        check_outputs(
            "rules build",
            [Source("--facts", facts)],
            [OutputFolder(option, target) for target in targets],
        )
    except InputError as error:
        raise refuse(error.problems) from None


def _build(facts: Path, authored: Path, target: Path) -> None:
    try:
        findings = build_pack(facts, authored, target)
        manifest = read_manifest(target)
    except InputError as error:
        raise refuse(error.problems) from None
    except OSError as error:
        message = f"文件 {error.filename} 不能读写"
        raise refuse([Problem("--facts", "unreadable", message, "检查来源数据目录")]) from None
    _told(manifest, findings)


def _told(manifest: Manifest, findings: Sequence[Finding]) -> None:
    """Say what was built and what was found in it."""
    typer.echo(f"{manifest.id}{standing(manifest)}")
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
        raise refuse([Problem("pack", "pack_unknown", "没有这个规则包", f"可用：{known}", pack)])
    for pack_id, folder in folders.items():
        if pack in (None, pack_id):
            typer.echo(pack_id)
            try:
                _report(check_pack(folder))
            except InputError as error:
                raise refuse(error.problems) from None


@app.command("diff")
def diff_(
    first: Annotated[str, typer.Argument(help="方案，如 chs-drg-1.1。")],
    second: Annotated[str, typer.Argument(help="另一方案，如 chs-drg-2.0。")],
    code: Annotated[
        str | None, typer.Option("--code", help="只看一个诊断或手术操作编码（医保版）。")
    ] = None,
    case: Annotated[
        Path | None, typer.Option("--case", help="只看一个病例：含已填报首页的病例 JSON。")
    ] = None,
    output_format: Annotated[
        Literal["text", "json"], typer.Option("--format", help="屏幕输出。")
    ] = "text",
    rules: RulesOption = None,
) -> None:
    """比较两个方案：病组的增删与改名、CC/MCC 等级，或一个编码、一个病例的变化。"""
    settings = Settings()
    folder = rules or settings.rules
    lines: list[str] = []
    told: dict[str, object] = {}
    try:
        packs = [load_scheme(folder, scheme) for scheme in (first, second)]
        codebook = load_codebook(folder) if code or case else None
        if code is not None and codebook is not None:
            _require_known(code, codebook)
            roles = [(p.scheme, code_role(code, p)) for p in packs]
            lines += render_code(code, roles)
            told["code"] = code_json(code, roles)
        if case is not None:
            entry = _front_page(read_case(case, case_limits(settings)).case)
            both = diff_case(entry, packs[0], packs[1], codebook)
            lines += render_case(both)
            told["case"] = case_json(both)
        if code is None and case is None:
            found = diff(packs[0], packs[1])
            lines, told = render_diff(found), diff_json(found)
    except InputError as error:
        raise refuse(error.problems) from None
    if output_format == "json":
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return
    for line in lines:
        typer.echo(line)


def _require_known(code: str, codebook: CodeBook) -> None:
    if code not in codebook.diagnoses and code not in codebook.procedures:
        remedy = "核对编码版本；临床版编码先转换为医保版"
        problem = Problem("--code", "code_unknown", "编码不在医保版编码集中", remedy)
        raise InputError("--code", [problem])


def _front_page(case: Case) -> GroupingInput:
    """Return what was filed for a case, as the grouper needs it."""
    page, stay = case.coded_front_page, case.admission
    if page is None or stay is None:
        problem = Problem("--case", "no_front_page", "病例没有已填报的首页或住院信息", "补填首页")
        raise InputError("--case", [problem])
    return grouping_input(page.principal, page.others, page.procedures, stay)


def _report(findings: Sequence[Finding]) -> None:
    """Print findings by check; those that forbid using the pack one by one, with exit code 2."""
    for name, count in Counter(f.check for f in findings).items():
        typer.echo(f"  {CHECKS[name]}：{count}")
    fatal = [f for f in findings if f.fatal]
    for finding in fatal:
        typer.echo(f"  {CHECKS[finding.check]}：{finding.subject} {finding.code}", err=True)
    if fatal:
        raise typer.Exit(REFUSED)
    typer.echo("  规则包可用")
