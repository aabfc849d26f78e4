"""Layouts of tables of front pages (首页表的列布局): which column holds which field.

A header is read by names: those of the national interface (``C06x01C``), its Chinese headings, its
older form (``P321``), the ten columns of OpenDRG, and the project's own names. The layout is the
one that most of the columns belong to; columns of another one beside them are read too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from zhibian.problems import InputError, Problem
from zhibian.records.front_page.catalogue import Catalogue, Field, Kind
from zhibian.records.front_page.cells import Slot
from zhibian.records.front_page.sources import Column, position
from zhibian.records.front_page.types import ID


class Layout(StrEnum):
    """How front pages are laid out in a file."""

    HQMS = "hqms"
    HEADINGS = "headings"
    OLDER = "p"
    OWN = "own"
    OPENDRG = "opendrg"
    LIST_4101 = "4101"
    CASE = "case"

    @property
    def chinese(self) -> str:
        """Return the word that screens show."""
        return {
            "hqms": "HQMS 字段编号",
            "headings": "HQMS 中文表头",
            "p": "HQMS 早期 P 编号",
            "own": "自有列",
            "opendrg": "OpenDRG 十列",
            "4101": "医保结算清单 4101",
            "case": "病例 JSON/YAML",
        }[self.value]


#: One cell that holds a principal code and those after it: the fields that it is parted into.
LEADING: Mapping[str, tuple[str, str]] = {
    "procedures": ("C14C", "C35C"),
    "zdList": ("C03C", "C06C"),
    "ssList": ("C14C", "C35C"),
}
_OPENDRG: Mapping[str, str] = {
    "Index": ID,
    "gender": "A12C",
    "age": "A14",
    "ageDay": "A16",
    "weight": "A18",
    "dept": "B16C",
    "inHospitalTime": "B20",
    "leavingType": "B34C",
}
_OPENDRG_MARKS = frozenset({"zdList", "ssList"})
# So many known columns make a layout; fewer may be there by chance.
_FEWEST = 2
_DETECTED = (Layout.HQMS, Layout.OLDER, Layout.OPENDRG, Layout.HEADINGS, Layout.OWN)
_BRACKETS = str.maketrans("（）", "()")
# A column of the interface's own that says nothing of a stay, and what synthetic tables add.
_IGNORED = frozenset({"synthetic"})


@dataclass(frozen=True, slots=True)
class _Target:
    """What a column holds: a field, and the place in it."""

    layout: Layout
    fields: tuple[Field, ...]
    # From 0; None for a scalar, and for a cell that holds a whole list.
    place: int | None = None
    whole_list: bool = False
    # For a field that several columns may hold: which goes first.
    rank: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """How a header is read (表头的读法).

    Attributes
    ----------
    layout
        The layout that most columns belong to.
    columns
        What each column of the header holds.
    id_column
        Column of the case's identifier, empty for none.
    scalars
        Field to its columns; the first filled one counts.
    places
        Repeated field to its columns by place, from 0.
    joined
        Repeated field to the column that holds all its members.
    leading
        Columns that hold a principal code and those after it.
    unknown
        Columns that no field takes, as the source spells them.
    absent
        Fields that no column holds.
    """

    layout: Layout
    columns: tuple[Column, ...]
    id_column: str
    scalars: Mapping[str, tuple[Slot, ...]]
    places: Mapping[str, Mapping[int, Slot]]
    joined: Mapping[str, Slot]
    leading: tuple[tuple[Slot, Field, Field], ...]
    unknown: tuple[str, ...]
    absent: frozenset[str]


def plan_of(
    name: str, header: Sequence[str], catalogue: Catalogue, layout: Layout | None = None
) -> Plan:
    """Find out what each column of a header holds.

    Parameters
    ----------
    name
        Name of the file.
    header
        Columns as the source spells them.
    catalogue
        The fields.
    layout
        The layout that is expected; None to judge by the header.

    Raises
    ------
    InputError
        No layout fits the header, or two columns hold the same thing.
    """
    names = _Names(catalogue)
    votes = Counter(target.layout for column in header for target in names.all_of(column))
    if {*header} >= _OPENDRG_MARKS:
        votes[Layout.OPENDRG] += len(header)
    found = layout or max(_DETECTED, key=lambda kind: votes[kind])
    if votes[found] < _FEWEST:
        raise InputError(name, [_layout_unknown(name, layout)])
    targets = [names.target(column, found) for column in header]
    _refuse_repeated(name, header, targets)
    return _plan(found, header, targets, catalogue)


def _layout_unknown(name: str, layout: Layout | None) -> Problem:
    said = f"表头不合 {layout.chinese} 布局" if layout else "表头不合任何已知布局"
    remedy = "表头用 HQMS 编号或中文名、P 编号、自有列名（zhibian pages fields 列出全部列名）"
    return Problem(name, "layout_unknown", said, remedy)


class _Names:
    """All names that a column may have, by layout."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._by_layout: dict[Layout, dict[str, _Target]] = {layout: {} for layout in _DETECTED}
        for field in catalogue.fields:
            self._add_places(Layout.HQMS, field, field.hqms_columns)
            self._add_places(Layout.HEADINGS, field, field.headings)
            for place, spellings in enumerate(field.p):
                for rank, spelling in enumerate(spellings):
                    at = place if field.is_list else None
                    self._add(spelling, _Target(Layout.OLDER, (field,), at, rank=rank))
            self._add_own(field)
        self._add_usual_headings(catalogue)
        self._add_leading(catalogue)

    def all_of(self, column: str) -> list[_Target]:
        """Return what a column is in every layout that knows it."""
        key = _key(column)
        return [names[key] for names in self._by_layout.values() if key in names]

    def target(self, column: str, layout: Layout) -> _Target | None:
        """Return what a column holds, the given layout first."""
        key = _key(column)
        order = (layout, *(other for other in _DETECTED if other is not layout))
        return next(
            (names[key] for kind in order if key in (names := self._by_layout.get(kind, {}))), None
        )

    def _add(self, spelling: str, target: _Target) -> None:
        self._by_layout[target.layout].setdefault(_key(spelling), target)

    def _add_places(self, layout: Layout, field: Field, columns: Sequence[str]) -> None:
        for place, column in enumerate(columns):
            self._add(column, _Target(layout, (field,), place if field.is_list else None))
        if layout is Layout.HEADINGS and field.is_list:
            self._add(field.name, _Target(layout, (field,), 0))

    def _add_usual_headings(self, catalogue: Catalogue) -> None:
        for heading, column in catalogue.usual_headings.items():
            first = self._by_layout[Layout.HQMS][_key(column.replace("##", "01"))]
            field = first.fields[0]
            if "##" not in heading:
                self._add(heading, replace(first, layout=Layout.HEADINGS))
                continue
            for place in range(field.length):
                target = _Target(Layout.HEADINGS, (field,), place)
                self._add(heading.replace("##", str(place + 1)), target)

    def _add_own(self, field: Field) -> None:
        for spelling in (field.own, field.id):
            if spelling and spelling not in LEADING:
                self._add(spelling, _Target(Layout.OWN, (field,), whole_list=field.is_list))

    def _add_leading(self, catalogue: Catalogue) -> None:
        for spelling, ids in LEADING.items():
            layout = Layout.OPENDRG if spelling in _OPENDRG_MARKS else Layout.OWN
            self._add(spelling, _Target(layout, tuple(catalogue[id] for id in ids)))
        self._add("id", _Target(Layout.OWN, ()))
        for spelling, id in _OPENDRG.items():
            self._add(spelling, _opendrg_target(id, catalogue))


