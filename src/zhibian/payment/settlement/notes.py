"""What a person should know of single rows of a settled table (整表结算的提示).

Nothing here changes an amount: each note tells why a row was settled otherwise than its columns
seem to ask for.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from zhibian.grouping.batches import RowProblem
from zhibian.payment.settlement.prices import UNKNOWN_VARIANT, PriceBook
from zhibian.payment.settlement.types import Kind
from zhibian.problems import Problem

_COST = "cost"
_HEADER_ROW = 1
# Classes of reviewed cases that need no place in the quota.
_UNREVIEWED = (Kind.REVIEW, Kind.BED_DAY, Kind.DAY_SURGERY, Kind.NOT_GROUPED)
_NO_COST = Problem(
    _COST,
    "column_missing",
    "没有总费用一列，不能判定倍率，不计算盈亏",
    "补上 cost 列（住院总费用，元）",
    severity="warning",
)
_REPEATED = Problem(
    "id",
    "id_repeated",
    "病例标识重复，每一行都计入合计与额度",
    "核对是否重复导出，每个病例一行",
    severity="warning",
)
_REVIEW_BEYOND = Problem(
    "review",
    "review_beyond_quota",
    "特例单议超出本期数量上限，按一般病例测算",
    "核对评审结果与结算规则 review 一节的上限",
    severity="warning",
)
_NO_BED_DAYS = Problem(
    "bed_day",
    "bed_day_unruled",
    "结算规则没有床日付费，按一般病例测算",
    "在结算规则写明 bed_day 一节（类别与每床日金额），或留空",
    severity="warning",
)


def missing_columns(columns: Sequence[str]) -> list[RowProblem]:
    """Return a note on the header where no cost can be known."""
    return [] if _COST in columns else [RowProblem(_HEADER_ROW, _NO_COST)]


def settlement_notes(cases: pl.DataFrame, book: PriceBook) -> list[RowProblem]:
    """Return what is to be told of the rows of a settled period.

    Parameters
    ----------
    cases
        As in :class:`zhibian.payment.settlement.file.SettledTable`.
    book
        Tariff and rules that it was settled by.

    Returns
    -------
    list of RowProblem
        Hospital levels and insurances that the tariff lacks; repeated ids; accepted special-case
        reviews (特例单议) beyond the quota; bed-day kinds (床日类别) under rules without bed-days.
    """
    unknown = Problem(
        "hospital_level,insurance,variant",
        "variant_unknown",
        "支付标准没有这种医院级别与险种",
        f"改为支付标准已有的类别：{'、'.join(book.tariff.variants)}",
    )
    reviewed = [kind.value for kind in _UNREVIEWED]
    told = {
        unknown: pl.col("variant") == UNKNOWN_VARIANT,
        _REPEATED: pl.col("id").is_duplicated() & (pl.col("id") != ""),
        _REVIEW_BEYOND: pl.col("review") & ~pl.col("kind").cast(pl.String).is_in(reviewed),
    }
    if book.rules.bed_day is None:
        told[_NO_BED_DAYS] = pl.col("bed_day") != ""
    return [
        RowProblem(row, problem)
        for problem, holds in told.items()
        for row in cases.filter(holds)["row"]
    ]
