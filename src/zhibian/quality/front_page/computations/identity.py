"""The identity card against the page (身份证号与首页): check character, birth date, sex.

Source: GB 11643-1999 《公民身份号码》.
"""

from __future__ import annotations

import polars as pl

from zhibian.quality.front_page.computations.protocol import Computation, Kind, Pages, Parameters

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK = ("1", "0", "X", "9", "8", "7", "6", "5", "4", "3", "2")
_SHAPE = r"^\d{17}[\dX]$"


def _number(pages: Pages) -> pl.Series:
    return pages.text("A20").str.strip_chars().str.to_uppercase()


def _eighteen(number: pl.Series) -> pl.Series:
    """Return numbers of 18 characters, null for what is none."""
    return number.to_frame("id").select(pl.when(pl.col("id").str.contains(_SHAPE)).then("id"))["id"]


def card_number_valid(pages: Pages, parameters: Parameters) -> pl.Series:
    """Tell whether A20 is an identity number of 18 characters with the right check character.

    Unknown where A20 is blank or no number of this shape was meant (other certificates): what has
    neither 15 nor 18 characters is left to the rule on the shape of the field.
    """
    number = _number(pages)
    digits = [
        pl.col("id").str.slice(i, 1).cast(pl.Int32, strict=False) * weight
        for i, weight in enumerate(_WEIGHTS)
    ]
    frame = pl.DataFrame({"id": _eighteen(number), "all": number})
    rest = pl.sum_horizontal(digits, ignore_nulls=False) % 11
    found = frame.select(
        right=rest.replace_strict(range(11), _CHECK, return_dtype=pl.String)
        == pl.col("id").str.slice(17, 1),
        long=pl.col("all").str.len_chars() == 18,
    )
    return found.select(pl.when(pl.col("long")).then(pl.col("right").fill_null(value=False)))[
        "right"
    ]


def card_birth_date_agrees(pages: Pages, parameters: Parameters) -> pl.Series:
    """Tell whether characters 7 to 14 of the identity number are the birth date A13."""
    frame = pl.DataFrame({"id": _eighteen(_number(pages)), "born": pages.moment("A13")})
    return frame.select(same=pl.col("id").str.slice(6, 8) == pl.col("born").dt.strftime("%Y%m%d"))[
        "same"
    ]


def card_sex_agrees(pages: Pages, parameters: Parameters) -> pl.Series:
    """Tell whether character 17 of the identity number (odd: male) fits the sex A12C.

    Unknown where the sex is neither 1 nor 2.
    """
    frame = pl.DataFrame({"id": _eighteen(_number(pages)), "sex": pages.number("A12C")})
    odd = pl.col("id").str.slice(16, 1).cast(pl.Int32, strict=False) % 2
    return frame.select(
        same=pl.when(pl.col("sex").is_in([1.0, 2.0])).then(odd == pl.col("sex") % 2)
    )["same"]


COMPUTATIONS = (
    Computation("card_number_valid", Kind.CONDITION, card_number_valid, ("A20",)),
    Computation("card_birth_date_agrees", Kind.CONDITION, card_birth_date_agrees, ("A20", "A13")),
    Computation("card_sex_agrees", Kind.CONDITION, card_sex_agrees, ("A20", "A12C")),
)
