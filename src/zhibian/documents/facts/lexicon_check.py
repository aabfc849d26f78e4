"""What is wrong with ``lexicons/facts.yaml`` (客观事实词典的检查)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from zhibian.documents.facts.lexicon import FactKind
from zhibian.problems import Problem

# A quantifier without an upper bound, outside of a character class.
_UNBOUNDED = re.compile(r"(?<!\\)[*+](?![^\[\]]{0,40}\])|\{\d+,\}")


def _bad(field: str, message: str) -> Problem:
    return Problem(field, "lexicon_invalid", message, "按 facts.yaml 开头的说明改正")


_TERMS = ("drugs", "treatments", "devices", "findings", "staged_before")
_LISTS = ("measures", *_TERMS, "patterns", "courses")
CUE_KEYS = (
    "negated_before",
    "negated_after",
    "planned_before",
    "planned_after",
    "history_after",
    "stopped_before",
    "target_before",
    "target_after",
    "goal_before",
    "examination_begins",
    "venous_before",
    "family_before",
    "prophylactic",
    "doubtful_after",
    "falling_after",
    "rising_after",
    "postoperative",
    "protected",
)


def lexicon_problems(data: object) -> list[Problem]:
    """Return everything that breaks the format of the lexicon, at once."""
    if not isinstance(data, dict):
        return [_bad("facts.yaml", "应为键值结构")]
    problems = [_bad(key, "缺少列表") for key in _LISTS if not isinstance(data.get(key), list)]
    problems += [
        _bad(key, "缺少词表")
        for key in ("ignored", "between", "chains", "baseline", "doses", "led_by")
        if not isinstance(data.get(key), list)
    ]
    problems += [
        _bad(key, "缺少键值结构")
        for key in ("units", "routes", "cues", "oxygen")
        if not isinstance(data.get(key), dict)
    ]
    if problems:
        return problems
    problems += [_bad(f"cues.{k}", "缺少词表") for k in CUE_KEYS if k not in data["cues"]]
    problems += [
        _bad(f"oxygen.{k}", "缺少词表") for k in ("room_air", "oxygen") if k not in data["oxygen"]
    ]
    for index, row in enumerate(data["measures"]):
        problems += _check_measure(f"measures[{index}]", row, data["units"])
    for key in _TERMS:
        for index, row in enumerate(data[key]):
            if not isinstance(row, dict) or not {"id", "name", "names"} <= row.keys():
                problems.append(_bad(f"{key}[{index}]", "需要 id、name、names"))
    for index, row in enumerate(data["patterns"]):
        problems += _check_pattern(f"patterns[{index}]", row)
    for index, row in enumerate(data["courses"]):
        if not isinstance(row, dict) or not {"id", "name", "names", "start", "stop"} <= row.keys():
            problems.append(_bad(f"courses[{index}]", "需要 id、name、names、start、stop"))
    return problems


def _check_pattern(field: str, row: object) -> list[Problem]:
    if not isinstance(row, dict) or not {"regex", "parts"} <= row.keys():
        return [_bad(field, "需要 regex、parts")]
    try:
        groups = re.compile(row["regex"]).groupindex
    except re.error:
        return [_bad(f"{field}.regex", "正则表达式有误")]
    problems = []
    if _UNBOUNDED.search(row["regex"]):
        problems.append(_bad(f"{field}.regex", "重复次数须有上限，不用 * 与 +"))
    for group, part in row["parts"].items():
        if group not in groups and group != row.get("total"):
            problems.append(_bad(f"{field}.parts", f"正则表达式中没有 {group}"))
        if not isinstance(part, dict) or part.get("kind") not in set(FactKind):
            problems.append(_bad(f"{field}.parts.{group}", "需要 id、kind、name"))
    return problems


def _check_measure(field: str, row: object, units: Mapping[str, object]) -> list[Problem]:
    needed = {"id", "kind", "name", "names", "unit", "plausible"}
    if not isinstance(row, dict) or not needed <= row.keys():
        return [_bad(field, "需要 id、kind、name、names、unit、plausible")]
    problems = []
    if row["kind"] not in set(FactKind):
        problems.append(_bad(f"{field}.kind", "类别不在取值范围内"))
    bare = row.get("bare", "never")
    if bare not in ("never", "decimal", "any") and not _is_range(bare):
        problems.append(_bad(f"{field}.bare", "只能为 never、decimal、any 或 [下限, 上限]"))
    if row.get("form", "number") not in {"number", "pair", "roman"}:
        problems.append(_bad(f"{field}.form", "只能为 number、pair、roman"))
    for unit in row.get("units", {}):
        if unit not in units:
            problems.append(_bad(f"{field}.units", f"单位 {unit} 未在 units 中列出"))
    if any(factor != 1 for factor in row.get("units", {}).values()) and not row.get("conversion"):
        problems.append(_bad(f"{field}.conversion", "换算系数须注明来源"))
    bounds = row["plausible"]
    if not _is_range(bounds):
        problems.append(_bad(f"{field}.plausible", "应为 [下限, 上限]"))
    return problems


def _is_range(value: object) -> bool:
    return isinstance(value, list) and len(value) == 2
