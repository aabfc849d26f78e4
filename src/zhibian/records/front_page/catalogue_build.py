"""Building the catalogue of front-page fields (首页字段目录的生成).

The national interface gives order, name and number of its columns; ``mapping.csv`` gives what
people add: kind, dictionary, and the names of the other interfaces. ``recipe.yaml`` tells sources
and their known defects. Equal sources give equal bytes.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zhibian.problems import InputError, Problem
from zhibian.records.front_page.catalogue import (
    DICTIONARIES,
    FIELDS,
    HEADER,
    HEADINGS,
    HEADINGS_HEADER,
    MANIFEST,
    Kind,
)
from zhibian.terminology.tables import (
    read_csv,
    read_text,
    read_yaml,
    sha256_of,
    write_csv,
    write_yaml,
)

RECIPE = "recipe.yaml"
MAPPING = "mapping.csv"
MAPPING_HEADER = (
    "field",
    "name",
    "kind",
    "group",
    "repeat",
    "dictionary",
    "personal",
    "p",
    "list_4101",
    "own",
)
_KEY_COLUMNS = ("key", "name", "aliases")
_REMEDY = "检查字段来源文件与 rules/front-page/recipe.yaml"
_COMMENT = "由 zhibian pages build 生成，勿手改；来源与说明写在 recipe.yaml"
# C06x12C: a repeated field. D19x01 and A18x01 look alike; the first is an item of its own, so the
# mapping decides which pattern is a repeated field.
_NUMBERED = re.compile(r"(?P<stem>[A-Z]\d{2})x(?P<place>\d{2})(?P<end>[CN]?)")
_NAME_NUMBER = re.compile(r"\d+$")


@dataclass(frozen=True, slots=True)
class _Column:
    """One row of the interface's own list."""

    number: str
    column: str
    name: str


def build_catalogue(source: Path, folder: Path) -> int:
    """Write ``fields.csv`` and ``manifest.yaml``.

    Parameters
    ----------
    source
        Columns of the national interface: number, column, name, type, separated by tabs.
    folder
        ``rules/front-page``, with recipe, mapping and dictionaries.

    Returns
    -------
    int
        Number of fields.

    Raises
    ------
    InputError
        A source is absent, is another one than the recipe names, or does not agree with the
        mapping. Nothing is written then.
    """
    recipe = read_yaml(folder / RECIPE, _REMEDY)
    mapping = [
        dict(zip(MAPPING_HEADER, row, strict=True))
        for row in read_csv(folder / MAPPING, MAPPING_HEADER, _REMEDY)
    ]
    columns = _columns(source, recipe["interface"])
    rows = _rows(mapping, columns)
    headings = read_csv(folder / HEADINGS, HEADINGS_HEADER, _REMEDY)
    problems = [
        *_heading_problems(headings, columns),
        *_column_problems(rows, columns),
        *_name_problems(mapping, recipe),
        *_value_problems(mapping, recipe),
    ]
    if problems:
        raise InputError(FIELDS, problems)
    dictionaries = {
        id: _about(folder / DICTIONARIES / f"{id}.csv", about)
        for id, about in recipe["dictionaries"].items()
    }
    sha256 = write_csv(folder / FIELDS, HEADER, [[row[c] for c in HEADER] for row in rows])
    older = recipe["older_interface"]
    manifest = {
        "title": recipe["title"],
        "fields": {"rows": len(rows), "sha256": sha256},
        "headings": {
            **recipe["headings"],
            "rows": len(headings),
            "sha256": sha256_of(folder / HEADINGS),
        },
        "interface": recipe["interface"],
        "older_interface": {
            **older,
            "columns": older["columns"].split(),
            "not_carried": {what: c.split() for what, c in older["not_carried"].items()},
        },
        "settlement_list": recipe["settlement_list"],
        "extensions": recipe["extensions"],
        "dictionaries": dictionaries,
    }
    write_yaml(folder / MANIFEST, manifest, _COMMENT)
    return len(rows)


def _columns(source: Path, told: Mapping[str, Any]) -> list[_Column]:
    """Return the columns of the interface, with misprinted numbers mended as the recipe says."""
    text = read_text(source, _REMEDY)
    if sha256_of(source) != told["sha256"]:
        problem = Problem(source.name, "source_changed", "来源文件与 recipe.yaml 不一致", _REMEDY)
        raise InputError(source.name, [problem])
    rows = [_Column(*row[:3]) for row in csv.reader(io.StringIO(text), delimiter="\t")]
    expected = iter(
        n for n in range(1, told["last_number"] + 1) if n not in told["missing_numbers"]
    )
    columns = []
    problems = []
    for row in rows:
        number = str(next(expected, ""))
        if row.number != number and told["misprinted_numbers"].get(row.column) != row.number:
            problems.append(
                Problem(row.column, "number_unexpected", f"序号不是 {number}", _REMEDY, row.number)
            )
        columns.append(_Column(number, row.column, row.name))
    if len(rows) != told["rows"]:
        message = f"有 {len(rows)} 行，recipe.yaml 记 {told['rows']} 行"
        problems.append(Problem(source.name, "row_count", message, _REMEDY))
    if problems:
        raise InputError(source.name, problems)
    return columns


