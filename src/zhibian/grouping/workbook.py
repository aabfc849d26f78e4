"""Reads the official 3.0 rule workbook (官方规则工作簿) into clean rows that know where they stand.

Source of the layout: 《按病组（DRG）付费3.0版分组方案配置信息》 (医保发〔2026〕22号). Columns are
found by their header text, because revisions of the workbook shift them without an error; the
order is the fallback and is reported. Codes are text: a number in a code column is a finding,
never a code.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from python_calamine import CalamineError, CalamineWorkbook, load_workbook

from zhibian.grouping.language import fold
from zhibian.problems import InputError, Problem, Severity

SheetName = Literal["MDC", "ADRG", "DRG", "集合", "CC", "排除表"]
ColumnKind = Literal["key", "code", "name", "rule", "order"]
Cleanup = Literal[
    "escape_mark",
    "line_break",
    "zero_width",
    "no_break_space",
    "full_width_space",
    "full_width_sign",
    "blank",
    "letter_case",
    "line_continuation",
    "number_as_rule",
]
CLEANUPS: Mapping[Cleanup, str] = {
    "escape_mark": "_x000D_ 等转义字样",
    "line_break": "单元格内换行",
    "zero_width": "零宽字符",
    "no_break_space": "不换行空格",
    "full_width_space": "全角空格",
    "full_width_sign": "全角字母、数字或标点",
    "blank": "多余空格",
    "letter_case": "字母大小写",
    "line_continuation": "行末反斜杠",
    "number_as_rule": "以数字形式存储的规则",
}

_HEADER_SEARCH_ROWS = 10
_MOST_CELLS = 30_000_000


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a sheet.

    Attributes
    ----------
    name
        Our name.
    headers
        Header texts that have been seen.
    kind
        ``key`` codes of groups, sets and tables, ``code`` diagnoses and procedures, ``name``,
        ``rule``, ``order`` 排序.
    required
        Whether every row must have it.
    """

    name: str
    headers: tuple[str, ...]
    kind: ColumnKind
    required: bool = True


@dataclass(frozen=True, slots=True)
class SheetLayout:
    """How a sheet is laid out.

    Attributes
    ----------
    name
        Name of the sheet.
    header_row
        Row of the headers, from 1.
    columns
        Columns in the published order.
    """

    name: SheetName
    header_row: int
    columns: tuple[Column, ...]


