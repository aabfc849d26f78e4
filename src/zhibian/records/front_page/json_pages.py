"""JSON files of front pages (JSON 来源): settlement lists and cases, one or many."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any

import polars as pl

from zhibian.problems import InputError, Problem, errors
from zhibian.records.case_file import parse_yaml
from zhibian.records.case_json import Limits, case_from_mapping
from zhibian.records.front_page.assemble import TEXTS, even, identifiers
from zhibian.records.front_page.case_pages import FIELDS as CASE_FIELDS
from zhibian.records.front_page.case_pages import case_pages
from zhibian.records.front_page.catalogue import Catalogue, Field, Kind
from zhibian.records.front_page.cells import Slot, read_cells, read_lists
from zhibian.records.front_page.layouts import Layout
from zhibian.records.front_page.settlement_list import ListReader, unwrapped
from zhibian.records.front_page.settlement_list import Path as ListPath
from zhibian.records.front_page.sheet_source import CODE_IS_NUMBER, WRONG_TYPE, ZERO_LOST, Lost
from zhibian.records.front_page.sources import empty_file, unreadable
from zhibian.records.front_page.types import ROW, BadCell, PageTable
from zhibian.records.types import Case

LINES = (".jsonl", ".ndjson")
YAML = (".yaml", ".yml")
JSON_SUFFIXES = (".json", *LINES, *YAML)
_ENCODINGS = ("utf-8-sig", "gb18030")
_CASE_KEYS = ("documents", "coded_front_page")
_REMEDY = "检查该处的引号、逗号和括号，改正后重新导出；其余各条不受影响"
_UNMARKED = {
    "diseinfo": ("diseinfo[].maindiag_flag", "C03C", "主要诊断"),
    "oprninfo": ("oprninfo[].oprn_oprt_type", "C14C", "主要手术"),
}


class _Number(str):
    """A number as the file writes it: 45.10 keeps its zero."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class OpenedJson:
    """A JSON file of pages; see :class:`~zhibian.records.front_page.reader.OpenedPages`."""

    layout: Layout
    absent: frozenset[str]
    unknown: Collection[str]
    chunks: Iterator[PageTable]


@dataclass(frozen=True, slots=True)
class _Item:
    """One entry of a file: its number, and what it holds or why it can't be read."""

    number: int
    raw: object
    wrong: str = ""


def open_json(
    path: Path, catalogue: Catalogue, layout: Layout | None, rows: int, limits: Limits
) -> OpenedJson:
    """Open a file of settlement lists or of cases.

    Parameters
    ----------
    path
        ``.json``, ``.jsonl``, ``.ndjson``, ``.yaml`` or ``.yml``; UTF-8 or GB18030.
    catalogue, layout, rows, limits
        As for :func:`zhibian.records.front_page.reader.open_pages`.

    Raises
    ------
    InputError
        The file can't be read, is empty or too large, or holds neither lists nor cases.
    """
    items = _items(path, limits)
    beginning = _up_to_readable(items)
    if not beginning:
        raise InputError(path.name, [empty_file(path.name)])
    found = layout or _layout_of(beginning[-1].raw, path.name)
    chunks = _chunked(chain(beginning, items), rows)
    fields = frozenset(field.id for field in catalogue.fields)
    if found is Layout.CASE:
        tables = (_cases(chunk, catalogue, path.name, limits) for chunk in chunks)
        return OpenedJson(found, fields - frozenset(CASE_FIELDS), (), tables)
    if found is not Layout.LIST_4101:
        raise InputError(path.name, [_not_pages(path.name)])
    reader = ListReader(catalogue)
    unknown: dict[str, None] = {}
    absent = fields - frozenset(field.id for field in reader.paths)
    tables = (_lists(chunk, catalogue, reader, absent, unknown) for chunk in chunks)
    return OpenedJson(found, absent, unknown.keys(), tables)


def _not_pages(name: str) -> Problem:
    return Problem(
        name,
        "layout_unknown",
        "既不是结算清单（setlinfo），也不是病例（coded_front_page）",
        "每条清单须有 setlinfo 节点；病例须合病例 JSON 格式（zhibian schema case）",
    )


