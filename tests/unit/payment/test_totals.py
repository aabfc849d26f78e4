"""Totals: exact sums, both directions side by side, intervals of the bootstrap."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import polars as pl
import pytest

from zhibian.payment.bootstrap import MOST_VALUES, RESAMPLES, mean_interval
from zhibian.payment.paid_deviation import cost_deviation, deviate_paid
from zhibian.payment.settlement.rules import SettlementRules
from zhibian.payment.settlement.schedule import schedule
from zhibian.payment.settlement.sets import load_settlement_rules
from zhibian.payment.settlement.settle import settle
from zhibian.payment.settlement.types import GroupPrice, Kind, Settlement, Stay
from zhibian.payment.totals import NOT_TOLD, balance_by, deviation_by, deviations
from zhibian.settings import Settings


@pytest.fixture(scope="module")
def told() -> SettlementRules:
    return load_settlement_rules(Settings().rules)


def _side(weights: list[float | None], amounts: list[int | None]) -> pl.DataFrame:
    return pl.DataFrame(
        {"weight": weights, "amount_fen": amounts, "kind": [Kind.NORMAL.value] * len(weights)},
        schema={"weight": pl.Float64, "amount_fen": pl.Int64, "kind": pl.String},
    )


@pytest.fixture
def compared() -> pl.DataFrame:
    filed = _side([0.42, 0.65, 0.42, 0.9, None], [414330, 641225, 1500000, 900000, None])
    proposed = _side([0.65, 0.42, 0.65, 0.9, 0.5], [641225, 414330, 641225, 900000, 500000])
    chance = pl.Series([0.8, 0.5, 0.9, None, 0.9])
    labels = pl.DataFrame({"department": ["内科", "外科", "内科", "", "外科"]})
    return labels.hstack(deviations(filed, proposed, chance)).with_columns(
        weight_filed=filed["weight"],
        weight_proposed=proposed["weight"],
        amount_filed_fen=filed["amount_fen"],
    )


def test_directions_go_by_weight_and_amounts_may_go_the_other_way(compared: pl.DataFrame) -> None:
    assert compared["direction"].to_list() == [1, -1, 1, 0, None]
    row = deviation_by(compared, "").row(0, named=True)
    assert (row["cases"], row["compared"], row["weighed"]) == (5, 4, 4)
    assert (row["up"], row["up_fen"]) == (2, 226895 - 858775)
    assert (row["down"], row["down_fen"]) == (1, -226895)
    assert row["net_fen"] == row["up_fen"] + row["down_fen"]
    assert row["cmi_diff"] == pytest.approx(0.23 / 4)
    assert row["cmi_proposed"] - row["cmi_filed"] == pytest.approx(row["cmi_diff"])


def test_expected_values_are_rounded_once(compared: pl.DataFrame) -> None:
    # 0.8 x 2268.95 = 1815.16; 0.5 x -2268.95 = -1134.475 -> -1134.48; 0.9 x -8587.75 = -7728.98.
    assert compared["expected_fen"].to_list() == [181516, -113448, -772898, None, None]


def test_parts_add_up_to_the_whole(compared: pl.DataFrame) -> None:
    parts, whole = deviation_by(compared, "department"), deviation_by(compared, "")
    assert parts["key"].to_list() == sorted(["内科", "外科", NOT_TOLD])
    for column in ("cases", "compared", "up_fen", "down_fen", "net_fen", "filed_fen"):
        assert parts[column].sum() == whole[column][0]


def test_a_department_without_amounts_has_no_figures() -> None:
    none = _side([None], [None])
    table = pl.DataFrame({"department": ["内科"]}).hstack(deviations(none, none))
    table = table.with_columns(
        weight_filed=none["weight"],
        weight_proposed=none["weight"],
        amount_filed_fen=none["amount_fen"],
    )
    row = deviation_by(table, "department").row(0, named=True)
    assert row["compared"] == 0
    assert row["mean_fen"] is None
    assert row["ratio"] is None
    assert row["expected_fen"] is None
    assert row["cmi_diff"] is None


def test_profit_and_cost_deviation() -> None:
    table = pl.DataFrame(
        {
            "drg": ["ES31", "ES31", "FR25", "AA19"],
            "cost_fen": [700000, 600000, 300000, 90000],
            "standard_fen": [641225, 641225, 400000, None],
            "amount_fen": [641225, 641225, 400000, None],
            "balance_fen": [-58775, 41225, 100000, None],
            "kind": ["normal", "normal", "low", "no_price"],
            "weight": [0.65, 0.65, 0.4, None],
        }
    )
    rows = {row["key"]: row for row in balance_by(table, "drg").iter_rows(named=True)}
    assert rows["ES31"]["balance_fen"] == -17550
    assert rows["ES31"]["losing"] == 1
    # (7000 + 6000 - 2 x 6412.25) / (2 x 6412.25)
    assert rows["ES31"]["cost_deviation"] == pytest.approx(175.5 / 12824.5)
    assert rows["FR25"]["low"] == 1
    # What could not be settled is unknown, not zero.
    assert rows["AA19"]["balance_fen"] is None
    assert rows["AA19"]["cost_deviation"] is None
    whole = balance_by(table, "").row(0, named=True)
    assert whole["balance_fen"] == sum(r["balance_fen"] or 0 for r in rows.values())
    assert whole["settled"] == 3


def test_interval_of_nothing_and_of_one_value() -> None:
    assert mean_interval(np.array([])) is None
    found = mean_interval(np.array([7, 7, 7]))
    assert found == (7.0, 7.0, 7.0)


def test_interval_is_that_of_a_plain_bootstrap() -> None:
    random = np.random.default_rng(1)
    values = np.where(random.random(400) < 0.8, 0, random.integers(-900, 1600, 400))
    plain = np.sort([random.choice(values, 400).mean() for _ in range(4000)])
    found = mean_interval(values)
    assert found is not None
    width = plain[3899] - plain[100]
    assert found.mean == values.mean()
    assert found.low == pytest.approx(plain[100], abs=0.1 * width)
    assert found.high == pytest.approx(plain[3899], abs=0.1 * width)


def test_many_distinct_values_keep_mean_and_spread() -> None:
    values = np.random.default_rng(2).lognormal(8, 1.2, 20 * MOST_VALUES)
    found = mean_interval(values)
    assert found is not None
    error = values.std() / np.sqrt(len(values))
    assert found.mean == pytest.approx(values.mean())
    assert found.high - found.low == pytest.approx(2 * 1.96 * error, rel=0.12)
    assert RESAMPLES >= 1000


def test_the_same_records_give_the_same_interval() -> None:
    values = np.arange(50)
    assert mean_interval(values) == mean_interval(values)


def _settled(told: SettlementRules, weight: str, cost: str | None) -> Settlement:
    rw = Decimal(weight)
    price = GroupPrice("XX", weight=rw, amount=rw * 10000, hospital_level="三级")
    stay = Stay(cost=None if cost is None else Decimal(cost))
    return settle(stay, schedule(price, "grouped", told))


def test_cost_deviation_of_a_case(told: SettlementRules) -> None:
    assert cost_deviation(_settled(told, "0.5", "6000")) == Decimal("0.2000")
    assert cost_deviation(_settled(told, "0.5", None)) is None


def test_deviation_is_antisymmetric(told: SettlementRules) -> None:
    for cost in ("1000", "4000", "16000", "80000"):
        one, other = _settled(told, "0.5", cost), _settled(told, "0.8", cost)
        there, back = deviate_paid(one, other, 0.7), deviate_paid(other, one, 0.7)
        assert there.amount == -(back.amount or 0)
        assert there.weight == -(back.weight or 0)
        assert there.expected == -(back.expected or 0)
        assert there.class_changed == back.class_changed


def test_settlements_of_two_cases_are_not_compared(told: SettlementRules) -> None:
    with pytest.raises(ValueError, match="one case"):
        deviate_paid(_settled(told, "0.5", "6000"), _settled(told, "0.5", "6001"))
    with pytest.raises(ValueError, match="confidence"):
        deviate_paid(_settled(told, "0.5", "6000"), _settled(told, "0.5", "6000"), 1.5)
