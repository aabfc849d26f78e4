"""Many cases as arrays (病例列): codes become integers, missing numbers become NaN.

The integers are positions in a vocabulary, the codes that a pack or a code set knows. A code that
is in none of them has the position after the last: it is in no set.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from zhibian.grouping.language import NumberField
from zhibian.problems import InputError, Problem

Ids = NDArray[np.intp]
Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]

_CODE = "code"
_CODE_LIST = pl.List(pl.String)
# Columns of a table of cases: those of GroupingInput, of its types.
SCHEMA: Mapping[str, pl.DataType] = {
    "principal": pl.String(),
    "others": _CODE_LIST,
    "procedures": _CODE_LIST,
    "sex": pl.Int64(),
    "age": pl.Int64(),
    "age_days": pl.Int64(),
    "weight_g": pl.Float64(),
    "days": pl.Int64(),
    "discharge_way": pl.Int64(),
    "department": pl.String(),
    "icu_hours": pl.Float64(),
}
_NEEDED = ("principal", "others", "procedures", "sex", "age")
_NUMBERS: Mapping[NumberField, str] = {
    "NL": "age",
    "XB": "sex",
    "XSRTL": "age_days",
    "XSRTZ": "weight_g",
    "ZYTS": "days",
    "LYFS": "discharge_way",
    "ICUSC": "icu_hours",
}


class CodeLists(NamedTuple):
    """A list of codes for each case, laid end to end.

    Attributes
    ----------
    ids
        Codes of all cases as positions in the vocabulary.
    starts
        Where the list of each case begins, and where the last one ends: one longer than cases.
    """

    ids: Ids
    starts: Ids

    def of(self, rows: Ids) -> CodeLists:
        """Return the lists of some cases."""
        lengths = self.starts[rows + 1] - self.starts[rows]
        starts = _running(lengths)
        shifted = np.repeat(self.starts[rows] - starts[:-1], lengths)
        return CodeLists(self.ids[shifted + np.arange(starts[-1])], starts)

    def owners(self) -> Ids:
        """Return the number of the case that each code belongs to."""
        return np.repeat(np.arange(len(self.starts) - 1), np.diff(self.starts))


@dataclass(frozen=True, slots=True)
class Cases:
    """A table of cases as arrays of equal length.

    Attributes
    ----------
    principal
        Principal diagnosis 主要诊断 as position in the vocabulary.
    absent
        Whether there is no principal diagnosis.
    others
        Other diagnoses 其他诊断.
    operated
        Whether there is a procedure.
    first, more
        Principal procedure 主要手术操作 (the unknown position for none) and those after it.
    department
        Department 科别.
    numbers
        Number fields of the rule language as the front page has them, NaN where empty.
    placed
        Whether a department is given.
    not_a_number
        Whether a number field holds what is no number.
    """

    principal: Ids
    absent: Flags
    others: CodeLists
    operated: Flags
    first: Ids
    more: CodeLists
    department: Ids
    numbers: Mapping[NumberField, Floats]
    placed: Flags
    not_a_number: Flags

    def __len__(self) -> int:
        return len(self.principal)


class Vocabulary:
    """All codes that matter, numbered.

    Parameters
    ----------
    codes
        The codes, in any order, repeated or not.
    """

    def __init__(self, codes: Iterable[str]) -> None:
        self.codes: tuple[str, ...] = tuple(sorted(set(codes)))
        self.unknown = len(self.codes)
        # Made once: an expression keeps the list of codes as polars needs it, while a cast of a
        # series prepares all of them at every call.
        known = pl.col(_CODE).cast(pl.Enum(self.codes), strict=False).to_physical()
        self._lookup = known.cast(pl.Int64).fill_null(self.unknown)
        self._positions = {code: i for i, code in enumerate(self.codes)}

    def ids(self, columns: Sequence[pl.Series]) -> list[Ids]:
        """Return the position of every code, the unknown one for null and codes not listed.

        All columns are looked up at once, which has a fixed cost besides that of each code.
        """
        codes = pl.concat([c.cast(pl.String).alias(_CODE) for c in columns])
        found = codes.to_frame().select(self._lookup).to_series().to_numpy()
        ends = np.cumsum([len(c) for c in columns])
        return np.split(found.astype(np.intp, copy=False), ends[:-1])

    def mask(self, codes: Iterable[str]) -> Flags:
        """Return which positions are in a set of codes; one longer than the vocabulary."""
        found = np.zeros(self.unknown + 1, dtype=np.bool_)
        found[self.positions(codes)] = True
        return found

    def positions(self, codes: Iterable[str]) -> Ids:
        """Return the positions of codes that are all listed."""
        return np.fromiter(map(self._positions.__getitem__, codes), dtype=np.intp)


def read_cases(frame: pl.DataFrame, vocabulary: Vocabulary) -> Cases:
    """Return a table of cases as arrays.

    Parameters
    ----------
    frame
        Columns of :data:`SCHEMA`; ``age_days`` and those after it may be left out. Integers of any
        width will do. Null entries of a list count as absent.
    vocabulary
        Numbers the codes.

    Raises
    ------
    InputError
        Every column that is missing or of another type.
    """
    table = conform(frame)
    told = table.select(
        absent=pl.col("principal").fill_null("") == "",
        placed=pl.col("department").is_not_null(),
        wrong=(pl.col("weight_g").is_nan() | pl.col("icu_hours").is_nan()).fill_null(value=False),
        others=_length("others"),
        procedures=_length("procedures"),
        **{field: pl.col(column).cast(pl.Float64) for field, column in _NUMBERS.items()},
    )
    flat_others, other_lengths = _flat(table["others"], told["others"])
    flat_procedures, lengths = _flat(table["procedures"], told["procedures"])
    principal, others, procedures, department = vocabulary.ids(
        [table["principal"], flat_others, flat_procedures, table["department"]]
    )
    starts = _running(lengths)
    operated = lengths > 0
    leading = starts[:-1][operated]
    first = np.full(len(table), vocabulary.unknown, dtype=np.intp)
    first[operated] = procedures[leading]
    later = np.ones(len(procedures), dtype=np.bool_)
    later[leading] = False
    return Cases(
        principal,
        told["absent"].to_numpy(),
        CodeLists(others, _running(other_lengths)),
        operated,
        first,
        CodeLists(procedures[later], _running(np.maximum(lengths - 1, 0))),
        department,
        {field: told[field].to_numpy() for field in _NUMBERS},
        told["placed"].to_numpy(),
        told["wrong"].to_numpy(),
    )


def _length(column: str) -> pl.Expr:
    return pl.col(column).list.len().fill_null(0).cast(pl.Int64)


def conform(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the columns of :data:`SCHEMA`, in order and of their types.

    Raises
    ------
    InputError
        Every column that is missing or of another type.
    """
    problems = []
    columns = []
    for name, wanted in SCHEMA.items():
        if name not in frame.columns:
            if name in _NEEDED:
                problems.append(
                    Problem(name, "column_missing", f"缺少列 {name}", f"补上列 {name}（{wanted}）")
                )
            columns.append(pl.lit(None, dtype=wanted).alias(name))
        elif not _fits(frame.schema[name], wanted):
            found = frame.schema[name]
            problems.append(
                Problem(name, "column_type", f"列 {name} 的类型是 {found}", f"转换为 {wanted}")
            )
        else:
            columns.append(pl.col(name).cast(wanted))
    if problems:
        raise InputError("table", problems)
    return frame.select(columns)


