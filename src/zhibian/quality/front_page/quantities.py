"""Derived quantities (派生量): numbers that conditions compare, each computed in one way only.

Every function returns an expression over typed columns: ``num:F`` and ``time:F`` hold the number
and the point in time of field F, null where it is blank or can't be read. A derived quantity is
null where one of its parts is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import polars as pl

#: The 24 kinds of cost that add up to the total (费用 24 类): D11 to D34.
FEES = tuple(f"D{n}" for n in range(11, 35))
#: Days of nursing by grade in the settlement list: special, first, second, third.
NURSING = (
    "spga_nurscare_days",
    "lv1_nurscare_days",
    "scd_nurscare_days",
    "lv3_nurscare_days",
)
#: Column of the day on which pages are judged.
TODAY = "today"
_DECIMALS = 4


@dataclass(frozen=True, slots=True)
class DerivedQuantity:
    """A number that is computed from fields.

    Attributes
    ----------
    name
        Name in rules.
    chinese
        Name on screen.
    fields
        Fields it is computed from.
    needs
        Fields without which it is unknown; a layout that lacks one has no answer.
    expression
        How, over typed columns.
    is_time
        Whether it is a point in time.
    """

    name: str
    chinese: str
    fields: tuple[str, ...]
    needs: tuple[str, ...]
    expression: Callable[[], pl.Expr]
    is_time: bool = False


def number(field: str) -> pl.Expr:
    """Return the column of a field as a number."""
    return pl.col(f"num:{field}")


def moment(field: str) -> pl.Expr:
    """Return the column of a field as a point in time."""
    return pl.col(f"time:{field}")


def total(fields: tuple[str, ...]) -> pl.Expr:
    """Return the sum of fields: a blank one adds nothing, null where all are blank."""
    columns = [number(f) for f in fields]
    filled = pl.any_horizontal([c.is_not_null() for c in columns])
    # Sums of cents are no sums of binary fractions: 0.1 + 0.2 must equal 0.3.
    return pl.when(filled).then(pl.sum_horizontal(columns).round(_DECIMALS))


def days_between(start: pl.Expr, end: pl.Expr) -> pl.Expr:
    """Return days of the calendar from one time to another: yesterday to today is 1."""
    return (end.dt.date() - start.dt.date()).dt.total_days().cast(pl.Float64)


def stay_days() -> pl.Expr:
    """Return the length of stay (实际住院天数): days between admission and discharge, 1 at least.

    Admission and discharge on one day count as 1. Source: 住院病案首页数据填写说明; SPEC 4B.4 D05.
    """
    days = days_between(moment("B12"), moment("B15"))
    return pl.when(days >= 0).then(pl.max_horizontal(days, pl.lit(1.0)))


def stay_hours() -> pl.Expr:
    """Return hours from admission to discharge (住院小时数)."""
    seconds = (moment("B15") - moment("B12")).dt.total_seconds()
    return pl.when(seconds >= 0).then(seconds / 3600)


def birth_age_years() -> pl.Expr:
    """Return full years from birth to admission (按出生日期计算的周岁).

    Who is born on 29 February is a year older on 1 March.
    """
    born, admitted = moment("A13"), moment("B12")
    years = admitted.dt.year().cast(pl.Float64) - born.dt.year().cast(pl.Float64)
    before = (admitted.dt.month().cast(pl.Int32) * 100 + admitted.dt.day().cast(pl.Int32)) < (
        born.dt.month().cast(pl.Int32) * 100 + born.dt.day().cast(pl.Int32)
    )
    found = years - before.cast(pl.Float64)
    return pl.when(found >= 0).then(found)


def birth_age_days() -> pl.Expr:
    """Return days of the calendar from birth to admission (按出生日期计算的日龄)."""
    days = days_between(moment("A13"), moment("B12"))
    return pl.when(days >= 0).then(days)


def age_years() -> pl.Expr:
    """Return the age in full years (年龄): A14 as filed, else computed from the birth date."""
    return pl.coalesce(number("A14"), birth_age_years())


def age_days() -> pl.Expr:
    """Return the age in days (日龄): A16 as filed, else computed from the birth date."""
    return pl.coalesce(number("A16"), birth_age_days())


def fee_sum() -> pl.Expr:
    """Return the sum of the 24 kinds of cost (分项费用合计): D11 to D34 without sub-fees."""
    return total(FEES)


def nursing_days() -> pl.Expr:
    """Return the days of nursing of all grades (护理天数合计): special, first, second, third."""
    return total(NURSING)


def _duration(field: str) -> pl.Expr:
    parts = pl.col(field).str.extract_groups(
        r"^\s*(\d{1,4})\s*[/天]\s*(\d{1,2})\s*(?:/|小?时)\s*(\d{1,2})\s*分?钟?\s*$"
    )
    day, hour, minute = (parts.struct.field(str(n)).cast(pl.Float64) for n in (1, 2, 3))
    return day * 24 + hour + minute / 60


def ventilation_hours() -> pl.Expr:
    """Return hours of ventilation (呼吸机使用时长): ``天/时/分`` of the settlement list."""
    return _duration("vent_used_dura")


def birth_weight() -> pl.Expr:
    """Return the weight at birth in grams (新生儿出生体重), of several the first."""
    return pl.col("A18").list.first().str.strip_chars().cast(pl.Float64, strict=False)


def coma_minutes(day: str, hour: str, minute: str) -> pl.Expr:
    """Return minutes of coma (昏迷时长): days, hours and minutes; blank parts add nothing."""
    parts = [number(day), number(hour), number(minute)]
    filled = pl.any_horizontal([p.is_not_null() for p in parts])
    return pl.when(filled).then(
        parts[0].fill_null(0) * 1440 + parts[1].fill_null(0) * 60 + parts[2].fill_null(0)
    )


def today() -> pl.Expr:
    """Return the day on which the pages are judged (上报日)."""
    return pl.col(TODAY)


_DERIVED = (
    DerivedQuantity(
        "stay_days", "按入出院日期计算的住院天数", ("B12", "B15"), ("B12", "B15"), stay_days
    ),
    DerivedQuantity("hours_of_stay", "住院小时数", ("B12", "B15"), ("B12", "B15"), stay_hours),
    DerivedQuantity(
        "birth_age_years", "按出生日期计算的年龄", ("A13", "B12"), ("A13", "B12"), birth_age_years
    ),
    DerivedQuantity(
        "birth_age_days", "按出生日期计算的日龄", ("A13", "B12"), ("A13", "B12"), birth_age_days
    ),
    DerivedQuantity("age_years", "年龄（岁）", ("A14", "A13", "B12"), (), age_years),
    DerivedQuantity("age_days", "日龄（天）", ("A16", "A13", "B12"), (), age_days),
    DerivedQuantity("fee_sum", "分项费用合计", FEES, (), fee_sum),
    DerivedQuantity("care_days", "护理天数合计", NURSING, (), nursing_days),
    DerivedQuantity(
        "ventilation_hours",
        "呼吸机使用小时数",
        ("vent_used_dura",),
        ("vent_used_dura",),
        ventilation_hours,
    ),
    DerivedQuantity("birth_weight_g", "新生儿出生体重（克）", ("A18",), ("A18",), birth_weight),
    DerivedQuantity(
        "coma_before_minutes",
        "入院前昏迷分钟数",
        ("C28", "C29", "C30"),
        (),
        lambda: coma_minutes("C28", "C29", "C30"),
    ),
    DerivedQuantity(
        "coma_after_minutes",
        "入院后昏迷分钟数",
        ("C31", "C32", "C33"),
        (),
        lambda: coma_minutes("C31", "C32", "C33"),
    ),
    DerivedQuantity("today", "上报日", (), (), today, is_time=True),
)

#: Derived quantities by name.
QUANTITIES: Mapping[str, DerivedQuantity] = {q.name: q for q in _DERIVED}
