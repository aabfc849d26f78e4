"""Cells made regular and checked (单元格规整与核对): one meaning for every layout.

A cell that can be read is written one way: days as 2025-03-02, times as 2025-03-02 09:10, numbers
without thousands separators, full-width digits as plain ones. A cell that can't be read is blank
and told. Whether a readable value is allowed is not judged here: that is a matter of rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import polars as pl
import pyarrow as pa

from zhibian.records.front_page.catalogue import Field, Kind
from zhibian.records.front_page.types import BadCell

#: How interfaces write an empty cell (空值).
BLANKS = ("", "-", "--", "—", "——", "－")
_WIDE = "０１２３４５６７８９ＡＢＣＤＥＦＧＨＩＪＫＬＭＮＯＰＱＲＳＴＵＶＷＸＹＺ"
_WIDE += "ａｂｃｄｅｆｇｈｉｊｋｌｍｎｏｐｑｒｓｔｕｖｗｘｙｚ．－：＋／"
_PLAIN = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz.-:+/"
_REGULAR_TIME = r"^\d{4}-\d{2}-\d{2}( \d{2}:\d{2}(:\d{2})?)?$"
_WRITTEN_TIME = (
    r"^(?<y>\d{4})[-/.年](?<m>\d{1,2})[-/.月](?<d>\d{1,2})日?"
    r"(?:[ T]*(?<h>\d{1,2})[:时](?<i>\d{1,2})(?:[:分](?<s>\d{1,2})?秒?(?:\.\d+)?)?)?$"
)
_DIGITS_TIME = (
    r"^(?<y>\d{4})(?<m>\d{2})(?<d>\d{2})(?:[ T]?(?<h>\d{2}):?(?<i>\d{2}):?(?<s>\d{2})?)?$"
)
_MIDNIGHT = r" 00:00(:00)?$"
_THOUSANDS = r"^[+-]?\d{1,3}(,\d{3})+(\.\d+)?$"
_WHOLE = r"^[+-]?\d{1,12}(\.0+)?$"
_DECIMAL = r"^[+-]?(\d{1,15}(\.\d*)?|\.\d+)$"
_DAMAGED_CODE = r"^[+-]?\d(\.\d+)?[eE][+-]?\d+$"
# A ward may be called 2E1; a long number that a spreadsheet has taken has the sign.
_DAMAGED_TEXT = r"^\d(\.\d+)?E\+\d+$"
_SHEET_ERROR = r"^#(N/A|REF!|VALUE!|NAME\?|DIV/0!|NULL!|NUM!)$"


class _Refusal(NamedTuple):
    code: str
    message: str
    remedy: str


_REFUSALS: Mapping[Kind, _Refusal] = {
    Kind.DATE: _Refusal("date_invalid", "不是有效日期", "填写日期，如 2025-03-02"),
    Kind.TIME: _Refusal("time_invalid", "不是有效日期时间", "填写日期时间，如 2025-03-02 09:10"),
    Kind.WHOLE: _Refusal("whole_invalid", "不是整数", "填写整数，不带单位；没有则留空或填 -"),
    Kind.DECIMAL: _Refusal("number_invalid", "不是数字", "填写数字，不带单位；没有则留空或填 -"),
}
_DAMAGED = _Refusal(
    "scientific_notation",
    "被表格软件改成科学计数，已不是原来的内容",
    "在源表把该列设为文本格式后重新导出",
)
_SHEET_REFUSAL = _Refusal("sheet_error", "是表格软件的错误值", "在源表改正公式或填写内容")


class Slot(NamedTuple):
    """Where the cells of a field come from.

    Attributes
    ----------
    column
        Name of the column in the frame.
    source
        Name of the column as the source spells it.
    field
        The field.
    """

    column: str
    source: str
    field: Field


def blanked(cell: pl.Expr) -> pl.Expr:
    """Return a cell without surrounding blanks, null where nothing is filed."""
    bare = cell.str.strip_chars()
    return pl.when(~bare.is_in(BLANKS)).then(bare)


def regular(cell: pl.Expr, kind: Kind) -> pl.Expr:
    """Return a cell written the one way; what can't be read stays as it is.

    Parameters
    ----------
    cell
        Text without surrounding blanks.
    kind
        What it should hold.
    """
    if kind is Kind.TEXT:
        return cell
    plain = _plain_digits(cell)
    if kind in {Kind.DATE, Kind.TIME}:
        return _time(plain)
    if kind is Kind.CHOICE:
        return plain.str.replace(r"^(\d+)\.0$", "$1")
    if kind is Kind.CODE:
        return plain
    number = (
        pl.when(plain.str.contains(_THOUSANDS))
        .then(plain.str.replace_all(",", ""))
        .otherwise(plain)
    )
    return number.str.replace(r"\.0+$", "") if kind is Kind.WHOLE else number


def readable(cell: pl.Expr, kind: Kind) -> pl.Expr:
    """Return whether a regular cell holds what it should; null for a blank one."""
    sound = ~cell.str.contains(_SHEET_ERROR)
    if kind in {Kind.DATE, Kind.TIME}:
        exists = sound & cell.str.contains(_REGULAR_TIME) & _exists(cell)
        return pl.when(cell.is_not_null()).then(exists)
    if kind is Kind.WHOLE:
        return sound & cell.str.contains(_WHOLE)
    if kind is Kind.DECIMAL:
        return sound & cell.str.contains(_DECIMAL)
    if kind is Kind.CODE:
        return sound & ~cell.str.contains(_DAMAGED_CODE)
    return sound & ~cell.str.contains(_DAMAGED_TEXT)


def refusal(kind: Kind, value: str) -> tuple[str, str, str]:
    """Return code, message and remedy for a cell that can't be read."""
    if value.startswith("#"):
        return _SHEET_REFUSAL
    return _REFUSALS.get(kind, _DAMAGED)


