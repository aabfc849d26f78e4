"""How a table of front pages is laid out (表格列布局): from cells to a grouping input.

``own``
    ``id, sex, age, age_days, weight, principal, others, procedures``; several codes in a cell
    are joined by ``|``, ``,`` or ``;``; the principal procedure comes first. ``days,
    discharge_way, department, icu_hours`` are read where they are there: some regional schemes
    ask for them.
``opendrg``
    The ten columns of OpenDRG: ``Index, gender, age, ageDay, weight, dept, inHospitalTime,
    leavingType, zdList, ssList``; codes joined by ``|``, the principal one first; a weight of 0
    means that there is none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

import polars as pl

from zhibian.grouping.types import GroupingInput
from zhibian.problems import Problem

Cells = Mapping[str, str]


class InputFormat(StrEnum):
    """Layouts that can be read."""

    OWN = "own"
    OPENDRG = "opendrg"


@dataclass(frozen=True, slots=True)
class Layout:
    """One layout.

    Attributes
    ----------
    columns
        Columns that must be there; others are kept untouched.
    read
        Makes an input out of a row, with all problems of its cells.
    columns_of
        Makes a table of cases (:data:`zhibian.grouping.cases.SCHEMA`) out of many rows of text,
        and tells which rows have cells that can't be read. The same as ``read``, row by row.
    column_of
        Column that a field of the input comes from.
    """

    columns: tuple[str, ...]
    read: Callable[[Cells], tuple[GroupingInput, list[Problem]]]
    columns_of: Callable[[pl.DataFrame], tuple[pl.DataFrame, pl.Series]]
    column_of: Mapping[str, str]


_SEPARATOR = re.compile(r"[|,;，；]")
_SEXES = {"1": 1, "2": 2, "男": 1, "女": 2}


def _codes(cell: str) -> tuple[str, ...]:
    return tuple(code for part in _SEPARATOR.split(cell) if (code := part.strip()))


class _Row:
    """Reads the cells of one row and collects what is wrong with them."""

    def __init__(self, cells: Cells) -> None:
        self._cells = cells
        self.problems: list[Problem] = []

    def text(self, column: str) -> str:
        return self._cells.get(column, "").strip()

    def number(self, column: str, *, whole: bool) -> float | None:
        cell = self.text(column)
        if not cell:
            return None
        pattern = r"-?\d{1,9}(\.0+)?" if whole else r"-?\d{1,9}(\.\d{1,9})?"
        if re.fullmatch(pattern, cell, re.ASCII):
            return float(cell)
        what = "整数" if whole else "数字"
        self.problems.append(Problem(column, "cell_invalid", f"不是{what}", f"填写{what}或留空"))
        return None

    def whole(self, column: str) -> int | None:
        number = self.number(column, whole=True)
        return None if number is None else int(number)

    def sex(self, column: str) -> int | None:
        cell = self.text(column)
        if not cell or cell in _SEXES:
            return _SEXES.get(cell)
        self.problems.append(
            Problem(column, "sex_invalid", "性别不合格式", "填写 1（男）或 2（女）")
        )
        return None


def _read_own(cells: Cells) -> tuple[GroupingInput, list[Problem]]:
    row = _Row(cells)
    case = GroupingInput(
        row.text("principal") or None,
        _codes(row.text("others")),
        _codes(row.text("procedures")),
        row.sex("sex"),
        row.whole("age"),
        row.whole("age_days"),
        row.number("weight", whole=False),
        row.whole("days"),
        row.whole("discharge_way"),
        row.text("department") or None,
        row.number("icu_hours", whole=False),
    )
    return case, row.problems


def _read_opendrg(cells: Cells) -> tuple[GroupingInput, list[Problem]]:
    row = _Row(cells)
    diagnoses = tuple(c.strip() for c in row.text("zdList").split("|"))
    # Below one year public exports write fractions of a year; the scheme wants full years.
    age = row.number("age", whole=False)
    case = GroupingInput(
        diagnoses[0] or None,
        tuple(c for c in diagnoses[1:] if c),
        tuple(c for c in (p.strip() for p in row.text("ssList").split("|")) if c),
        row.sex("gender"),
        None if age is None else int(age),
        row.whole("ageDay"),
        row.number("weight", whole=False) or None,
        row.whole("inHospitalTime"),
        row.whole("leavingType"),
        row.text("dept") or None,
    )
    return case, row.problems


_WHOLE = r"^-?[0-9]{1,9}(\.0+)?$"
_NUMBER = r"^-?[0-9]{1,9}(\.[0-9]{1,9})?$"


def _own_columns(cells: pl.DataFrame) -> tuple[pl.DataFrame, pl.Series]:
    table = _Columns(cells)
    separated = r"[,;，；]"
    frame = table.frame(
        principal=_or_null(table.text("principal")),
        others=_listed(table.text("others").str.replace_all(separated, "|")),
        procedures=_listed(table.text("procedures").str.replace_all(separated, "|")),
        sex=table.sex("sex"),
        age=table.number("age", _WHOLE).cast(pl.Int64),
        age_days=table.number("age_days", _WHOLE).cast(pl.Int64),
        weight_g=table.number("weight", _NUMBER),
        days=table.number("days", _WHOLE).cast(pl.Int64),
        discharge_way=table.number("discharge_way", _WHOLE).cast(pl.Int64),
        department=_or_null(table.text("department")),
        icu_hours=table.number("icu_hours", _NUMBER),
    )
    return frame, table.unread()


def _opendrg_columns(cells: pl.DataFrame) -> tuple[pl.DataFrame, pl.Series]:
    table = _Columns(cells)
    diagnoses = table.text("zdList").str.split("|")
    weight = table.number("weight", _NUMBER)
    frame = table.frame(
        principal=_or_null(diagnoses.list.first().str.strip_chars()),
        others=_stripped(diagnoses.list.slice(1)),
        procedures=_listed(table.text("ssList")),
        sex=table.sex("gender"),
        age=table.number("age", _NUMBER).cast(pl.Int64),
        age_days=table.number("ageDay", _WHOLE).cast(pl.Int64),
        weight_g=pl.when(weight != 0).then(weight),
        days=table.number("inHospitalTime", _WHOLE).cast(pl.Int64),
        discharge_way=table.number("leavingType", _WHOLE).cast(pl.Int64),
        department=_or_null(table.text("dept")),
        icu_hours=pl.lit(None, dtype=pl.Float64),
    )
    return frame, table.unread()


def _or_null(text: pl.Expr) -> pl.Expr:
    return pl.when(text != "").then(text)


def _listed(text: pl.Expr) -> pl.Expr:
    return _stripped(text.str.split("|"))


def _stripped(codes: pl.Expr) -> pl.Expr:
    item = pl.element().str.strip_chars()
    return codes.list.eval(item.filter(item != ""))


class _Columns:
    """Reads columns of text and keeps which rows have cells that can't be read."""

    def __init__(self, cells: pl.DataFrame) -> None:
        self._cells = cells
        self._wrong: list[pl.Expr] = []

    def text(self, column: str) -> pl.Expr:
        if column not in self._cells.columns:
            return pl.lit("")
        return pl.col(column).str.strip_chars()

    def number(self, column: str, pattern: str) -> pl.Expr:
        cell = self.text(column)
        fits = cell.str.contains(pattern)
        self._wrong.append((cell != "") & ~fits)
        return pl.when(fits).then(cell).cast(pl.Float64)

    def sex(self, column: str) -> pl.Expr:
        cell = self.text(column)
        known = cell.replace_strict(_SEXES, default=None, return_dtype=pl.Int64)
        self._wrong.append((cell != "") & known.is_null())
        return known

    def frame(self, **columns: pl.Expr) -> pl.DataFrame:
        return self._cells.select(**columns)

    def unread(self) -> pl.Series:
        return self._cells.select(pl.any_horizontal(self._wrong).alias("unread")).to_series()


LAYOUTS: Mapping[InputFormat, Layout] = {
    InputFormat.OWN: Layout(
        ("id", "sex", "age", "age_days", "weight", "principal", "others", "procedures"),
        _read_own,
        _own_columns,
        {"weight_g": "weight"},
    ),
    InputFormat.OPENDRG: Layout(
        (
            "Index",
            "gender",
            "age",
            "ageDay",
            "weight",
            "dept",
            "inHospitalTime",
            "leavingType",
            "zdList",
            "ssList",
        ),
        _read_opendrg,
        _opendrg_columns,
        {
            "sex": "gender",
            "age_days": "ageDay",
            "weight_g": "weight",
            "days": "inHospitalTime",
            "discharge_way": "leavingType",
            "department": "dept",
            "principal": "zdList",
            "others": "zdList",
            "procedures": "ssList",
        },
    ),
}
