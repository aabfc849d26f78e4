"""Cost and stay of each group (同组统计): robust, of logarithms, from the data or loaded.

Costs of a group are far from normal and hold the very outliers that are looked for. So a case is
compared with the median, and its distance is measured in 1.4826 times the median absolute
deviation (MAD) of the logarithm, which equals the standard deviation where the logarithm is normal
(Iglewicz & Hoaglin, How to Detect and Handle Outliers, 1993). Medians and percentiles depend on
the set of cases alone, not on their order or on how the input is cut.

The grade of risk of death is SPEC 4.4: the logarithm of a group's mortality against mean and
standard deviation over all groups, each group with equal weight.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from zhibian.grouping.types import Status
from zhibian.problems import InputError, Problem
from zhibian.screening.signals import StatisticsRules
from zhibian.terminology.tables import read_csv, write_csv

# Makes the MAD of a normal sample an estimate of its standard deviation.
_NORMAL = 1.4826
_DEAD = "5"
COLUMNS = (
    "drg",
    "cases_of_group",
    "cost_median",
    "cost_spread",
    "cost_q10",
    "cost_q90",
    "days_median",
    "days_spread",
    "days_q90",
    "deaths",
    "death_grade",
)
_WHOLE = frozenset({"cases_of_group", "deaths"})
_TEXT = frozenset({"drg", "death_grade"})
_SCHEMA = pl.Schema(
    {
        name: pl.String() if name in _TEXT else pl.Int64() if name in _WHOLE else pl.Float64()
        for name in COLUMNS
    }
)
_REMEDY = "用 --write-benchmarks 重新写出标杆，或改正所指出的行"


@dataclass(frozen=True, slots=True)
class GroupStatistics:
    """Statistics of all groups (各组统计).

    Attributes
    ----------
    table
        One row a group with the columns :data:`COLUMNS`: ``cost_spread`` and ``days_spread`` are
        1.4826 MAD of the natural logarithm; figures of groups with too few cases are null.
    small
        Groups with too few cases to be compared with.
    small_cases
        Cases in those groups.
    """

    table: pl.DataFrame
    small: int
    small_cases: int


def statistics_of(facts: pl.LazyFrame, rules: StatisticsRules) -> GroupStatistics:
    """Return the statistics of the groups of a table of facts.

    Parameters
    ----------
    facts
        ``status``, ``drg``, ``cost`` (yuan), ``days``, ``discharge_way`` of each page.
    rules
        How many cases a comparison needs.
    """
    grouped = pl.col("status") == Status.GROUPED.value
    cost, days = pl.col("cost"), pl.col("days").cast(pl.Float64)
    cases = (
        facts.filter(grouped)
        .select(
            "drg",
            cost=pl.when(cost > 0).then(cost),
            days=pl.when(days > 0).then(days),
            dead=(pl.col("discharge_way") == _DEAD).fill_null(value=False),
        )
        .collect()
    )
    logs = {name: pl.col(name).log() for name in ("cost", "days")}
    made = (
        cases.group_by("drg")
        .agg(
            cases_of_group=pl.len().cast(pl.Int64),
            costs=pl.col("cost").count(),
            stays=pl.col("days").count(),
            cost_median=pl.col("cost").median(),
            cost_q10=pl.col("cost").quantile(0.1, "linear"),
            cost_q90=pl.col("cost").quantile(0.9, "linear"),
            days_median=pl.col("days").median(),
            days_q90=pl.col("days").quantile(0.9, "linear"),
            deaths=pl.col("dead").sum().cast(pl.Int64),
            **{
                f"{name}_spread": (log - log.median()).abs().median() * _NORMAL
                for name, log in logs.items()
            },
        )
        .with_columns(
            _enough(rules, "costs", "cost_median", "cost_q10", "cost_q90", "cost_spread"),
            _enough(rules, "stays", "days_median", "days_q90", "days_spread"),
        )
        .sort("drg")
    )
    graded = made.join(_death_grades(made, rules), on="drg", how="left", maintain_order="left")
    table = graded.select(pl.col(name).cast(kind) for name, kind in _SCHEMA.items())
    few = table.filter(pl.col("cost_median").is_null())
    return GroupStatistics(table, len(few), int(few["cases_of_group"].sum()))


def _enough(rules: StatisticsRules, counted: str, *columns: str) -> pl.Expr:
    return pl.when(pl.col(counted) >= rules.least_cases).then(pl.col(*columns))


def _death_grades(groups: pl.DataFrame, rules: StatisticsRules) -> pl.DataFrame:
    """Return the grade of each group with enough cases: 0 without deaths, 1 low to 4 high."""
    rated = groups.filter(pl.col("cases_of_group") >= rules.least_cases_for_risk).select(
        "drg", log=(pl.col("deaths") / pl.col("cases_of_group")).log(), none=pl.col("deaths") == 0
    )
    log, fatal = pl.col("log"), pl.col("log").filter(~pl.col("none"))
    centre, spread = fatal.mean(), fatal.std(ddof=0)
    return rated.select(
        "drg",
        death_grade=pl.when("none")
        .then(pl.lit("0"))
        .when(log < centre - spread)
        .then(pl.lit("1"))
        .when(log < centre)
        .then(pl.lit("2"))
        .when(log < centre + spread)
        .then(pl.lit("3"))
        .otherwise(pl.lit("4")),
    )


def write_statistics(statistics: GroupStatistics, path: Path) -> None:
    """Write statistics as a CSV of benchmarks (标杆).

    Raises
    ------
    InputError
        The file can't be written.
    """
    rows = [
        ["" if cell is None else str(cell) for cell in row] for row in statistics.table.iter_rows()
    ]
    try:
        write_csv(path, COLUMNS, rows)
    except OSError:
        problem = Problem(path.name, "unwritable", "标杆不能写入", "检查路径与权限")
        raise InputError(path.name, [problem]) from None


def read_statistics(path: Path) -> GroupStatistics:
    """Read benchmarks, such as those of a region or of last year.

    Raises
    ------
    InputError
        The file is absent or has another header, or a cell is no number; all of them are told.
    """
    rows = read_csv(path, COLUMNS, _REMEDY)
    problems = [
        Problem(
            f"{path.name} 第 {number} 行，{name} 列",
            "benchmark_invalid",
            "不是不小于 0 的数",
            _REMEDY,
            cell,
        )
        for number, row in enumerate(rows, start=2)
        for name, cell in zip(COLUMNS, row, strict=True)
        if name not in _TEXT and cell and not _is_number(cell)
    ]
    groups = [row[0] for row in rows]
    problems += [
        Problem(path.name, "group_repeated", "组重复", _REMEDY, drg)
        for drg in sorted({g for g in groups if groups.count(g) > 1})
    ]
    if problems:
        raise InputError(path.name, problems)
    text = pl.DataFrame(rows, dict.fromkeys(COLUMNS, pl.String), orient="row")
    filled = text.select(pl.when(pl.all() != "").then(pl.all()))
    table = filled.select(
        pl.col(name).cast(pl.Float64).cast(kind) if name not in _TEXT else pl.col(name)
        for name, kind in _SCHEMA.items()
    )
    few = table.filter(pl.col("cost_median").is_null())
    return GroupStatistics(table, len(few), int(few["cases_of_group"].sum()))


def _is_number(cell: str) -> bool:
    try:
        return float(cell) >= 0
    except ValueError:
        return False


def beside_group(
    facts: pl.DataFrame, statistics: GroupStatistics, rules: StatisticsRules
) -> pl.DataFrame:
    """Return facts with every measure that compares a page with its group and its neighbours.

    Parameters
    ----------
    facts
        Facts of pages.
    statistics
        Of the groups.
    rules
        Holds the least spread.
    """
    own = statistics.table
    joined = facts.join(own, on="drg", how="left", maintain_order="left")
    for prefix in ("next", "without"):
        other = own.select(
            pl.col("drg").alias(f"{prefix}_drg"),
            pl.col("cases_of_group").alias(f"cases_of_{prefix}"),
            pl.col("cost_median").alias(f"{prefix}_cost_median"),
        )
        joined = joined.join(other, on=f"{prefix}_drg", how="left", maintain_order="left")
    cost = pl.when(pl.col("cost") > 0).then("cost")
    days = pl.when(pl.col("days") > 0).then(pl.col("days").cast(pl.Float64))
    return joined.with_columns(
        cost_ratio=cost / pl.col("cost_median"),
        cost_score=_score(cost, "cost", rules),
        cost_over_q10=cost / pl.col("cost_q10"),
        cost_over_q90=cost / pl.col("cost_q90"),
        days_ratio=days / pl.col("days_median"),
        days_score=_score(days, "days", rules),
        days_over_q90=days / pl.col("days_q90"),
        next_cost_ratio=pl.col("next_cost_median") / pl.col("cost_median"),
        next_nearness=_nearness(cost, "next_cost_median"),
        without_nearness=_nearness(cost, "without_cost_median"),
    )


def _score(value: pl.Expr, name: str, rules: StatisticsRules) -> pl.Expr:
    spread = pl.max_horizontal(pl.col(f"{name}_spread"), pl.lit(rules.least_spread))
    known = pl.when(pl.col(f"{name}_spread").is_not_null()).then(spread)
    return (value / pl.col(f"{name}_median")).log() / known


def _nearness(cost: pl.Expr, other: str) -> pl.Expr:
    """Return how much nearer a cost is to another group's median than to its own group's."""
    own_distance = (cost / pl.col("cost_median")).log().abs()
    return own_distance - (cost / pl.col(other)).log().abs()
