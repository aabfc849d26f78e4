"""Stays that answer the comparisons of a scheme (住院信息的取值): ages, weights, days and the rest.

One stay stands for all that give every comparison the same answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import product
from typing import get_args

from zhibian.grouping.engine import numbers_of
from zhibian.grouping.evaluate import COMPARE
from zhibian.grouping.language import Compare, Condition, NumberField
from zhibian.grouping.types import GroupingInput
from zhibian.grouping.validate import DISCHARGE_WAYS

_NEWBORN_DAYS = 10
_NEWBORN_GRAMS = 3000.0
_DOMAINS: Mapping[NumberField, tuple[float, float]] = {
    "NL": (0, 120),
    "XB": (1, 2),
    "XSRTL": (0, 364),
    "XSRTZ": (1, 20000),
    "ZYTS": (0, 1000),
    "LYFS": (1, 9),
    "ICUSC": (0, 10000),
}
_USUAL: Mapping[NumberField, float] = {
    "NL": 40,
    "XB": 1,
    "XSRTL": _NEWBORN_DAYS,
    "XSRTZ": _NEWBORN_GRAMS,
    "ZYTS": 7,
    "LYFS": 1,
    "ICUSC": 0,
}


def stays(leaves: Iterable[Condition]) -> list[GroupingInput]:
    """Return one stay for each set of answers, without codes.

    Parameters
    ----------
    leaves
        Conditions of the scheme; those that compare no number are passed over.

    Returns
    -------
    list of GroupingInput
        An adult and a newborn first. Fields that no comparison asks for are empty, but for sex
        and age.
    """
    compares = {leaf for leaf in leaves if isinstance(leaf, Compare)}
    values = {f: _values(f, compares) for f in get_args(NumberField)}
    asked = {c.field for c in compares}
    if not asked.isdisjoint({"XSRTL", "XSRTZ"}) and 0 not in values["NL"]:
        values["NL"].append(0)
    points = []
    for sex, age, weight, stay, way, icu in product(
        values["XB"], values["NL"], values["XSRTZ"], values["ZYTS"], values["LYFS"],
        values["ICUSC"],
    ):  # fmt: skip
        for days in values["XSRTL"] if age < 1 else (None,):
            point = GroupingInput(
                None,
                sex=int(sex),
                age=int(age),
                age_days=None if days is None else int(days),
                weight_g=weight if age < 1 or weight != _NEWBORN_GRAMS else None,
                days=int(stay) if "ZYTS" in asked else None,
                discharge_way=int(way) if "LYFS" in asked else None,
                icu_hours=icu if "ICUSC" in asked else None,
            )
            points.append(point)
    newborn = replace(points[0], age=0, age_days=_NEWBORN_DAYS, weight_g=_NEWBORN_GRAMS)
    return list(dict.fromkeys([points[0], newborn, *points]))


def fulfils(stay: GroupingInput, numbers: Iterable[Compare]) -> bool:
    """Tell whether a stay answers all comparisons with yes.

    Parameters
    ----------
    stay
        A stay; a field that it lacks fulfils nothing.
    numbers
        The comparisons.
    """
    known = numbers_of(stay)
    for compare in numbers:
        value = known[compare.field]
        if value is None or not COMPARE[compare.operator](value, compare.number):
            return False
    return True


def _values(field: NumberField, compares: Iterable[Compare]) -> list[float]:
    """Return one value of a field for each set of answers to its comparisons, the usual first."""
    own = [c for c in compares if c.field == field]
    least, most = _DOMAINS[field]
    near = {c.number + step for c in own for step in (-1, 0, 1)}
    candidates = [_USUAL[field], *sorted(v for v in near if least <= v <= most)]
    if field == "LYFS":
        candidates = [v for v in candidates if v in DISCHARGE_WAYS]
    answers: dict[tuple[bool, ...], float] = {}
    for value in candidates:
        key = tuple(COMPARE[c.operator](value, c.number) for c in own)
        answers.setdefault(key, value)
    return list(answers.values())
