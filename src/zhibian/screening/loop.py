"""The closed loop of a work list (闭环): assign, mend, recheck, due date, from list to list.

A work list is a workbook in which people fill in what they did. The next run takes the former
workbook and carries over what they wrote, so that one suspicion is worked at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook

from zhibian.problems import InputError, Problem

Key = tuple[str, str, str, str]


class State(StrEnum):
    """State of an item (处理状态)."""

    OPEN = "待指派"
    ASSIGNED = "已指派"
    MENDED = "已整改"
    PASSED = "复核通过"
    RETURNED = "复核退回"
    CLOSED = "无需整改"
    REOPENED = "再次出现"


#: Columns that people fill in.
FILLED_IN: tuple[str, ...] = ("状态", "责任人", "整改说明", "复核人", "复核结果", "时限")
#: Columns that say which item a row is about.
KEY: tuple[str, ...] = ("病例标识", "疑点类型", "编码", "名称")
SHEET = "工作清单"
_REMEDY = "用本程序写出的工作簿，保留“工作清单”表的表头"


@dataclass(frozen=True, slots=True)
class Progress:
    """What people did about one item (处理进展)."""

    state: State
    person: str
    mended: str
    checker: str
    result: str
    due: date | None

    def carried(self) -> Progress:
        """Return the progress with which the item stands in the next list.

        What was mended and passed and is found again is open again.
        """
        again = self.state is State.PASSED
        return Progress(
            State.REOPENED if again else self.state,
            self.person,
            self.mended,
            self.checker,
            self.result,
            None if again else self.due,
        )


def read_progress(path: Path) -> Mapping[Key, Progress]:
    """Return what people wrote into a work list, by item.

    Raises
    ------
    InputError
        The file is no workbook of this program, or a state is none of those that there are.
    """
    try:
        book = CalamineWorkbook.from_path(path)
        sheets = [name for name in book.sheet_names if name.split("_")[0] == SHEET]
        tables = [book.get_sheet_by_name(name).to_python() for name in sheets]
    except (CalamineError, OSError):
        raise _refused(path, "workbook_unreadable", "工作簿不能读取") from None
    found: dict[Key, Progress] = {}
    problems: list[Problem] = []
    for name, table in zip(sheets, tables, strict=True):
        header = next((n for n, row in enumerate(table) if set(KEY) <= set(map(str, row))), None)
        if header is None:
            continue
        titles = [str(cell) for cell in table[header]]
        missing = [title for title in FILLED_IN if title not in titles]
        problems += [
            Problem(f"{name} 表", "column_missing", f"缺少列 {title}", _REMEDY) for title in missing
        ]
        if not missing:
            for number, row in _rows(table, header):
                cells = dict(zip(titles, row, strict=False))
                key, progress = _read(cells)
                if progress is None:
                    where = f"{name} 表第 {number} 行，状态列"
                    known = "、".join(state.value for state in State)
                    problems.append(
                        Problem(where, "state_unknown", "状态不在取值中", f"改为：{known}")
                    )
                else:
                    found[key] = progress
    if not sheets or (not found and not problems):
        raise _refused(path, "no_work_list", "没有工作清单")
    if problems:
        raise InputError(path.name, problems)
    return found


def _rows(table: Sequence[Sequence[object]], header: int) -> Iterator[tuple[int, Sequence[object]]]:
    """Return the rows below a header with their numbers in the sheet."""
    yield from enumerate(table[header + 1 :], start=header + 2)


def _read(cells: Mapping[str, object]) -> tuple[Key, Progress | None]:
    case, suspicion, code, name = (_text(cells[title]) for title in KEY)
    try:
        state = State(_text(cells["状态"]) or State.OPEN.value)
    except ValueError:
        return (case, suspicion, code, name), None
    due = cells["时限"]
    return (case, suspicion, code, name), Progress(
        state,
        _text(cells["责任人"]),
        _text(cells["整改说明"]),
        _text(cells["复核人"]),
        _text(cells["复核结果"]),
        due.date() if isinstance(due, datetime) else due if isinstance(due, date) else None,
    )


def _text(cell: object) -> str:
    return str(cell).strip() if cell is not None else ""


def _refused(path: Path, code: str, message: str) -> InputError:
    return InputError(path.name, [Problem(path.name, code, message, _REMEDY)])