def _fits(found: pl.DataType, wanted: pl.DataType) -> bool:
    """Tell whether a column can be read as wanted without losing anything."""
    if found in (wanted, pl.Null()):
        return True
    if wanted == pl.Int64:
        return found.is_integer() and found != pl.UInt64
    if wanted == pl.Float64:
        return found.is_numeric()
    if isinstance(wanted, pl.List):
        return isinstance(found, pl.List) and _fits(_inner(found), pl.String())
    return isinstance(found, pl.Categorical | pl.Enum)


def _inner(kind: pl.List) -> pl.DataType:
    inner = kind.inner
    return inner if isinstance(inner, pl.DataType) else inner()


def _flat(column: pl.Series, lengths: pl.Series) -> tuple[pl.Series, Ids]:
    """Return the entries of all lists end to end, and how many each list has; nulls are gone."""
    # An empty list would come out of explode as one null.
    flat = column.filter(lengths > 0).explode()
    if flat.null_count():
        whole = column.list.drop_nulls()
        return _flat(whole, whole.to_frame().select(_length(whole.name)).to_series())
    return flat, lengths.to_numpy()


def _running(lengths: NDArray[np.integer]) -> Ids:
    starts = np.zeros(len(lengths) + 1, dtype=np.intp)
    np.cumsum(lengths, out=starts[1:])
    return starts
