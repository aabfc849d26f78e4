"""Times in intensive care (重症监护进出时间): within the stay, in order, apart from each other."""

from __future__ import annotations

import polars as pl

from zhibian.quality.front_page.computations.by_page import violations
from zhibian.quality.front_page.computations.protocol import Computation, Kind, Pages, Parameters
from zhibian.records.front_page.values import instant

_GROUP = "icu_stays"
_ENTERED, _LEFT = "inpool_time", "exit_time"


def intensive_care_times(pages: Pages, parameters: Parameters) -> pl.DataFrame:
    """Find stays in intensive care at times that can't be (D07).

    Parameters
    ----------
    pages
        Times of entering and leaving, admission and discharge.
    parameters
        ``test``: ``before`` entered before admission; ``after`` left after discharge; ``order``
        left before entering; ``overlap`` entered before an earlier one was left.
    """
    stay = pl.DataFrame({"admitted": pages.moment("B12"), "discharged": pages.moment("B15")})
    entries = pages.entries(_GROUP)
    times = entries.select(
        "page", "place", entered=instant(pl.col(_ENTERED)), left=instant(pl.col(_LEFT))
    ).with_columns(stay[entries["page"]])
    times = times.sort("page", "entered", "place")
    latest = pl.col("left").cum_max().shift().over("page")
    field, wrong = {
        "before": (_ENTERED, pl.col("entered") < pl.col("admitted")),
        "after": (_LEFT, pl.col("left") > pl.col("discharged")),
        "order": (_LEFT, pl.col("left") < pl.col("entered")),
        "overlap": (_ENTERED, pl.col("entered") < latest),
    }[str(parameters["test"])]
    found = times.filter(wrong).sort("page", "place")
    return violations(found.select("page", pl.lit(field).alias("field"), "place"))


COMPUTATIONS = (
    Computation(
        "intensive_care_times",
        Kind.FINDINGS,
        intensive_care_times,
        (_ENTERED, _LEFT, "B12", "B15"),
        frozenset({"test"}),
    ),
)