def read_cells(
    frame: pl.DataFrame, numbers: pl.Series, slots: Iterable[Slot]
) -> tuple[pl.DataFrame, list[BadCell]]:
    """Return single cells regular, those that can't be read blank and told.

    Parameters
    ----------
    frame
        Columns of text.
    numbers
        Row numbers in the source.
    slots
        The columns to read; others are left out.
    """
    wanted = list(slots)
    written_in = [s for s in wanted if frame[s.column].null_count() < len(frame)]
    bare = pl.DataFrame([frame[slot.column] for slot in wanted]).with_columns(
        blanked(pl.col(slot.column)) for slot in written_in
    )
    filled = [slot for slot in wanted if bare[slot.column].null_count() < len(bare)]
    # Most columns are regular as they are, and telling so is cheaper than making them so.
    asked = bare.select(_irregular(pl.col(slot.column), slot.field.kind) for slot in filled)
    written = bare.with_columns(
        regular(pl.col(slot.column), slot.field.kind)
        for slot in filled
        if asked[slot.column].item()
    )
    wrong = written.select(
        ~readable(pl.col(slot.column), slot.field.kind).fill_null(value=True) for slot in filled
    )
    broken = [slot for slot in filled if wrong[slot.column].any()]
    bad = [
        _bad_cell(numbers[at], slot, str(bare[slot.column][at]))
        for slot in broken
        for at in wrong[slot.column].arg_true()
    ]
    kept = written.with_columns(
        pl.when(~wrong[slot.column]).then(pl.col(slot.column)) for slot in broken
    )
    return kept, bad


