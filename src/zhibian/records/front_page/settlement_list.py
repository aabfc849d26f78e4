"""The settlement list as JSON (医保结算清单 4101): nodes to fields and back.

``setlinfo`` holds single items; diagnoses, procedures, stays in intensive care, transfusions,
charges and payments are lists of their own. The principal diagnosis is the one flagged so, the
principal procedure the one of that type; where none is marked, nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Any

from zhibian.records.front_page.catalogue import Catalogue, Field

SINGLE = "setlinfo"
#: Where programs wrap the nodes.
_WRAPPERS = ("input", "data", "output")
_YES = "1"
_DIAGNOSES, _PROCEDURES = "diseinfo", "oprninfo"
_FLAG, _DIAGNOSIS_TYPE, _PROCEDURE_TYPE = "maindiag_flag", "diag_type", "oprn_oprt_type"
_PRINCIPAL, _OTHER_PROCEDURE, _NOT_PRINCIPAL = "1", "2", "0"
_TRADITIONAL_TYPES = frozenset({"3", "4"})
# Codes of traditional medicine have groups of two digits: A01.03.01; those of the ICD have not.
_TRADITIONAL_CODE = re.compile(r"[A-Z]{1,3}\d{2}(\.\d{2}){2,}\.?")
_PART_SEPARATOR = "/"
_MEMBER_SEPARATOR = ","
# Older lists hold the one transfusion among the single items.
_ALSO_SINGLE = frozenset({"bldinfo"})


@dataclass(frozen=True, slots=True)
class Path:
    """Where a field stands in a list.

    Attributes
    ----------
    node
        ``setlinfo`` or the name of a list of objects.
    role
        Which objects of the list: ``main``, ``other``, ``tcm`` or ``each``; empty for ``setlinfo``.
    names
        Keys that hold the value; the first is written, all are read.
    part
        Which part of a value of several parts joined by ``/``, from 1; 0 for the whole.
    """

    node: str
    role: str
    names: tuple[str, ...]
    part: int

    @property
    def shown(self) -> str:
        """Return the path as messages show it."""
        return f"{self.node}.{self.names[0]}" if not self.role else f"{self.node}[].{self.names[0]}"


def path_of(field: Field) -> Path:
    """Return where a field stands in a settlement list.

    Parameters
    ----------
    field
        One whose ``list_4101`` isn't empty.
    """
    node, *roles, leaf = field.list_4101.split(".")
    names, _, part = leaf.partition("#")
    return Path(node, roles[0] if roles else "", tuple(names.split("/")), int(part or 0))


@dataclass(frozen=True, slots=True)
class Entry:
    """One settlement list, parted into fields.

    Attributes
    ----------
    singles
        Field to the value of its key, as JSON has it; without those that have none.
    lists
        Repeated field to the values of its members; without those that have none.
    unmarked
        What has several members and none marked as the principal one: ``diseinfo``, ``oprninfo``.
    broken
        Nodes that hold something else than objects.
    unknown
        Keys that no field takes, as ``node.key``.
    """

    singles: Mapping[str, Any]
    lists: Mapping[str, list[Any]]
    unmarked: tuple[str, ...]
    broken: tuple[str, ...]
    unknown: frozenset[str]


def unwrapped(raw: object) -> Mapping[str, Any] | None:
    """Return the object that has the nodes, out of whatever wraps it; None where there is none."""
    while isinstance(raw, Mapping):
        if SINGLE in raw:
            return raw
        raw = next((raw[key] for key in _WRAPPERS if key in raw), None)
    return None


class ListReader:
    """Parts settlement lists into fields (结算清单的读法).

    Parameters
    ----------
    catalogue
        The fields.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self.paths: Mapping[Field, Path] = {
            field: path_of(field) for field in catalogue.fields if field.list_4101
        }
        self._known: dict[str, set[str]] = {
            _DIAGNOSES: {_FLAG},
            _PROCEDURES: {_PROCEDURE_TYPE},
            SINGLE: {_FLAG},
        }
        self._held: dict[tuple[str, str], list[tuple[Field, Path]]] = {}
        for field, path in self.paths.items():
            self._held.setdefault((path.node, path.role), []).append((field, path))
            self._known.setdefault(path.node, set()).update(path.names)
            if path.node in _ALSO_SINGLE:
                self._known[SINGLE].update(path.names)

    def part(self, raw: Mapping[str, Any]) -> Entry:
        """Return the fields of one list."""
        single = raw.get(SINGLE)
        single = single if isinstance(single, Mapping) else {}
        members = {node: _objects(raw.get(node)) for node in self._known if node != SINGLE}
        roles = _roles(members, single)
        singles: dict[str, Any] = {}
        lists: dict[str, list[Any]] = {}
        for field, path in self._held[SINGLE, ""]:
            value = _value(single, path)
            if value is None:
                continue
            if field.is_list:
                lists[field.id] = _split(value)
            else:
                singles[field.id] = value
        for node, parts in roles.items():
            for role, objects in parts.items():
                for field, path in self._held.get((node, role), ()) if objects else ():
                    if field.is_list:
                        lists[field.id] = [_value(member, path) for member in objects]
                    else:
                        singles[field.id] = _value(objects[0], path)
        unmarked = tuple(
            node
            for node in (_DIAGNOSES, _PROCEDURES)
            if len(roles[node]["other"]) > 1 and not roles[node]["main"]
        )
        broken = tuple(
            node for node, objects in members.items() if len(objects) != _size(raw.get(node))
        )
        return Entry(singles, lists, unmarked, broken, self._unknown(raw, single, members))

    def _unknown(
        self,
        raw: Mapping[str, Any],
        single: Mapping[str, Any],
        members: Mapping[str, Sequence[Mapping[str, Any]]],
    ) -> frozenset[str]:
        found = {f"{SINGLE}.{key}" for key in single.keys() - self._known[SINGLE]}
        found |= set(raw.keys() - self._known.keys())
        for node, objects in members.items():
            keys = {key for member in objects for key in member} - self._known[node]
            found |= {f"{node}.{key}" for key in keys}
        return frozenset(found)


