"""Totals over many settled cases (汇总): profit and loss, cost deviation, payment deviation.

Sums of money are sums of whole fen, so that parts add up to the whole. Both directions of a
payment deviation are counted side by side: a heavier group proposed than filed (疑似漏编) and a
lighter one (疑似高编).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from zhibian.payment.bootstrap import mean_interval
from zhibian.payment.paid_deviation import CONFIDENCE_STEPS
from zhibian.payment.settlement.types import Kind

#: What is written where a case has no department, physician or group.
NOT_TOLD = "（未填）"


def deviations(
    filed: pl.DataFrame, proposed: pl.DataFrame, confidence: pl.Series | None = None
) -> pl.DataFrame:
    """Return proposed less filed, row by row.

    Parameters
    ----------
    filed, proposed
        Answers of :func:`zhibian.payment.settlement.table.settle_table` for the same cases in the
        same order.
    confidence
        Probability that the proposed group is right, null where unknown.

    Returns
    -------
    polars.DataFrame
        ``weight_diff``, ``amount_diff_fen``, ``expected_fen``, ``class_changed``, and
        ``direction``: 1 where the proposed group is heavier (疑似漏编), -1 where it is lighter
        (疑似高编), by the amount where weights are equal or unknown. A heavier group may be paid
        less, where it turns a high outlier into a normal case. Null where either side has no
        weight or amount.
    """
    chance = pl.lit(None, pl.Float64) if confidence is None else confidence
    table = pl.DataFrame(
        {
            "weight_diff": proposed["weight"] - filed["weight"],
            "amount_diff_fen": proposed["amount_fen"] - filed["amount_fen"],
            "class_changed": proposed["kind"].cast(pl.String) != filed["kind"].cast(pl.String),
        }
    ).with_columns(confidence=chance)
    steps = (pl.col("confidence") * CONFIDENCE_STEPS).round().cast(pl.Int64)
    amount = pl.col("amount_diff_fen")
    size = (2 * amount.abs() * steps + CONFIDENCE_STEPS) // (2 * CONFIDENCE_STEPS)
    weight = pl.col("weight_diff").round(6)
    heavier = pl.when(weight.fill_null(0) != 0).then(weight.sign())
    return table.with_columns(
        weight,
        expected_fen=size * amount.sign(),
        direction=heavier.otherwise(amount.sign()).cast(pl.Int64),
    )


def deviation_by(table: pl.DataFrame, column: str) -> pl.DataFrame:
    """Return payment deviation by a column, with bootstrap intervals over records.

    Parameters
    ----------
    table
        One row a case: ``weight_filed``, ``weight_proposed``, ``amount_filed_fen`` and the columns
        of :func:`deviations`, beside the column asked for.
    column
        Such as ``department``, ``physician``, ``mdc`` or ``drg``; a row of its own for all cases
        where it is empty.

    Returns
    -------
    polars.DataFrame
        A row each, in the order of the values: ``key``, ``cases``, ``compared`` (both sides have
        an amount), ``up``, ``up_fen``, ``down``, ``down_fen`` (cases by direction, and the sums of
        their differences), ``net_fen``, ``filed_fen`` (of the compared), ``ratio``,
        ``expected_fen``, ``mean_fen`` with ``mean_low_fen`` and ``mean_high_fen``, ``weighed``
        (both sides have a weight), ``weight_diff``, ``cmi_filed``, ``cmi_proposed``, ``cmi_diff``
        with ``cmi_low`` and ``cmi_high``.
    """
    keyed = _keyed(table, column)
    rows = [_deviation(key, part) for key, part in _parts(keyed)]
    return pl.DataFrame(rows, schema=_DEVIATION_SCHEMA, orient="row")


_DEVIATION_SCHEMA: dict[str, pl.DataType] = {
    "key": pl.String(),
    "cases": pl.Int64(),
    "compared": pl.Int64(),
    "up": pl.Int64(),
    "up_fen": pl.Int64(),
    "down": pl.Int64(),
    "down_fen": pl.Int64(),
    "net_fen": pl.Int64(),
    "filed_fen": pl.Int64(),
    "ratio": pl.Float64(),
    "expected_fen": pl.Int64(),
    "mean_fen": pl.Float64(),
    "mean_low_fen": pl.Float64(),
    "mean_high_fen": pl.Float64(),
    "weighed": pl.Int64(),
    "weight_diff": pl.Float64(),
    "cmi_filed": pl.Float64(),
    "cmi_proposed": pl.Float64(),
    "cmi_diff": pl.Float64(),
    "cmi_low": pl.Float64(),
    "cmi_high": pl.Float64(),
}


def _deviation(key: str, part: pl.DataFrame) -> dict[str, object]:
    compared = part.filter(pl.col("amount_diff_fen").is_not_null())
    amounts = compared["amount_diff_fen"].to_numpy()
    sign = compared["direction"].to_numpy()
    weighed = part.filter(
        pl.col("weight_filed").is_not_null() & pl.col("weight_proposed").is_not_null()
    )
    filed = int(compared["amount_filed_fen"].sum())
    net = int(amounts.sum())
    money = mean_interval(amounts)
    weights = mean_interval(weighed["weight_diff"].to_numpy())
    return {
        "key": key,
        "cases": len(part),
        "compared": len(compared),
        "up": int((sign > 0).sum()),
        "up_fen": int(amounts[sign > 0].sum()),
        "down": int((sign < 0).sum()),
        "down_fen": int(amounts[sign < 0].sum()),
        "net_fen": net,
        "filed_fen": filed,
        "ratio": net / filed if filed else None,
        "expected_fen": int(part["expected_fen"].sum()) if part["expected_fen"].count() else None,
        "mean_fen": money.mean if money else None,
        "mean_low_fen": money.low if money else None,
        "mean_high_fen": money.high if money else None,
        "weighed": len(weighed),
        "weight_diff": float(weighed["weight_diff"].sum()),
        "cmi_filed": _mean(weighed["weight_filed"]),
        "cmi_proposed": _mean(weighed["weight_proposed"]),
        "cmi_diff": weights.mean if weights else None,
        "cmi_low": weights.low if weights else None,
        "cmi_high": weights.high if weights else None,
    }


def balance_by(table: pl.DataFrame, column: str) -> pl.DataFrame:
    """Return profit and loss and cost deviation by a column (盈亏与费用偏离率, SPEC 3.3.7).

    Parameters
    ----------
    table
        One row a case: ``cost_fen`` and the answer of
        :func:`zhibian.payment.settlement.table.settle_table`, beside the column asked for.
    column
        Such as ``drg``; a row of its own for all cases where it is empty.

    Returns
    -------
    polars.DataFrame
        A row each, in the order of the values: ``key``, ``cases``, ``settled`` (with amount and
        cost), ``cost_fen``, ``amount_fen``, ``balance_fen`` of the settled, ``losing`` cases,
        ``low``, ``high``, ``standard_cases`` with cost and standard, ``cost_deviation`` the sum of
        (F - V) over the sum of V, ``total_weight`` and ``cmi``.
    """
    keyed = _keyed(table, column)
    settled = pl.col("balance_fen").is_not_null()
    priced = pl.col("cost_fen").is_not_null() & pl.col("standard_fen").is_not_null()
    over = (pl.col("cost_fen") - pl.col("standard_fen")).filter(priced).sum()
    standard = pl.col("standard_fen").filter(priced).sum()
    high = [Kind.HIGH.value, Kind.HIGH_BEYOND.value]
    kind = pl.col("kind").cast(pl.String)
    return (
        keyed.group_by("key")
        .agg(
            cases=pl.len().cast(pl.Int64),
            settled=settled.sum().cast(pl.Int64),
            cost_fen=_sum("cost_fen", settled),
            amount_fen=_sum("amount_fen", settled),
            balance_fen=_sum("balance_fen", settled),
            losing=(pl.col("balance_fen") < 0).sum().cast(pl.Int64),
            low=(kind == Kind.LOW.value).sum().cast(pl.Int64),
            high=kind.is_in(high).sum().cast(pl.Int64),
            standard_cases=priced.sum().cast(pl.Int64),
            cost_deviation=pl.when(standard > 0).then(over / standard),
            total_weight=pl.col("weight").sum(),
            cmi=pl.col("weight").mean(),
        )
        .sort("key")
    )


def _sum(column: str, settled: pl.Expr) -> pl.Expr:
    """Return a sum over the settled cases, null where there are none: unknown is not zero."""
    return pl.when(settled.any()).then(pl.col(column).filter(settled).sum())


def _keyed(table: pl.DataFrame, column: str) -> pl.DataFrame:
    if not column:
        return table.with_columns(key=pl.lit("全部"))
    told = pl.col(column).cast(pl.String)
    blank = told.is_null() | (told == "")
    return table.with_columns(key=pl.when(blank).then(pl.lit(NOT_TOLD)).otherwise(told))


def _parts(keyed: pl.DataFrame) -> Iterator[tuple[str, pl.DataFrame]]:
    for part in keyed.sort("key", maintain_order=True).partition_by("key", maintain_order=True):
        yield part["key"][0], part


def _mean(column: pl.Series) -> float | None:
    return float(np.mean(column.to_numpy())) if len(column) else None