def _items(path: Path, limits: Limits) -> Iterator[_Item]:
    """Yield the entries of a file; lines are read one by one, others at once."""
    try:
        if path.suffix.lower() in LINES:
            yield from _lines(path)
            return
        if path.stat().st_size > limits.file_bytes:
            message = f"文件超过上限 {limits.file_bytes} 字节"
            problem = Problem(path.name, "file_too_large", message, "改存为每行一条的 .jsonl")
            raise InputError(path.name, [problem])
        text = _decode(path.read_bytes())
    except OSError:
        raise InputError(path.name, [unreadable(path.name)]) from None
    if text is None:
        problem = Problem(path.name, "encoding", "不是 UTF-8 或 GB18030 文本", "另存为 UTF-8")
        raise InputError(path.name, [problem])
    if not text.strip():
        return
    if path.suffix.lower() in YAML:
        raw = parse_yaml(text, path.name)
    else:
        item = _parsed(1, text)
        if item.wrong:
            raise InputError(path.name, [Problem("文件", "not_json", item.wrong, _REMEDY)])
        raw = item.raw
    entries = raw if isinstance(raw, list) else _wrapped_list(raw)
    yield from (_Item(number, entry) for number, entry in enumerate(entries, start=1))


def _lines(path: Path) -> Iterator[_Item]:
    with path.open("rb") as handle:
        for number, line in enumerate(handle, start=1):
            if line.strip():
                text = _decode(line)
                wrong = "不是 UTF-8 或 GB18030 文本"
                yield _Item(number, None, wrong) if text is None else _parsed(number, text)


def _decode(raw: bytes) -> str | None:
    for encoding in _ENCODINGS:
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def _parsed(number: int, text: str) -> _Item:
    try:
        return _Item(number, json.loads(text, parse_float=_Number, parse_int=_Number))
    except json.JSONDecodeError as bad:
        place = f"第 {bad.lineno} 行第 {bad.colno} 列起不是有效的 JSON"
        return _Item(number, None, place)
    except RecursionError:
        return _Item(number, None, "JSON 嵌套过深")


def _wrapped_list(raw: object) -> list[object]:
    """Return the entries of a file that wraps an array in an object."""
    if isinstance(raw, Mapping) and unwrapped(raw) is None:
        inner = next((raw[key] for key in ("input", "data", "output") if key in raw), None)
        if isinstance(inner, list):
            return list(inner)
    return [raw]


def _layout_of(raw: object, name: str) -> Layout:
    if unwrapped(raw) is not None:
        return Layout.LIST_4101
    if isinstance(raw, Mapping) and any(key in raw for key in _CASE_KEYS):
        return Layout.CASE
    raise InputError(name, [_not_pages(name)])


def _up_to_readable(items: Iterator[_Item]) -> list[_Item]:
    """Return the entries up to the first one that can be read."""
    beginning: list[_Item] = []
    for item in items:
        beginning.append(item)
        if not item.wrong:
            break
    return beginning


def _chunked(items: Iterator[_Item], rows: int) -> Iterator[list[_Item]]:
    while chunk := list(islice(items, rows)):
        yield chunk


def _cases(chunk: Sequence[_Item], catalogue: Catalogue, name: str, limits: Limits) -> PageTable:
    cases: list[Case] = []
    numbers: list[int] = []
    bad: list[BadCell] = []
    for item in chunk:
        if item.wrong:
            bad.append(_broken(item))
            continue
        try:
            cases.append(case_from_mapping(_plain(item.raw), name, limits).case)
            numbers.append(item.number)
        except InputError as refused:
            bad += [_case_problem(item.number, p) for p in errors(refused.problems)]
    table = case_pages(cases, catalogue)
    rows = pl.Series(ROW, numbers, dtype=pl.Int64)
    return PageTable(table.cells.with_columns(rows), table.absent, tuple(bad))


def _plain(raw: object) -> object:
    """Return JSON with numbers as numbers: the case format has its own checks of types."""
    if isinstance(raw, _Number):
        return json.loads(raw)
    if isinstance(raw, Mapping):
        return {key: _plain(value) for key, value in raw.items()}
    return [_plain(value) for value in raw] if isinstance(raw, list) else raw


