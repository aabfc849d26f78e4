"""The gold block of a case file (金标准块): read beside the case, so that it can't reach coding."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zhibian.problems import InputError, Problem

GOLD_PARTS = ("principal", "others", "procedures")


def gold_of(raw: object, source: str) -> Mapping[str, Any] | None:
    """Return the ``gold`` block of a parsed case, or None where it has none.

    Raises
    ------
    InputError
        The block lacks a part, or a part lacks its code.
    """
    gold = raw.get("gold") if isinstance(raw, Mapping) else None
    if not isinstance(gold, Mapping):
        return None
    problems = [
        Problem(f"gold.{part}", "gold_incomplete", "缺少或没有编码", "按样例病例的 gold 格式填写")
        for part in GOLD_PARTS
        if not _has_codes(gold.get(part))
    ]
    if problems:
        raise InputError(source, problems)
    return gold


def _has_codes(part: object) -> bool:
    entries = part if isinstance(part, list) else [part]
    return all(isinstance(e, Mapping) and isinstance(e.get("code"), str) for e in entries)
