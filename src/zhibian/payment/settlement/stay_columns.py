"""Columns of a table that settlement reads (结算所需列), beside those that grouping reads.

All are optional; what is blank is unknown. A cell that can't be read is told with its row and
column and counts as blank, so that the row goes on.

``cost``
    Total cost (住院总费用), yuan; up to four decimals, thousands may be marked by commas.
``days``
    Length of stay (住院天数), whole days; the column that grouping reads.
``day_surgery``, ``review``
    Day surgery (日间手术) and accepted special-case review (特例单议): 1 or 是, 0 or 否.
``bed_day``
    Kind of bed-day payment (床日类别), such as 精神.
``hospital_level``, ``insurance``, ``variant``
    What chooses the variant of the tariff: level (三级, 三级甲等), insurance (职工, 居民, or
    code or name of the way of payment or kind of insurance: 1, 1.1, 310, 城镇职工基本医疗保险), or
    the variant itself.
``department``, ``physician``, ``coder``, ``institution``
    Labels of totals; quotas are by institution where it is told.
``deductible``, ``copay``, ``self_paid``, ``prior_paid``
    The patient's share (起付线、自付、全自费、先行自付), yuan.
``confidence``
    Probability that the coding is right, 0 to 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import polars as pl

from zhibian.grouping.batches import RowProblem
from zhibian.grouping.table_files import Batch
from zhibian.payment.settlement.types import GREATEST_COST, LONGEST_STAY, fen_of
from zhibian.problems import Problem

MONEY = ("cost", "deductible", "copay", "self_paid", "prior_paid")
LABELS = ("department", "physician", "coder", "institution")
_FLAGS = ("day_surgery", "review")
_TEXTS = ("bed_day", "hospital_level", "insurance", "variant", *LABELS)
_MONEY_PATTERN = r"^([0-9]{1,8}|[0-9]{1,3}(,[0-9]{3})+)(\.[0-9]{1,4})?$"
_WHOLE_PATTERN = r"^[0-9]{1,5}(\.0+)?$"
_SHARE_PATTERN = r"^(0(\.[0-9]{1,9})?|1(\.0{1,9})?)$"
_YES_NO: Mapping[str, bool] = {"1": True, "是": True, "0": False, "否": False, "": False}
# Codes and names of the way of payment on the front page (付费方式: 1 城职, 2 城居, with places)
# and of the kinds of insurance in the settlement list (险种: 310 职工, 390 居民).
_INSURANCE: Mapping[str, str] = {
    "职工": r"^(0?1(\.[12])?|310|(本市|外埠)?(城镇)?职工(基本)?(医疗保险|医保)?)$",
    "居民": r"^(0?2(\.[12])?|390|(本市|外埠)?(城镇|城乡)?居民(基本)?(医疗保险|医保)?)$",
}


class StayColumns(NamedTuple):
    """What was read.

    Attributes
    ----------
    frame
        ``<money>_fen`` for each of :data:`MONEY`, ``days``, flags, texts and ``confidence``.
    problems
        Cells that could not be read.
    """

    frame: pl.DataFrame
    problems: list[RowProblem]


def read_stay_columns(batch: Batch) -> StayColumns:
    """Read the columns of settlement from a batch of text cells.

    Parameters
    ----------
    batch
        Rows of any table; a column that is not there counts as blank.
    """
    cells = batch.cells
    problems: list[RowProblem] = []

    def text(column: str) -> pl.Series:
        if column not in cells.columns:
            return pl.Series(column, [""] * len(cells), dtype=pl.String)
        return cells[column].str.strip_chars()

    def matched(column: str, pattern: str, what: str, remedy: str) -> pl.Series:
        found = text(column)
        fits = found.str.contains(pattern)
        wrong = (found != "") & ~fits
        _tell(problems, batch.numbers, wrong, Problem(column, "cell_invalid", what, remedy))
        return found.to_frame().select(pl.when(pl.lit(fits)).then(pl.col(column)))[column]

    columns: dict[str, pl.Series] = {}
    for column in MONEY:
        told = matched(column, _MONEY_PATTERN, "不是金额", "填写以元为单位的非负数字或留空")
        columns[f"{column}_fen"] = _in_range(column, _fen(told), batch.numbers, problems)
    days = matched("days", _WHOLE_PATTERN, "不是整数天", "填写住院天数或留空").cast(pl.Float64)
    whole = days.cast(pl.Int64)
    columns["days"] = _nulled(whole, whole > LONGEST_STAY)
    for column in _FLAGS:
        found = text(column)
        wrong = ~found.is_in(list(_YES_NO))
        _tell(
            problems,
            batch.numbers,
            wrong,
            Problem(column, "flag_invalid", "不是 1/0 或 是/否", "填写 1 或 0"),
        )
        columns[column] = found.replace_strict(_YES_NO, default=False, return_dtype=pl.Boolean)
    for column in _TEXTS:
        columns[column] = text(column)
    for kind, pattern in _INSURANCE.items():
        columns["insurance"] = columns["insurance"].str.replace(pattern, kind)
    share = matched("confidence", _SHARE_PATTERN, "不是 0 到 1 的数", "填写置信度或留空")
    columns["confidence"] = share.cast(pl.Float64)
    return StayColumns(pl.DataFrame(columns), problems)


def _fen(told: pl.Series) -> pl.Series:
    """Return amounts as whole fen, rounded half up, without a float in between."""
    plain = pl.col("told").str.replace_all(",", "")
    parts = plain.str.split_exact(".", 1)
    yuan = parts.struct.field("field_0").cast(pl.Int64)
    decimals = parts.struct.field("field_1").fill_null("").str.pad_end(4, "0").cast(pl.Int64)
    fen = yuan * 100 + (decimals + 50) // 100
    return told.alias("told").to_frame().select(fen)["field_0"]


def _in_range(
    column: str, fen: pl.Series, numbers: Sequence[int], problems: list[RowProblem]
) -> pl.Series:
    greatest = fen_of(GREATEST_COST)
    wrong = (fen > greatest).fill_null(value=False)
    problem = Problem(column, "cell_invalid", "金额过大", f"金额不超过 {GREATEST_COST} 元")
    _tell(problems, numbers, wrong, problem)
    return _nulled(fen, fen > greatest)


def _nulled(values: pl.Series, wrong: pl.Series) -> pl.Series:
    table = pl.DataFrame({"value": values, "wrong": wrong.fill_null(value=False)})
    return table.select(pl.when(~pl.col("wrong")).then(pl.col("value")))["value"]


def _tell(
    problems: list[RowProblem], numbers: Sequence[int], wrong: pl.Series, problem: Problem
) -> None:
    problems += [RowProblem(numbers[place], problem) for place in wrong.arg_true()]
