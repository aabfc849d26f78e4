"""The principal procedure against the others (主要手术与其他手术), and levels of procedures."""

from __future__ import annotations

import polars as pl

from zhibian.quality.front_page.computations.by_page import by_page
from zhibian.quality.front_page.computations.protocol import Computation, Kind, Pages, Parameters
from zhibian.quality.front_page.selectors import read_selector

_OPERATIONS = ("手术", "介入治疗")
_TREATMENT, _INSPECTION = "治疗性操作", "诊断性操作"


def highest_level_first(pages: Pages, parameters: Parameters) -> pl.Series:
    """Tell whether no other procedure has a higher level than the principal one (手术级别, K24).

    Unknown where a level is blank on either side.
    """
    level = pl.col("level").cast(pl.Int32, strict=False)
    entries = pages.entries("procedures").select("page", "place", level="C38")
    first = entries.filter(pl.col("place") == 0).select("page", first=level)
    others = entries.filter(pl.col("place") > 0).group_by("page").agg(highest=level.max())
    both = first.join(others, on="page").select("page", right=pl.col("highest") <= pl.col("first"))
    return by_page(both, pages.height)


def operation_first(pages: Pages, parameters: Parameters) -> pl.Series:
    """Tell whether the principal procedure is an operation where there is one (K24).

    The class (手术、介入治疗、治疗性操作、诊断性操作) is that of the code set. It is wrong to put
    an inspection or a lesser treatment before an operation, unless the principal procedure may
    lead or the principal diagnosis is what procedures are done for. Unknown where the code has no
    class.

    Parameters
    ----------
    pages
        Codes as filed.
    parameters
        Codes as in conditions: ``leading`` procedures that may lead, ``purposes`` principal
        diagnoses, ``lesser`` treatments, ``minor`` operations that need not lead.
    """
    leading = read_selector(str(parameters["leading"]), "", {})
    lesser = read_selector(str(parameters["lesser"]), "", {})
    minor = read_selector(str(parameters["minor"]), "", {})
    purposes = read_selector(str(parameters["purposes"]), "", {})
    entries = pages.entries("procedures").select("page", "place", code="C35C")
    category = {e.code: e.category for e in pages.resources.procedures.entries.values()}
    distinct = entries["code"].drop_nulls().unique()
    told = pl.DataFrame(
        {
            "code": distinct,
            "category": [category.get(code) for code in distinct],
            "leads": [code in leading for code in distinct],
            "lesser": [code in lesser for code in distinct],
            "minor": [code in minor for code in distinct],
        },
        schema_overrides={
            "category": pl.String,
            **dict.fromkeys(("leads", "lesser", "minor"), pl.Boolean),
        },
    )
    known = entries.join(told, on="code", how="left")
    operated = (
        known.filter(
            (pl.col("place") > 0) & pl.col("category").is_in(_OPERATIONS) & ~pl.col("minor")
        )
        .select("page", operated=True)
        .unique()
    )
    first = known.filter((pl.col("place") == 0) & (pl.col("category") != ""))
    diagnosis = pages.text("C03C")
    answers = {code: code in purposes for code in diagnosis.drop_nulls().unique()}
    purpose = pl.DataFrame(
        {
            "page": pl.Series(range(pages.height), dtype=first.schema["page"]),
            "purpose": diagnosis.replace_strict(answers, default=None, return_dtype=pl.Boolean),
        }
    )
    judged = first.join(operated, on="page", how="left").join(purpose, on="page", how="left")
    lesser_first = (pl.col("category") == _INSPECTION) | (
        (pl.col("category") == _TREATMENT) & pl.col("lesser")
    )
    wrong = (
        lesser_first
        & pl.col("operated").fill_null(value=False)
        & ~pl.col("leads")
        & ~pl.col("purpose")
    )
    return by_page(judged.select("page", right=~wrong), pages.height)


def usual_level(pages: Pages, parameters: Parameters) -> pl.DataFrame:
    """Find procedures whose level differs from the usual one of the same code (手术级别, K34).

    Compared within a hospital (A01) where that is filed. Both bounds keep rare procedures and
    changes of the hospital's list out.

    Parameters
    ----------
    pages
        Codes and levels as filed.
    parameters
        ``at_least``: procedures of a code for it to be judged; ``share``: part of them below
        which a level is unusual.
    """
    least, share = float(str(parameters["at_least"])), float(str(parameters["share"]))
    hospital = pl.DataFrame({"hospital": pages.text("A01")}).with_row_index("page")
    entries = (
        pages.entries("procedures")
        .select("page", "place", code="C35C", level="C38")
        .drop_nulls(["code", "level"])
        .join(hospital.with_columns(pl.col("page").cast(pl.UInt32)), on="page")
    )
    same = ["hospital", "code"]
    unusual = entries.filter(
        (pl.len().over(same) >= least)
        & (pl.len().over([*same, "level"]) < share * pl.len().over(same))
    )
    principal = pl.col("place") == 0
    return unusual.select(
        "page",
        field=pl.when(principal).then(pl.lit("C17")).otherwise(pl.lit("C38")),
        place=pl.when(~principal).then(pl.col("place")).cast(pl.Int16),
    )


COMPUTATIONS = (
    Computation("highest_level_first", Kind.CONDITION, highest_level_first, ("C17", "C38")),
    Computation(
        "operation_first",
        Kind.CONDITION,
        operation_first,
        ("C14C", "C35C"),
        frozenset({"leading", "lesser", "minor", "purposes"}),
    ),
    Computation(
        "usual_level",
        Kind.FINDINGS,
        usual_level,
        ("C35C", "C38"),
        frozenset({"at_least", "share"}),
        whole_table=True,
    ),
)
