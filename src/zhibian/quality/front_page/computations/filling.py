"""How much of a page is filled, and what two fields say together (填报情况)."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from zhibian.quality.front_page.computations.protocol import Computation, Kind, Pages, Parameters


def filled_share(pages: Pages, parameters: Parameters) -> pl.Series:
    """Tell whether enough of some fields is filled (填报完整率).

    ``fields`` are those that count, ``least`` is the share that must be filled. Fields that the
    layout has no column for do not count; unknown where it has none of them.
    """
    fields = _texts(parameters["fields"])
    least = float(str(parameters["least"]))
    there = [f for f in fields if pages.has(f)]
    if not there:
        return pl.repeat(None, pages.height, dtype=pl.Boolean, eager=True)
    frame = pl.DataFrame({f: pages.text(f) for f in there})
    return frame.select(enough=_filled(there) >= least * len(there))["enough"]


def _filled(fields: Sequence[str]) -> pl.Expr:
    return pl.sum_horizontal(pl.col(f).is_not_null().cast(pl.UInt16) for f in fields)


def departments_differ(pages: Pages, parameters: Parameters) -> pl.Series:
    """Tell whether the discharging department is another one than the admitting (转科).

    Unknown where B13C or B16C is blank.
    """
    return pages.text("B13C") != pages.text("B16C")


def _texts(value: object) -> Sequence[str]:
    return [str(v) for v in value] if isinstance(value, list | tuple) else str(value).split()


COMPUTATIONS = (
    Computation(
        "filled_share", Kind.CONDITION, filled_share, (), parameters=frozenset({"fields", "least"})
    ),
    Computation("departments_differ", Kind.CONDITION, departments_differ, ("B13C", "B16C")),
)
