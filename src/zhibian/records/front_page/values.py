"""Numbers and times out of the text cells of a page table (取值): null where there is none.

A page table keeps text. These expressions give what the text says, so that every user of it reads
a time or a number the same way.
"""

from __future__ import annotations

import polars as pl

_DAY = 10
_TO_THE_MINUTE = 16
_NUMBER = r"^[+-]?([0-9]{1,15}(\.[0-9]*)?|\.[0-9]+)$"


def number(cell: pl.Expr) -> pl.Expr:
    """Return a number as Float64.

    Parameters
    ----------
    cell
        Text of a ``whole`` or ``decimal`` field.
    """
    return pl.when(cell.str.contains(_NUMBER)).then(cell).cast(pl.Float64, strict=False)


def whole(cell: pl.Expr) -> pl.Expr:
    """Return a whole number as Int64; a fraction is cut off."""
    return number(cell).cast(pl.Int64, strict=False)


def instant(cell: pl.Expr) -> pl.Expr:
    """Return a time as Datetime; a day alone is its midnight.

    Parameters
    ----------
    cell
        Text of a ``date`` or ``time`` field: ``2025-03-02``, ``2025-03-02 09:10`` or with seconds.
    """
    length = cell.str.len_chars()
    filled = (
        pl.when(length == _DAY)
        .then(cell + " 00:00:00")
        .when(length == _TO_THE_MINUTE)
        .then(cell + ":00")
        .otherwise(cell)
    )
    return filled.str.to_datetime("%Y-%m-%d %H:%M:%S", strict=False)


def day(cell: pl.Expr) -> pl.Expr:
    """Return the day of a time as Date."""
    return cell.str.head(_DAY).str.to_date("%Y-%m-%d", strict=False)
