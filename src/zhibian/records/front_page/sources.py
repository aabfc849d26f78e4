"""What every source of rows has in common (表格来源): a header, and rows of text cells by chunk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import polars as pl

from zhibian.problems import Problem
from zhibian.records.front_page.catalogue import Kind
from zhibian.records.front_page.types import BadCell

ROW_BAD_REMEDY = "核对该行的引号与分隔符，改正后重新导出；其余各行不受影响"


class Rows(NamedTuple):
    """Some rows of a source.

    Attributes
    ----------
    cells
        Text, null where empty; one column for each column of the header, named by its position.
    numbers
        Number of each row in the source, the header being row 1.
    bad
        Rows left out, and cells that the source has in a form that loses what was filed.
    """

    cells: pl.DataFrame
    numbers: pl.Series
    bad: list[BadCell]


@dataclass(frozen=True, slots=True)
class Column:
    """What is known of one column before it is read (列的用途).

    Attributes
    ----------
    kind
        What its cells should hold; None for a column that no field takes.
    field
        The field, empty for none.
    keys
        Values of its dictionary.
    """

    kind: Kind | None
    field: str = ""
    keys: frozenset[str] = frozenset()


class Source(Protocol):
    """A table in a file."""

    @property
    def header(self) -> Sequence[str]:
        """Return the names of the columns as the source spells them."""

    @property
    def encoding(self) -> str:
        """Return the encoding, empty where the format has its own."""

    def read(self, columns: Sequence[Column], size: int) -> Iterator[Rows]:
        """Yield the rows.

        Parameters
        ----------
        columns
            What each column of the header holds.
        size
            Rows a chunk, about.
        """


def position(at: int) -> str:
    """Return the name of a column by its position in the header, from 0."""
    return f"c{at}"


def empty_file(name: str) -> Problem:
    """Return the problem of a file without content."""
    return Problem(name, "file_empty", "文件为空", "检查导出是否完成")


def unreadable(name: str) -> Problem:
    """Return the problem of a file that can't be opened."""
    remedy = "检查权限，以及内容是否与扩展名相符（改了扩展名的 CSV 不是工作簿）"
    return Problem(name, "unreadable", "文件不能读取", remedy)
