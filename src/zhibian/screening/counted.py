"""Which other diagnoses count towards the level of a case, and which one alone decides it
(计入分档的编码).

The counting is that of :mod:`zhibian.grouping.columnar`: a CC or MCC counts unless its exclusion
table is that of the principal diagnosis; several of one level count once.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl
from numpy.typing import NDArray

from zhibian.grouping.cases import Cases
from zhibian.grouping.columnar import ColumnarPack
from zhibian.grouping.pack import RulePack
from zhibian.grouping.severity import Level
from zhibian.grouping.vector import LEVEL_NUMBER

_NOTHING = -1
# Places of AdrgRule.by_counts: nothing counts, a CC, an MCC, both.
_NONE, _CC, _MCC, _BOTH = range(4)


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


def deciding(grouped: pl.DataFrame, counts: pl.DataFrame, groups: pl.DataFrame) -> pl.DataFrame:
    """Return the code that alone decides about the group, and the groups beside the filed one.

    Parameters
    ----------
    grouped
        ``adrg``, ``drg``, ``level`` of each case.
    counts
        From :func:`counted`, row by row the same cases.
    groups
        From :func:`neighbours`.

    Returns
    -------
    polars.DataFrame
        One row a case: ``deciding_code`` and ``without_drg``, the group without that code, both null
        where no single code changes the group; ``next_drg``, the group of the next higher level
        that differs from the filed one, null where there is none.
    """
    told = grouped.select(pl.col("adrg", "drg", "level").cast(pl.String)).hstack(counts)
    joined = told.join(groups, on="adrg", how="left", maintain_order="left")
    one_mcc = pl.col("mcc_codes") == 1
    one_cc = (pl.col("mcc_codes") == 0) & (pl.col("cc_codes") == 1)
    without = (
        pl.when(one_mcc & (pl.col("cc_codes") > 0))
        .then("of_cc")
        .when(one_mcc | one_cc)
        .then("of_none")
    )
    code = pl.when(one_mcc).then("single_mcc").when(one_cc).then("single_cc")
    changed = without.is_not_null() & (without != pl.col("drg"))
    level = pl.col("level")
    higher = (
        pl.when((level == Level.NONE.value) & (pl.col("of_cc") != pl.col("drg")))
        .then("of_cc")
        .when(level.is_in([Level.NONE.value, Level.CC.value]) & (pl.col("of_mcc") != pl.col("drg")))
        .then("of_mcc")
    )
    return joined.select(
        deciding_code=pl.when(changed).then(code),
        without_drg=pl.when(changed).then(without),
        next_drg=higher,
    )


def kinds(pack: RulePack) -> Mapping[str, str]:
    """Return what kind of core group each is (外科、操作、内科): ``surgical``, ``medical``, ..."""
    return {adrg.code: adrg.kind for mdc in pack.mdcs for adrg in mdc.adrgs}