def _opendrg_target(id: str, catalogue: Catalogue) -> _Target:
    if id == ID:
        return _Target(Layout.OPENDRG, ())
    return _Target(Layout.OPENDRG, (catalogue[id],), whole_list=catalogue[id].is_list)


def _key(column: str) -> str:
    """Return a name without what spelling alone changes: case, blanks, wide brackets."""
    return "".join(column.split()).translate(_BRACKETS).upper()


def _refuse_repeated(name: str, header: Sequence[str], targets: Sequence[_Target | None]) -> None:
    held: dict[tuple[object, ...], list[str]] = {}
    for column, target in zip(header, targets, strict=True):
        if target is None:
            continue
        for field in target.fields:
            what = (field.id, target.place, target.rank)
            held.setdefault(what, []).append(column)
        if not target.fields:
            held.setdefault((ID,), []).append(column)
    problems = [
        Problem(
            "、".join(dict.fromkeys(columns)),
            "column_repeated",
            f"有 {len(columns)} 列填同一项",
            "只保留一列",
        )
        for columns in held.values()
        if len(columns) > 1
    ]
    if problems:
        raise InputError(name, problems)


def _plan(
    layout: Layout,
    header: Sequence[str],
    targets: Sequence[_Target | None],
    catalogue: Catalogue,
) -> Plan:
    columns: list[Column] = []
    scalars: dict[str, list[tuple[int, Slot]]] = {}
    places: dict[str, dict[int, Slot]] = {}
    joined: dict[str, Slot] = {}
    leading: list[tuple[Slot, Field, Field]] = []
    unknown: list[str] = []
    id_column = ""
    for at, (source, target) in enumerate(zip(header, targets, strict=True)):
        if target is None:
            columns.append(Column(None))
            if source and source not in _IGNORED:
                unknown.append(source)
            continue
        if not target.fields:
            id_column = position(at)
            columns.append(Column(Kind.TEXT))
            continue
        field = target.fields[0]
        slot = Slot(position(at), source, field)
        columns.append(_column(field, catalogue, joined=target.whole_list))
        if len(target.fields) > 1:
            leading.append((slot, target.fields[0], target.fields[1]))
        elif target.whole_list:
            joined[field.id] = slot
        elif target.place is not None:
            places.setdefault(field.id, {})[target.place] = slot
        else:
            scalars.setdefault(field.id, []).append((target.rank, slot))
    taken = {*scalars, *places, *joined, *(f.id for _, *pair in leading for f in pair)}
    return Plan(
        layout,
        tuple(columns),
        id_column,
        {id: tuple(slot for _, slot in sorted(found)) for id, found in scalars.items()},
        places,
        joined,
        tuple(leading),
        tuple(unknown),
        frozenset(field.id for field in catalogue.fields if field.id not in taken),
    )


def _column(field: Field, catalogue: Catalogue, *, joined: bool) -> Column:
    dictionary = catalogue.dictionary_of(field)
    keys = frozenset(dictionary.names) if dictionary else frozenset()
    # A number in a cell that may hold several members is one member: an amount, a weight.
    kind = field.kind
    if joined and kind in {Kind.WHOLE, Kind.DECIMAL}:
        kind = Kind.DECIMAL
    return Column(kind, field.id, keys)