def _objects(value: object) -> list[Mapping[str, Any]]:
    if isinstance(value, Mapping):
        value = [value]
    return [v for v in value if isinstance(v, Mapping)] if isinstance(value, list) else []


def _size(value: object) -> int:
    """Return how many objects a node should hold."""
    if isinstance(value, list):
        return len(value)
    return 0 if value is None or value == "" else 1


def _roles(
    members: Mapping[str, Sequence[Mapping[str, Any]]], single: Mapping[str, Any]
) -> dict[str, dict[str, list[Mapping[str, Any]]]]:
    """Return the members of each node by the part they play."""
    roles: dict[str, dict[str, list[Mapping[str, Any]]]] = {
        node: {"each": list(objects)} for node, objects in members.items()
    }
    for node in _ALSO_SINGLE:
        if not roles[node]["each"] and single:
            roles[node]["each"] = [single]
    traditional = [m for m in members[_DIAGNOSES] if _is_traditional(m)]
    western = [m for m in members[_DIAGNOSES] if not _is_traditional(m)]
    diagnosis = _only(western, _FLAG, _DIAGNOSIS_TYPE)
    procedure = _only(members[_PROCEDURES], _PROCEDURE_TYPE)
    roles[_DIAGNOSES] |= {"tcm": traditional, **_main_and_other(western, diagnosis)}
    roles[_PROCEDURES] |= _main_and_other(members[_PROCEDURES], procedure)
    return roles


def _is_traditional(member: Mapping[str, Any]) -> bool:
    code = _text(member.get("diag_code"))
    return (
        _text(member.get(_DIAGNOSIS_TYPE)) in _TRADITIONAL_TYPES
        or _TRADITIONAL_CODE.fullmatch(code) is not None
    )


