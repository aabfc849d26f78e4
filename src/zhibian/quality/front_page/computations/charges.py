"""Charges of the settlement list (清单收费项目): their sum, and what each consists of.

Source: 医疗保障基金结算清单填写规范 (2021); SPEC 4B.4 M04.
"""

from __future__ import annotations

import polars as pl

from zhibian.quality.front_page.computations.by_page import by_page
from zhibian.quality.front_page.computations.protocol import Computation, Kind, Pages, Parameters

_GROUP = "charges"
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
    sums = (
        _charges(pages)
        .group_by("page")
        .agg(pl.when(~pl.col("amt").is_null().any()).then(pl.col("amt").sum()).alias("right"))
    )
    total = pages.number("D01")
    return (total - by_page(sums, pages.height)).abs() <= _CENT + _LEAST


def charge_parts_agree(pages: Pages, parameters: Parameters) -> pl.Series:
    """Tell whether every charge is the sum of class A, class B, own expense and other, to the cent.

    A blank part counts as nothing where another is given; charges without parts are left out, and
    the answer is unknown where the list has no charge with parts.
    """
    charges = _charges(pages).filter(pl.any_horizontal(pl.col(p).is_not_null() for p in _PARTS))
    near = (pl.col("amt") - pl.sum_horizontal(_PARTS)).abs() <= _CENT + _LEAST
    return by_page(charges.group_by("page").agg(near.all().alias("right")), pages.height)


COMPUTATIONS = (
    Computation("charges_add_up", Kind.CONDITION, charges_add_up, ("D01", "amt")),
    Computation("charge_parts_agree", Kind.CONDITION, charge_parts_agree, ("amt", *_PARTS)),
)
