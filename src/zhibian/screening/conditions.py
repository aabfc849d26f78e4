"""Conditions of signals (筛查条件): nested YAML made an expression over columns, three-valued.

What can't be known is null: it neither holds nor fails, and its negation is null as well.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

import polars as pl

from zhibian.quality.front_page.selectors import CodeSelector, read_selector
from zhibian.screening.measures import GROUP_FACTS, MEASURES

_PLACES: Mapping[str, tuple[str, ...]] = {
    "diagnosis.principal": ("principal",),
    "diagnosis.other": ("other",),
    "diagnosis.any": ("principal", "other"),
    "diagnosis.deciding": ("deciding",),
    "procedure.principal": ("first_procedure",),
    "procedure.other": ("other_procedure",),
    "procedure.any": ("first_procedure", "other_procedure"),
}
#: Columns of words of bits: codes of each place.
PLACES: tuple[str, ...] = tuple(dict.fromkeys(p for places in _PLACES.values() for p in places))
_FIELDS_OF_CODES: Mapping[str, str] = {"diagnosis": "C03C", "procedure": "C14C"}
_COMPARE: Mapping[str, Callable[[pl.Expr, float], pl.Expr]] = {
    "above": operator.gt,
    "at_least": operator.ge,
    "below": operator.lt,
    "at_most": operator.le,
    "equals": operator.eq,
}
_WORD = 64
_NO_NEEDS: frozenset[tuple[str, ...]] = frozenset()
_NO_MEASURES: frozenset[str] = frozenset()


def bits_column(place: str, word: int) -> str:
    """Return the column that holds a word of bits of the codes at a place."""
    return f"bits_{place}_{word}"


@dataclass(slots=True)
class SetNumbers:
    """Numbers the sets of codes that conditions ask for, each once (编码集合编号)."""

    named: Mapping[str, str]
    _numbers: dict[CodeSelector, int] = field(default_factory=dict)

    @property
    def sets(self) -> tuple[CodeSelector, ...]:
        """Return the sets in the order of their numbers."""
        return tuple(self._numbers)

    def number(self, text: str, excluded: str = "") -> int:
        """Return the number of the set that a text names, without what another one names."""
        return self._numbers.setdefault(
            read_selector(text, excluded, self.named), len(self._numbers)
        )


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition ready to be asked.

    Attributes
    ----------
    holds
        Boolean expression over the columns of a table of measures, null where unknown.
    needs
        One entry a measure or place asked for: fields of which the layout must have one.
    measures
        Measures that are asked for.
    """

    holds: pl.Expr
    needs: frozenset[tuple[str, ...]] = frozenset()
    measures: frozenset[str] = frozenset()


def read_condition(told: Any, numbers: SetNumbers) -> Condition:
    """Make a condition of what a rule file says.

    Raises
    ------
    ValueError
        What the file says is no condition; the message names the part in English terms.
    """
    if not isinstance(told, dict) or not told:
        raise ValueError("a condition is a mapping")
    for word, join in (("all", operator.and_), ("any", operator.or_)):
        if word in told:
            parts = [read_condition(part, numbers) for part in _only(told, word)]
            if not parts:
                raise ValueError(f"empty {word}")
            return Condition(
                reduce(join, (part.holds for part in parts)),
                _NO_NEEDS.union(*(part.needs for part in parts)),
                _NO_MEASURES.union(*(part.measures for part in parts)),
            )
    if "not" in told:
        inner = read_condition(_only(told, "not"), numbers)
        return Condition(~inner.holds, inner.needs, inner.measures)
    if "measure" in told:
        return _of_measure(told)
    if "group" in told:
        return _of_group(told)
    for kind in ("diagnosis", "procedure"):
        if kind in told:
            return _of_codes(kind, told, numbers)
    raise ValueError(f"unknown condition {sorted(told)}")


def _only(told: Mapping[str, Any], word: str) -> Any:
    if len(told) != 1:
        raise ValueError(f"{word} stands alone")
    return told[word]


def _of_measure(told: Mapping[str, Any]) -> Condition:
    name = told["measure"]
    measure = MEASURES.get(name)
    if measure is None:
        raise ValueError(f"unknown measure {name}")
    column = pl.col(name)
    tests = []
    for word, wanted in told.items():
        if word in _COMPARE and measure.kind == "number":
            tests.append(_COMPARE[word](column, float(wanted)))
        elif word == "in" and measure.kind == "text":
            tests.append(column.is_in(_words(wanted)))
        elif word == "is" and wanted in {"filled", "blank"}:
            tests.append(column.is_not_null() if wanted == "filled" else column.is_null())
        elif word != "measure":
            raise ValueError(f"{word} does not fit measure {name}")
    if not tests:
        raise ValueError(f"nothing is asked of measure {name}")
    needs = frozenset({measure.fields}) if measure.fields else _NO_NEEDS
    return Condition(reduce(operator.and_, tests), needs, frozenset({name}))


def _of_group(told: Mapping[str, Any]) -> Condition:
    name = told["group"]
    if name not in GROUP_FACTS or set(told) != {"group", "in"}:
        raise ValueError(f"unknown question about the group: {name}")
    # A group is always told: no level and no reason are answers, not gaps.
    return Condition(pl.col(name).is_in(_words(told["in"])).fill_null(value=False))


def _of_codes(kind: str, told: Mapping[str, Any], numbers: SetNumbers) -> Condition:
    places = _PLACES.get(f"{kind}.{told[kind]}")
    if places is None or not {"in"} <= set(told) <= {kind, "in", "except"}:
        raise ValueError(f"unknown question about {kind}: {told[kind]}")
    wanted = numbers.number(str(told["in"]), str(told.get("except", "")))
    word, bit = divmod(wanted, _WORD)
    mask = pl.lit(1 << bit, dtype=pl.UInt64)
    found = [(pl.col(bits_column(place, word)) & mask) != 0 for place in places]
    return Condition(reduce(operator.or_, found), frozenset({(_FIELDS_OF_CODES[kind],)}))


def _words(told: Any) -> list[str]:
    words = told.split() if isinstance(told, str) else [str(word) for word in told]
    if not words:
        raise ValueError("nothing to be in")
    return words
