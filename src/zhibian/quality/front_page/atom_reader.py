"""Single conditions (单个条件): about a field, codes, names, a quantity, a result of grouping."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import get_args

from zhibian.quality.front_page.conditions import (
    And,
    CodeIn,
    Condition,
    Contains,
    Derived,
    FieldValue,
    Filled,
    Grouped,
    Matches,
    Not,
    OneOf,
    Or,
    Priced,
    Shape,
    Shaped,
)
from zhibian.quality.front_page.page_fields import CODE_FIELDS, PLACES
from zhibian.quality.front_page.part_reader import COMPARING, OPERATORS, UNITS, Mapped, PartReader
from zhibian.quality.front_page.vocabulary import GROUP_NAMES, TARIFF_NAMES

_SHAPES: tuple[Shape, ...] = get_args(Shape)


class AtomReader(PartReader):
    """Reads conditions that hold no other condition."""

    def _field(self, at: str, data: Mapped) -> Condition | None:
        name = data["field"]
        if isinstance(name, str) and name in self._names.quantities:
            return self._compared(at, data, Derived(name), "field")
        if not self._known(f"{at}.field", name):
            return None
        if COMPARING & data.keys():
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
            kinds = "、".join((*shapes, *OPERATORS))
            self._bad(at, f"字段条件须有且仅有一种判断：{kinds}")
            return None
        return shapes[found[0]](at, name, data)

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

    def _sum(self, at: str, data: Mapped) -> Condition | None:
        total = self._fields_sum(f"{at}.sum", data["sum"])
        return None if total is None else self._compared(at, data, total, "sum")

    def _span(self, at: str, data: Mapped) -> Condition | None:
        unit = next(u for u in UNITS if u in data)
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