def _case_problem(row: int, problem: Problem) -> BadCell:
    return BadCell(row, problem.field, "", problem.code, problem.message, problem.remedy, "")


def _broken(item: _Item) -> BadCell:
    return BadCell(item.number, "", "", "row_broken", item.wrong, _REMEDY, "")


def _lists(
    chunk: Sequence[_Item],
    catalogue: Catalogue,
    reader: ListReader,
    absent: frozenset[str],
    unknown: dict[str, None],
) -> PageTable:
    bad: list[BadCell] = []
    numbers: list[int] = []
    texts: dict[str, list[Any]] = {field.id: [] for field in reader.paths}
    teller = _Teller(catalogue, bad)
    for item in chunk:
        raw = unwrapped(item.raw)
        if raw is None:
            bad.append(_broken(item) if item.wrong else _no_list(item.number))
            continue
        entry = reader.part(raw)
        numbers.append(item.number)
        unknown.update(dict.fromkeys(sorted(entry.unknown)))
        bad += [_unmarked(item.number, node) for node in entry.unmarked]
        bad += [_no_objects(item.number, node) for node in entry.broken]
        for field, path in reader.paths.items():
            if field.is_list:
                values = entry.lists.get(field.id, ())
                texts[field.id].append(
                    [teller.text(value, item.number, field, path) for value in values]
                )
            else:
                value = entry.singles.get(field.id)
                texts[field.id].append(teller.text(value, item.number, field, path))
    rows = pl.Series(ROW, numbers, dtype=pl.Int64)
    frame = pl.DataFrame(
        [
            pl.Series(f.id, texts[f.id], dtype=TEXTS if f.is_list else pl.String)
            for f in reader.paths
        ]
    )
    slots = [Slot(field.id, path.shown, field) for field, path in reader.paths.items()]
    singles, found = read_cells(frame, rows, [s for s in slots if not s.field.is_list])
    lists, also = read_lists(frame, rows, [s for s in slots if s.field.is_list])
    columns = {name: singles[name] for name in singles.columns}
    columns |= even({name: lists[name] for name in lists.columns}, catalogue, len(rows))
    ordered = [columns[f.id].alias(f.id) for f in catalogue.fields if f.id in columns]
    cells = pl.DataFrame([rows, *ordered])
    cells.insert_column(1, identifiers(cells, None))
    told_all = sorted([*bad, *found, *also], key=lambda cell: cell.row)
    return PageTable(cells, absent, tuple(told_all))


def _no_list(number: int) -> BadCell:
    problem = _not_pages("")
    return BadCell(number, "", "", "row_broken", "没有 setlinfo 节点", problem.remedy, "")


def _unmarked(number: int, node: str) -> BadCell:
    column, field, what = _UNMARKED[node]
    return BadCell(
        number,
        column,
        field,
        "principal_unmarked",
        f"有多条而不能确定哪一条是{what}",
        f"给{what}且只给它标 1",
        "",
    )


def _no_objects(number: int, node: str) -> BadCell:
    return BadCell(
        number, node, "", "type_invalid", "节点不是对象的列表", "按 4101 接口填写该节点", ""
    )


@dataclass(frozen=True, slots=True)
class _Teller:
    """Makes text out of JSON values and tells what can't be used."""

    catalogue: Catalogue
    bad: list[BadCell]

    def text(self, value: object, row: int, field: Field, path: ListPath) -> str | None:
        if value is None or value == "":
            return None
        if isinstance(value, _Number):
            lost = self._lost(value, field)
        elif isinstance(value, str):
            return value
        else:
            lost = WRONG_TYPE
        if lost is None:
            return str(value)
        told = (lost.code, lost.message, lost.remedy)
        self.bad.append(BadCell(row, path.shown, field.id, *told, str(value)))
        return None

    def _lost(self, value: _Number, field: Field) -> Lost | None:
        if field.kind is Kind.CODE:
            return CODE_IS_NUMBER
        dictionary = self.catalogue.dictionary_of(field)
        if dictionary is None or dictionary.knows(value):
            return None
        padded = {key.lstrip("0") for key in dictionary.names if key.startswith("0")}
        return ZERO_LOST if value in padded else None
