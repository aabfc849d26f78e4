"""Stays of one patient one after another (同一患者的再住院)."""

from __future__ import annotations

import polars as pl

from zhibian.quality.front_page.computations.protocol import Computation, Kind, Pages, Parameters
from zhibian.quality.front_page.quantities import days_between
from zhibian.quality.front_page.selectors import read_selector

_ON_ADVICE = "1"
_NO_PLAN = "1"
_CATEGORY = 3


def unplanned_return(pages: Pages, parameters: Parameters) -> pl.DataFrame:
    """Find stays that follow an earlier one of the same patient and group within days (K47).

    The earlier stay ended on medical advice (B34C 1) and planned no return (B36C 1). A patient is
    told by hospital and record number, else by identity card. The group is the core group (ADRG)
    where pages are grouped, else the category of the principal diagnosis. The later stay is
    reported, at B12.

    Parameters
    ----------
    pages
        Dates, ways of discharge, plans and identifiers as filed.
    parameters
        ``days``: longest gap; ``planned``: principal diagnoses that bring patients back as
        planned, as in conditions.
    """
    planned = read_selector(str(parameters["planned"]), "", {})
    principal = pages.text("C03C")
    answers = {code: code in planned for code in principal.drop_nulls().unique()}
    frame = pl.DataFrame(
        {
            "hospital": pages.text("A01"),
            "record": pages.text("A48"),
            "card": pages.text("A20"),
            "admitted": pages.moment("B12"),
            "discharged": pages.moment("B15"),
            "way": pages.text("B34C"),
            "plan": pages.text("B36C"),
            "adrg": pages.grouped("adrg").cast(pl.String),
            "category": principal.str.slice(0, _CATEGORY),
            "planned": principal.replace_strict(answers, default=None, return_dtype=pl.Boolean),
        }
    ).with_row_index("page")
    patient = pl.coalesce(
        pl.concat_str([pl.col("hospital").fill_null(""), pl.col("record")], separator="|"), "card"
    )
    stays = (
        frame.with_columns(patient=patient, group=pl.coalesce("adrg", "category"))
        .drop_nulls(["patient", "admitted", "discharged"])
        .sort("patient", "admitted", "page")
    )
    before = {name: pl.col(name).shift().over("patient") for name in ("group", "way", "plan")}
    gap = days_between(pl.col("discharged").shift().over("patient"), pl.col("admitted"))
    returned = stays.filter(
        (before["group"] == pl.col("group"))
        & (before["way"] == _ON_ADVICE)
        & (before["plan"] == _NO_PLAN)
        & gap.is_between(0, float(str(parameters["days"])))
        & ~pl.col("planned")
    )
    return returned.sort("page").select(
        pl.col("page").cast(pl.UInt32), field=pl.lit("B12"), place=pl.lit(None, dtype=pl.Int16)
    )


COMPUTATIONS = (
    Computation(
        "unplanned_return",
        Kind.FINDINGS,
        unplanned_return,
        ("A48", "B12", "B15", "B34C", "B36C", "C03C"),
        frozenset({"days", "planned"}),
        whole_table=True,
    ),
)
