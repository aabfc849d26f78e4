"""Pieces of conditions (条件的组成): fields, codes, quantities and comparisons, read from YAML."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, get_args

from zhibian.problems import Problem
from zhibian.quality.front_page.conditions import (
    And,
    Compare,
    Condition,
    Derived,
    FieldValue,
    Number,
    Operator,
    Or,
    Quantity,
    Span,
    Sum,
    Unit,
)
from zhibian.quality.front_page.selectors import CodeSelector, SelectorError, read_selector
from zhibian.quality.front_page.vocabulary import Vocabulary

OPERATORS: tuple[Operator, ...] = get_args(Operator)
UNITS: tuple[Unit, ...] = get_args(Unit)
COMPARING = frozenset({*OPERATORS, "times", "plus", "within", "by"})
_REMEDY = "按 rules/quality/README.md 的条件写法改正"

Mapped = Mapping[str, Any]


class PartReader:
    """Reads what conditions are made of and keeps what is wrong with it.

    Parameters
    ----------
    names
        What conditions may name.
    """

    def __init__(self, names: Vocabulary) -> None:
        self._names = names
        self._group = ""
        self.problems: list[Problem] = []

    def _bad(self, at: str, message: str, remedy: str = _REMEDY) -> None:
        self.problems.append(Problem(at, "condition_invalid", message, remedy))

    def _only(self, at: str, data: Mapped, known: set[str] | frozenset[str]) -> None:
        unknown = sorted(str(key) for key in data.keys() - known)
        if unknown:
            self._bad(at, f"不认识的键：{'、'.join(unknown)}；可用：{'、'.join(sorted(known))}")

    def _texts(self, at: str, data: object) -> tuple[str, ...]:
        values = data.split() if isinstance(data, str) else data
        if (
            not isinstance(values, list)
            or not values
            or not all(isinstance(v, str) for v in values)
        ):
            self._bad(at, "应为文本列表（编码与数字须加引号），或以空格分隔的文本")
            return ()
        return tuple(values)

    def _without(self, at: str, data: Mapped) -> tuple[str, ...]:
        return self._texts(f"{at}.without", data["without"]) if data.get("without") else ()

    def _known(self, at: str, name: object) -> bool:
        if not isinstance(name, str) or name not in self._names.fields:
            self._bad(at, f"没有字段或派生量 {name}", "改用首页字段目录中的字段号")
            return False
        inside = self._names.fields.groups[self._group].fields if self._group else ()
        if self._names.fields.is_list(name) and name not in inside:
            self._bad(at, f"{name} 是重复项，只能用在它的 each、some、none、count 之内")
            return False
        return True

    def _selector(self, at: str, text: object, excluded: object) -> CodeSelector | None:
        if not isinstance(text, str) or not isinstance(excluded or "", str):
            self._bad(at, "编码范围应为文本")
            return None
        try:
            return read_selector(text, str(excluded or ""), self._names.sets)
        except SelectorError as error:
            self._bad(at, str(error))
            return None

    def _place(self, at: str, data: object) -> str | None:
        if data in ("principal", "other", "any"):
            return str(data)
        self._bad(at, "应为 principal、other 或 any")
        return None

    def _compared(
        self, at: str, data: Mapped, left: Quantity, key: str, extra: frozenset[str] = frozenset()
    ) -> Condition | None:
        """Read the comparisons of an atom; several must all hold."""
        self._only(at, data, COMPARING | {key} | extra)
        times = self._plain(at, data, "times", 1.0)
        plus = self._plain(at, data, "plus", 0.0)
        within = self._plain(at, data, "within", 0.0)
        if data.get("by", "day") not in ("day", "second"):
            self._bad(f"{at}.by", "应为 day 或 second")
        exact = data.get("by") == "second"
        found: list[Condition] = []
        for operator in OPERATORS:
            if operator in data:
                right = self._quantity(f"{at}.{operator}", data[operator])
                if right is not None:
                    found.append(Compare(left, operator, right, times, plus, within, exact))
        if not any(operator in data for operator in OPERATORS):
            self._bad(at, f"须有比较：{'、'.join(OPERATORS)}")
        return joined(And, tuple(found))

    def _plain(self, at: str, data: Mapped, key: str, usual: float) -> float:
        number = _number(data.get(key, usual))
        if number is None:
            self._bad(f"{at}.{key}", "应为数字")
            return usual
        return number

    def _quantity(self, at: str, data: object) -> Quantity | None:
        number = _number(data)
        if number is not None:
            return Number(number)
        if isinstance(data, dict) and len(data) == 1:
            if "sum" in data:
                return self._fields_sum(at, data["sum"])
            unit = next(iter(data))
            if unit in UNITS:
                return self._between(at, unit, data[unit])
        if isinstance(data, str) and data in self._names.quantities:
            return Derived(data)
        return FieldValue(str(data)) if self._known(at, data) else None

    def _fields_sum(self, at: str, data: object) -> Quantity | None:
        if not isinstance(data, list) or not data:
            self._bad(at, "sum 应为字段列表")
            return None
        known = [self._known(at, name) for name in data]
        return Sum(tuple(data)) if all(known) else None

    def _between(self, at: str, unit: str, data: object) -> Quantity | None:
        if not isinstance(data, list) or len(data) != 2:
            self._bad(at, f"{unit} 应为两个字段：[起, 止]")
            return None
        known = [name in self._names.quantities or self._known(at, name) for name in data]
        wanted = next(u for u in UNITS if u == unit)
        return Span(wanted, data[0], data[1]) if all(known) else None


def joined(kind: type[And] | type[Or], inner: tuple[Condition, ...]) -> Condition | None:
    """Return conditions as one, a single one as it is, None for none."""
    return kind(inner) if len(inner) > 1 else inner[0] if inner else None


def _number(data: object) -> float | None:
    if isinstance(data, bool):
        return None
    if isinstance(data, int | float):
        return float(data)
    if isinstance(data, str) and re.fullmatch(r"-?\d+(\.\d+)?", data):
        return float(data)
    return None
