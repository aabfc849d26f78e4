"""The catalogue of front-page fields (首页字段目录): what each is called in every interface.

One table, ``rules/front-page/fields.csv``, says for each field its Chinese name, kind, group and
dictionary, and which column of the national interface (HQMS), of its older form (P numbers), of the
settlement list (医保结算清单 4101) and of the project's own tables holds it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any

from zhibian.problems import InputError, Problem
from zhibian.terminology.tables import read_bytes, read_yaml, sha256_of
from zhibian.terminology.tables import read_csv as read_table

FOLDER = "front-page"
FIELDS = "fields.csv"
MANIFEST = "manifest.yaml"
HEADINGS = "headings.csv"
HEADINGS_HEADER = ("heading", "column")
DICTIONARIES = "dictionaries"
HEADER = (
    "field",
    "name",
    "kind",
    "group",
    "repeat",
    "length",
    "dictionary",
    "personal",
    "hqms",
    "at",
    "p",
    "list_4101",
    "own",
)
REMEDY = "从版本库恢复 rules/front-page，或用 zhibian pages build 重新生成"
_PLACE = "##"
_ALIAS_SEPARATOR = "|"


class Kind(StrEnum):
    """What a cell of a field holds (取值类型)."""

    TEXT = "text"
    CODE = "code"
    DATE = "date"
    TIME = "time"
    WHOLE = "whole"
    DECIMAL = "decimal"
    CHOICE = "choice"

    @property
    def chinese(self) -> str:
        """Return the word that tables and messages show."""
        return {
            "text": "文本",
            "code": "编码",
            "date": "日期",
            "time": "日期时间",
            "whole": "整数",
            "decimal": "数字",
            "choice": "代码",
        }[self.value]


@dataclass(frozen=True, slots=True)
class Dictionary:
    """The values that a coded field may take (值域字典).

    Attributes
    ----------
    id, title
        Name of the table and what it is about.
    source, verified
        Where the values come from; whether two independent sources agree on them: ``yes``,
        ``partly`` or ``no``.
    names
        Value to Chinese name, in the order of the table.
    aliases
        Other spelling of a value to the value itself.
    """

    id: str
    title: str
    source: str
    verified: str
    names: Mapping[str, str]
    aliases: Mapping[str, str]

    def knows(self, value: str) -> bool:
        """Return whether a value is in the dictionary, in either spelling."""
        return value in self.names or value in self.aliases


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the front page (首页字段).

    Attributes
    ----------
    id
        Column of a :class:`~zhibian.records.front_page.types.PageTable`.
    name
        Chinese name, for a repeated field without its number.
    kind
        What a cell holds.
    group
        Part of the page: 机构 基本 住院 诊断 手术 其他诊疗 费用 清单.
    repeat, length
        Name of the repeated group, empty for a scalar, and how many members the national interface
        has room for; 0 for no limit.
    dictionary
        Name of the value set, empty for none.
    personal
        Whether the cell identifies the patient.
    hqms
        Column of the national interface, ``##`` standing for the place; empty where it has none.
    at
        Number of that column (序号), 0 for none.
    p
        Columns of the older interface, place by place; each may have several spellings.
    list_4101
        Path in the settlement list.
    own
        Column of the project's own tables.
    """

    id: str
    name: str
    kind: Kind
    group: str
    repeat: str
    length: int
    dictionary: str
    personal: bool
    hqms: str
    at: int
    p: tuple[tuple[str, ...], ...]
    list_4101: str
    own: str

    @property
    def is_list(self) -> bool:
        """Return whether the field is a list: one entry for each member of its group."""
        return bool(self.repeat)

    @property
    def hqms_columns(self) -> tuple[str, ...]:
        """Return the columns of the national interface, place by place."""
        if not self.hqms:
            return ()
        if not self.is_list:
            return (self.hqms,)
        return tuple(self.hqms.replace(_PLACE, f"{n:02d}") for n in range(1, self.length + 1))

    @property
    def headings(self) -> tuple[str, ...]:
        """Return the Chinese headings of those columns, place by place."""
        if not self.is_list:
            return (self.name,)
        # The interface leaves the first birth weight unnumbered: it is read with and without.
        return tuple(f"{self.name}{n}" for n in range(1, self.length + 1))


