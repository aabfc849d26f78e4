"""Stays of one patient after another (再住院): days since the discharge before."""

from __future__ import annotations

import polars as pl

from zhibian.grouping.types import Status
from zhibian.records.front_page.types import ROW

_NOT_PLANNED = "1"


def readmissions(facts: pl.LazyFrame, days: int) -> pl.DataFrame:
    """Return the pages whose patient left a hospital shortly before.

    A patient is known by the identity card, else by hospital and record number; stays of one batch
    alone are compared. Of stays of one day the earlier row counts as the earlier stay.

    Parameters
    ----------
    facts
        ``row``, ``patient``, ``admitted``, ``discharged``, ``status``, ``adrg``,
        ``plans_to_return``.
    days
        Longest interval that counts.

    Returns
    -------
    polars.DataFrame
        ``row``, ``days_since_discharge``, ``same_core_group`` (``1`` or ``0``),
        ``readmission_planned`` (``1`` where the former page says that no return is planned).
    """
    known = pl.all_horizontal(pl.col("patient", "admitted", "discharged").is_not_null())
    before = {
        name: pl.col(name).shift().over("patient")
        for name in ("discharged", "adrg", "plans_to_return")
    }
    return (
        facts.filter(known)
        .select(ROW, "patient", "admitted", "discharged", "status", "adrg", "plans_to_return")
        .sort("patient", "admitted", "discharged", ROW)
        .with_columns(
            days_since_discharge=(pl.col("admitted") - before["discharged"]).dt.total_days(),
            same_core_group=(pl.col("adrg") == before["adrg"])
            & (pl.col("status") == Status.GROUPED.value),
            readmission_planned=(before["plans_to_return"] == _NOT_PLANNED),
        )
        .filter(pl.col("days_since_discharge").is_between(0, days))
        .select(
            ROW,
            "days_since_discharge",
            pl.col("same_core_group", "readmission_planned").cast(pl.Int8).cast(pl.String),
        )
        .collect()
    )
