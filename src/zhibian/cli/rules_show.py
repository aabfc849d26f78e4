"""``zhibian rules show``: a pack, a category or group, a code (查看规则包)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Annotated, Literal

import typer

from zhibian.cli.common import RulesOption, print_csv, refuse
from zhibian.grouping.diff_text import code_json, render_code
from zhibian.grouping.pack import RulePack, load_scheme
from zhibian.grouping.render import explain_condition
from zhibian.grouping.show import ShownCode, ShownGroup, group_codes, show_code, show_group
from zhibian.problems import InputError, Problem
from zhibian.settings import Settings
from zhibian.terminology.check import near_codes
from zhibian.terminology.code_set import ICD9CM3_NHSA, ICD10_NHSA, CodeSet, load_code_set
from zhibian.terminology.names import normal_spelling, shown_code

_SHOWN_CODES = 20
_NEAR_GROUPS = 5
_TIERS = {"mdc": "主要诊断大类", "adrg": "核心组", "drg": "细分组"}
_KINDS = {
    "": "",
    "surgical": "外科手术",
    "procedural": "非手术室操作",
    "medical": "内科",
    "ambiguous": "歧义组",
    "fallback": "占位组",
}


def show(
    scheme: Annotated[str, typer.Argument(help="方案，如 chs-drg-1.1。")],
    subject: Annotated[
        str | None, typer.Argument(help="大类、核心组、细分组，或诊断、手术操作编码；缺省为方案。")
    ] = None,
    all_codes: Annotated[bool, typer.Option("--all", help="列出集合的全部编码。")] = False,
    output_format: Annotated[
        Literal["text", "json", "csv"],
        typer.Option("--format", help="屏幕输出；csv 为集合的编码表（set,code,name）。"),
    ] = "text",
    rules: RulesOption = None,
) -> None:
    """查看一个方案，或其中的大类、核心组、细分组、编码。"""
    folder = rules or Settings().rules
    try:
        pack = load_scheme(folder, scheme)
        code_sets = (load_code_set(folder, ICD10_NHSA), load_code_set(folder, ICD9CM3_NHSA))
        names = {c: e.name for s in code_sets for c, e in s.entries.items()}
        group = show_group(subject.upper(), pack) if subject else None
        code = None if subject is None or group else _known(subject, pack, code_sets)
    except InputError as error:
        raise refuse(error.problems) from None
    if output_format == "csv":
        _print_csv(pack, group, code, names)
    elif output_format == "json":
        told = _json(pack, group, code, names)
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2, default=str))
    else:
        for line in _text(pack, group, code, names, None if all_codes else _SHOWN_CODES):
            typer.echo(line)


def _known(subject: str, pack: RulePack, code_sets: Sequence[CodeSet]) -> str:
    """Return a code that the code sets or the pack have.

    Raises
    ------
    InputError
        None of them has it; the remedy names the nearest codes and groups.
    """
    spelled = normal_spelling(subject)
    named = any(spelled in codes for codes in pack.sets.values())
    if named or spelled in pack.severity.levels or any(spelled in s for s in code_sets):
        return spelled
    near = [f"{e.code} {e.name}" for s in code_sets for e in near_codes(spelled, s)]
    near += _near_groups(spelled, pack)
    hint = f"；相近：{'、'.join(near)}" if near else ""
    problem = Problem(
        "subject",
        "subject_unknown",
        f"方案 {pack.scheme} 中没有此组，编码集中也没有此编码",
        f"核对写法与版本{hint}",
        shown_code(subject),
    )
    raise InputError("subject", [problem])


def _near_groups(code: str, pack: RulePack) -> list[str]:
    """Return the groups that share the longest beginning, of two signs at least."""
    known = pack.names()
    for length in range(len(code), 1, -1):
        found = [g for g in group_codes(pack) if g.startswith(code[:length])]
        if found:
            return [f"{g} {known[g]}" for g in found[:_NEAR_GROUPS]]
    return []


def _text(
    pack: RulePack,
    group: ShownGroup | None,
    code: str | None,
    names: Mapping[str, str],
    limit: int | None,
) -> list[str]:
    if group is not None:
        return _group_text(group, names, limit)
    if code is not None:
        return _code_text(show_code(code, pack), pack, names)
    return _pack_text(pack)


def _pack_text(pack: RulePack) -> list[str]:
    manifest = pack.manifest
    lines = [
        f"{pack.scheme}  {manifest.title}",
        f"  {manifest.authority}；{manifest.document}",
        f"  施行：{manifest.effective_from or '未定'} 至 {manifest.effective_to or '未定'}",
        f"  编码：{'，'.join(manifest.code_sets.values())}",
        f"  数量：{'，'.join(f'{k} {v:,}' for k, v in manifest.counts.items())}",
        f"  官方数量：{'，'.join(f'{k} {v:,}' for k, v in manifest.official_counts.items())}",
        f"  歧义组（QY）：{'启用' if pack.ambiguous else '不启用'}",
        "读法：",
    ]
    lines += [f"  {name}：{r.title}" for name, r in manifest.readings.items()]
    for title, entries in (
        ("本读法的更正", [f"{p.id}（{p.date}）：{p.title}" for p in pack.patches]),
        ("转录的修复", [f"{r.id}（{r.date}）：{'、'.join(r.rows)}" for r in manifest.repairs]),
        ("已知缺陷", [f"{d.id}：{d.what}" for d in manifest.known_defects]),
        ("未覆盖", [f"{g.id}：{g.title}（{'、'.join(g.groups)}）" for g in pack.gaps]),
    ):
        lines.append(f"{title}：{len(entries)}")
        lines += [f"  {entry}" for entry in entries]
    lines.append("主要诊断大类（按判定顺序）：")
    lines += [
        f"  {i}. {m.code} {m.name}：{len(m.adrgs)} 个核心组"
        for i, m in enumerate(pack.mdcs, start=1)
    ]
    return lines


def _group_text(group: ShownGroup, names: Mapping[str, str], limit: int | None) -> list[str]:
    kind = f"（{_KINDS[group.kind]}）" if group.kind else ""
    lines = [
        f"{_TIERS[group.tier]} {group.code} {group.name}{kind}",
        *(f"  属于 {p.code} {p.name}" for p in group.within),
        f"  判定顺序：第 {group.position} 个，共 {group.of} 个",
        f"  规则：{group.rule or '（恒成立）'}",
        f"  释义：{explain_condition(group.rule) if group.rule else '无其他条件'}",
    ]
    for gap in group.gaps:
        lines.append(f"  未覆盖 {gap.id}：{gap.title}")
    for shown in group.sets:
        title = f" {shown.title}" if shown.title else ""
        fields = explain_condition("、".join(shown.fields))
        lines.append(f"  集合 {shown.name}{title}（{fields}）：{len(shown.codes):,} 个编码")
        listed = shown.codes if limit is None else shown.codes[:limit]
        lines += [f"    {c} {names.get(c, '（不在医保版编码集）')}" for c in listed]
        if len(listed) < len(shown.codes):
            lines.append(f"    …… 另有 {len(shown.codes) - len(listed):,} 个（--all 列出全部）")
    for number, part in enumerate(group.parts, start=1):
        kind = f"（{_KINDS[part.kind]}）" if part.kind else ""
        said = explain_condition(part.rule) if part.rule else "其余"
        lines.append(f"  {number}. {part.code} {part.name}{kind}：{said}")
    return lines


def _code_text(found: ShownCode, pack: RulePack, names: Mapping[str, str]) -> list[str]:
    known = names.get(found.code, "（不在医保版编码集）")
    lines = render_code(f"{found.code} {known}", [(pack.scheme, found.role)])
    if found.excluding:
        lines.append(
            f"  作其他诊断：被排除表 {found.role.table} 的 {found.excluding:,} 个主要诊断排除"
        )
    if found.role.principal_table:
        lines.append(f"  作主要诊断：排除 {found.excludes:,} 个 CC/MCC")
    titles = pack.names()
    for mdc, adrgs in found.as_principal:
        lines.append(f"  作主要诊断可进入 {mdc} {titles[mdc]}：{'、'.join(adrgs)}")
    lines.append(f"  所在集合：{'、'.join(found.sets) or '无'}")
    return lines


def _json(
    pack: RulePack, group: ShownGroup | None, code: str | None, names: Mapping[str, str]
) -> dict[str, object]:
    if group is not None:
        told = asdict(group)
        told["gaps"] = [g.model_dump(mode="json") for g in group.gaps]
        told["rule_chinese"] = explain_condition(group.rule)
        for shown in told["sets"]:
            shown["codes"] = [{"code": c, "name": names.get(c)} for c in shown["codes"]]
        return {"scheme": pack.scheme, **told}
    if code is not None:
        found = show_code(code, pack)
        return {
            **code_json(code, [(pack.scheme, found.role)]),
            "name": names.get(code),
            "sets": list(found.sets),
            "excluded_by_principals": found.excluding,
            "excludes": found.excludes,
            "as_principal": [{"mdc": m, "adrgs": list(a)} for m, a in found.as_principal],
        }
    return {
        "scheme": pack.scheme,
        "manifest": pack.manifest.model_dump(mode="json"),
        "patches": [p.id for p in pack.patches],
        "gaps": [g.model_dump(mode="json") for g in pack.gaps],
        "ambiguous": pack.ambiguous,
        "mdcs": [{"code": m.code, "name": m.name, "adrgs": len(m.adrgs)} for m in pack.mdcs],
    }


def _print_csv(
    pack: RulePack, group: ShownGroup | None, code: str | None, names: Mapping[str, str]
) -> None:
    """Print the codes of a group's sets, the places of a code, or the groups of the pack."""
    rows: list[tuple[str, ...]]
    if group is not None:
        header: tuple[str, ...] = ("set", "code", "name")
        rows = [(s.name, c, names.get(c, "")) for s in group.sets for c in s.codes]
    elif code is not None:
        header = ("group", "name", "fields")
        rows = [(p.code, p.name, "|".join(p.fields)) for p in show_code(code, pack).role.places]
    else:
        header = ("mdc", "adrg", "kind", "drg", "name", "rule")
        rows = [
            (m.code, a.code, a.kind, d.code, d.name, d.rule.text)
            for m in pack.mdcs
            for a in m.adrgs
            for d in a.drgs
        ]
    print_csv(header, rows)
