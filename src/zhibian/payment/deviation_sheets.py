"""Payment deviation as a workbook (支付偏差工作簿): cases, and totals in both directions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from zhibian.payment.compared_file import ComparedTable
from zhibian.payment.paid_deviation import STATEMENT
from zhibian.payment.settlement.rules import SettlementRules
from zhibian.payment.settlement.stay_columns import LABELS
from zhibian.payment.settlement_sheets import money, parameter_sheet, problem_sheet, told
from zhibian.payment.totals import deviation_by
from zhibian.sheets import Cell, Column, Sheet

NOTE = (
    f"{STATEMENT}；差额 = 建议 − 填报。建议病组权重高于填报为疑似漏编，低于填报为疑似高编，"
    "均须以病历为据；重新判定类型后，权重升高的病例应付也可能减少"
)
_DIRECTIONS = {1: "疑似漏编", -1: "疑似高编", 0: "无差异"}
_INTERVAL = "；区间为按病例重抽样 1000 次的 95% 自助法区间"

_CASES: Sequence[tuple[str, Column]] = (
    ("id", Column("病例标识", width=16)),
    ("department", Column("科室", width=16)),
    ("physician", Column("医师", width=12)),
    ("variant", Column("类别", width=12)),
    ("cost", Column("总费用 F（元）", "money", 16)),
    ("drg_filed", Column("填报病组", width=10)),
    ("kind_filed", Column("填报类型", width=16)),
    ("weight_filed", Column("填报权重", "number", 10)),
    ("amount_filed", Column("填报应付（元）", "money", 16)),
    ("drg_proposed", Column("建议病组", width=10)),
    ("kind_proposed", Column("建议类型", width=16)),
    ("weight_proposed", Column("建议权重", "number", 10)),
    ("amount_proposed", Column("建议应付（元）", "money", 16)),
    ("weight_diff", Column("权重差", "number", 10)),
    ("direction", Column("方向", width=10)),
    ("amount_diff", Column("差额（元）", "money", 16)),
    ("ratio", Column("差额率", "percent", 10)),
    ("balance_filed", Column("填报盈亏（元）", "money", 16)),
    ("balance_proposed", Column("建议盈亏（元）", "money", 16)),
    ("confidence", Column("置信度", "number", 10)),
    ("expected", Column("期望差额（元）", "money", 16)),
    ("class_changed", Column("类型变化", width=10)),
    ("reason", Column("未计算原因", width=40)),
    ("note", Column("说明", width=36)),
)
# By whatever may be asked to explain the differences; a label only where any case has it.
_BY = (
    ("科室", "department"),
    ("医师", "physician"),
    ("编码员", "coder"),
    ("填报病组", "drg_filed"),
    ("填报 MDC", "mdc_filed"),
    ("病种", "disease"),
    ("机构", "institution"),
)
_TOTALS: Sequence[tuple[str, Column]] = (
    ("cases", Column("例数", "whole", 10)),
    ("compared", Column("已比较", "whole", 10)),
    ("up", Column("疑似漏编例数", "whole", 12)),
    ("up_yuan", Column("疑似漏编差额（元）", "money", 18)),
    ("down", Column("疑似高编例数", "whole", 12)),
    ("down_yuan", Column("疑似高编差额（元）", "money", 18)),
    ("net", Column("净差额（元）", "money", 16)),
    ("ratio", Column("差额率", "percent", 10)),
    ("expected", Column("期望差额（元）", "money", 16)),
    ("mean", Column("例均差额（元）", "money", 14)),
    ("mean_low", Column("区间下限", "money", 12)),
    ("mean_high", Column("区间上限", "money", 12)),
    ("weight_diff", Column("权重差合计", "number", 12)),
    ("cmi_filed", Column("填报 CMI", "number", 10)),
    ("cmi_proposed", Column("建议 CMI", "number", 12)),
    ("cmi_diff", Column("CMI 差", "number", 10)),
    ("cmi_low", Column("区间下限 CMI", "number", 12)),
    ("cmi_high", Column("区间上限 CMI", "number", 12)),
)


def deviation_sheets(
    compared: ComparedTable, rules: SettlementRules, names: Mapping[str, str]
) -> Iterator[Sheet]:
    """Yield the sheets of a workbook.

    Parameters
    ----------
    compared
        The comparison.
    rules
        Rules that both sides were settled by.
    names
        Names of categories and groups.
    """
    cases = compared.cases
    yield Sheet("病例差异", [c for _, c in _CASES], _case_rows(cases), NOTE)
    for title, column in _BY:
        if column not in LABELS or told(cases, column):
            yield _totals(title, cases, column, names)
    yield parameter_sheet(rules)
    yield problem_sheet(compared.problems)


def _case_rows(cases: pl.DataFrame) -> Iterator[Sequence[Cell]]:
    filed = pl.col("amount_filed_fen")
    shown = cases.with_columns(
        cost=money("cost_fen"),
        amount_filed=money("amount_fen_filed"),
        amount_proposed=money("amount_fen_proposed"),
        balance_filed=money("balance_fen_filed"),
        balance_proposed=money("balance_fen_proposed"),
        amount_diff=money("amount_diff_fen"),
        expected=money("expected_fen"),
        amount_filed_fen=pl.col("amount_fen_filed"),
        direction=pl.col("direction").replace_strict(
            _DIRECTIONS, default="", return_dtype=pl.String
        ),
    ).with_columns(ratio=pl.when(filed != 0).then(pl.col("amount_diff_fen") / filed))
    return shown.select(name for name, _ in _CASES).iter_rows()


def _totals(title: str, cases: pl.DataFrame, column: str, names: Mapping[str, str]) -> Sheet:
    table = totals(cases, column).with_columns(
        name=pl.col("key").replace_strict(names, default="", return_dtype=pl.String)
    )
    columns = [Column(title, width=20), Column("名称", width=36), *(c for _, c in _TOTALS)]
    rows = table.select("key", "name", *(name for name, _ in _TOTALS)).iter_rows()
    return Sheet(f"按{title}", columns, rows, NOTE + _INTERVAL)


def totals(cases: pl.DataFrame, column: str) -> pl.DataFrame:
    """Return totals by a column and over all cases, money in yuan.

    Parameters
    ----------
    cases
        Cases of a :class:`ComparedTable`.
    column
        The column; empty for all cases alone.
    """
    table = cases.with_columns(amount_filed_fen=pl.col("amount_fen_filed"))
    parts = [deviation_by(table, column)] if column else []
    return pl.concat([*parts, deviation_by(table, "")]).with_columns(
        up_yuan=money("up_fen"),
        down_yuan=money("down_fen"),
        net=money("net_fen"),
        expected=money("expected_fen"),
        mean=money("mean_fen"),
        mean_low=money("mean_low_fen"),
        mean_high=money("mean_high_fen"),
    )
