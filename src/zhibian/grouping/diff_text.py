"""A comparison of two schemes in words and as JSON-ready values (方案比较的输出)."""

from __future__ import annotations

from collections.abc import Sequence

from zhibian.grouping.diff import CaseDiff, CodeRole, GroupChanges, Kind, PackDiff
from zhibian.grouping.render import explain_condition
from zhibian.grouping.severity import Level
from zhibian.grouping.types import Grouping

_TITLES: dict[Kind, str] = {"mdc": "主要诊断大类", "adrg": "核心组", "drg": "细分组"}
_NO_LEVEL = "非 CC/MCC"
_ALL_IN_JSON = "（逐条见 --format json）"


def render_diff(found: PackDiff) -> list[str]:
    """Return a comparison as lines: categories and core groups in full, the rest counted."""
    lines = [f"{found.first} → {found.second}"]
    for kind, changes in found.groups.items():
        lines += _groups(_TITLES[kind], changes, in_full=kind != "drg")
    counts = found.level_counts()
    lines.append(f"CC/MCC 等级不同的诊断：{len(found.levels):,}{_ALL_IN_JSON if counts else ''}")
    for (before, after), count in sorted(counts.items(), key=lambda item: -item[1]):
        lines.append(f"  {_level(before)} → {_level(after)}：{count:,}")
    return lines


def _groups(title: str, changes: GroupChanges, *, in_full: bool) -> list[str]:
    parts = (
        f"新增 {len(changes.added)}",
        f"删除 {len(changes.removed)}",
        f"改名 {len(changes.renamed)}",
    )
    several = any((changes.added, changes.removed, changes.renamed))
    head = f"{title}：{'，'.join(parts)}"
    if not in_full:
        return [head + (_ALL_IN_JSON if several else "")]
    return [
        head,
        *(f"  新增 {g.code} {g.name}" for g in changes.added),
        *(f"  删除 {g.code} {g.name}" for g in changes.removed),
        *(f"  改名 {g.code} {g.before} → {g.after}" for g in changes.renamed),
    ]


def render_code(code: str, roles: Sequence[tuple[str, CodeRole]]) -> list[str]:
    """Return what a code does under each scheme, as lines."""
    lines = [f"编码 {code}"]
    for scheme, role in roles:
        lines.append(f"  {scheme}：{'；'.join(_role(role))}")
        for place in role.places:
            fields = explain_condition("、".join(place.fields))
            lines.append(f"    {place.code} {place.name}（{fields}）")
    return lines


def _role(role: CodeRole) -> list[str]:
    said = [f"{role.level.value}，排除表 {role.table}" if role.table else _NO_LEVEL]
    if role.principal_table:
        said.append(f"作主要诊断属排除表 {role.principal_table}")
    if role.valid_procedure:
        said.append("有效手术操作")
    if not role.places:
        said.append("不在任何大类或核心组的列表中")
    return said


def render_case(found: CaseDiff) -> list[str]:
    """Return one case under two schemes, as lines."""
    verdict = "两个方案结果相同" if found.same else "两个方案结果不同"
    return [verdict, f"  {_grouping(found.before)}", f"  {_grouping(found.after)}"]


def _grouping(result: Grouping) -> str:
    name = f"{result.drg} {result.drg_name}".strip()
    reason = f"（{result.reason.chinese}）" if result.reason else ""
    problems = "；".join(p.render() for p in result.problems)
    shown = " ".join(part for part in (result.status.chinese, name) if part)
    return f"{result.scheme}：{shown}{reason}{'：' + problems if problems else ''}"


def _level(level: Level) -> str:
    return _NO_LEVEL if level is Level.NONE else level.value


def diff_json(found: PackDiff) -> dict[str, object]:
    """Return a comparison as JSON-ready values, every change by itself."""
    return {
        "first": found.first,
        "second": found.second,
        "groups": {
            kind: {
                "added": [g._asdict() for g in changes.added],
                "removed": [g._asdict() for g in changes.removed],
                "renamed": [g._asdict() for g in changes.renamed],
            }
            for kind, changes in found.groups.items()
        },
        "levels": [
            {"code": c.code, "before": c.before.value, "after": c.after.value} for c in found.levels
        ],
    }


def code_json(code: str, roles: Sequence[tuple[str, CodeRole]]) -> dict[str, object]:
    """Return what a code does under each scheme as JSON-ready values."""
    return {
        "code": code,
        "schemes": [
            {
                "scheme": scheme,
                "level": role.level.value,
                "table": role.table,
                "principal_table": role.principal_table,
                "valid_procedure": role.valid_procedure,
                "places": [
                    {"code": p.code, "name": p.name, "fields": list(p.fields)} for p in role.places
                ],
            }
            for scheme, role in roles
        ],
    }


def case_json(found: CaseDiff) -> dict[str, object]:
    """Return one case under two schemes as JSON-ready values, with both traces."""
    return {
        "same": found.same,
        "before": found.before.to_json(),
        "after": found.after.to_json(),
    }