def _irregular(cell: pl.Expr, kind: Kind) -> pl.Expr:
    """Return whether a column has a cell that :func:`regular` may change."""
    if kind is Kind.TEXT:
        return pl.lit(value=False).alias(cell.meta.output_name())
    if kind in {Kind.DATE, Kind.TIME}:
        change = ~cell.str.contains(_REGULAR_TIME) | cell.str.contains(_MIDNIGHT)
    elif kind is Kind.WHOLE:
        change = ~cell.str.contains(r"^[+-]?[0-9]+$")
    elif kind is Kind.DECIMAL:
        change = ~cell.str.contains(r"^[+-]?[0-9]+(\.[0-9]+)?$")
    else:
        change = (cell.str.len_bytes() != cell.str.len_chars()) | cell.str.ends_with(".0")
    return change.any()


def read_lists(
    frame: pl.DataFrame, numbers: pl.Series, slots: Iterable[Slot]
) -> tuple[pl.DataFrame, list[BadCell]]:
    """Return lists of cells regular, members that can't be read null and told.

    Parameters
    ----------
    frame
        Columns of lists of text; null members are blank.
    numbers, slots
        As for :func:`read_cells`.
    """
    columns: list[pl.Series] = []
    bad: list[BadCell] = []
    for slot in slots:
        lists = frame[slot.column].fill_null([])
        lengths = lists.list.len()
        flat = lists.filter(lengths > 0).explode().alias(slot.column).to_frame()
        owners = pl.DataFrame({"row": numbers, "n": lengths}).filter(pl.col("n") > 0)
        rows = owners.select(pl.col("row").repeat_by("n").explode()).to_series()
        read, found = read_cells(flat, rows, [slot])
        bad += found
        columns.append(_relisted(read[slot.column], lengths).alias(slot.column))
    return pl.DataFrame(columns), bad


def _relisted(members: pl.Series, lengths: pl.Series) -> pl.Series:
    """Return members that lie end to end as lists of these lengths."""
    ends = lengths.cast(pl.Int64).cum_sum()
    offsets = pl.concat([pl.Series([0], dtype=pl.Int64), ends])
    lists = pa.LargeListArray.from_arrays(offsets.to_arrow(), members.to_arrow())
    return pl.Series(pl.from_arrow(lists), dtype=pl.List(pl.String))


def _bad_cell(row: int, slot: Slot, value: str) -> BadCell:
    code, message, remedy = refusal(slot.field.kind, value)
    return BadCell(row, slot.source, slot.field.id, code, message, remedy, value)


def _plain_digits(cell: pl.Expr) -> pl.Expr:
    return cell.str.replace_many(list(_WIDE), list(_PLAIN))


def _time(cell: pl.Expr) -> pl.Expr:
    """Return a day or time as it is written everywhere after reading."""
    parts = pl.coalesce(
        _assembled(cell.str.extract_groups(_WRITTEN_TIME)),
        _assembled(cell.str.extract_groups(_DIGITS_TIME)),
    )
    regular = (
        pl.when(cell.str.contains(_REGULAR_TIME)).then(cell).otherwise(pl.coalesce(parts, cell))
    )
    return regular.str.replace(_MIDNIGHT, "")


def _assembled(parts: pl.Expr) -> pl.Expr:
    def two(name: str) -> pl.Expr:
        return parts.struct.field(name).str.zfill(2)

    date = pl.concat_str(parts.struct.field("y"), two("m"), two("d"), separator="-")
    clock = pl.concat_str(two("h"), two("i"), separator=":")
    seconds = pl.concat_str(pl.lit(":"), two("s"))
    minutes = date + " " + clock
    return pl.coalesce(minutes + seconds, minutes, date)


def _exists(cell: pl.Expr) -> pl.Expr:
    """Return whether a regular day or time is one of the calendar and the clock."""
    day = cell.str.head(10).str.to_date("%Y-%m-%d", strict=False)
    clock = cell.str.slice(11, 5).str.contains(r"^([01]\d|2[0-3]):[0-5]\d$|^$")
    seconds = cell.str.slice(16, 3).str.contains(r"^:[0-5]\d$|^$")
    return (
        day.is_not_null()
        & day.dt.year().is_between(1850, 2200).fill_null(value=False)
        & clock
        & seconds
    )
