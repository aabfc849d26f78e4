"""Rules with parameters (组合检测的展开): one rule text, one check for each row of parameters."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from zhibian.problems import InputError, Problem
from zhibian.quality.front_page.vocabulary import Vocabulary
from zhibian.terminology.tables import read_text

KEY = "key"
#: Names in braces that a finding fills: the code and the place it points to, and finer codes.
CODE = "code"
PLACE = "place"
FINER = "finer"
SHOWN = frozenset({CODE, PLACE, FINER})
TABLES = "tables"

Row = Mapping[str, str]

#: A name in braces, such as ``{codes}``. A count of a regular expression, ``{2}``, is none.
PLACEHOLDER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")

_OPTIONAL = frozenset({"except", "without", "plus", "times", "within"})
_BOUNDS = frozenset({"at_least", "at_most", "above", "below", "equals"})
_REMEDY = "按 rules/quality/README.md 的展开写法改正"


class _Gone:
    """Stands for a condition that has nothing to ask in a row of parameters."""


GONE = _Gone()


def expansion_rows(
    at: str, data: object, folder: Path, names: Vocabulary
) -> tuple[list[Row], list[Problem]]:
    """Return the rows of parameters of a rule.

    Parameters
    ----------
    at
        Name of the rule for problems.
    data
        What stands under ``for``: ``{table: FILE}``, ``{fields: [..]}``, ``{dictionaries: all}``
        or a list of mappings with ``key``.
    folder
        Folder of the quality rules; tables lie in ``tables/``.
    names
        Fields and dictionaries.

    Returns
    -------
    rows, problems
        Each row with ``key``; everything wrong with the parameters.
    """
    if isinstance(data, list):
        rows, problems = _inline(at, data, folder, names)
    elif isinstance(data, dict) and len(data) == 1:
        kind, given = next(iter(data.items()))
        if kind == "table":
            rows, problems = _table(at, folder / TABLES / str(given))
        elif kind == "fields" and isinstance(given, list):
            rows, problems = _fields(at, given, names)
        elif kind == "dictionaries" and given == "all":
            rows, problems = _dictionaries(names), []
        else:
            rows, problems = [], [_bad(at, "应为 table、fields、dictionaries: all 或列表")]
    else:
        rows, problems = [], [_bad(at, "应为 table、fields、dictionaries: all 或列表")]
    # Rows of unlike parameters stand in one list: what a row does not give is empty in it.
    columns = dict.fromkeys(name for row in rows for name in row)
    rows = [{name: row.get(name, "") for name in columns} for row in rows]
    seen: set[str] = set()
    for row in rows:
        if row[KEY] in seen:
            problems.append(_bad(at, f"key 重复：{row[KEY]}"))
        seen.add(row[KEY])
    if not rows and not problems:
        problems.append(_bad(at, "没有任何一行参数"))
    return rows, problems


def _bad(at: str, message: str) -> Problem:
    return Problem(at, "expansion_invalid", message, _REMEDY)


def _inline(
    at: str, data: list[object], folder: Path, names: Vocabulary
) -> tuple[list[Row], list[Problem]]:
    rows: list[Row] = []
    problems = []
    for number, one in enumerate(data, start=1):
        where = f"{at} 第 {number} 项"
        if isinstance(one, dict) and "table" in one:
            more, wrong = _table(where, folder / TABLES / str(one["table"]))
            common = {str(k): _text(v) for k, v in one.items() if k not in ("table", KEY)}
            before = f"{one[KEY]}/" if KEY in one else ""
            rows += [{**common, **row, KEY: before + row[KEY]} for row in more]
            problems += wrong
        elif isinstance(one, dict) and one.get("dictionaries") == "all":
            left_out = _text(one.get("except", "")).split()
            rows += [row for row in _dictionaries(names) if row[KEY] not in left_out]
        elif isinstance(one, dict) and _text(one.get(KEY)):
            rows.append({str(k): _text(v) for k, v in one.items()})
        else:
            problems.append(_bad(where, "应为含 key 或 table 的键值结构"))
    return rows, problems


def _text(value: object) -> str:
    if isinstance(value, list):
        return " ".join(str(v) for v in value)
    return "" if value is None else str(value)


def _table(at: str, path: Path) -> tuple[list[Row], list[Problem]]:
    try:
        text = read_text(path, "补上 rules/quality/tables 中的表（UTF-8 CSV）")
    except InputError as error:
        return [], list(error.problems)
    lines = list(csv.reader(io.StringIO(text)))
    if not lines or lines[0][:1] != [KEY]:
        return [], [_bad(f"{at} {path.name}", f"首列表头应为 {KEY}")]
    header = lines[0]
    problems = [
        _bad(f"{at} {path.name} 第 {number} 行", f"应有 {len(header)} 列，且 key 不为空")
        for number, line in enumerate(lines[1:], start=2)
        if len(line) != len(header) or not line[0]
    ]
    if problems:
        return [], problems
    return [dict(zip(header, line, strict=True)) for line in lines[1:]], []


def _fields(at: str, given: list[object], names: Vocabulary) -> tuple[list[Row], list[Problem]]:
    problems = [_bad(at, f"没有字段 {f}") for f in given if f not in names.fields]
    return [] if problems else [_field_row(str(f), names) for f in given], problems


def _field_row(field: str, names: Vocabulary) -> Row:
    return {KEY: field, "field": field, "name": names.fields.name(field)}


def _dictionaries(names: Vocabulary) -> list[Row]:
    return [
        {**_field_row(field, names), "dictionary": dictionary}
        for field, dictionary in names.fields.with_dictionary().items()
    ]


def filled_in(data: object, row: Row) -> object:
    """Return a piece of a rule with the parameters of a row put in for ``{column}``.

    A condition that has nothing to ask since its parameter is empty in this row is left out of the
    list it stands in; what is left out altogether comes back as `GONE`.
    """
    if isinstance(data, str):
        return put_in(data, row)
    if isinstance(data, list):
        inner = [filled_in(one, row) for one in data]
        return [one for one in inner if one is not GONE]
    if isinstance(data, dict):
        return _filled_mapping(data, row)
    return data


def put_in(text: str, row: Row) -> str:
    """Return text with the parameters of a row; names that are no column stay as they are."""
    return PLACEHOLDER.sub(lambda m: row.get(m[1], m[0]), text)


def _filled_mapping(data: Mapping[object, object], row: Row) -> object:
    found: dict[str, object] = {}
    bounds = 0
    lost_bounds = 0
    for key, value in data.items():
        name = put_in(str(key), row)
        after = filled_in(value, row)
        emptied = after is GONE or (after in ("", []) and after != value)
        bounds += name in _BOUNDS
        if not emptied:
            found[name] = after
        elif name in _BOUNDS:
            lost_bounds += 1
        elif name == "when" or name in _OPTIONAL:
            continue
        else:
            return GONE
    return GONE if lost_bounds and lost_bounds == bounds else found


def names_left(texts: Sequence[str]) -> frozenset[str]:
    """Return the names in braces that are still in texts."""
    return frozenset(m[1] for text in texts for m in PLACEHOLDER.finditer(text))
