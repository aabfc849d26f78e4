"""Grouping a table (整表分组): every input column is kept, the result is added, bad rows go on."""

from __future__ import annotations

import codecs
import csv
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, TextIO

from zhibian.grouping.codebook import CodeBook
from zhibian.grouping.compare import Comparison
from zhibian.grouping.convert import conversions_text, convert_case, group_converted
from zhibian.grouping.engine import group
from zhibian.grouping.layout import Layout
from zhibian.grouping.pack import RulePack
from zhibian.grouping.reasons import Reason
from zhibian.grouping.types import Grouping, GroupingInput, Status
from zhibian.problems import InputError, Problem
from zhibian.terminology.crosswalk import FiledSet

ADDED = ("status", "mdc", "adrg", "drg", "reason")
ADDED_AGAINST = ("against_status", "against_drg", "difference")
ADDED_CONVERTED = ("conversions",)
_CHUNK = 1 << 20
_ENCODINGS = ("utf-8-sig", "gb18030")
_LAST_OF_TWO_BYTES = "\u07ff"


class TableFile(NamedTuple):
    """A table that can be decoded.

    Attributes
    ----------
    path
        Where it is.
    encoding
        ``utf-8-sig`` (UTF-8 with or without mark) or ``gb18030``.
    lines
        Number of line ends, for progress.
    """

    path: Path
    encoding: str
    lines: int


@dataclass(slots=True)
class TableReport:
    """What became of a table.

    Attributes
    ----------
    rows
        Number of data rows.
    statuses, reasons
        Rows by status and by reason of having no group.
    problems
        Everything wrong with single rows; the field names row and column.
    differences
        Rows that a second scheme groups differently, by reason.
    """

    rows: int = 0
    statuses: Counter[Status] = field(default_factory=Counter)
    reasons: Counter[Reason] = field(default_factory=Counter)
    problems: list[Problem] = field(default_factory=list)
    differences: Counter[str] = field(default_factory=Counter)


def open_table(path: Path) -> TableFile:
    """Find out how a table is encoded.

    Raises
    ------
    InputError
        The file can't be read, is empty, or is neither UTF-8 nor GB18030.
    """
    try:
        if path.stat().st_size == 0:
            raise InputError(
                path.name, [Problem(path.name, "empty_file", "文件为空", "换用有内容的表格")]
            )
        for encoding in _ENCODINGS:
            lines = _decodes(path, encoding)
            if lines is not None:
                return TableFile(path, encoding, lines)
    except OSError:
        raise InputError(
            path.name, [Problem(path.name, "unreadable", "文件不能读取", "检查路径与权限")]
        ) from None
    raise InputError(
        path.name,
        [Problem(path.name, "encoding", "不是 UTF-8 或 GB18030 文本", "另存为 UTF-8 的 CSV")],
    )


def _decodes(path: Path, encoding: str) -> int | None:
    """Return the number of line ends, None when the bytes are not of this encoding."""
    decoder = codecs.getincrementaldecoder(encoding)()
    lines = 0
    two_bytes = wider = marked = False
    with path.open("rb") as handle:
        try:
            while chunk := handle.read(_CHUNK):
                marked = marked or (lines == 0 and chunk.startswith(codecs.BOM_UTF8))
                text = decoder.decode(chunk)
                lines += text.count("\n")
                if not wider and not text.isascii():
                    wider = max(text) > _LAST_OF_TWO_BYTES
                    two_bytes = True
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return None
    # Every Chinese character takes three bytes in UTF-8. Two-byte characters alone are a short
    # GB18030 table that happens to be valid UTF-8, such as one whose only word is the sex.
    mistaken = encoding == "utf-8-sig" and two_bytes and not wider and not marked
    return None if mistaken else lines


def group_table(
    table: TableFile,
    output: Path,
    pack: RulePack,
    layout: Layout,
    *,
    codebook: CodeBook | None = None,
    comparison: Comparison | None = None,
    filed: FiledSet | None = None,
    progress: Callable[[], object] = lambda: None,
) -> TableReport:
    """Group every row of a table.

    Parameters
    ----------
    table
        The input, from :func:`open_table`.
    output
        CSV to write (UTF-8, comma, LF): all input columns, then ``status, mdc, adrg, drg,
        reason``. Input columns of these names are kept as ``status_input`` and so on.
    pack
        The scheme.
    layout
        Where the input columns are.
    codebook
        Code sets; with them unknown codes make a row invalid.
    comparison
        A second scheme: adds ``against_status, against_drg, difference``.
    filed
        The code set of the table when it is not the NHSA one: codes are converted first, and the
        column ``conversions`` tells what became of them.
    progress
        Called after each row.

    Returns
    -------
    TableReport
        Counts, and the problems of single rows.

    Raises
    ------
    InputError
        Columns are missing or the output can't be written; nothing is grouped then.
    """
    report = TableReport()
    part = output.with_name(output.name + ".part")
    with table.path.open(encoding=table.encoding, newline="") as source:
        reader = csv.reader(source)
        header = _header(table.path.name, reader, layout)
        added = ADDED + (ADDED_AGAINST if comparison else ()) + (ADDED_CONVERTED if filed else ())
        grouper = _RowGrouper(pack, layout, codebook, comparison, report, filed)
        try:
            with part.open("w", encoding="utf-8", newline="") as target:
                _write(target, header, added, _rows(reader), grouper, progress)
            part.replace(output)
        except OSError:
            problem = Problem(output.name, "unwritable", "结果不能写入", "检查输出路径与权限")
            raise InputError(output.name, [problem]) from None
    return report


