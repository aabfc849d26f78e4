"""Read conditions of rule files (质控条件的读入): YAML in, a tree out, every mistake told.

The language is described in ``rules/quality/README.md``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, get_args

from zhibian.problems import Problem
from zhibian.quality.front_page.conditions import (
    ALWAYS,
    And,
    CodeIn,
    Compare,
    Condition,
    Constant,
    Contains,
    Demand,
    Derived,
    FieldValue,
    Filled,
    Grouped,
    Matches,
    Named,
    Not,
    Number,
    OneOf,
    Operator,
    Or,
    Priced,
    Quantity,
    Shape,
    Shaped,
    Span,
    Sum,
    Tally,
    Unit,
)
from zhibian.quality.front_page.page_fields import CODE_FIELDS, PLACES
from zhibian.quality.front_page.selectors import CodeSelector, SelectorError, read_selector
from zhibian.quality.front_page.vocabulary import GROUP_NAMES, TARIFF_NAMES, Vocabulary

_OPERATORS: tuple[Operator, ...] = get_args(Operator)
_UNITS: tuple[Unit, ...] = get_args(Unit)
_SHAPES: tuple[Shape, ...] = get_args(Shape)
_COMPARING = frozenset({*_OPERATORS, "times", "plus", "within", "by"})
_REMEDY = "按 rules/quality/README.md 的条件写法改正"

Mapped = Mapping[str, Any]


class ConditionReader:
    """Reads the conditions of one check and keeps what is wrong with them.

    Parameters
    ----------
    names
        What conditions may name.
    """

    def __init__(self, names: Vocabulary) -> None:
        self._names = names
        self._group = ""
        self.problems: list[Problem] = []
        self._readers: dict[str, Callable[[str, Mapped], Condition | None]] = {
            "all": self._all,
            "any": self._any,
            "not": self._not,
            "always": self._always,
            "field": self._field,
            "sum": self._sum,
            **dict.fromkeys(_UNITS, self._span),
            "diagnosis": self._codes,
            "procedure": self._codes,
            "name": self._name,
            "group": self._grouped,
            "tariff": self._priced,
            "count": self._count,
            "some": self._some,
            "none": self._none,
            "check": self._named,
        }

    def demands(self, at: str, data: object) -> tuple[Demand, ...]:
        """Read what a check demands: a condition, or ``each`` or ``pairs`` with conditions."""
        if not isinstance(data, dict):
            self._bad(at, "应为键值结构")
            return ()
        if "pairs" in data:
            return self._pairs(at, data)
        if "each" in data:
            return self._each(at, data)
        must = self.condition(at, data)
        return () if must is None else (Demand("", ALWAYS, must),)

    def _each(self, at: str, data: Mapped) -> tuple[Demand, ...]:
        self._only(at, data, {"each", "when", "must"})
        name = str(data["each"])
        found = self._names.fields.group_named(name)
        # A plain field is a group of one, so that one rule serves fields of both kinds.
        if found is None and name not in self._names.fields:
            self._no_group(f"{at}.each", name)
            return ()
        group = found.id if found is not None else ""
        self._group = group
        when = self.condition(f"{at}.when", data["when"]) if "when" in data else ALWAYS
        must = self.condition(f"{at}.must", data.get("must"))
        self._group = ""
        return () if when is None or must is None else (Demand(group, when, must),)

    def _no_group(self, at: str, name: object) -> None:
        known = "、".join(self._names.fields.groups)
        self._bad(at, f"没有重复项 {name}；可用：{known}，或其中任一列")

    def _pairs(self, at: str, data: Mapped) -> tuple[Demand, ...]:
        self._only(at, data, {"pairs"})
        fields = data["pairs"]
        if not isinstance(fields, list) or len(fields) < 2:
            self._bad(f"{at}.pairs", "应为两个以上字段的列表")
            return ()
        groups = {self._names.fields.group_of(str(f)) for f in fields}
        if len(groups) > 1 or not all(f in self._names.fields for f in fields):
            self._bad(f"{at}.pairs", "应为同一重复项的字段，或都不是重复项")
            return ()
        group = groups.pop()
        some = Or(tuple(Filled(f) for f in fields))
        return tuple(Demand(group, some, Filled(f), field=f) for f in fields)

    def condition(self, at: str, data: object) -> Condition | None:
        """Read one condition; None where it can't be read, with the problem kept."""
        if not isinstance(data, dict) or not data:
            self._bad(at, "应为键值结构的条件")
            return None
        found = [key for key in self._readers if key in data]
        if "count" in found and {"diagnosis", "procedure"} & set(found):
            return self._code_count(at, data)
        if len(found) != 1:
            known = "、".join(self._readers)
            self._bad(
                at, f"须有且仅有一个条件关键字（{known}），现有键：{'、'.join(map(str, data))}"
            )
            return None
        return self._readers[found[0]](at, data)

    def _bad(self, at: str, message: str, remedy: str = _REMEDY) -> None:
        self.problems.append(Problem(at, "condition_invalid", message, remedy))

    def _only(self, at: str, data: Mapped, known: set[str] | frozenset[str]) -> None:
        unknown = sorted(str(key) for key in data.keys() - known)
        if unknown:
            self._bad(at, f"不认识的键：{'、'.join(unknown)}；可用：{'、'.join(sorted(known))}")

    def _inner(self, at: str, data: object) -> tuple[Condition, ...]:
        if not isinstance(data, list) or not data:
            self._bad(at, "应为非空的条件列表")
            return ()
        read = [self.condition(f"{at}[{i}]", one) for i, one in enumerate(data, start=1)]
        return tuple(c for c in read if c is not None)

    def _all(self, at: str, data: Mapped) -> Condition | None:
        self._only(at, data, {"all"})
        return _joined(And, self._inner(f"{at}.all", data["all"]))

    def _any(self, at: str, data: Mapped) -> Condition | None:
        self._only(at, data, {"any"})
        return _joined(Or, self._inner(f"{at}.any", data["any"]))

    def _not(self, at: str, data: Mapped) -> Condition | None:
        self._only(at, data, {"not"})
        inner = self.condition(f"{at}.not", data["not"])
        return None if inner is None else Not(inner)

    def _always(self, at: str, data: Mapped) -> Condition | None:
        self._only(at, data, {"always"})
        if not isinstance(data["always"], bool):
            self._bad(f"{at}.always", "应为 true 或 false")
            return None
        return Constant(data["always"])

    def _field(self, at: str, data: Mapped) -> Condition | None:
        name = data["field"]
        if isinstance(name, str) and name in self._names.quantities:
            return self._compared(at, data, Derived(name), "field")
        if not self._known(f"{at}.field", name):
            return None
        if _COMPARING & data.keys():
            return self._compared(at, data, FieldValue(name), "field")
        shapes: dict[str, Callable[[str, str, Mapped], Condition | None]] = {
            "is": self._is,
            "in": self._in,
            "matches": self._matches,
            "in_dictionary": self._in_dictionary,
            "codes": self._field_codes,
            "contains": self._field_contains,
        }
        found = [key for key in shapes if key in data]
        if len(found) != 1:
            kinds = "、".join((*shapes, *_OPERATORS))
            self._bad(at, f"字段条件须有且仅有一种判断：{kinds}")
            return None
        return shapes[found[0]](at, name, data)

    def _known(self, at: str, name: object) -> bool:
        if not isinstance(name, str) or name not in self._names.fields:
            self._bad(at, f"没有字段或派生量 {name}", "改用首页字段目录中的字段号")
            return False
        inside = self._names.fields.groups[self._group].fields if self._group else ()
        if self._names.fields.is_list(name) and name not in inside:
            self._bad(at, f"{name} 是重复项，只能用在它的 each、some、none、count 之内")
            return False
        return True

    def _is(self, at: str, name: str, data: Mapped) -> Condition | None:
        self._only(at, data, {"field", "is"})
        wanted = data["is"]
        if wanted == "filled":
            return Filled(name)
        if wanted == "blank":
            return Not(Filled(name))
        for shape in _SHAPES:
            if wanted == shape:
                return Shaped(name, shape)
        self._bad(f"{at}.is", f"应为 filled、blank、{'、'.join(_SHAPES)} 之一")
        return None

    def _in(self, at: str, name: str, data: Mapped) -> Condition | None:
        self._only(at, data, {"field", "in"})
        values = self._texts(f"{at}.in", data["in"])
        return OneOf(name, values) if values else None

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

    def _matches(self, at: str, name: str, data: Mapped) -> Condition | None:
        self._only(at, data, {"field", "matches"})
        pattern = data["matches"]
        try:
            re.compile(pattern)
        except (re.error, TypeError):
            self._bad(f"{at}.matches", "不是正则表达式")
            return None
        if re.search(r"\(\?[=!<]|\\\d", pattern):
            self._bad(f"{at}.matches", "正则表达式不支持前后断言与反向引用")
            return None
        return Matches(name, pattern)

    def _in_dictionary(self, at: str, name: str, data: Mapped) -> Condition | None:
        self._only(at, data, {"field", "in_dictionary"})
        dictionary = data["in_dictionary"]
        keys = self._names.dictionaries.get(str(dictionary))
        if keys is None:
            self._bad(
                f"{at}.in_dictionary",
                f"没有字典 {dictionary}",
                "补上 rules/front-page/dictionaries 中的字典，或改用已有的字典",
            )
            return None
        return OneOf(name, tuple(sorted(keys)))

    def _field_codes(self, at: str, name: str, data: Mapped) -> Condition | None:
        self._only(at, data, {"field", "codes", "except"})
        if name not in CODE_FIELDS:
            self._bad(f"{at}.field", f"{name} 不是编码字段；可用：{'、'.join(CODE_FIELDS)}")
            return None
        selector = self._selector(at, data["codes"], data.get("except", ""))
        return None if selector is None else CodeIn(name, selector)

    def _field_contains(self, at: str, name: str, data: Mapped) -> Condition | None:
        self._only(at, data, {"field", "contains", "without"})
        words = self._texts(f"{at}.contains", data["contains"])
        without = self._without(at, data)
        return Contains(name, words, without) if words else None

    def _without(self, at: str, data: Mapped) -> tuple[str, ...]:
        return self._texts(f"{at}.without", data["without"]) if data.get("without") else ()

    def _selector(self, at: str, text: object, excluded: object) -> CodeSelector | None:
        if not isinstance(text, str) or not isinstance(excluded or "", str):
            self._bad(at, "编码范围应为文本")
            return None
        try:
            return read_selector(text, str(excluded or ""), self._names.sets)
        except SelectorError as error:
            self._bad(at, str(error))
            return None

    def _compared(
        self, at: str, data: Mapped, left: Quantity, key: str, extra: frozenset[str] = frozenset()
    ) -> Condition | None:
        """Read the comparisons of an atom; several must all hold."""
        self._only(at, data, _COMPARING | {key} | extra)
        times = self._plain(at, data, "times", 1.0)
        plus = self._plain(at, data, "plus", 0.0)
        within = self._plain(at, data, "within", 0.0)
        if data.get("by", "day") not in ("day", "second"):
            self._bad(f"{at}.by", "应为 day 或 second")
        exact = data.get("by") == "second"
        found: list[Condition] = []
        for operator in _OPERATORS:
            if operator in data:
                right = self._quantity(f"{at}.{operator}", data[operator])
                if right is not None:
                    found.append(Compare(left, operator, right, times, plus, within, exact))
        if not any(operator in data for operator in _OPERATORS):
            self._bad(at, f"须有比较：{'、'.join(_OPERATORS)}")
        return _joined(And, tuple(found))

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
            if unit in _UNITS:
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

    def _sum(self, at: str, data: Mapped) -> Condition | None:
        total = self._fields_sum(f"{at}.sum", data["sum"])
        return None if total is None else self._compared(at, data, total, "sum")

    def _between(self, at: str, unit: str, data: object) -> Quantity | None:
        if not isinstance(data, list) or len(data) != 2:
            self._bad(at, f"{unit} 应为两个字段：[起, 止]")
            return None
        known = [name in self._names.quantities or self._known(at, name) for name in data]
        wanted = next(u for u in _UNITS if u == unit)
        return Span(wanted, data[0], data[1]) if all(known) else None

    def _span(self, at: str, data: Mapped) -> Condition | None:
        unit = next(u for u in _UNITS if u in data)
        span = self._between(f"{at}.{unit}", unit, data[unit])
        return None if span is None else self._compared(at, data, span, unit)

    def _codes(self, at: str, data: Mapped) -> Condition | None:
        kind = "diagnosis" if "diagnosis" in data else "procedure"
        self._only(at, data, {kind, "in", "except"})
        selector = self._selector(at, data.get("in"), data.get("except", ""))
        place = self._place(f"{at}.{kind}", data[kind])
        if selector is None or place is None:
            return None
        first, others = PLACES[kind]
        principal: Condition = CodeIn(first, selector)
        if kind == "procedure":
            # A blank principal procedure says that there is none, not that it is unknown.
            principal = And((Filled(first), principal))
        other = CodeIn(others, selector, listed=True)
        return {"principal": principal, "other": other, "any": Or((principal, other))}[place]

    def _place(self, at: str, data: object) -> str | None:
        if data in ("principal", "other", "any"):
            return str(data)
        self._bad(at, "应为 principal、other 或 any")
        return None

    def _code_count(self, at: str, data: Mapped) -> Condition | None:
        """Read ``{diagnosis: any, count: {in: .., at_least: 2}}``."""
        kind = "diagnosis" if "diagnosis" in data else "procedure"
        self._only(at, data, {kind, "count"})
        place = self._place(f"{at}.{kind}", data[kind])
        inner = data["count"]
        if not isinstance(inner, dict) or place not in ("other", "any"):
            self._bad(at, "count 须写成 {in: 编码, at_least: 数}，且位置为 other 或 any")
            return None
        selector = self._selector(f"{at}.count", inner.get("in"), inner.get("except", ""))
        others = PLACES[kind][1]
        joined = {"diagnosis": "diagnoses", "procedure": "procedures"}[kind]
        group = self._names.fields.group_of(others) if place == "other" else joined
        if selector is None:
            return None
        where = CodeIn(others, selector)
        return self._tally(at, inner, group, where, {"in", "except"})

    def _name(self, at: str, data: Mapped) -> Condition | None:
        self._only(at, data, {"name", "contains", "without"})
        kind = data["name"]
        if kind not in ("diagnosis", "procedure"):
            self._bad(f"{at}.name", "应为 diagnosis 或 procedure")
            return None
        words = self._texts(f"{at}.contains", data.get("contains"))
        without = self._without(at, data)
        if not words:
            return None
        first, others = PLACES[f"{kind} name"]
        principal: Condition = Contains(first, words, without)
        if kind == "procedure":
            principal = And((Filled(first), principal))
        return Or((principal, Contains(others, words, without, listed=True)))

    def _grouped(self, at: str, data: Mapped) -> Condition | None:
        self._only(at, data, {"group", "in"})
        if data["group"] not in GROUP_NAMES:
            self._bad(f"{at}.group", f"应为 {'、'.join(GROUP_NAMES)} 之一")
            return None
        values = self._texts(f"{at}.in", data.get("in"))
        return Grouped(data["group"], values) if values else None

    def _priced(self, at: str, data: Mapped) -> Condition | None:
        if data["tariff"] not in TARIFF_NAMES:
            self._bad(f"{at}.tariff", f"应为 {'、'.join(TARIFF_NAMES)} 之一")
            return None
        return self._compared(at, data, Priced(data["tariff"]), "tariff")

    def _count(self, at: str, data: Mapped) -> Condition | None:
        found = self._where(at, data, "count")
        return None if found is None else self._tally(at, data, *found, {"count", "where"})

    def _some(self, at: str, data: Mapped) -> Condition | None:
        self._only(at, data, {"some", "where"})
        found = self._where(at, data, "some")
        return None if found is None else Tally(*found, "at_least", Number(1))

    def _none(self, at: str, data: Mapped) -> Condition | None:
        self._only(at, data, {"none", "where"})
        found = self._where(at, data, "none")
        return None if found is None else Not(Tally(*found, "at_least", Number(1)))

    def _where(self, at: str, data: Mapped, key: str) -> tuple[str, Condition | None] | None:
        """Read a group and which of its entries; None where they can't be read."""
        group = self._names.fields.group_named(str(data[key]))
        if group is None:
            self._no_group(f"{at}.{key}", data[key])
            return None
        if "where" not in data:
            return group.id, None
        outside, self._group = self._group, group.id
        where = self.condition(f"{at}.where", data["where"])
        self._group = outside
        return None if where is None else (group.id, where)

    def _tally(
        self, at: str, data: Mapped, group: str, where: Condition | None, extra: set[str]
    ) -> Condition | None:
        self._only(at, data, extra | set(_OPERATORS))
        found: list[Condition] = []
        for operator in _OPERATORS:
            if operator in data:
                right = self._quantity(f"{at}.{operator}", data[operator])
                if right is not None:
                    found.append(Tally(group, where, operator, right))
        if not found:
            self._bad(at, f"须有比较：{'、'.join(_OPERATORS)}")
            return None
        return _joined(And, tuple(found))

    def _named(self, at: str, data: Mapped) -> Condition | None:
        self._only(at, data, {"check", "with"})
        name, given = data["check"], data.get("with", {})
        if name not in self._names.computations:
            known = "、".join(sorted(self._names.computations))
            self._bad(f"{at}.check", f"没有命名计算 {name}；现有：{known}")
            return None
        if not isinstance(given, dict):
            self._bad(f"{at}.with", "应为键值结构")
            return None
        return Named(name, tuple((str(k), _frozen(v)) for k, v in given.items()))


def _joined(kind: type[And] | type[Or], inner: tuple[Condition, ...]) -> Condition | None:
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


def _frozen(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value
