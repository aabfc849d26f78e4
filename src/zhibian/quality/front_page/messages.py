"""How a finding reads (问题的文字): templates of checks filled from the page they were found on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import polars as pl

from zhibian.quality.front_page.book import Check, RuleBook
from zhibian.quality.front_page.compiler import Program
from zhibian.quality.front_page.expansion import CODE, FINER, PLACE, PLACEHOLDER, names_left
from zhibian.quality.front_page.finer import finer_codes
from zhibian.quality.front_page.page_fields import CODE_FIELDS, PageFields
from zhibian.quality.front_page.prepared import Asked, Prepared, evaluated
from zhibian.quality.front_page.quantities import QUANTITIES
from zhibian.records.front_page.types import ROW, PageTable

_ORDER = "order"
_AT = "at"
_BLANK = "空"
_PRINCIPAL = "主要"
# Finer codes that a message offers at most.
_OFFERED = 5


def with_messages(
    findings: pl.DataFrame, table: PageTable, book: RuleBook, today: date | None = None
) -> pl.DataFrame:
    """Return findings with what is wrong and what to do.

    Parameters
    ----------
    findings
        Findings in the table, columns of :data:`types.FINDING_SCHEMA`.
    table
        The pages that were judged. Row numbers tell its pages apart.
    book
        The rule book that judged them.
    today
        Day on which they were judged; None for the day of the clock.

    Returns
    -------
    polars.DataFrame
        The same rows in the same order with ``message`` and ``remedy``.
    """
    asked = Asked(Program(), book, today or date.today())
    pages = Prepared(table, asked)
    numbered = findings.with_row_index(_ORDER).join(
        table.cells.select(pl.col(ROW)).with_row_index(_AT), on=ROW, how="left"
    )
    checks = {check.id: check for check in book.checks}
    parts = [
        _told(part, checks[id], pages, book.names.fields)
        for (id,), part in numbered.partition_by("check", as_dict=True).items()
    ]
    if not parts:
        return findings.with_columns(message=pl.lit(""), remedy=pl.lit(""))
    return pl.concat(parts).sort(_ORDER).drop(_ORDER, _AT)


def _told(part: pl.DataFrame, check: Check, pages: Prepared, fields: PageFields) -> pl.DataFrame:
    names = names_left([check.message, check.remedy])
    values = {name: _value(name, part, pages, fields) for name in names}
    frame = pl.DataFrame({_AT: part[_AT], **values})
    texts = {"message": _filled(check.message), "remedy": _filled(check.remedy)}
    return part.with_columns(evaluated(frame, texts))


def _value(name: str, part: pl.DataFrame, pages: Prepared, fields: PageFields) -> pl.Series:
    """Return what a name in braces stands for in each finding."""
    if name == CODE:
        return _codes(part, pages, fields)
    if name == FINER:
        return _finer(_codes(part, pages, fields), pages)
    if name == PLACE:
        return part["place"].cast(pl.String).fill_null(_PRINCIPAL)
    return _shown(_column(name, pages).gather(part[_AT]))


def _finer(codes: pl.Series, pages: Prepared) -> pl.Series:
    """Return finer diagnoses for grey ones, the first of them by code."""
    known = pages.resources.diagnoses
    offered = {
        code: "、".join(f"{e.code} {e.name}" for e in finer_codes(known, code, _OFFERED))
        for code in codes.unique()
    }
    return codes.replace_strict(offered, return_dtype=pl.String)


def _column(name: str, pages: Prepared) -> pl.Series:
    return pages.quantity(name) if name in QUANTITIES else pages.text(name)


def _shown(values: pl.Series) -> pl.Series:
    """Return values as text that a person reads: no trailing zeros, days without a time."""
    value = pl.col("value")
    if values.dtype.is_float():
        text = value.round(2).cast(pl.String).str.replace(r"\.0$", "")
    elif values.dtype == pl.Datetime:
        text = value.dt.strftime("%Y-%m-%d")
    else:
        text = value.cast(pl.String)
    return values.alias("value").to_frame().select(text.fill_null(_BLANK)).to_series()


def _codes(part: pl.DataFrame, pages: Prepared, fields: PageFields) -> pl.Series:
    """Return the code that each finding points to: that of its field, or of its entry."""
    codes = [
        _code(at, field, place, pages, fields)
        for at, field, place in part.select(_AT, "field", "place").iter_rows()
    ]
    return pl.Series("value", codes, dtype=pl.String).fill_null(_BLANK)


def _code(
    at: int, field: str, place: int | None, pages: Prepared, fields: PageFields
) -> str | None:
    column = _code_column(field, fields)
    if not column:
        return None
    found = pages.text(column)[at]
    if not isinstance(found, pl.Series):
        return None if found is None else str(found)
    return str(found[place - 1]) if place is not None and place <= len(found) else None


def _code_column(field: str, fields: PageFields) -> str:
    """Return the column that holds the code of the entry that a field is of."""
    if field in CODE_FIELDS:
        return field
    for code, domain in CODE_FIELDS.items():
        group = fields.groups["diagnoses" if domain == "diagnosis" else "procedures"]
        if code in group.principal and field in group.fields:
            return code
        if code in group.principal.values() and field in group.principal.values():
            return code
    return ""


def _filled(template: str) -> pl.Expr:
    """Return a template as an expression over columns named as its names."""
    pieces = list(_pieces(template))
    return pl.concat_str(pieces) if pieces else pl.lit("")


def _pieces(template: str) -> Iterator[pl.Expr]:
    end = 0
    for match in PLACEHOLDER.finditer(template):
        if match.start() > end:
            yield pl.lit(template[end : match.start()])
        yield pl.col(match[1])
        end = match.end()
    if end < len(template):
        yield pl.lit(template[end:])
