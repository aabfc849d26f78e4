"""Numbers and times of front pages (数值与时间的读法): text as filed becomes typed columns."""

from __future__ import annotations

import polars as pl

_USUAL = "%Y-%m-%d %H:%M:%S"
_OTHERS = (
    "%Y-%m-%d",
    "%Y-%m-%d %H:%M",
    "%Y%m%d",
    "%Y%m%d%H%M%S",
    "%Y-%m-%d %H:%M:%S%.f",
)


def as_number(texts: pl.Series) -> pl.Series:
    """Return text as numbers; null where it is blank, no number or not finite."""
    frame = texts.alias("text").to_frame()
    found = frame.select(number=pl.col("text").str.strip_chars().cast(pl.Float64, strict=False))
    return found.select(pl.when(pl.col("number").is_finite()).then("number"))["number"]


def as_moment(texts: pl.Series) -> pl.Series:
    """Return text as points in time; null where it is blank or no date of the calendar.

    Read are ``2025-03-01``, ``2025/3/1``, ``2025.3.1``, ``20250301`` and ``2025年3月1日``, with a
    time of day to the minute or second or without.
    """
    usual = _read(texts, _USUAL)
    left = (texts.is_not_null() & usual.is_null()).arg_true()
    if not len(left):
        return usual
    spelled = _spelled(texts.gather(left))
    found = _read(spelled, _USUAL)
    for form in _OTHERS:
        found = found.zip_with(found.is_not_null(), _read(spelled, form))
    return usual.scatter(left, found)


def _read(texts: pl.Series, form: str) -> pl.Series:
    return texts.str.to_datetime(form, strict=False, time_unit="us")


def _spelled(texts: pl.Series) -> pl.Series:
    """Return dates with ``-`` between their parts and one blank before the time of day."""
    bare = texts.str.strip_chars().str.replace("日", " ").str.replace("T", " ", literal=True)
    dashed = bare.str.replace_all(r"[/年月]", "-").str.replace(r"^(\d{4})\.(\d+)\.", "$1-$2-")
    return dashed.str.replace_all(r"\s+", " ").str.strip_chars()