LAYOUT: tuple[SheetLayout, ...] = (
    SheetLayout(
        "MDC",
        2,
        (
            Column("code", ("MDC编码",), "key"),
            Column("name", ("MDC名称",), "name", required=False),
            Column("rule", ("MDC规则",), "rule", required=False),
            Column("order", ("排序",), "order"),
        ),
    ),
    SheetLayout(
        "ADRG",
        1,
        (
            Column("code", ("ADRG编码",), "key"),
            Column("name", ("ADRG名称",), "name", required=False),
            Column("rule", ("ADRG规则",), "rule", required=False),
            Column("mdc", ("所属MDC编码",), "key"),
            Column("order", ("MDC内排序", "排序"), "order"),
        ),
    ),
    SheetLayout(
        "DRG",
        1,
        (
            Column("code", ("DRG", "DRG编码"), "key"),
            Column("name", ("DRG名称",), "name", required=False),
            Column("rule", ("DRG规则",), "rule", required=False),
            Column("adrg", ("所属ADRG编码",), "key"),
            Column("mdc", ("所属MDC编码",), "key", required=False),
            Column("order", ("排序",), "order"),
        ),
    ),
    SheetLayout(
        "集合",
        1,
        (
            Column("set", ("集合编号",), "key"),
            Column("code", ("ICD编码",), "code"),
            Column("name", ("ICD名称",), "name", required=False),
            Column("type", ("类型编号", "类型"), "name", required=False),
        ),
    ),
    SheetLayout(
        "CC",
        1,
        (
            Column("code", ("疾病编码", "ICD编码"), "code"),
            Column("name", ("疾病名称", "ICD名称"), "name", required=False),
            Column("table", ("排除表",), "key", required=False),
            Column("type", ("类型", "类型编号"), "key"),
        ),
    ),
    SheetLayout(
        "排除表",
        1,
        (
            Column("table", ("集合编号",), "key"),
            Column("code", ("ICD编码",), "code"),
            Column("name", ("ICD名称",), "name", required=False),
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One row of a sheet, cleaned.

    Attributes
    ----------
    sheet
        Name of the sheet as in the workbook.
    number
        Row in the sheet, from 1.
    cells
        Text by our column name.
    places
        Column of the sheet (letters and header) by our column name.
    """

    sheet: str
    number: int
    cells: Mapping[str, str]
    places: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells[column]

    def where(self, column: str) -> str:
        """Return sheet, row and column for a message."""
        return _where(self.sheet, self.number, self.places[column])

    def problem(
        self,
        column: str,
        code: str,
        message: str,
        remedy: str,
        *,
        severity: Severity = "error",
    ) -> Problem:
        """Return a problem of one cell, with the cell's text as its value."""
        return Problem(
            self.where(column), code, message, remedy, self.cells[column] or None, severity
        )


@dataclass(slots=True)
class Workbook:
    """What was read (工作簿内容).

    Attributes
    ----------
    sheets
        Rows by the published name of the sheet.
    cleanups
        How many cells of a sheet were cleaned of what.
    findings
        Everything wrong with cells and headers, in the order of the sheets.
    """

    sheets: dict[SheetName, list[SheetRow]] = field(default_factory=dict)
    cleanups: dict[str, Counter[Cleanup]] = field(default_factory=dict)
    findings: list[Problem] = field(default_factory=list)


def read_workbook(path: Path) -> Workbook:
    """Read the six sheets of the official workbook.

    Parameters
    ----------
    path
        The ``.xlsx`` file as published.

    Returns
    -------
    Workbook
        Rows with what was found in their cells; errors among the findings do not stop the reading.

    Raises
    ------
    InputError
        The file is no workbook, or sheets or columns are missing: all of them at once.
    """
    try:
        with load_workbook(path) as book:
            return _read(path, book)
    except (CalamineError, OSError) as wrong:
        problem = Problem(
            path.name,
            "workbook_unreadable",
            "不是可读取的 Excel 工作簿",
            "确认文件存在、未加密、下载完整；用 Excel 打开后另存为 .xlsx",
        )
        raise InputError(path.name, [problem]) from wrong


def _read(path: Path, book: CalamineWorkbook) -> Workbook:
    grids = {name: _grid(book, name) for name in book.sheet_names}
    result = Workbook()
    missing = []
    chosen = _choose(grids, result.findings)
    for layout in LAYOUT:
        name = chosen.get(layout.name)
        if name is None:
            known = "、".join(grids) or "无"
            missing.append(
                Problem(
                    f"{layout.name} 表",
                    "sheet_missing",
                    f"工作簿中没有“{layout.name}”表，现有：{known}",
                    "使用官方发布的完整工作簿，不要删除或改名工作表",
                )
            )
            continue
        reader = _SheetReader(layout, name, grids[name], result)
        missing += reader.locate()
        if not reader.incomplete:
            result.sheets[layout.name] = list(reader.rows())
    if missing:
        raise InputError(path.name, [*missing, *result.findings])
    return result


_Grid = Sequence[Sequence[object]]


def _grid(book: CalamineWorkbook, name: str) -> _Grid:
    sheet = book.get_sheet_by_name(name)
    if sheet.total_height * sheet.total_width > _MOST_CELLS:
        # A stray cell in the last column makes a sheet of billions of empty cells.
        raise CalamineError(f"sheet {name} is too large")
    return sheet.to_python(skip_empty_area=False)


def _choose(grids: Mapping[str, _Grid], findings: list[Problem]) -> dict[SheetName, str]:
    """Return the sheet of the workbook for each sheet that is wanted: by name, else by headers."""
    by_name = {"".join(_plain(n).split()).upper(): n for n in reversed(list(grids))}
    chosen = {s.name: by_name[s.name] for s in LAYOUT if s.name in by_name}
    for layout in LAYOUT:
        if layout.name in chosen:
            continue
        for name, grid in grids.items():
            if name in chosen.values():
                continue
            _, found = _header(layout, grid)
            if len(found) == len(layout.columns):
                chosen[layout.name] = name
                findings.append(
                    Problem(
                        f"{name} 表",
                        "sheet_renamed",
                        f"没有名为“{layout.name}”的表，按表头认定此表",
                        "核对此表内容是否正确",
                        severity="warning",
                    )
                )
                break
    return chosen


def _header(layout: SheetLayout, grid: _Grid) -> tuple[int, dict[str, int]]:
    """Return the row (from 0) with the most known headers, and the column of each."""
    best: tuple[int, dict[str, int]] = (layout.header_row - 1, {})
    for number, cells in enumerate(grid[:_HEADER_SEARCH_ROWS]):
        texts = ["".join(_plain(str(c)).split()).upper() for c in cells]
        found = {
            column.name: texts.index(header)
            for column in layout.columns
            for header in reversed(column.headers)
            if header in texts
        }
        if len(found) > len(best[1]):
            best = (number, found)
    return best


class _SheetReader:
    """Reads one sheet: finds its columns, then cleans its cells."""

    def __init__(self, layout: SheetLayout, name: str, grid: _Grid, result: Workbook) -> None:
        self._layout = layout
        self._name = name
        self._grid = grid
        self._result = result
        self._counts: Counter[Cleanup] = Counter()
        self._header_row = layout.header_row - 1
        self._at: dict[str, int] = {}
        self._places: dict[str, str] = {}
        self.incomplete = False

    def locate(self) -> list[Problem]:
        """Find the columns; return a problem for each that is missing."""
        columns = self._layout.columns
        self._header_row, self._at = _header(self._layout, self._grid)
        width = max((len(cells) for cells in self._grid), default=0)
        shift = self._shift()
        missing = []
        for index, column in enumerate(columns):
            if column.name in self._at:
                continue
            at = index + shift
            if at in self._at.values() or at >= width or self._is_empty(at):
                missing.append(
                    Problem(
                        _where(self._name, self._header_row + 1, f"“{column.headers[0]}”列"),
                        "column_missing",
                        f"没有“{'”或“'.join(column.headers)}”列",
                        "使用官方发布的工作簿，不要删改表头",
                    )
                )
                continue
            self._at[column.name] = at
            self._result.findings.append(
                Problem(
                    _where(self._name, self._header_row + 1, _letters(at)),
                    "header_unknown",
                    f"表头不是“{column.headers[0]}”，按列的顺序读取",
                    "核对此列内容是否正确",
                    _plain(str(self._cell(self._header_row, at))) or None,
                    "warning",
                )
            )
        self.incomplete = bool(missing)
        self._places = {
            c.name: f"{_letters(self._at[c.name])} 列（{c.headers[0]}）"
            for c in columns
            if c.name in self._at
        }
        return missing

    def _shift(self) -> int:
        """Return by how much the columns stand right of the published order."""
        index = {c.name: i for i, c in enumerate(self._layout.columns)}
        known = [(at, index[name]) for name, at in self._at.items()]
        if known:
            return max(0, min(at - i for at, i in known))
        first = (i for i, cell in enumerate(self._row(self._header_row)) if str(cell).strip())
        return next(first, 0)

    def _row(self, number: int) -> Sequence[object]:
        return self._grid[number] if number < len(self._grid) else ()

    def _cell(self, number: int, at: int) -> object:
        cells = self._row(number)
        return cells[at] if at < len(cells) else ""

    def _is_empty(self, at: int) -> bool:
        return not any(str(self._cell(n, at)).strip() for n in range(len(self._grid)))

    def rows(self) -> Iterator[SheetRow]:
        """Yield the rows below the headers that hold anything."""
        self._result.cleanups[self._name] = self._counts
        for number in range(self._header_row + 1, len(self._grid)):
            raw = {c.name: self._cell(number, self._at[c.name]) for c in self._layout.columns}
            if not any(_plain(str(v)).strip() for v in raw.values()):
                continue
            cells = {c.name: self._clean(c, raw[c.name], number) for c in self._layout.columns}
            yield SheetRow(self._name, number + 1, cells, self._places)

    def _clean(self, column: Column, value: object, number: int) -> str:
        text = value if isinstance(value, str) else self._from_number(column, value, number)
        if text is None:
            return ""
        done: set[Cleanup] = set()
        cleaned = _CLEANERS[column.kind](text, done)
        self._counts.update(done)
        if column.required and not cleaned:
            self._report(column, number, "cell_empty", "单元格为空", "按官方工作簿补全", None)
        return cleaned

    def _from_number(self, column: Column, value: object, number: int) -> str | None:
        """Return a cell that is no text as text, None when it must not be read."""
        if isinstance(value, int | float) and not isinstance(value, bool):
            if column.kind == "rule":
                self._counts["number_as_rule"] += 1
            if column.kind not in ("code", "key"):
                return f"{value:.15g}"
        if column.kind == "name":
            return str(value)
        what = "编码" if column.kind in ("code", "key") else "内容"
        self._report(
            column,
            number,
            "cell_not_text",
            f"{what}被 Excel 存成数字、日期或逻辑值，不能还原",
            "把该列设为文本格式，按官方文本重新输入（例如 45.1000），或重新下载工作簿",
            str(value),
        )
        return None

    def _report(
        self, column: Column, number: int, code: str, message: str, remedy: str, value: str | None
    ) -> None:
        where = _where(self._name, number + 1, self._places[column.name])
        self._result.findings.append(Problem(where, code, message, remedy, value))


def _where(sheet: str, row: int, column: str) -> str:
    return f"{sheet} 表第 {row} 行 {column}"


def _letters(index: int) -> str:
    """Return the letters of a column, ``A`` for 0."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


_ESCAPES = re.compile("_x00(?:0D|0A|09)_", re.IGNORECASE)
_ZERO_WIDTH = re.compile("[\u200b-\u200f\u2060\ufeff]")
_CONTINUATION = re.compile(r"\\(?=\s|$)")
# An extension is written with a small x (A00.000x001); a capital X begins a category (X60).
_CAPITAL_X = re.compile(r"(?<=[\d.])X(?=\d)")


def _plain(text: str) -> str:
    """Return text without what only spreadsheets put in; used where nothing is counted."""
    return unicodedata.normalize("NFKC", _ZERO_WIDTH.sub("", _ESCAPES.sub(" ", text)))


def _spaces(text: str, done: set[Cleanup]) -> str:
    """Return text with plain single blanks, and without zero-width characters."""
    steps: tuple[tuple[Cleanup, re.Pattern[str], str], ...] = (
        ("escape_mark", _ESCAPES, "\n"),
        ("zero_width", _ZERO_WIDTH, ""),
        ("no_break_space", re.compile("[\u00a0\u2007\u202f]"), " "),
        ("full_width_space", re.compile("\u3000"), " "),
        ("line_continuation", _CONTINUATION, " "),
    )
    escaped = False
    for kind, pattern, instead in steps:
        changed = pattern.sub(instead, text)
        if changed != text:
            done.add(kind)
            escaped = escaped or kind == "escape_mark"
        text = changed
    if not escaped and ("\n" in text or "\r" in text):
        done.add("line_break")
    plain = " ".join(text.split())
    if not done and plain != text:
        done.add("blank")
    return plain


def _half_width(text: str, done: set[Cleanup]) -> str:
    half = unicodedata.normalize("NFKC", text)
    if half != text:
        done.add("full_width_sign")
    return half


def _clean_name(text: str, done: set[Cleanup]) -> str:
    # Full-width punctuation belongs to Chinese names.
    return _spaces(text, done)


def _clean_key(text: str, done: set[Cleanup]) -> str:
    plain = _without_blanks(_half_width(_spaces(text, done), done), done)
    upper = plain.upper()
    if upper != plain:
        done.add("letter_case")
    return upper


def _clean_code(text: str, done: set[Cleanup]) -> str:
    plain = _without_blanks(_half_width(_spaces(text, done), done), done)
    small = _CAPITAL_X.sub("x", plain[:1].upper() + plain[1:])
    if small != plain:
        done.add("letter_case")
    return small


def _without_blanks(text: str, done: set[Cleanup]) -> str:
    joined = "".join(text.split())
    if joined != text:
        done.add("blank")
    return joined


def _clean_rule(text: str, done: set[Cleanup]) -> str:
    plain = _spaces(text, done)
    folded = fold(plain)
    if folded != plain:
        done.add("full_width_sign")
    return folded


def _clean_order(text: str, done: set[Cleanup]) -> str:
    return _half_width(_spaces(text, done), done)


_CLEANERS = {
    "key": _clean_key,
    "code": _clean_code,
    "name": _clean_name,
    "rule": _clean_rule,
    "order": _clean_order,
}


def order_of(row: SheetRow) -> int | None:
    """Return 排序 of a row as a number, None when it is none."""
    return int(match[1]) if (match := _ORDER.fullmatch(row["order"])) else None


_ORDER = re.compile(r"(\d{1,9})(?:\.0+)?", re.ASCII)
