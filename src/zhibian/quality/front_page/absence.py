"""What can't be judged for want of a column (不能判断的检测): found before pages are looked at.

A condition over a column that the layout lacks is unknown on every page. A check that can't be
violated with these unknown is not judged, which is told once a table and is no finding.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import product

from zhibian.quality.front_page.book import Check
from zhibian.quality.front_page.compiler import fields_of_quantity
from zhibian.quality.front_page.computations import Computation
from zhibian.quality.front_page.conditions import (
    And,
    CodeIn,
    Condition,
    Constant,
    Contains,
    Demand,
    Derived,
    Filled,
    Grouped,
    Matches,
    Named,
    Not,
    OneOf,
    Or,
    Priced,
    Quantity,
    Shaped,
    Sum,
    Tally,
    quantities_of,
    walk,
)
from zhibian.quality.front_page.page_fields import PageFields
from zhibian.quality.front_page.quantities import QUANTITIES

Value = bool | None
_ALL: frozenset[Value] = frozenset({True, False, None})
_UNKNOWN: frozenset[Value] = frozenset({None})


class Absence:
    """Which checks a table can't be judged by.

    Parameters
    ----------
    lacking
        Fields that the table has no column for, ``group:NAME`` and ``tariff:NAME`` too.
    fields
        Fields of the front page.
    computations
        Named computations by name.
    """

    def __init__(
        self,
        lacking: frozenset[str],
        fields: PageFields,
        computations: Mapping[str, Computation],
    ) -> None:
        self._lacking = lacking
        self._fields = fields
        self._computations = computations

    def silences(self, check: Check) -> tuple[str, ...]:
        """Return what a check wants that is not there; empty where it can be judged."""
        if any(self._open(check.when, demand) for demand in check.demands):
            return ()
        wanted = {f for part in _parts(check) for f in self._wanted(part)}
        return tuple(sorted(wanted & self._lacking))

    def inputs(self, checks: Iterable[Check]) -> frozenset[str]:
        """Return everything that checks take from pages, from grouping and from pricing."""
        checks = tuple(checks)
        groups = {d.each for c in checks for d in c.demands if d.each}
        asked = {f for c in checks for part in _parts(c) for f in self._wanted(part)}
        return frozenset(asked.union(*(self._fields.groups[g].columns for g in groups)))

    def _open(self, when: Condition, demand: Demand) -> bool:
        """Tell whether a demand can be violated."""
        group = self._fields.groups.get(demand.each)
        if group is not None and self._all_lack(group.columns):
            return False
        asked = True in self._values(when, "") and True in self._values(demand.when, demand.each)
        return asked and False in self._values(demand.must, demand.each)

    def _values(self, condition: Condition, group: str) -> frozenset[Value]:
        """Return the values that a condition may have."""
        match condition:
            case Constant(value):
                return frozenset({value})
            case Not(one):
                return frozenset(None if v is None else not v for v in self._values(one, group))
            case And(inner):
                return _combined([self._values(c, group) for c in inner], end=False)
            case Or(inner):
                return _combined([self._values(c, group) for c in inner], end=True)
        return _UNKNOWN if self._unknown(condition, group) else _ALL

    def _unknown(self, condition: Condition, group: str) -> bool:
        match condition:
            case Filled(name) | Shaped(name, _) | OneOf(name, _) | Matches(name, _):
                return self._lacks(name, group)
            case CodeIn(name, _, _) | Contains(name, _, _, _):
                return self._lacks(name, group)
            case Grouped(name, _):
                return f"group:{name}" in self._lacking
            case Tally(counted, _, _, _):
                return self._all_lack(self._fields.groups[counted].columns)
            case Named():
                return bool(self._needs(condition) & self._lacking)
        return any(self._unvalued(q, group) for q in quantities_of(condition))

    def _lacks(self, name: str, group: str) -> bool:
        principal = self._fields.groups[group].principal.get(name) if group else None
        return name in self._lacking and (principal or name) in self._lacking

    def _all_lack(self, names: Iterable[str]) -> bool:
        return all(name in self._lacking for name in names)

    def _unvalued(self, quantity: Quantity, group: str) -> bool:
        match quantity:
            case Sum(fields):
                return self._all_lack(fields)
            case Derived(name):
                derived = QUANTITIES[name]
                if derived.needs:
                    return any(f in self._lacking for f in derived.needs)
                return bool(derived.fields) and self._all_lack(derived.fields)
            case Priced(name):
                return f"tariff:{name}" in self._lacking
        return any(self._lacks(f, group) for f in fields_of_quantity(quantity))

    def _needs(self, named: Named) -> frozenset[str]:
        computation = self._computations[named.name]
        return frozenset(field.format(**named.given) for field in computation.fields)

    def _wanted(self, part: Condition) -> frozenset[str]:
        """Return everything that a condition takes from a page."""
        found: set[str] = set()
        for condition in walk(part):
            match condition:
                case Filled(name) | Shaped(name, _) | OneOf(name, _) | Matches(name, _):
                    found.add(name)
                case CodeIn(name, _, _) | Contains(name, _, _, _):
                    found.add(name)
                case Grouped(name, _):
                    found.add(f"group:{name}")
                case Tally(counted, _, _, _):
                    found.update(self._fields.groups[counted].columns)
                case Named():
                    found |= self._needs(condition)
            for quantity in quantities_of(condition):
                if isinstance(quantity, Priced):
                    found.add(f"tariff:{quantity.name}")
                found.update(fields_of_quantity(quantity))
        return frozenset(found)


def _parts(check: Check) -> list[Condition]:
    return [check.when, *(p for d in check.demands for p in (d.when, d.must))]


def _combined(inner: list[frozenset[Value]], *, end: bool) -> frozenset[Value]:
    """Return the values of conditions joined; ``end`` is the value that decides alone."""
    found: set[Value] = set()
    for values in product(*(sorted(v, key=str) for v in set(inner))):
        found.add(end if end in values else None if None in values else not end)
    return frozenset(found)