def _only(members: Sequence[Mapping[str, Any]], *marks: str) -> int | None:
    """Return the place of the principal member, None where it can't be told.

    A mark decides where exactly one member bears it; where several do, the next mark decides among
    those, and where no member has the key at all, among all. A single member without any mark is
    the principal one.
    """
    left = list(range(len(members)))
    if len(left) == 1 and not any(_text(members[0].get(mark)) for mark in marks):
        return 0
    for mark in marks:
        bearing = [at for at in left if _text(members[at].get(mark)) == _YES]
        if len(bearing) == 1:
            return bearing[0]
        if not bearing and any(_text(member.get(mark)) for member in members):
            return None
        left = bearing or left
    return None


def _main_and_other(
    members: Sequence[Mapping[str, Any]], principal: int | None
) -> dict[str, list[Mapping[str, Any]]]:
    return {
        "main": [] if principal is None else [members[principal]],
        "other": [member for at, member in enumerate(members) if at != principal],
    }


def _value(member: Mapping[str, Any], path: Path) -> Any:
    value = member.get(path.names[0])
    for name in path.names[1:]:
        value = member.get(name) if value is None else value
    if path.part and isinstance(value, str):
        parts = value.split(_PART_SEPARATOR)
        return parts[path.part - 1] if path.part <= len(parts) else None
    return value


def _split(value: object) -> list[Any]:
    """Return the members of an item that holds several, such as the weights of twins."""
    if isinstance(value, list):
        return value
    if not isinstance(value, str):
        return [] if value is None else [value]
    return re.split(r"[,，;；|]", value) if value.strip() else []


def _text(value: object) -> str:
    return str(value).strip() if value is not None else ""


class ListWriter:
    """Puts fields together into settlement lists (结算清单的写法).

    Parameters
    ----------
    catalogue
        The fields.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._paths = [(f, path_of(f)) for f in catalogue.fields if f.list_4101]

    @cached_property
    def fields(self) -> frozenset[str]:
        """Return the fields that a list can hold."""
        return frozenset(field.id for field, _ in self._paths)

    def write(self, page: Mapping[str, Any]) -> dict[str, Any]:
        """Return one list.

        Parameters
        ----------
        page
            A row of a page table; blank fields are left out.
        """
        single: dict[str, Any] = {}
        entry: dict[str, Any] = {SINGLE: single}
        inside = [(f, p) for f, p in self._paths if p.node == SINGLE]
        for name, fields in groupby(inside, key=lambda pair: pair[1].names[0]):
            value = _joined([(page.get(f.id), p) for f, p in fields])
            if value is not None:
                single[name] = value
        for node in dict.fromkeys(p.node for _, p in self._paths if p.node != SINGLE):
            members = [
                m
                for role in ("main", "other", "tcm", "each")
                for m in self._members(page, node, role)
            ]
            if members:
                entry[node] = members
        return entry

    def _members(self, page: Mapping[str, Any], node: str, role: str) -> Iterator[dict[str, Any]]:
        fields = [(f, p.names[0]) for f, p in self._paths if p.node == node and p.role == role]
        columns = {
            name: page.get(f.id) or [] if f.is_list else [page.get(f.id)] for f, name in fields
        }
        for at in range(max(map(len, columns.values()), default=0)):
            member = {
                name: values[at]
                for name, values in columns.items()
                if at < len(values) and values[at] is not None
            }
            if role == "main" and not member:
                continue
            yield member | _marks(node, role)


def _marks(node: str, role: str) -> dict[str, str]:
    """Return what tells the principal member from the others."""
    if role not in {"main", "other"}:
        return {}
    principal = role == "main"
    if node == _DIAGNOSES:
        return {_FLAG: _YES if principal else _NOT_PRINCIPAL}
    return {_PROCEDURE_TYPE: _PRINCIPAL if principal else _OTHER_PROCEDURE}


def _joined(values: Sequence[tuple[Any, Path]]) -> str | None:
    """Return the value of one key: a text, members joined by a comma, or parts by a stroke."""
    first, path = values[0]
    if path.part:
        parts = [value or "" for value, _ in values]
        return _PART_SEPARATOR.join(parts) if any(parts) else None
    if isinstance(first, list):
        return _MEMBER_SEPARATOR.join(value or "" for value in first) if first else None
    return str(first) if first is not None else None
