"""The reasoning of a grouping in Chinese (分组过程说明): steps become words only here."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import get_args

from zhibian.grouping.language import CodeField, NumberField
from zhibian.grouping.reasons import Reason
from zhibian.grouping.severity import Level
from zhibian.grouping.types import CodeConversion, Grouping, Step

_WORDS = {
    "ZYZD": "主要诊断",
    "QTZD": "其他诊断",
    "ZYSS": "主要手术操作",
    "QTSS": "其他手术操作",
    "NL": "年龄",
    "XB": "性别",
    "XSRTL": "日龄",
    "XSRTZ": "新生儿体重",
    "ZYTS": "住院天数",
    "LYFS": "离院方式",
    "ICUSC": "重症监护时长",
    "KS": "科别",
    "OP_ALL": "有效手术操作表",
    "not": "不",
    "in": "属于",
    "and": "且",
    "or": "或",
    "length": "不同编码数",
    "count": "成立条件数",
}
_WORD = re.compile(r"[A-Za-z_]\w*")


def render_trace(grouping: Grouping, names: Mapping[str, str]) -> list[str]:
    """Return the steps of a grouping as lines for people.

    Parameters
    ----------
    grouping
        A result with its trace.
    names
        Names of categories, groups and diagnoses by code; a code without name stands alone.

    Returns
    -------
    list of str
        One line a step; rejected candidates of one kind share a line. Codes that were converted
        from another code set come first.
    """
    lines = _conversions(grouping.conversions)
    lines += [f"输入问题：{p.render()}" for p in grouping.problems]
    for (kind, outcome), steps in groupby(grouping.trace, key=lambda s: (s.kind, s.outcome)):
        writer = _WRITERS.get((kind, outcome), _each)
        lines.extend(writer(list(steps), names))
    if grouping.reason is not None and not grouping.problems:
        lines.append(f"处理：{grouping.reason.remedy}")
    return lines


def _conversions(conversions: Sequence[CodeConversion]) -> list[str]:
    """Return what conversion did to codes; those that are the same in both sets are counted."""
    lines = [
        f"编码转换：{_field(c.field)} {c.conversion.note}"
        for c in conversions
        if c.conversion.kind != "identical"
    ]
    same = len(conversions) - len(lines)
    return [*lines, f"编码转换：{same} 个编码同码同义，不变"] if same else lines


def _field(path: str) -> str:
    """Return a field of the front page in words: ``others.0`` is 其他诊断 1."""
    name, _, position = path.partition(".")
    word = {"principal": "主要诊断", "others": "其他诊断", "procedures": "手术操作"}[name]
    return f"{word} {int(position) + 1}" if position else word


def explain_condition(text: str) -> str:
    """Return rule text with the variables in Chinese."""
    said = _WORD.sub(lambda m: _WORDS.get(m.group(), m.group()), text)
    return said.replace("不 属于", "不属于")


def _fields(names: str) -> str:
    return "、".join(_WORDS[name] for name in names.split(",") if name)


def _named(code: str, names: Mapping[str, str]) -> str:
    name = names.get(code)
    return f"{code} {name}" if name else code


def _rejected(title: str) -> Callable[[Sequence[Step], Mapping[str, str]], list[str]]:
    """Return the writer of rejected candidates: they are grouped by the fields that failed."""

    def write(steps: Sequence[Step], _: Mapping[str, str]) -> list[str]:
        by_fields: dict[str, list[str]] = {}
        for step in steps:
            failed = step.get("failed") or ""
            missing = step.get("missing")
            fields = "、".join(
                dict.fromkeys(_WORDS[w] for w in _WORD.findall(failed) if w in _FIELDS)
            )
            why = f"缺{_fields(missing)}" if missing else f"{fields or '条件'}不符"
            by_fields.setdefault(why, []).append(step.subject)
        said = "；".join(f"{why}：{'、'.join(codes)}" for why, codes in by_fields.items())
        return [f"{title}不符合（{said}）"]

    return write


_FIELDS = frozenset({*get_args(CodeField), *get_args(NumberField)})


def _line(
    text: str,
) -> Callable[[Sequence[Step], Mapping[str, str]], list[str]]:
    """Return the writer of steps that differ in their subject only."""

    def write(steps: Sequence[Step], names: Mapping[str, str]) -> list[str]:
        return [text.format(_named(s.subject, names)) for s in steps]

    return write


def _counted(verdict: str) -> Callable[[Sequence[Step], Mapping[str, str]], list[str]]:
    def write(steps: Sequence[Step], names: Mapping[str, str]) -> list[str]:
        return [
            f"其他诊断 {_named(s.subject, names)}：{s.get('level')}，{verdict}"
            f"（排除表 {s.get('table')}，主要诊断属表 {s.get('principal_table') or '无'}）"
            for s in steps
        ]

    return write


def _not_cc(steps: Sequence[Step], names: Mapping[str, str]) -> list[str]:
    return ["不是 CC/MCC 的其他诊断：" + "、".join(_named(s.subject, names) for s in steps)]


def _level(steps: Sequence[Step], names: Mapping[str, str]) -> list[str]:
    lines = []
    for step in steps:
        by = step.get("by")
        if by is None:
            lines.append("本例不伴计入的 CC/MCC")
        else:
            lines.append(f"本例伴{Level(step.subject).chinese}，由 {_named(by, names)} 决定")
    return lines


def _not_covered(steps: Sequence[Step], names: Mapping[str, str]) -> list[str]:
    return [
        f"{_named(s.subject, names)}：规则包未覆盖（{s.get('what') or '缺表'}），不作判断"
        for s in steps
    ]


def _insufficient(title: str) -> Callable[[Sequence[Step], Mapping[str, str]], list[str]]:
    """Return the writer of candidates that a missing field leaves open."""

    def write(steps: Sequence[Step], names: Mapping[str, str]) -> list[str]:
        return [
            f"{title} {_named(s.subject, names)}：缺{_fields(s.get('missing') or '')}，不能判断"
            for s in steps
        ]

    return write


def _ungrouped(steps: Sequence[Step], _: Mapping[str, str]) -> list[str]:
    return [f"未入组：{Reason(s.get('reason') or '').chinese}" for s in steps]


def _each(steps: Sequence[Step], names: Mapping[str, str]) -> list[str]:
    return [f"{s.kind} {_named(s.subject, names)}：{s.outcome}" for s in steps]


_WRITERS: Mapping[tuple[str, str], Callable[[Sequence[Step], Mapping[str, str]], list[str]]] = {
    ("mdc", "rejected"): _rejected("主要诊断大类"),
    ("mdc", "entered"): _line("主要诊断大类 {}：符合，进入"),
    ("mdc", "left"): _line("{}：没有符合的核心组，继续查找"),
    ("adrg", "rejected"): _rejected("核心组"),
    ("adrg", "matched"): _line("核心组 {}：符合"),
    ("mdc", "insufficient"): _insufficient("主要诊断大类"),
    ("adrg", "insufficient"): _insufficient("核心组"),
    ("qy", "insufficient"): _insufficient("歧义组"),
    ("drg", "insufficient"): _insufficient("细分组"),
    ("adrg", "not_covered"): _not_covered,
    ("qy", "rejected"): _rejected("歧义组"),
    ("qy", "ambiguous"): _line("{}：主要手术操作有效但与主要诊断大类无关，为歧义组"),
    ("diagnosis", "counted"): _counted("计入"),
    ("diagnosis", "excluded"): _counted("被主要诊断排除，不计入"),
    ("diagnosis", "not_cc"): _not_cc,
    ("level", "decided"): _level,
    ("drg", "rejected"): _rejected("细分组"),
    ("drg", "matched"): _line("细分组 {}：符合"),
    ("result", "grouped"): _line("分组结果：{}"),
    ("result", "ungrouped"): _ungrouped,
    ("result", "insufficient"): lambda _, __: ["资料不足，未分组"],
}
