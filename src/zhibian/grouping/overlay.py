"""Overlays (地方方案差异包): a scheme as its difference from another, and put together again.

Every table has its own small difference. A row is known by its key; ``change``
says what becomes of it. Order is kept as "stands after", so that one new row does
not renumber its neighbours. A set is written as the codes that it gains and loses
against a set of the base.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

from zhibian.grouping.manifest import TABLES, Row, TableName, Tables

Changes = Tables

ADDED, CHANGED, REMOVED = "added", "changed", "removed"
# What stands in ``after`` for a row that comes first among its neighbours.
FIRST = "^"
OVERLAY_COLUMNS: Mapping[TableName, tuple[str, ...]] = {
    "mdc": ("change", "mdc", "name", "rule", "after"),
    "adrg": ("change", "adrg", "name", "rule", "mdc", "kind", "after"),
    "drg": ("change", "drg", "name", "rule", "adrg", "after"),
    "sets": ("change", "set", "type", "like", "add", "remove"),
    "cc": ("change", "code", "level", "table"),
    "exclusions": ("change", "table", "code"),
}


class _Shape(NamedTuple):
    """How the rows of a table are told apart and where they stand."""

    key: str
    parent: str = ""


_ORDERED: Mapping[TableName, _Shape] = {
    "mdc": _Shape("mdc"),
    "adrg": _Shape("adrg", "mdc"),
    "drg": _Shape("drg", "adrg"),
}
_LISTS: Mapping[TableName, str] = {"cc": "code", "exclusions": "code"}


class OverlayError(ValueError):
    """An overlay that does not fit its base.

    Parameters
    ----------
    table
        Table of the overlay.
    key
        Row that does not fit.
    """

    def __init__(self, table: TableName, key: str) -> None:
        self.table = table
        self.key = key
        super().__init__(f"{table} {key}")


def difference(base: Tables, own: Tables) -> Changes:
    """Return what turns the tables of a base into those of a scheme.

    Parameters
    ----------
    base, own
        Tables of the base and of the scheme.

    Returns
    -------
    dict
        Rows by table with the columns of :data:`OVERLAY_COLUMNS`; applied to ``base`` they give
        ``own``, orders numbered anew from 1.
    """
    found: Changes = {}
    for name, shape in _ORDERED.items():
        found[name] = _ordered_difference(base[name], own[name], shape)
    found["sets"] = _set_difference(base["sets"], own["sets"])
    for name, key in _LISTS.items():
        found[name] = _list_difference(base[name], own[name], key)
    return {
        name: [{column: row.get(column, "") for column in OVERLAY_COLUMNS[name]} for row in rows]
        for name, rows in found.items()
    }


def apply(base: Tables, changes: Changes) -> Tables:
    """Return the tables that a base and the changes of an overlay make together.

    Parameters
    ----------
    base
        Tables of the base; they stay as they are.
    changes
        Rows of the overlay; a table without changes may be absent.

    Raises
    ------
    OverlayError
        A row to be changed or removed is not in the base, or one to be added is.
    """
    made: Tables = {}
    for name in TABLES:
        rows = changes.get(name, [])
        if name in _ORDERED:
            made[name] = _ordered_applied(name, base[name], rows)
        elif not rows:
            made[name] = base[name]
        elif name == "sets":
            made[name] = _sets_applied(base[name], rows)
        else:
            made[name] = _list_applied(name, base[name], rows, _LISTS[name])
    return made


def digest(tables: Tables) -> str:
    """Return the sha256 of tables, whatever the order of their rows."""
    hashed = hashlib.sha256()
    for name in TABLES:
        lines = sorted("\x1f".join(row[c] for c in sorted(row)) for row in tables[name])
        hashed.update("\x1e".join([name, *lines]).encode("utf-8"))
    return hashed.hexdigest()


def _ordered_difference(base: Sequence[Row], own: Sequence[Row], shape: _Shape) -> list[Row]:
    before = {r[shape.key]: r for r in base}
    after = {r[shape.key]: r for r in own}
    places = _places(_by_parent(base, shape), _by_parent(own, shape))
    changes: list[Row] = []
    for key, row in after.items():
        old = before.get(key)
        place = places.get(key, "")
        if old is not None and not place and _content(old) == _content(row):
            continue
        change = CHANGED if old is not None else ADDED
        changes.append({"change": change, **_content(row), "after": place})
    gone = [{"change": REMOVED, shape.key: key} for key in before if key not in after]
    return changes + gone


def _by_parent(rows: Iterable[Row], shape: _Shape) -> dict[str, list[str]]:
    """Return the keys of the rows under each parent, in order."""
    found: dict[str, list[str]] = {}
    for row in sorted(rows, key=lambda r: int(r["order"])):
        found.setdefault(row[shape.parent] if shape.parent else "", []).append(row[shape.key])
    return found


def _places(
    before: Mapping[str, Sequence[str]], after: Mapping[str, Sequence[str]]
) -> dict[str, str]:
    """Return the neighbour before each row that does not stand where the base has it."""
    places: dict[str, str] = {}
    for parent, keys in after.items():
        matcher = SequenceMatcher(None, before.get(parent, ()), keys, autojunk=False)
        kept = {i for block in matcher.get_matching_blocks() for i in
                range(block.b, block.b + block.size)}  # fmt: skip
        for i, key in enumerate(keys):
            if i not in kept:
                places[key] = keys[i - 1] if i else FIRST
    return places


def _content(row: Row) -> Row:
    return {k: v for k, v in row.items() if k != "order"}


def _ordered_applied(name: TableName, base: Sequence[Row], changes: Sequence[Row]) -> list[Row]:
    shape = _ORDERED[name]
    rows = {r[shape.key]: r for r in base}
    placed = {r[shape.key] for r in changes if r["after"]}
    gone = {r[shape.key] for r in changes if r["change"] == REMOVED}
    order = _by_parent([r for r in base if r[shape.key] not in placed | gone], shape)
    for change in changes:
        key = change[shape.key]
        if (change["change"] == ADDED) == (key in rows):
            raise OverlayError(name, key)
        if change["change"] == REMOVED:
            del rows[key]
            continue
        rows[key] = {k: v for k, v in change.items() if k not in ("change", "after")}
        if change["after"]:
            parent = rows[key][shape.parent] if shape.parent else ""
            _place(name, order, parent, key, change["after"])
        elif change["change"] == ADDED:
            raise OverlayError(name, key)
    return [
        {**_content(rows[key]), "order": str(number)}
        for keys in order.values()
        for number, key in enumerate(keys, start=1)
    ]


def _place(name: TableName, order: dict[str, list[str]], parent: str, key: str, after: str) -> None:
    neighbours = order.setdefault(parent, [])
    if after != FIRST and after not in neighbours:
        raise OverlayError(name, key)
    neighbours.insert(0 if after == FIRST else neighbours.index(after) + 1, key)


def _set_difference(base: Sequence[Row], own: Sequence[Row]) -> list[Row]:
    before = {name: (kind, frozenset(codes)) for name, (kind, codes) in _sets(base).items()}
    after = _sets(own)
    changes: list[Row] = []
    for name, (kind, codes) in after.items():
        if before.get(name) == (kind, frozenset(codes)):
            continue
        like = _nearest(name, kind, frozenset(codes), before)
        known = before[like][1] if like else frozenset[str]()
        changes.append(
            {
                "change": CHANGED if name in before else ADDED,
                "set": name,
                "type": kind,
                "like": like,
                "add": " ".join(sorted(c for c in codes if c not in known)),
                "remove": " ".join(sorted(known.difference(codes))),
            }
        )
    gone = [n for n in before if n not in after]
    return changes + [{"change": REMOVED, "set": n} for n in gone]


def _sets(rows: Iterable[Row]) -> dict[str, tuple[str, list[str]]]:
    found: dict[str, tuple[str, list[str]]] = {}
    for row in rows:
        found.setdefault(row["set"], (row["type"], []))[1].append(row["code"])
    return found


def _nearest(
    name: str, kind: str, codes: frozenset[str], before: Mapping[str, tuple[str, frozenset[str]]]
) -> str:
    """Return the set of the base that a set differs least from, empty when none saves anything."""
    least, nearest = len(codes), ""
    # The set of the same name wins a tie.
    for other in (name, *before):
        known = before.get(other)
        # Sets of very different sizes can't be near; most are ruled out so.
        if known is None or known[0] != kind or abs(len(codes) - len(known[1])) >= least:
            continue
        apart = len(codes ^ known[1])
        if apart < least:
            least, nearest = apart, other
    return nearest


def _sets_applied(base: Sequence[Row], changes: Sequence[Row]) -> list[Row]:
    known = {change["set"] for change in changes}
    needed = known | {change["like"] for change in changes}
    before = _sets(r for r in base if r["set"] in needed)
    made = [r for r in base if r["set"] not in known]
    for change in changes:
        name, like = change["set"], change["like"]
        if (change["change"] == ADDED) == (name in before) or (like and like not in before):
            raise OverlayError("sets", name)
        if change["change"] == REMOVED:
            continue
        removed = set(change["remove"].split())
        codes = [c for c in before[like][1] if c not in removed] if like else []
        if like and len(codes) + len(removed) != len(before[like][1]):
            raise OverlayError("sets", name)
        made += [
            {"set": name, "type": change["type"], "code": code}
            for code in (*codes, *change["add"].split())
        ]
    return made


def _list_difference(base: Sequence[Row], own: Sequence[Row], key: str) -> list[Row]:
    before, after = {r[key]: r for r in base}, {r[key]: r for r in own}
    changes = [
        {"change": CHANGED if code in before else ADDED, **row}
        for code, row in after.items()
        if before.get(code) != row
    ]
    return changes + [{"change": REMOVED, key: code} for code in before if code not in after]


def _list_applied(
    name: TableName, base: Sequence[Row], changes: Sequence[Row], key: str
) -> list[Row]:
    rows = {r[key]: r for r in base}
    for change in changes:
        code = change[key]
        if (change["change"] == ADDED) == (code in rows):
            raise OverlayError(name, code)
        if change["change"] == REMOVED:
            del rows[code]
        else:
            rows[code] = {k: v for k, v in change.items() if k != "change"}
    return list(rows.values())
