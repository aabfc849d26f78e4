"""CC and MCC that the principal diagnosis excludes (被排除的并发症合并症), for whole tables.

The same answer as :class:`zhibian.grouping.severity.SeverityTables` gives for one case.
"""

from __future__ import annotations

import polars as pl

from zhibian.grouping.severity import SeverityTables

#: Column of the answer beside the results of grouping.
EXCLUDED = "excluded"
_CASE = "case"


def excluded_codes(cases: pl.DataFrame, tables: SeverityTables) -> pl.Series:
    """Return for each case the other diagnoses that are CC or MCC and do not count.

    Parameters
    ----------
    cases
        Cases with ``principal`` and ``others``, see :data:`zhibian.grouping.cases.SCHEMA`.
    tables
        CC/MCC list and exclusion tables of a scheme.

    Returns
    -------
    pl.Series
        Codes in the order of filing, separated by blanks; empty text where all count or none is
        a CC or MCC, null without a principal diagnosis.
    """
    levels = pl.DataFrame(
        {
            "code": list(tables.levels),
            "table": [table for _, table in tables.levels.values()],
        },
        schema={"code": pl.String, "table": pl.String},
    )
    principals = pl.DataFrame(
        {"principal": list(tables.principals), "own": list(tables.principals.values())},
        schema={"principal": pl.String, "own": pl.String},
    )
    numbered = cases.select("principal", "others").with_row_index(_CASE)
    others = (
        numbered.join(principals, on="principal")
        .select(_CASE, "own", code="others")
        .explode("code")
        .join(levels, left_on=["code", "own"], right_on=["code", "table"], how="semi")
    )
    found = others.group_by(_CASE, maintain_order=True).agg(
        pl.col("code").str.join(" ").alias(EXCLUDED)
    )
    told = pl.when(pl.col("principal").is_not_null()).then(pl.col(EXCLUDED).fill_null(""))
    return (
        numbered.join(found, on=_CASE, how="left", maintain_order="left")
        .select(told.alias(EXCLUDED))
        .get_column(EXCLUDED)
    )