@dataclass(frozen=True)
class Catalogue:
    """All fields, in the order of the national interface (首页字段目录).

    Attributes
    ----------
    fields
        The fields.
    dictionaries
        Value sets by name.
    not_carried
        Columns of the older interface that the catalogue has no field for, with what they hold.
    older_columns
        Columns of the older interface in their order.
    usual_headings
        Headings that hospitals' own tables use, with the column of the national interface that
        each stands for; ``##`` is the place in both.
    """

    fields: tuple[Field, ...]
    dictionaries: Mapping[str, Dictionary]
    not_carried: Mapping[str, str]
    older_columns: tuple[str, ...]
    usual_headings: Mapping[str, str]

    @cached_property
    def by_id(self) -> Mapping[str, Field]:
        """Return the fields by their column."""
        return {field.id: field for field in self.fields}

    @cached_property
    def repeats(self) -> Mapping[str, tuple[Field, ...]]:
        """Return the fields of each repeated group."""
        found: dict[str, list[Field]] = {}
        for field in self.fields:
            if field.is_list:
                found.setdefault(field.repeat, []).append(field)
        return {name: tuple(fields) for name, fields in found.items()}

    def __getitem__(self, id: str) -> Field:
        return self.by_id[id]

    def dictionary_of(self, field: Field) -> Dictionary | None:
        """Return the value set of a field, None where it has none."""
        return self.dictionaries[field.dictionary] if field.dictionary else None

    def named(self, spelling: str) -> Field | None:
        """Return the field that any interface knows by a name.

        Parameters
        ----------
        spelling
            A column of a page table (``B34C``), of the interfaces (``C06x03C``, ``P741``), or the
            name in the settlement list (``dscg_way``).

        Returns
        -------
        Field or None
            None where no field has that name.
        """
        return self.by_id.get(spelling) or self._spellings.get(spelling)

    @cached_property
    def _spellings(self) -> Mapping[str, Field]:
        found: dict[str, Field] = {}
        for field in self.fields:
            columns = [*field.hqms_columns, *(name for place in field.p for name in place)]
            # A name that several nodes of the list share belongs to none of them.
            if field.list_4101.startswith("setlinfo.") and "#" not in field.list_4101:
                columns += field.list_4101.removeprefix("setlinfo.").split("/")
            for column in columns:
                found.setdefault(column, field)
        return found


def hqms_order(fields: tuple[Field, ...]) -> list[tuple[Field, int]]:
    """Return the columns of the national interface in their order, as field and place.

    Members of a repeated group lie together: code, name and condition of the first other
    diagnosis, then those of the second.
    """
    order: list[tuple[Field, int]] = []
    done: set[str] = set()
    for field in sorted((f for f in fields if f.at), key=lambda f: f.at):
        if not field.is_list:
            order.append((field, 0))
        elif field.repeat not in done:
            done.add(field.repeat)
            members = [f for f in fields if f.repeat == field.repeat and f.at]
            order += [(f, place) for place in range(field.length) for f in members]
    return order


def load_catalogue(rules: Path) -> Catalogue:
    """Return the catalogue of a rule folder.

    Parameters
    ----------
    rules
        Folder of the rule data.

    Raises
    ------
    InputError
        A table is absent, differs from its manifest or is malformed.
    """
    folder = rules / FOLDER
    manifest = read_yaml(folder / MANIFEST, REMEDY)
    _check_sums(folder, manifest)
    fields = tuple(_field(row) for row in read_table(folder / FIELDS, HEADER, REMEDY))
    dictionaries = {
        id: _dictionary(folder / DICTIONARIES / f"{id}.csv", id, about)
        for id, about in manifest["dictionaries"].items()
    }
    older = manifest["older_interface"]
    return Catalogue(
        fields,
        dictionaries,
        {column: what for what, columns in older["not_carried"].items() for column in columns},
        tuple(older["columns"]),
        dict(read_table(folder / HEADINGS, HEADINGS_HEADER, REMEDY)),
    )


def _check_sums(folder: Path, manifest: Mapping[str, Any]) -> None:
    wanted = {FIELDS: manifest["fields"]["sha256"], HEADINGS: manifest["headings"]["sha256"]}
    wanted |= {
        f"{DICTIONARIES}/{id}.csv": about["sha256"]
        for id, about in manifest["dictionaries"].items()
    }
    problems = []
    for name, sha256 in wanted.items():
        read_bytes(folder / name, REMEDY)
        if sha256_of(folder / name) != sha256:
            problems.append(Problem(name, "table_corrupted", "文件与清单的 sha256 不一致", REMEDY))
    if problems:
        raise InputError(FOLDER, problems)


def _field(row: list[str]) -> Field:
    told = dict(zip(HEADER, row, strict=True))
    return Field(
        id=told["field"],
        name=told["name"],
        kind=Kind(told["kind"]),
        group=told["group"],
        repeat=told["repeat"],
        length=int(told["length"]),
        dictionary=told["dictionary"],
        personal=told["personal"] == "yes",
        hqms=told["hqms"],
        at=int(told["at"]),
        p=tuple(tuple(place.split("/")) for place in told["p"].split()),
        list_4101=told["list_4101"],
        own=told["own"],
    )


def _dictionary(path: Path, id: str, about: Mapping[str, Any]) -> Dictionary:
    header = tuple(about["columns"])
    rows = [dict(zip(header, row, strict=True)) for row in read_table(path, header, REMEDY)]
    aliases = {
        alias: row["key"]
        for row in rows
        for alias in row["aliases"].split(_ALIAS_SEPARATOR)
        if alias
    }
    names = {row["key"]: row["name"] for row in rows}
    return Dictionary(id, about["title"], about["source"], about["verified"], names, aliases)
