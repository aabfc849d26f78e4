"""Read conditions of rule files (质控条件的读入): YAML in, a tree out, every mistake told.

The language is described in ``rules/quality/README.md``.
"""

from __future__ import annotations

from collections.abc import Callable

from zhibian.quality.front_page.atom_reader import AtomReader
from zhibian.quality.front_page.conditions import (
    ALWAYS,
    And,
    CodeIn,
    Condition,
    Constant,
    Demand,
    Filled,
    Named,
    Not,
    Number,
    Or,
    Tally,
)
from zhibian.quality.front_page.page_fields import PLACES
from zhibian.quality.front_page.part_reader import OPERATORS, UNITS, Mapped, joined
from zhibian.quality.front_page.vocabulary import Vocabulary


class ConditionReader(AtomReader):
    """Reads the conditions of one check and keeps what is wrong with them.

    Parameters
    ----------
    names
        What conditions may name.
    """

    def __init__(self, names: Vocabulary) -> None:
        super().__init__(names)
        self._readers: dict[str, Callable[[str, Mapped], Condition | None]] = {
            "all": self._all,
            "any": self._any,
            "not": self._not,
            "always": self._always,
            "field": self._field,
            "sum": self._sum,
            **dict.fromkeys(UNITS, self._span),
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

    def _inner(self, at: str, data: object) -> tuple[Condition, ...]:
        if not isinstance(data, list) or not data:
            self._bad(at, "应为非空的条件列表")
            return ()
        read = [self.condition(f"{at}[{i}]", one) for i, one in enumerate(data, start=1)]
        return tuple(c for c in read if c is not None)

    def _all(self, at: str, data: Mapped) -> Condition | None:
        self._only(at, data, {"all"})
        return joined(And, self._inner(f"{at}.all", data["all"]))

    def _any(self, at: str, data: Mapped) -> Condition | None:
        self._only(at, data, {"any"})
        return joined(Or, self._inner(f"{at}.any", data["any"]))

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
        self._only(at, data, extra | set(OPERATORS))
        found: list[Condition] = []
        for operator in OPERATORS:
            if operator in data:
                right = self._quantity(f"{at}.{operator}", data[operator])
                if right is not None:
                    found.append(Tally(group, where, operator, right))
        if not found:
            self._bad(at, f"须有比较：{'、'.join(OPERATORS)}")
            return None
        return joined(And, tuple(found))

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


def _frozen(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value
