"""Tables of front pages (病案首页表): one row a stay, every cell as filed, as text.

Columns bear the field numbers of the national front-page interface (HQMS, 绩效考核 CSV): ``A12C``
sex, ``C03C`` principal diagnosis, ``D01`` total cost. Repeated groups are list columns named by
the number without its index: ``C06C``, ``C07N``, ``C08C`` hold the other diagnoses, ``C35C`` and
following the other procedures, ``A18`` the birth weights. The principal procedure keeps columns
of its own, ``C14C`` and following. A field that the interface lacks bears the name it has in the
settlement list (医保结算清单 4101), such as ``vent_used_dura``.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

#: Column that numbers the rows as the source does, its header being row 1.
ROW = "row"
#: Column of the case's own identifier (病例标识): never a name of a patient.
ID = "id"


@dataclass(frozen=True, slots=True)
class BadCell:
    """One cell that can't be used as it stands (不能采用的单元格).

    Attributes
    ----------
    row
        Number of the row in the source, the header being row 1; of a JSON list, the place from 1.
    column
        Name of the column as the source spells it.
    field
        Number of the field, such as ``B12``; empty where the column is unknown.
    code
        Stable machine-readable name, such as ``date_invalid``.
    message, remedy
        In Chinese, without the content of the cell.
    value
        The content of the cell, for the side file alone; never printed or logged.
    """

    row: int
    column: str
    field: str
    code: str
    message: str
    remedy: str
    value: str


@dataclass(frozen=True, slots=True)
class PageTable:
    """Front pages of many stays (病案首页表).

    Attributes
    ----------
    cells
        One row a page: ``row`` (Int64), ``id`` (String), then fields in the order of the catalogue.
        Scalar fields are String, null where blank. Repeated groups are List(String); lists of one
        group are of equal length in a row, null where a member is blank, without blank tails.
    absent
        Fields of the catalogue that the layout of the source has no column for. A rule that needs
        one is not judged; that differs from a blank cell.
    bad
        Cells that were set to null because they can't be read, and rows that were left out.
    """

    cells: pl.DataFrame
    absent: frozenset[str]
    bad: tuple[BadCell, ...] = ()
