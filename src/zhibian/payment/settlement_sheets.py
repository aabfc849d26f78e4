"""Settlement as a workbook and as columns of a table (结算结果的输出)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from zhibian.grouping.batches import RowProblem
from zhibian.payment.settlement.file import SettledTable
from zhibian.payment.settlement.rules import Section, SettlementRules
from zhibian.payment.settlement.types import Kind
from zhibian.payment.totals import balance_by
from zhibian.sheets import Cell, Column, Sheet

NOTE = "分组与支付为测算结果，以医保结算为准；盈亏 = 应付 − 总费用，费用偏离率 = Σ(F−V)/ΣV"
_YUAN = {"standard": "standard_fen", "amount": "amount_fen", "balance": "balance_fen"}
_KINDS = {k.value: k.chinese for k in Kind}


def money(column: str) -> pl.Expr:
    """Return a column of fen as yuan."""
    return pl.col(column) / 100


def settled_columns(cases: pl.DataFrame) -> pl.DataFrame:
    """Return the columns that settlement adds to a table, as text; blank where there is nothing.

    Parameters
    ----------
    cases
        Cases of a :class:`SettledTable`.
    """
    fixed = {name: _fixed(column, 2) for name, column in _YUAN.items()}
    return cases.select(
        settle_kind=pl.col("kind").cast(pl.String).replace(_KINDS),
        rw=pl.col("weight").cast(pl.String).fill_null(""),
        standard=fixed["standard"],
        multiple=_fixed("multiple_e4", 4),
        amount=fixed["amount"],
        points=_fixed("points_e4", 4),
        balance=fixed["balance"],
        fund=_fixed("fund_fen", 2),
        settle_reason=pl.col("reason").fill_null(""),
    )


def _fixed(column: str, places: int) -> pl.Expr:
    """Return a whole number of small units as a decimal text, exactly."""
    unit = 10**places
    size = pl.col(column).abs()
    sign = pl.when(pl.col(column) < 0).then(pl.lit("-")).otherwise(pl.lit(""))
    decimals = (size % unit).cast(pl.String).str.zfill(places)
    return pl.concat_str(sign, size // unit, pl.lit("."), decimals).fill_null("")


_CASES: Sequence[tuple[str, Column]] = (
    ("id", Column("病例标识", width=16)),
    ("department", Column("科室", width=16)),
    ("physician", Column("医师", width=12)),
    ("variant", Column("类别", width=12)),
    ("mdc", Column("MDC", width=8)),
    ("drg", Column("病组", width=8)),
    ("name", Column("病组名称", width=36)),
    ("kind", Column("类型", width=16)),
    ("days", Column("住院天数", "whole", 10)),
    ("weight", Column("权重 RW", "number", 10)),
    ("standard", Column("支付标准 V（元）", "money", 16)),
    ("cost", Column("总费用 F（元）", "money", 16)),
    ("multiple", Column("倍率", "number", 10)),
    ("points", Column("点数", "number", 12)),
    ("amount", Column("应付（元）", "money", 16)),
    ("balance", Column("盈亏（元）", "money", 16)),
    ("fund", Column("基金支付（元）", "money", 16)),
    ("reason", Column("未计算原因", width=40)),
)
_LABELS = (
    ("科室盈亏", "科室", "department"),
    ("医师盈亏", "医师", "physician"),
    ("机构盈亏", "机构", "institution"),
)
_TOTALS: Sequence[tuple[str, Column]] = (
    ("cases", Column("例数", "whole", 10)),
    ("settled", Column("已测算", "whole", 10)),
    ("cost", Column("总费用（元）", "money", 18)),
    ("amount", Column("应付（元）", "money", 18)),
    ("balance", Column("盈亏（元）", "money", 18)),
    ("losing", Column("亏损例数", "whole", 10)),
    ("low", Column("低倍率", "whole", 10)),
    ("high", Column("高倍率", "whole", 10)),
    ("cost_deviation", Column("费用偏离率", "percent", 12)),
    ("total_weight", Column("总权重", "number", 14)),
    ("cmi", Column("CMI", "number", 10)),
)


def settlement_sheets(
    settled: SettledTable, rules: SettlementRules, names: Mapping[str, str]
) -> Iterator[Sheet]:
    """Yield the sheets of a workbook: cases, totals, parameters, problems.

    Parameters
    ----------
    settled
        The settled table.
    rules
        Rules that it was settled by.
    names
        Names of categories and groups.
    """
    cases = settled.cases
    yield Sheet("结算明细", [c for _, c in _CASES], _case_rows(cases, names), NOTE)
    yield _totals("按类型", "类型", cases.with_columns(_kind()), "kind_name", {})
    yield _totals("病组盈亏", "病组", cases, "drg", names)
    yield _totals("大类盈亏", "MDC", cases, "mdc", names)
    for title, of, label in _LABELS:
        if told(cases, label):
            yield _totals(title, of, cases, label, {})
    yield parameter_sheet(rules)
    yield problem_sheet(settled.problems)


def told(cases: pl.DataFrame, label: str) -> bool:
    """Tell whether any case has a label."""
    return bool((cases[label] != "").any())


def _kind() -> pl.Expr:
    return pl.col("kind").cast(pl.String).replace(_KINDS).alias("kind_name")


def _case_rows(cases: pl.DataFrame, names: Mapping[str, str]) -> Iterator[Sequence[Cell]]:
    shown = cases.with_columns(
        name=pl.col("drg").replace_strict(names, default="", return_dtype=pl.String),
        kind=pl.col("kind").cast(pl.String).replace(_KINDS),
        standard=money("standard_fen"),
        cost=money("cost_fen"),
        amount=money("amount_fen"),
        balance=money("balance_fen"),
        fund=money("fund_fen"),
        multiple=pl.col("multiple_e4") / 10_000,
        points=pl.col("points_e4") / 10_000,
    )
    return shown.select(name for name, _ in _CASES).iter_rows()


def _totals(
    title: str, of: str, cases: pl.DataFrame, column: str, names: Mapping[str, str]
) -> Sheet:
    parts = [balance_by(cases, column), balance_by(cases, "")]
    table = pl.concat(parts).with_columns(
        name=pl.col("key").replace_strict(names, default="", return_dtype=pl.String),
        cost=money("cost_fen"),
        amount=money("amount_fen"),
        balance=money("balance_fen"),
    )
    columns = [Column(of, width=20), Column("名称", width=36), *(c for _, c in _TOTALS)]
    rows = table.select("key", "name", *(name for name, _ in _TOTALS)).iter_rows()
    return Sheet(title, columns, rows, NOTE)


def parameter_sheet(rules: SettlementRules) -> Sheet:
    """Return the sheet of all parameters with their sources (参数与来源)."""
    columns = [
        Column("节", width=16),
        Column("取值", width=60),
        Column("来源", width=70),
        Column("是否核实", width=10),
    ]
    return Sheet("参数与来源", columns, _parameters(rules), f"结算规则 {rules.id} {rules.title}")


def _parameters(rules: SettlementRules) -> Iterator[Sequence[Cell]]:
    for name in type(rules).model_fields:
        section = getattr(rules, name)
        if isinstance(section, Section):
            told = section.model_dump(mode="json", exclude={"source", "verified"})
            yield name, _shown(told), section.source, section.verified


def _shown(told: object) -> str:
    """Return values as a person writes them; what is not set is left out."""
    if isinstance(told, Mapping):
        parts = [(k, v) for k, v in told.items() if v not in (None, False, [], {})]
        return "；".join(f"{k}={_shown(v)}" for k, v in parts)
    if isinstance(told, list):
        return " | ".join(_shown(entry).replace("；", "，") for entry in told)
    return str(told)


def problem_sheet(problems: Sequence[RowProblem]) -> Sheet:
    """Return the sheet of everything wrong with single rows (输入问题)."""
    columns = [
        Column("行", "whole", 8),
        Column("列", width=20),
        Column("问题", width=40),
        Column("值", width=16),
        Column("处理", width=40),
    ]
    rows = ((row, p.field, p.message, p.value or "", p.remedy) for row, p in problems)
    return Sheet("输入问题", columns, rows)
