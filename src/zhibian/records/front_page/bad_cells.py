"""The side file of cells that can't be used (问题单元格清单): for the people who mend the source.

It is the only place where the content of a bad cell is written.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import TextIO

from zhibian.problems import InputError, Problem
from zhibian.records.front_page.types import BadCell

HEADER = ("行", "列", "字段", "问题代码", "问题", "处理", "内容")
# A spreadsheet takes a cell that begins so for a formula.
_FORMULA = ("=", "+", "-", "@", "\t")


class BadCellFile:
    """Writes bad cells as CSV that Excel opens (UTF-8 with mark).

    Parameters
    ----------
    path
        Where to; None counts only.

    Raises
    ------
    InputError
        The file can't be written.
    """

    def __init__(self, path: Path | None) -> None:
        #: How often each problem was found, by column and message.
        self.counts: Counter[tuple[str, str]] = Counter()
        self._target: TextIO | None = None
        if path is not None:
            try:
                self._target = path.open("w", encoding="utf-8-sig", newline="")
            except OSError:
                problem = Problem(path.name, "unwritable", "不能写入", "检查路径、权限与磁盘空间")
                raise InputError(path.name, [problem]) from None
            self._writer = csv.writer(self._target)
            self._writer.writerow(HEADER)

    def add(self, cells: Iterable[BadCell]) -> None:
        """Write bad cells."""
        for cell in cells:
            self.counts[cell.column or "整行", cell.message] += 1
            if self._target is not None:
                self._writer.writerow(
                    (
                        cell.row,
                        cell.column,
                        cell.field,
                        cell.code,
                        cell.message,
                        cell.remedy,
                        _harmless(cell.value),
                    )
                )

    def __enter__(self) -> BadCellFile:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._target is not None:
            self._target.close()


def _harmless(value: str) -> str:
    return f"'{value}" if value.startswith(_FORMULA) else value
