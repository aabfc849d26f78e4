"""Which other diagnoses count towards the level of a case, and which decides it (计入分档的编码).

The counting is that of :mod:`zhibian.grouping.columnar`: a CC or MCC counts unless its exclusion
table is that of the principal diagnosis; several of one level count once.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl
from numpy.typing import NDArray

from zhibian.grouping.cases import Cases
from zhibian.grouping.columnar import ColumnarPack, group_table
from zhibian.grouping.pack import RulePack
from zhibian.grouping.severity import Level
from zhibian.grouping.types import Status
from zhibian.grouping.vector import LEVEL_NUMBER

_NOTHING = -1


def neighbours(pack: RulePack) -> pl.DataFrame:
    """Return the groups of each core group by what counts (同一核心组各档的组).

    Returns
    -------
    polars.DataFrame
        ``adrg`` and the groups ``of_none``, ``of_cc``, ``of_mcc``, ``of_both``. Core groups whose
        groups ask for anything else than CC and MCC are left out: what a code does to them can't be
        told without grouping again.
    """
    rows = [
        (adrg.code, *(drg.code if drg else None for drg in adrg.by_counts))
        for mdc in pack.mdcs
        for adrg in mdc.adrgs
        if adrg.by_counts is not None
    ]
    names = ("adrg", "of_none", "of_cc", "of_mcc", "of_both")
    return pl.DataFrame(rows, dict.fromkeys(names, pl.String), orient="row").unique(
        "adrg", keep="first", maintain_order=True
    )


def counted(cases: Cases, pack: ColumnarPack) -> pl.DataFrame:
    """Return what counts towards the level of each case.

    Parameters
    ----------
    cases
        From :func:`zhibian.grouping.cases.read_cases` with the pack's vocabulary.
    pack
        The scheme.

    Returns
    -------
    polars.DataFrame
        One row a case: ``mcc_codes`` and ``cc_codes``, numbers of different codes that count, and
        ``single_mcc``, ``single_cc``, the code where there is exactly one of that level.
    """
    owners = cases.others.owners()
    ids = cases.others.ids
    levels = pack.level_of[ids].copy()
    levels[pack.table_of[ids] == pack.principal_table[cases.principal][owners]] = 0
    made: dict[str, pl.Series] = {}
    for name, level in (("mcc", Level.MCC), ("cc", Level.CC)):
        chosen = levels == LEVEL_NUMBER[level]
        numbers, single = _distinct(owners[chosen], ids[chosen], len(cases))
        made[f"{name}_codes"] = pl.Series(numbers)
        made[f"single_{name}"] = _codes(pack, single)
    return pl.DataFrame(made)


def _distinct(
    owners: NDArray[np.intp], ids: NDArray[np.intp], size: int
) -> tuple[NDArray[np.int64], NDArray[np.intp]]:
    """Return how many different codes each case has, and the code where it has one."""
    width = int(ids.max(initial=0)) + 1
    keys = np.unique(owners * width + ids)
    cases, codes = keys // width, keys % width
    numbers = np.bincount(cases, minlength=size)
    single = np.full(size, _NOTHING, np.intp)
    single[cases] = codes
    single[numbers != 1] = _NOTHING
    return numbers, single


def _codes(pack: ColumnarPack, places: NDArray[np.intp]) -> pl.Series:
    vocabulary = pl.Series((*pack.vocabulary.codes, None), dtype=pl.String)
    # The place after the last is null, as is "none".
    return vocabulary.gather(np.where(places == _NOTHING, len(vocabulary) - 1, places))


def deciding(
    cases: pl.DataFrame, grouped: pl.DataFrame, counts: pl.DataFrame, pack: ColumnarPack
) -> pl.DataFrame:
    """Return the code that alone decides about the group, and the group without it.

    Where exactly one code of the level that counts is there, the case is grouped again without it,
    so the answer holds for every scheme, also where the code has a say in the core group.

    Parameters
    ----------
    cases
        The cases, columns of :data:`zhibian.grouping.cases.SCHEMA`.
    grouped, counts
        Their groups, and what :func:`counted` says of them, row by row.
    pack
        The scheme.

    Returns
    -------
    polars.DataFrame
        One row a case: ``deciding_code`` and ``without_drg``, both null where no single code
        changes the group.
    """
    code = counts.select(
        code=pl.when(pl.col("mcc_codes") == 1)
        .then("single_mcc")
        .when(pl.col("mcc_codes") == 0)
        .then("single_cc")
    ).to_series()
    asked = code.is_not_null() & (grouped["status"].cast(pl.String) == Status.GROUPED.value)
    without = (
        cases.with_columns(code)
        .filter(asked)
        .with_columns(pl.col("others").list.set_difference(pl.concat_list("code")))
        .drop("code")
    )
    again = group_table(without, pack)
    drg = grouped.filter(asked)["drg"].cast(pl.String)
    found = again.select(
        place=asked.arg_true(),
        deciding_code=code.filter(asked),
        without_drg=pl.col("drg").cast(pl.String),
        changed=(pl.col("status") == Status.GROUPED.value) & (pl.col("drg").cast(pl.String) != drg),
    ).filter("changed")
    places = pl.DataFrame({"place": pl.arange(len(cases), dtype=pl.UInt32, eager=True)})
    return places.join(found, on="place", how="left", maintain_order="left").select(
        "deciding_code", "without_drg"
    )


def next_groups(grouped: pl.DataFrame, groups: pl.DataFrame) -> pl.Series:
    """Return the group of the next higher level of the same core group.

    Parameters
    ----------
    grouped
        ``adrg``, ``drg``, ``level`` of each case.
    groups
        From :func:`neighbours`.

    Returns
    -------
    polars.Series
        ``next_drg``: null where there is no higher level whose group differs from the filed one.
    """
    told = grouped.select(pl.col("adrg", "drg", "level").cast(pl.String))
    joined = told.join(groups, on="adrg", how="left", maintain_order="left")
    level = pl.col("level")
    below_mcc = level.is_in([Level.NONE.value, Level.CC.value])
    higher = (
        pl.when((level == Level.NONE.value) & (pl.col("of_cc") != pl.col("drg")))
        .then("of_cc")
        .when(below_mcc & (pl.col("of_mcc") != pl.col("drg")))
        .then("of_mcc")
    )
    return joined.select(next_drg=higher).to_series()


def kinds(pack: RulePack) -> Mapping[str, str]:
    """Return what kind of core group each is (外科、操作、内科): ``surgical``, ``medical``, ..."""
    return {adrg.code: adrg.kind for mdc in pack.mdcs for adrg in mdc.adrgs}
