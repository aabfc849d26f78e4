"""What a scheme says about codes of a page (分组方案与首页编码)."""

from __future__ import annotations

import polars as pl

from zhibian.quality.front_page.computations.protocol import Computation, Kind, Pages, Parameters


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
    entries = pages.entries("other_diagnoses").select(
        pl.col("page").cast(pl.UInt32), "place", code="C06C"
    )
    return entries.join(told, on=["page", "code"], how="semi").select(
        "page", field=pl.lit("C06C"), place=pl.col("place").cast(pl.Int16)
    )


COMPUTATIONS = (
    Computation(
        "severity_counts",
        Kind.FINDINGS,
        severity_counts,
        ("C03C", "C06C", "group:excluded"),
        needs_groups=True,
    ),
)
