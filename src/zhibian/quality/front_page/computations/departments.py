"""Shares within a department (科室占比): a department is told on its first page alone.

An answer is false on the first page of a department that has too many, true on its other pages and
on all pages of departments that have not, unknown where a department has too few pages to judge.
"""

from __future__ import annotations

import polars as pl

from zhibian.quality.front_page.computations.by_page import by_page
from zhibian.quality.front_page.computations.protocol import Computation, Kind, Pages, Parameters

_UNSPECIFIED = r"^[A-N]\d\d\.900$"
_PRESENT = "1"


def unspecified_share(pages: Pages, parameters: Parameters) -> pl.Series:
    """Tell whether a department has few unspecified principal diagnoses (未特指编码占比, K08).

    Unspecified is the heading ``.900`` of a category of chapters I to XIV.

    Parameters
    ----------
    pages
        Principal diagnosis C03C and department of discharge B16C.
    parameters
        ``share``: part of the pages above which it is too many; ``at_least``: pages of a
        department for it to be judged.
    """
    frame = pl.DataFrame({"department": pages.text("B16C"), "code": pages.text("C03C")})
    judged = (
        frame.with_row_index("page")
        .drop_nulls()
        .with_columns(counted=pl.col("code").str.contains(_UNSPECIFIED))
    )
    return _told_once(judged, _over(parameters), parameters, pages.height)


def entry_condition_by_department(pages: Pages, parameters: Parameters) -> pl.Series:
    """Tell whether entry conditions of a department vary and are there (入院病情, K31).

    Parameters
    ----------
    pages
        Entry conditions of all diagnoses and department of discharge B16C.
    parameters
        ``test``: ``missing`` or ``all_present``; ``share``: part of the diagnoses above which too
        many are blank; ``at_least``: diagnoses of a department for it to be judged.
    """
    department = pl.DataFrame({"department": pages.text("B16C")}).with_row_index("page")
    entries = (
        pages.entries("diagnoses")
        .select(pl.col("page").cast(pl.UInt32), code="C06C", condition="C08C")
        .drop_nulls("code")
        .join(department.with_columns(pl.col("page").cast(pl.UInt32)), on="page")
        .drop_nulls("department")
    )
    if parameters["test"] == "missing":
        counted = entries.with_columns(counted=pl.col("condition").is_null())
        return _told_once(counted, _over(parameters), parameters, pages.height)
    filled = entries.drop_nulls("condition")
    counted = filled.with_columns(counted=pl.col("condition") == _PRESENT)
    return _told_once(counted, pl.col("counted").all(), parameters, pages.height)


def _over(parameters: Parameters) -> pl.Expr:
    return pl.col("counted").mean() > float(str(parameters["share"]))


def _told_once(
    counted: pl.DataFrame, wrong: pl.Expr, parameters: Parameters, height: int
) -> pl.Series:
    enough = pl.len() >= float(str(parameters["at_least"]))
    departments = counted.group_by("department").agg(
        first=pl.col("page").min(), wrong=wrong, enough=enough
    )
    told = (
        counted.select("page", "department")
        .unique()
        .join(departments.filter("enough"), on="department")
        .select("page", right=~(pl.col("wrong") & (pl.col("page") == pl.col("first"))))
    )
    return by_page(told, height)


COMPUTATIONS = (
    Computation(
        "unspecified_share",
        Kind.CONDITION,
        unspecified_share,
        ("B16C", "C03C"),
        frozenset({"share", "at_least"}),
        whole_table=True,
    ),
    Computation(
        "entry_condition_by_department",
        Kind.CONDITION,
        entry_condition_by_department,
        ("B16C", "C05C"),
        frozenset({"test", "share", "at_least"}),
        whole_table=True,
    ),
)
