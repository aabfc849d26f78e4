"""A plain evaluator of conditions of quality rules, as ``rules/quality/README.md`` reads.

It takes conditions as YAML has them and a page as a mapping, one at a time, and shares no code with
the engine: True, False, or None for what can't be known. A field that is not in the page is one
that the layout lacks; one that is None is blank.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

Value = bool | None
Page = Mapping[str, Any]

_GROUPS: dict[str, dict[str, str]] = {
    "other_diagnoses": {"C06C": "", "C07N": "", "C08C": ""},
    "diagnoses": {"C06C": "C03C", "C07N": "C04N", "C08C": "C05C"},
    "other_procedures": {"C35C": "", "C36N": "", "C37": ""},
    "procedures": {"C35C": "C14C", "C36N": "C15N", "C37": "C16"},
    "birth_weights": {"A18": ""},
}
_TIMES = {"A13", "B12", "B15", "C16", "C37"}
_PLACES = {"diagnosis": ("C03C", "C06C"), "procedure": ("C14C", "C35C")}
_NAMES = {"diagnosis": ("C04N", "C07N"), "procedure": ("C15N", "C36N")}
_BOUNDS = ("at_least", "at_most", "above", "below", "equals")


def value(condition: Mapping[str, Any], page: Page) -> Value:
    """Return the value of a condition on a page."""
    readers: dict[str, Callable[[Mapping[str, Any], Page], Value]] = {
        "always": lambda c, _: bool(c["always"]),
        "all": lambda c, p: _all(value(inner, p) for inner in c["all"]),
        "any": lambda c, p: _any(value(inner, p) for inner in c["any"]),
        "not": lambda c, p: _not(value(c["not"], p)),
        "diagnosis": _coded,
        "procedure": _coded,
        "name": _worded,
        "some": lambda c, p: _counted(c, "some", p),
        "none": lambda c, p: _counted(c, "none", p),
        "count": lambda c, p: _counted(c, "count", p),
    }
    for key, reader in readers.items():
        if key in condition:
            return reader(condition, page)
    if "field" in condition and not set(_BOUNDS) & condition.keys():
        return _field(condition, page)
    return _compared(condition, page)


def _worded(condition: Mapping[str, Any], page: Page) -> Value:
    kind = condition["name"]
    first, others = _NAMES[kind]
    return _placed("any", kind, page, first, others, lambda text: _contains(condition, text))


def _all(values: Iterable[Value]) -> Value:
    seen = set(values)
    return False if False in seen else None if None in seen else True


def _any(values: Iterable[Value]) -> Value:
    seen = set(values)
    return True if True in seen else None if None in seen else False


def _not(known: Value) -> Value:
    return None if known is None else not known


def _field(condition: Mapping[str, Any], page: Page) -> Value:
    name = condition["field"]
    if name not in page:
        return None
    cell = page[name]
    if condition.get("is") in ("filled", "blank"):
        return (cell is None) is (condition["is"] == "blank")
    return None if cell is None else _filled(condition, cell)


def _filled(condition: Mapping[str, Any], cell: str) -> bool:
    if "is" in condition:
        return _shaped(condition["is"], cell)
    if "in" in condition:
        return cell in list(condition["in"])
    if "matches" in condition:
        return re.search(condition["matches"], cell) is not None
    if "contains" in condition:
        return _contains(condition, cell)
    return _in_codes(cell, condition["codes"], condition.get("except", ""))


def _shaped(shape: str, cell: str) -> bool:
    if shape == "number":
        return _number(cell) is not None
    if shape == "whole":
        return re.fullmatch(r"[+-]?\d+", cell) is not None
    return _moment(cell) is not None and (shape == "date" or ":" in cell)


def _number(cell: str) -> float | None:
    return float(cell) if re.fullmatch(r"[+-]?\d{1,15}(\.\d*)?", cell) else None


def _moment(cell: str) -> datetime | None:
    try:
        return datetime.fromisoformat(cell) if re.fullmatch(r"\d{4}-.{5,14}", cell) else None
    except ValueError:
        return None


def _contains(condition: Mapping[str, Any], text: str) -> bool:
    without = any(word in text for word in condition.get("without", []))
    return any(word in text for word in condition["contains"]) and not without


def _in_codes(code: str, codes: str, excluded: str) -> bool:
    return _in_pieces(code, codes.split()) and not _in_pieces(code, excluded.split())


def _in_pieces(code: str, pieces: Sequence[str]) -> bool:
    for piece in pieces:
        first, _, last = piece.partition("-")
        if code >= first and code[: len(last or first)] <= (last or first):
            return True
    return False


def _coded(condition: Mapping[str, Any], page: Page) -> Value:
    kind = "diagnosis" if "diagnosis" in condition else "procedure"
    first, others = _PLACES[kind]

    def right(code: str) -> bool:
        return _in_codes(code, condition["in"], condition.get("except", ""))

    return _placed(condition[kind], kind, page, first, others, right)


def _placed(place: str, kind: str, page: Page, first: str, others: str, right: Any) -> Value:
    lead: Value = None
    if page.get(first) is not None:
        lead = right(page[first])
    elif first in page and kind == "procedure":
        lead = False
    rest: Value = None
    if others in page:
        rest = any(right(cell) for cell in page[others] or [] if cell is not None)
    return {"principal": lead, "other": rest, "any": _any([lead, rest])}[place]


def _counted(condition: Mapping[str, Any], quantifier: str, page: Page) -> Value:
    group = condition[quantifier]
    if not any(column in page for pair in _GROUPS[group].items() for column in pair):
        return None
    where = condition.get("where")
    values = [True if where is None else value(where, e) for e in entries(group, page)]
    least, most = values.count(True), len(values) - values.count(False)
    if quantifier == "count":
        return _all(
            _between(least, most, bound, condition[bound])
            for bound in _BOUNDS
            if bound in condition
        )
    some = _between(least, most, "at_least", 1)
    return some if quantifier == "some" else _not(some)


def entries(group: str, page: Page) -> list[dict[str, Any]]:
    """Return the entries of a repeated group, each as a page with its own fields put in."""
    columns = _GROUPS[group]
    length = max((len(page[c] or []) for c in columns if c in page), default=0)
    rows = [{c: page[c][i] for c in columns if c in page} for i in range(length)]
    if any(columns.values()):
        lead = {c: page[front] for c, front in columns.items() if front in page}
        rows.insert(0, lead)
        # A column that only the other part of the group has is blank here.
        there = {c for c, front in columns.items() if c in page or front in page}
        rows = [{c: row.get(c) for c in there} for row in rows]
    return [{**page, **row} for row in rows if any(v is not None for v in row.values())]


def _between(least: int, most: int, bound: str, limit: float) -> Value:
    found = {_holds(n, bound, limit, 0) for n in range(least, most + 1)}
    return found.pop() if len(found) == 1 else None


def _compared(condition: Mapping[str, Any], page: Page) -> Value:
    left = _quantity(condition, page)
    results = []
    for bound in _BOUNDS:
        if bound in condition:
            right = _named(condition[bound], page)
            results.append(_related(left, right, bound, condition))
    return _all(results)


def _related(left: Any, right: Any, bound: str, condition: Mapping[str, Any]) -> Value:
    if left is None or right is None:
        return None
    plus, within = (float(condition.get(key, 0)) for key in ("plus", "within"))
    if isinstance(left, datetime):
        day = condition.get("by") != "second"
        left, right = (date.toordinal(v) if day else v.timestamp() / 86400 for v in (left, right))
        return _holds(left, bound, right + plus, within)
    return _holds(left, bound, right * float(condition.get("times", 1)) + plus, within)


def _holds(left: float, bound: str, right: float, within: float) -> bool:
    room = within + 1e-6 if within else 0.0
    return {
        "at_least": left >= right - room,
        "at_most": left <= right + room,
        "above": left > right + room,
        "below": left < right - room,
        "equals": abs(left - right) <= max(room, 1e-6),
    }[bound]


def _quantity(condition: Mapping[str, Any], page: Page) -> Any:
    if "sum" in condition:
        return _sum(condition["sum"], page)
    if "days" in condition:
        start, end = (_named(name, page) for name in condition["days"])
        known = start is not None and end is not None
        return (end.date() - start.date()).days if known else None
    return _named(condition["field"], page)


def _sum(names: Sequence[str], page: Page) -> float | None:
    known = [n for n in (_named(name, page) for name in names) if n is not None]
    return round(sum(known), 4) if known else None


def _named(name: Any, page: Page) -> Any:
    if isinstance(name, int | float) or re.fullmatch(r"-?\d+(\.\d+)?", name):
        return float(name)
    if name == "stay_days":
        start, end = _named("B12", page), _named("B15", page)
        days = (end.date() - start.date()).days if start and end else -1
        return None if days < 0 else max(1, days)
    cell = page.get(name)
    if cell is None:
        return None
    return _moment(cell) if name in _TIMES else _number(cell)