def _rows(mapping: Sequence[Mapping[str, str]], columns: Sequence[_Column]) -> list[dict[str, str]]:
    """Return the rows of the catalogue: those of the interface first, in its order."""
    plain = {c.column: c for c in columns}
    numbered: dict[str, list[_Column]] = {}
    for column in columns:
        if match := _NUMBERED.fullmatch(column.column):
            numbered.setdefault(match["stem"] + match["end"], []).append(column)
    rows = []
    for told in mapping:
        found = plain.get(told["field"])
        members = numbered.get(told["field"], [])
        row = {**dict.fromkeys(HEADER, ""), **told, "length": "1", "at": "0"}
        if found is None and members and told["repeat"]:
            first = members[0]
            row |= {
                "name": _NAME_NUMBER.sub("", first.name),
                "hqms": first.column.replace("x01", "x##"),
                "length": str(len(members)),
                "at": first.number,
            }
        elif found is None and members:
            # The principal procedure is written C14x01C and is a field of its own.
            row |= {"name": members[0].name, "hqms": members[0].column, "at": members[0].number}
        elif found is not None:
            row |= {"name": found.name, "hqms": found.column, "at": found.number}
        elif told["repeat"]:
            row["length"] = "0"
        rows.append(row)
    inside = sorted((r for r in rows if r["at"] != "0"), key=lambda r: int(r["at"]))
    return inside + [r for r in rows if r["at"] == "0"]


def _column_problems(
    rows: Sequence[Mapping[str, str]], columns: Sequence[_Column]
) -> list[Problem]:
    """Return columns of the interface that no field takes, and fields without a name."""
    taken: set[str] = set()
    for row in rows:
        places = range(1, int(row["length"]) + 1) if row["repeat"] else (1,)
        taken |= {row["hqms"].replace("##", f"{n:02d}") for n in places}
    problems = [
        Problem(c.column, "column_without_field", "目录没有这一列", "补入 mapping.csv")
        for c in columns
        if c.column not in taken
    ]
    problems += [
        Problem(row["field"], "name_missing", "没有中文名", "补入 mapping.csv")
        for row in rows
        if not row["name"]
    ]
    return problems


def _heading_problems(
    headings: Sequence[Sequence[str]], columns: Sequence[_Column]
) -> list[Problem]:
    """Return usual headings that repeat, are the interface's own, or lead to no column."""
    known = {column.column for column in columns}
    own = {column.name for column in columns}
    times = Counter(heading for heading, _ in headings)
    return [
        Problem(
            heading, "heading_unusable", "重复，或接口已有，或指向不存在的列", "改正 headings.csv"
        )
        for heading, column in headings
        if times[heading] > 1 or heading in own or column.replace("##", "01") not in known
    ]


def _name_problems(
    mapping: Sequence[Mapping[str, str]], recipe: Mapping[str, Any]
) -> list[Problem]:
    """Return names that two fields share, and older columns that are not accounted for."""
    older = recipe["older_interface"]
    known = older["columns"].split()
    fields = [told["field"] for told in mapping]
    taken = [p for told in mapping for p in told["p"].replace("/", " ").split()]
    left = [c for columns in older["not_carried"].values() for c in columns.split()]
    problems = [
        Problem(name, "name_repeated", "出现多次", "核对 mapping.csv 与 recipe.yaml")
        for name, times in Counter([*fields, *taken, *left]).items()
        if times > 1
    ]
    problems += [
        Problem(
            name,
            "older_column_unaccounted",
            "早期接口的列没有去处",
            "补入 mapping.csv 或 recipe.yaml",
        )
        for name in sorted(set(known) ^ {*taken, *left})
    ]
    return problems


def _value_problems(
    mapping: Sequence[Mapping[str, str]], recipe: Mapping[str, Any]
) -> list[Problem]:
    problems = [
        Problem(
            told["field"], "kind_unknown", "类型不在目录允许之列", "核对 mapping.csv", told["kind"]
        )
        for told in mapping
        if told["kind"] not in set(Kind)
    ]
    problems += [
        Problem(
            told["field"],
            "dictionary_unknown",
            "没有这一字典",
            "补入 recipe.yaml",
            told["dictionary"],
        )
        for told in mapping
        if told["dictionary"] and told["dictionary"] not in recipe["dictionaries"]
    ]
    return problems


def _about(path: Path, told: Mapping[str, Any]) -> dict[str, Any]:
    """Return the manifest entry of a dictionary, its rows checked."""
    rows = list(csv.reader(io.StringIO(read_text(path, _REMEDY))))
    header, body = rows[0], rows[1:]
    problems = []
    if tuple(header[:3]) != _KEY_COLUMNS:
        problems.append(
            Problem(path.name, "table_header", "表头应以 key,name,aliases 开始", _REMEDY)
        )
    spellings = Counter(row[0] for row in body)
    spellings.update(alias for row in body for alias in row[2].split("|") if alias)
    problems += [
        Problem(path.name, "key_repeated", "取值或别名重复", "每个取值只写一次", value)
        for value, times in spellings.items()
        if times > 1
    ]
    if problems:
        raise InputError(path.name, problems)
    verified = {True: "yes", False: "no"}.get(told["verified"], told["verified"])
    return {
        **told,
        "verified": verified,
        "columns": header,
        "rows": len(body),
        "sha256": sha256_of(path),
    }
