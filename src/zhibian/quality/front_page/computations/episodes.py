"""Stays of one record number in their order (同一病案号的各次住院)."""

from __future__ import annotations

import polars as pl

from zhibian.quality.front_page.computations.by_page import violations
from zhibian.quality.front_page.computations.protocol import Computation, Kind, Pages, Parameters


def episodes_out_of_order(pages: Pages, parameters: Parameters) -> pl.DataFrame:
    """Find stays that do not follow the earlier ones of the same record number (D11).

    Stays are put in order of admission. With ``test`` ``rising``, the ordinal of the stay (A49)
    must rise; with ``overlap``, a stay must not begin before the earlier one has ended; with
    ``count``, the ordinal must be a whole number from 1. Stays without record number or admission
    are left out.

    Parameters
    ----------
    pages
        A01, A48, A49, B12, B15 of the whole table.
    parameters
        ``test``: ``count``, ``rising`` or ``overlap``.
    """
    stays = (
        pl.DataFrame(
            {
                "patient": pages.text("A01").fill_null("") + "|" + pages.text("A48"),
                "number": pages.number("A49"),
                "admitted": pages.moment("B12"),
                "discharged": pages.moment("B15"),
            }
        )
        .with_row_index("page")
        .drop_nulls(["patient", "admitted"])
        .sort("patient", "admitted", "page")
    )
    number = pl.col("number")
    field, wrong = {
        "count": ("A49", (number < 1) | (number != number.floor())),
        "rising": ("A49", number <= number.shift().over("patient")),
        "overlap": ("B12", pl.col("admitted") < pl.col("discharged").shift().over("patient")),
    }[str(parameters["test"])]
    found = stays.filter(wrong).sort("page")
    whole = pl.lit(None, pl.Int16).alias("place")
    return violations(found.select("page", pl.lit(field).alias("field"), whole))


COMPUTATIONS = (
    Computation(
        "episodes_out_of_order",
        Kind.FINDINGS,
        episodes_out_of_order,
        ("A48", "B12"),
        frozenset({"test"}),
        whole_table=True,
    ),
)
