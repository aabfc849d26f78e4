"""``zhibian what-if``: the group of a case after each single change (如果……会怎样)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.table import Table

from zhibian.cli.common import RulesOption, case_limits, refuse
from zhibian.grouping.codebook import codebook_of
from zhibian.grouping.convert import convert_case
from zhibian.grouping.pack import RulePack, list_schemes, load_scheme
from zhibian.grouping.render import render_trace
from zhibian.grouping.sensitivity import sensitivity
from zhibian.grouping.stay import grouping_input
from zhibian.grouping.types import CodeConversion, GroupingInput, Status
from zhibian.grouping.validate import validate
from zhibian.grouping.what_if import ChangeKind, what_if
from zhibian.payment.tariff_files import load_tariff
from zhibian.payment.what_if_report import GroupOut, WhatIfReport, what_if_report
from zhibian.problems import InputError, Problem
from zhibian.records.case_json import read_case
from zhibian.settings import Settings
from zhibian.terminology.check import near_codes
from zhibian.terminology.code_set import ICD9CM3_NHSA, ICD10_NHSA, CodeSet, load_code_set
from zhibian.terminology.crosswalk import load_filed_set
from zhibian.terminology.names import shown_code

_NO_TARIFF = "none"
_KINDS: dict[ChangeKind, str] = {
    "principal": "换作主要诊断",
    "add_diagnosis": "增加其他诊断",
    "remove_diagnosis": "去掉其他诊断",
    "main_procedure": "换作主要手术操作",
    "add_procedure": "增加手术操作",
    "remove_procedure": "去掉手术操作",
    "scheme": "换用方案",
}
_STANDINGS = {
    "counted": "计入",
    "outranked": "计入，但已有更高等级",
    "excluded": "被主要诊断排除",
    "not_cc": "非 CC/MCC",
}
_LEVELS = {"MCC": "MCC", "CC": "CC", "NONE": "无", None: ""}


def what_if_command(  # noqa: PLR0913, PLR0917  (one option a field of the front page)
    case: Annotated[
        Path | None, typer.Argument(help="病例 JSON，含已填报首页；或用下列选项逐项填写。")
    ] = None,
    principal: Annotated[str | None, typer.Option("--principal", help="主要诊断编码。")] = None,
    other: Annotated[list[str] | None, typer.Option("--other", help="其他诊断，可重复。")] = None,
    procedure: Annotated[
        list[str] | None, typer.Option("--procedure", help="手术操作，主要的在首位，可重复。")
    ] = None,
    sex: Annotated[int | None, typer.Option("--sex", help="1 男，2 女。")] = None,
    age: Annotated[int | None, typer.Option("--age", help="周岁。")] = None,
    age_days: Annotated[int | None, typer.Option("--age-days", help="日龄。")] = None,
    weight: Annotated[float | None, typer.Option("--weight", help="新生儿体重（克）。")] = None,
    days: Annotated[int | None, typer.Option("--days", help="住院天数。")] = None,
    discharge_way: Annotated[
        int | None, typer.Option("--discharge-way", help="离院方式 1 2 3 4 5 9。")
    ] = None,
    department: Annotated[str | None, typer.Option("--department", help="科别。")] = None,
    icu_hours: Annotated[
        float | None, typer.Option("--icu-hours", help="重症监护时长（小时）。")
    ] = None,
    add_diagnosis: Annotated[
        list[str] | None, typer.Option("--add-diagnosis", help="试加的其他诊断，可重复。")
    ] = None,
    add_procedure: Annotated[
        list[str] | None, typer.Option("--add-procedure", help="试加的手术操作，可重复。")
    ] = None,
    scheme: Annotated[str | None, typer.Option("--scheme", help="分组方案标识。")] = None,
    to: Annotated[
        list[str] | None,
        typer.Option("--to", help="另按此方案分组，可重复；缺省为同系列的后续版本；none 不比较。"),
    ] = None,
    tariff: Annotated[
        str | None, typer.Option("--tariff", help="支付标准（给出权重）；none 不给权重。")
    ] = None,
    code_set: Annotated[
        str | None,
        typer.Option("--code-set", help="首页的编码版本，如 clinical-2.0；缺省为医保版 2.0。"),
    ] = None,
    output_format: Annotated[
        Literal["text", "json"], typer.Option("--format", help="屏幕输出。")
    ] = "text",
    rules: RulesOption = None,
) -> None:
    """列出一个病例每一处改动后的分组，以及由哪个编码决定等级与入组。

    改动包括换主要诊断、去掉或增加诊断与手术操作、换主要手术操作、换分组方案。按改动种类和首页顺序排列，
    不按权重排序，不作推荐；增加的编码须由使用者给出。
    """
    settings = Settings()
    folder = rules or settings.rules
    try:
        entry = _entry(
            case,
            GroupingInput(
                principal,
                tuple(other or ()),
                tuple(procedure or ()),
                sex,
                age,
                age_days,
                weight,
                days,
                discharge_way,
                department,
                icu_hours,
            ),
            settings,
        )
        diagnoses = load_code_set(folder, ICD10_NHSA)
        procedures = load_code_set(folder, ICD9CM3_NHSA)
        codebook = codebook_of(diagnoses, procedures)
        conversions: tuple[CodeConversion, ...] = ()
        if code_set is not None:
            converted = convert_case(entry, load_filed_set(folder, code_set), codebook)
            if converted.findings:
                raise InputError("--code-set", [f.problem for f in converted.findings])
            entry, conversions = converted.case, converted.conversions
        problems = [f.problem for f in validate(entry, codebook)]
        problems += _unknown(add_diagnosis or [], diagnoses, "--add-diagnosis")
        problems += _unknown(add_procedure or [], procedures, "--add-procedure")
        if problems:
            raise InputError("case", problems)
        pack = load_scheme(folder, scheme or settings.scheme)
        found = what_if(
            entry,
            pack,
            codebook,
            add_diagnoses=add_diagnosis or [],
            add_procedures=add_procedure or [],
            schemes=_others(folder, pack.scheme, to),
        )
        chosen = tariff or settings.tariff
        names = {c: e.name for s in (diagnoses, procedures) for c, e in s.entries.items()}
        report = what_if_report(
            found,
            sensitivity(entry, pack, codebook),
            None if chosen == _NO_TARIFF else load_tariff(folder, chosen),
            names,
            tuple(render_trace(found.before, {**names, **pack.names()})),
            conversions,
        )
    except InputError as error:
        raise refuse(error.problems) from None
    if output_format == "json":
        typer.echo(report.model_dump_json(indent=2))
    else:
        _print(report, names)


def _entry(path: Path | None, typed: GroupingInput, settings: Settings) -> GroupingInput:
    """Return the case of a file or of the options."""
    if path is None:
        return typed
    if typed != GroupingInput(None):
        problem = Problem("CASE", "two_cases", "病例文件与逐项选项只能用一种", "去掉其中一种")
        raise InputError(path.name, [problem])
    filed = read_case(path, case_limits(settings)).case
    page = filed.coded_front_page
    if page is None:
        problem = Problem("coded_front_page", "no_front_page", "病例没有已填报的首页", "补填首页")
        raise InputError(path.name, [problem])
    return grouping_input(page.principal, page.others, page.procedures, filed.admission)


def _unknown(codes: Sequence[str], code_set: CodeSet, field: str) -> list[Problem]:
    problems = []
    for code in codes:
        if code not in code_set:
            near = "、".join(f"{e.code} {e.name}" for e in near_codes(code, code_set))
            remedy = f"核对编码与版本{f'；相近编码：{near}' if near else ''}"
            message = f"{code_set.title}中没有此编码"
            problems.append(Problem(field, "code_unknown", message, remedy, shown_code(code)))
    return problems


def _others(folder: Path, scheme: str, wanted: list[str] | None) -> list[RulePack]:
    """Return the schemes to compare with: those named, else all later editions of the series."""
    if wanted:
        return [load_scheme(folder, name) for name in wanted if name != _NO_TARIFF]
    return [load_scheme(folder, name) for name in later_editions(scheme, list_schemes(folder))]


def later_editions(scheme: str, known: Sequence[str]) -> list[str]:
    """Return the schemes of the same series with a later edition number, in their order.

    Parameters
    ----------
    scheme
        Such as ``chs-drg-1.1`` or ``chs-drg-1.1@published``.
    known
        All schemes; readings other than the default are left out.
    """
    series, edition = _edition(scheme.partition("@")[0])
    later = [
        (number, name)
        for name in known
        if "@" not in name
        for other, number in [_edition(name)]
        if other == series and edition and number > edition
    ]
    return [name for _, name in sorted(later)]


def _edition(pack_id: str) -> tuple[str, tuple[int, ...]]:
    """Return series and edition number of a pack: ``chs-drg-2.0`` is 2.0 of ``chs-drg``."""
    series, _, number = pack_id.rpartition("-")
    parts = number.split(".")
    return (series, tuple(map(int, parts))) if all(p.isdigit() for p in parts) else (pack_id, ())


def _print(report: WhatIfReport, names: dict[str, str]) -> None:
    screen = Console(highlight=False, markup=False, soft_wrap=True)
    for line in report.explanation:
        screen.print(line)
    weights = f"，权重按 {report.tariff}" if report.tariff else ""
    screen.print(f"\n填报分组：{_told(report.before)}{weights}{_weight(report.before)}")
    _print_alternatives(screen, report, names)
    _print_sensitivity(screen, report)
    screen.print(report.statement)


def _print_alternatives(screen: Console, report: WhatIfReport, names: dict[str, str]) -> None:
    table = Table("改动", "编码", "分组", "等级", "权重", "变化", title="各种改动后的分组")
    for found in report.alternatives:
        given = f"（原 {found.instead_of} {names.get(found.instead_of, '')}）"
        changes = [
            word
            for word, changed in (
                ("大类", found.mdc_changed),
                ("核心组", found.adrg_changed),
                ("病组", found.group_changed),
                ("等级", found.level_changed),
            )
            if changed
        ]
        table.add_row(
            _KINDS[found.kind],
            f"{found.code} {found.name}{given if found.instead_of else ''}".strip(),
            _told(found.after),
            _LEVELS[found.after.level],
            _number(found.after.weight),
            "、".join(changes) or "不变",
        )
    if table.row_count:
        screen.print(table)


def _print_sensitivity(screen: Console, report: WhatIfReport) -> None:
    table = Table("其他诊断", "级别", "作用", "排除表", "去掉后", title="由哪个诊断决定等级")
    for d in report.sensitivity.diagnoses:
        roles = [_STANDINGS[d.standing]]
        roles += ["决定等级"] if d.changes_level else ["另有同级诊断"] if d.redundant else []
        roles += ["决定病组"] if d.changes_group else []
        roles += [f"在 {'、'.join(d.counts_beside)} 旁可计入"] if d.counts_beside else []
        tables = f"{d.table}（主要诊断：{d.principal_table or '无'}）" if d.table else ""
        table.add_row(
            f"{d.code} {d.name}",
            _LEVELS[d.level],
            "，".join(roles),
            tables,
            _told(d.without) if d.changes_group else "不变",
        )
    if table.row_count:
        screen.print(table)
    table = Table("编码", "位置", "作用", "没有它时", title="由哪个编码决定入组")
    for c in report.sensitivity.codes:
        role = "决定核心组" if c.changes_adrg else "决定病组" if c.changes_group else "不决定"
        table.add_row(
            f"{c.code} {c.name}",
            "主要诊断" if c.role == "principal" else f"手术操作 {c.position + 1}",
            role,
            _told(c.without) if c.changes_group or c.changes_adrg else "不变",
        )
    screen.print(table)


def _told(group: GroupOut) -> str:
    shown = f"{group.drg} {group.name}".strip()
    if group.status == Status.GROUPED.value:
        return shown
    return f"{Status(group.status).chinese} {shown}".strip()


def _number(weight: float | None) -> str:
    return "" if weight is None else f"{weight:g}"


def _weight(group: GroupOut) -> str:
    return f"，权重 {group.weight:g}" if group.weight is not None else ""
