"""Answers of some pages as a column of all (逐页答案)."""

from __future__ import annotations

import polars as pl

from zhibian.quality.front_page.computations.protocol import VIOLATIONS


def by_page(answers: pl.DataFrame, height: int) -> pl.Series:
    """Return answers in the order of pages, null for pages that have none.

    Parameters
    ----------
    answers
        ``page``, each once, and ``right``.
    height
        Number of pages.
    """
    pages = pl.DataFrame({"page": pl.int_range(height, dtype=pl.UInt32, eager=True)})
    known = answers.select(pl.col("page").cast(pl.UInt32), "right")
    return pages.join(known, on="page", how="left", maintain_order="left").get_column("right")


def violations(found: pl.DataFrame) -> pl.DataFrame:
    """Return ``page``, ``field`` and ``place`` as computations that find places give them."""
    return found.select(pl.col(name).cast(kind) for name, kind in VIOLATIONS.items())
