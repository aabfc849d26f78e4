"""What a scheme says about codes and groups of a page (分组方案与首页)."""

from __future__ import annotations

import polars as pl

from zhibian.quality.front_page.computations.protocol import Computation, Kind, Pages, Parameters
from zhibian.terminology.tables import read_text

_TABLES = "quality/tables"


def severity_counts(pages: Pages, parameters: Parameters) -> pl.DataFrame:
    """Find other diagnoses that are CC or MCC and that the principal diagnosis excludes (K41).

    They are given beside the results of grouping, in ``excluded``; see
    :func:`zhibian.grouping.exclusion.excluded_codes`.
    """
    excluded = pages.grouped("excluded").to_frame("codes").with_row_index("page")
    told = (
        excluded.select(pl.col("page").cast(pl.UInt32), code=pl.col("codes").str.split(" "))
        .explode("code")
        .filter(pl.col("code") != "")
    )
    entries = pages.entries("C06C").select(pl.col("page").cast(pl.UInt32), "place", code="C06C")
    return entries.join(told, on=["page", "code"], how="semi").select(
        "page", field=pl.lit("C06C"), place=pl.col("place").cast(pl.Int16)
    )


def not_listed_group(pages: Pages, parameters: Parameters) -> pl.Series:
    """Tell whether the group of a page is not in a list of groups (病组名单, K48).

    Unknown where pages are not grouped, and where the list is not there.

    Parameters
    ----------
    pages
        Grouped pages.
    parameters
        ``list``: file in ``rules/quality/tables``, the group in the first column, with a header.
    """
    group = pages.grouped("drg").cast(pl.String)
    path = pages.resources.rules / _TABLES / str(parameters["list"])
    if not path.is_file():
        return pl.Series([None], dtype=pl.Boolean).new_from_index(0, pages.height)
    lines = read_text(path, "改存为 UTF-8 CSV，首列为病组编码").splitlines()[1:]
    listed = [line.split(",")[0].strip() for line in lines]
    return ~group.is_in(listed)


COMPUTATIONS = (
    Computation(
        "severity_counts",
        Kind.FINDINGS,
        severity_counts,
        ("C03C", "C06C", "group:excluded"),
        needs_groups=True,
    ),
    Computation(
        "not_listed_group",
        Kind.CONDITION,
        not_listed_group,
        ("group:drg",),
        frozenset({"list"}),
        needs_groups=True,
    ),
)
