"""Charges of the settlement list (清单收费项目): their sum, and what each consists of.

Source: 医疗保障基金结算清单填写规范 (2021); SPEC 4B.4 M04.
"""

from __future__ import annotations

import polars as pl

from zhibian.quality.front_page.computations.protocol import (
    VIOLATIONS,
    Computation,
    Kind,
    Pages,
    Parameters,
)

_GROUP = "med_chrgitm"
_PARTS = ("claa_sumfee", "clab_amt", "fulamt_ownpay_amt", "oth_amt")
_CENT = 0.01
# Sums of cents are no sums of binary fractions.
_LEAST = 1e-6


def _charges(pages: Pages) -> pl.DataFrame:
    numbers = pl.col("amt", *_PARTS).cast(pl.Float64, strict=False)
    return pages.entries(_GROUP).with_columns(numbers)


def charges_add_up(pages: Pages, parameters: Parameters) -> pl.Series:
    """Tell whether the charges of the list add up to the total cost D01, to the cent.

    Unknown where D01 is blank, or the list has no charges or one without a readable amount.
    """
    charges = _charges(pages)
    sums = charges.group_by("page").agg(
        pl.col("amt").sum().alias("sum"), pl.col("amt").is_null().any().alias("unread")
    )
    frame = pl.DataFrame({"total": pages.number("D01")}).with_row_index("page")
    joined = frame.join(sums, on="page", how="left", maintain_order="left")
    right = (pl.col("total") - pl.col("sum")).abs() <= _CENT + _LEAST
    return joined.select(right=pl.when(~pl.col("unread")).then(right))["right"]


def charge_parts_add_up(pages: Pages, parameters: Parameters) -> pl.DataFrame:
    """Return charges that are not the sum of class A, class B, own expense and other, to the cent.

    Charges of which a part can't be read are left out; a blank part counts as nothing where
    another is given.
    """
    charges = _charges(pages).filter(pl.any_horizontal(pl.col(p).is_not_null() for p in _PARTS))
    away = (pl.col("amt") - pl.sum_horizontal(_PARTS)).abs() > _CENT + _LEAST
    found = charges.filter(away)
    return found.select("page", pl.lit("amt").alias("field"), "place").cast(dict(VIOLATIONS))


COMPUTATIONS = (
    Computation("charges_add_up", Kind.CONDITION, charges_add_up, ("D01", "amt")),
    Computation(
        "charge_parts_add_up", Kind.FINDINGS, charge_parts_add_up, ("amt", *_PARTS)
    ),
)
