"""Tables of front pages in another code set (整表编码转换): as case by case, by columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import polars as pl

from zhibian.grouping.convert import conversions_text
from zhibian.grouping.types import CodeConversion
from zhibian.terminology.crosswalk import Conversion, Crosswalk, FiledSet

_Told = Mapping[str, Conversion]


class ConvertedTable(NamedTuple):
    """A table of cases after conversion.

    Attributes
    ----------
    cases
        The cases in NHSA codes; a code without certain NHSA code stands as it was filed.
    failed
        Rows with such a code.
    conversions
        What conversion changed, flagged or failed on, as one cell a row.
    """

    cases: pl.DataFrame
    failed: pl.Series
    conversions: pl.Series


def convert_table(cases: pl.DataFrame, filed: FiledSet) -> ConvertedTable:
    """Convert the codes of many cases to the NHSA edition.

    Parameters
    ----------
    cases
        Cases with the columns of :data:`zhibian.grouping.cases.SCHEMA`.
    filed
        The edition of the codes, with its maps.
    """
    diagnoses = _converted(
        [*cases["principal"].unique(), *cases["others"].explode().unique()], filed.diagnoses
    )
    procedures = _converted(cases["procedures"].explode().unique(), filed.procedures)
    columns = (("principal", diagnoses), ("others", diagnoses), ("procedures", procedures))
    targets = [_replaced(cases[name], _targets(told)) for name, told in columns]
    failed = _any_in(cases, columns, lambda c: c.target is None)
    worth_telling = _any_in(cases, columns, lambda c: c.kind != "identical")
    cells = [""] * len(cases)
    for row in worth_telling.arg_true():
        cells[row] = conversions_text(tuple(_of_row(cases.row(row, named=True), columns)))
    return ConvertedTable(
        cases.with_columns(targets), failed, pl.Series("conversions", cells, dtype=pl.String)
    )


def _converted(codes: Iterable[str | None], crosswalk: Crosswalk) -> _Told:
    return {code: crosswalk.convert(code) for code in codes if code is not None}


def _targets(told: _Told) -> dict[str, str]:
    return {code: c.target for code, c in told.items() if c.target is not None}


def _replaced(codes: pl.Series, targets: Mapping[str, str]) -> pl.Series:
    if not targets:
        return codes
    if codes.dtype == pl.String:
        return codes.replace(targets)
    return codes.list.eval(pl.element().replace(targets))


def _any_in(
    cases: pl.DataFrame,
    columns: Sequence[tuple[str, _Told]],
    holds: Callable[[Conversion], bool],
) -> pl.Series:
    """Return the rows with a code for whose conversion something holds."""
    found = pl.Series([False] * len(cases), dtype=pl.Boolean)
    for name, told in columns:
        wanted = [code for code, conversion in told.items() if holds(conversion)]
        column = cases[name]
        within = (
            column.is_in(wanted)
            if column.dtype == pl.String
            else column.list.eval(pl.element().is_in(wanted)).list.any()
        )
        found |= within.fill_null(value=False)
    return found


def _of_row(
    row: Mapping[str, Any], columns: Sequence[tuple[str, _Told]]
) -> Iterator[CodeConversion]:
    for name, told in columns:
        if isinstance(row[name], str):
            yield CodeConversion(name, told[row[name]])
        else:
            for i, code in enumerate(row[name] or ()):
                yield CodeConversion(f"{name}.{i}", told[code])