class _Broken(NamedTuple):
    """A row that the CSV reader refused."""

    cells: list[str]


def _rows(reader: Iterator[list[str]]) -> Iterator[list[str] | _Broken]:
    while True:
        try:
            yield next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield _Broken([])


def _header(name: str, reader: Iterator[list[str]], layout: Layout) -> list[str]:
    try:
        header = [cell.strip() for cell in next(reader, [])]
    except csv.Error:
        header = []
    problems = [
        Problem(
            column, "column_missing", f"缺少列 {column}", f"表头须有 {','.join(layout.columns)}"
        )
        for column in layout.columns
        if column not in header
    ]
    problems += [
        Problem(column, "column_repeated", f"列 {column} 出现多次", "只保留一列")
        for column, times in Counter(header).items()
        if times > 1 and column in layout.columns
    ]
    if problems:
        raise InputError(name, problems)
    return header


def _write(
    target: TextIO,
    header: list[str],
    added: tuple[str, ...],
    rows: Iterator[list[str] | _Broken],
    grouper: _RowGrouper,
    progress: Callable[[], object],
) -> None:
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow([*_renamed(header, added), *added])
    for number, row in enumerate(rows, start=2):
        cells = row.cells if isinstance(row, _Broken) else row
        if not cells and not isinstance(row, _Broken):
            continue
        kept = [*cells[: len(header)], *[""] * (len(header) - len(cells))]
        whole = not isinstance(row, _Broken) and len(cells) == len(header)
        result = grouper.group(number, dict(zip(header, kept, strict=True)) if whole else None)
        writer.writerow([*kept, *result])
        progress()


def _renamed(header: list[str], added: tuple[str, ...]) -> list[str]:
    """Return the input columns, those that clash with an added one renamed ``<name>_input``."""
    taken = {*header, *added}
    names = []
    for column in header:
        name = column
        if column in added:
            name = f"{column}_input"
            while name in taken:
                name += "_"
            taken.add(name)
        names.append(name)
    return names


class _RowGrouper:
    """Groups one row after another and keeps the counts."""

    def __init__(
        self,
        pack: RulePack,
        layout: Layout,
        codebook: CodeBook | None,
        comparison: Comparison | None,
        report: TableReport,
        filed: FiledSet | None,
    ) -> None:
        self._filed = filed
        self._pack = pack
        self._layout = layout
        self._codebook = codebook
        self._comparison = comparison
        self._report = report

    def group(self, number: int, cells: Mapping[str, str] | None) -> list[str]:
        """Return the cells that are added to a row."""
        self._report.rows += 1
        if cells is None:
            problem = Problem("", "row_broken", "列数与表头不符或引号不成对", "修正该行后重新分组")
            return self._refused(number, [problem]) + ([""] if self._filed else [])
        case, problems = self._layout.read(cells)
        if self._filed is None:
            result = group(case, self._pack, self._codebook, trace=False)
        else:
            result = group_converted(case, self._filed, self._pack, self._codebook, trace=False)
        if problems or result.status is Status.INVALID:
            # A cell that is no number was told already, so it is not told again as missing.
            told = {p.field for p in problems}
            columns = self._layout.column_of
            for p in result.problems:
                column = columns.get(p.field.split(".")[0], p.field.split(".")[0])
                if column not in told or not p.code.endswith("_missing"):
                    problems.append(
                        Problem(column, p.code, p.message, p.remedy, p.value, p.severity)
                    )
            reason = result.reason if result.reason and not told else Reason.INPUT_INVALID
            return self._refused(number, problems, reason) + self._converted(result)
        self._report.statuses[result.status] += 1
        if result.reason:
            self._report.reasons[result.reason] += 1
        return _cells(result) + self._against(case, result) + self._converted(result)

    def _refused(
        self, number: int, problems: list[Problem], reason: Reason = Reason.INPUT_INVALID
    ) -> list[str]:
        self._report.statuses[Status.INVALID] += 1
        self._report.reasons[reason] += 1
        for p in problems:
            where = f"第 {number} 行" + (f"，{p.field} 列" if p.field else "")
            self._report.problems.append(
                Problem(where, p.code, p.message, p.remedy, p.value, p.severity)
            )
        said = "；".join(f"{p.field}：{p.message}" if p.field else p.message for p in problems)
        added = [Status.INVALID.chinese, "", "", "", f"{reason.value} {said}"]
        return added + ([""] * len(ADDED_AGAINST) if self._comparison else [])

    def _converted(self, result: Grouping) -> list[str]:
        return [conversions_text(result.conversions)] if self._filed else []

    def _against(self, case: GroupingInput, result: Grouping) -> list[str]:
        if self._comparison is None:
            return []
        if self._filed is not None:
            case = convert_case(case, self._filed).case
        other = group(case, self._comparison.second, self._codebook, trace=False)
        reason = self._comparison.reason(case, result, other, self._codebook)
        if reason:
            self._report.differences[reason] += 1
        return [other.status.chinese, other.drg, reason]


def _cells(result: Grouping) -> list[str]:
    reason = f"{result.reason.value} {result.reason.chinese}" if result.reason else ""
    if result.problems:
        reason += "：" + "；".join(p.message for p in result.problems)
    return [result.status.chinese, result.mdc, result.adrg, result.drg, reason]
