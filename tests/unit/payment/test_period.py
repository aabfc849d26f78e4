"""A period as a whole: quotas of high outliers and reviews, and what the fund pays."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhibian.payment.settlement.file import variant_for
from zhibian.payment.settlement.fund import PatientShare, fund_column, fund_payment
from zhibian.payment.settlement.prices import UNKNOWN_VARIANT, PriceBook
from zhibian.payment.settlement.rules import Fund
from zhibian.payment.settlement.sets import load_settlement_rules
from zhibian.payment.settlement.table import settle_table
from zhibian.payment.settlement.types import fen_of
from zhibian.payment.tariff_files import load_tariff

# ES31 三级职工: V = 6412.25, high above 19236.75.
STANDARD = 641225


@pytest.fixture(scope="module")
def book(rules: Path) -> PriceBook:
    return PriceBook(load_tariff(rules, "linyi-2022"), load_settlement_rules(rules))


def _stays(costs: list[int], review: list[bool] | None = None) -> pl.DataFrame:
    size = len(costs)
    return pl.DataFrame(
        {
            "drg": ["ES31"] * size,
            "state": ["grouped"] * size,
            "variant": ["三级职工"] * size,
            "hospital_level": [""] * size,
            "cost_fen": costs,
            "days": [8] * size,
            "day_surgery": [False] * size,
            "bed_day": [""] * size,
            "review": review or [False] * size,
        }
    )


def test_the_greatest_excess_is_paid_by_actual_and_the_rest_by_the_standard(
    book: PriceBook,
) -> None:
    costs = [500000] * 36 + [2_000_000, 5_000_000, 3_000_000, 4_000_000]
    found = settle_table(_stays(costs), book.schedule, book.rules)
    # 40 discharges, 5 %: two places, for 50000 and 40000 yuan.
    assert found["kind"].to_list()[36:] == [
        "high_beyond_quota",
        "high",
        "high_beyond_quota",
        "high",
    ]
    assert found["amount_fen"].to_list()[36:] == [STANDARD, 5_000_000, STANDARD, 4_000_000]
    assert found["amount_fen"].to_list()[:36] == [STANDARD] * 36


def test_each_institution_has_its_own_quota(book: PriceBook) -> None:
    costs = [500000] * 19 + [2_000_000] + [500000] * 18 + [2_000_000]
    institutions = np.array([0] * 20 + [1] * 19, np.int64)
    found = settle_table(_stays(costs), book.schedule, book.rules, institutions)
    # One place of twenty discharges, none of nineteen.
    assert found["kind"][19] == "high"
    assert found["kind"][38] == "high_beyond_quota"


def test_reviews_beyond_their_quota_go_by_the_usual_rules(book: PriceBook) -> None:
    costs = [500000] * 18 + [1_500_000, 1_400_000]
    review = [False] * 18 + [True, True]
    found = settle_table(_stays(costs, review), book.schedule, book.rules)
    assert found["kind"].to_list()[18:] == ["review", "normal"]
    assert found["amount_fen"].to_list()[18:] == [1_500_000, STANDARD]


def test_an_empty_period_and_a_cost_out_of_range(book: PriceBook) -> None:
    none = _stays([1]).clear()
    assert len(settle_table(none, book.schedule, book.rules)) == 0
    with pytest.raises(ValueError, match="out of range"):
        settle_table(_stays([-1]), book.schedule, book.rules)


def test_variants_are_chosen_by_name_then_by_level_and_insurance(book: PriceBook) -> None:
    def chosen(named: str, level: str, insurance: str) -> str:
        return variant_for(book.tariff, named, level, insurance, "三级职工")

    assert chosen("", "", "") == "三级职工"
    assert chosen("", "", "居民") == "三级居民"
    assert chosen("", "二级", "居民") == "二级居民"
    assert chosen("二级职工", "三级", "居民") == "二级职工"
    assert chosen("", "一级", "居民") == UNKNOWN_VARIANT
    assert chosen("四级", "", "") == UNKNOWN_VARIANT
    told = book.schedule("ES31", "grouped", UNKNOWN_VARIANT)
    assert told.price.amount is None
    assert told.price.note


MONEY = st.none() | st.decimals(0, 9000, places=2, allow_nan=False)
RATIO = Fund(source="test", method="ratio", ratios={"职工": Decimal("0.85")})
LESS = Fund(source="test", method="less_patient")


@given(
    st.decimals(0, 50000, places=2, allow_nan=False),
    st.lists(MONEY, min_size=4, max_size=4),
    st.sampled_from(["职工", "居民", ""]),
    st.sampled_from([RATIO, LESS]),
)
def test_the_funds_column_is_that_of_single_cases(
    amount: Decimal, parts: list[Decimal | None], insurance: str, rules: Fund
) -> None:
    names = ("deductible_fen", "copay_fen", "self_paid_fen", "prior_paid_fen")
    cells = {n: None if p is None else fen_of(p) for n, p in zip(names, parts, strict=True)}
    table = pl.DataFrame(
        {
            "amount_fen": [fen_of(amount)],
            "insurance": [insurance],
            **{n: [c] for n, c in cells.items()},
        },
        schema_overrides=dict.fromkeys(names, pl.Int64),
    )
    found = fund_column(table, rules)[0]
    if all(part is None for part in parts):
        assert found is None
        return
    share = PatientShare(*(part or Decimal(0) for part in parts))
    one = fund_payment(amount, share, insurance, rules)
    assert found == (None if one is None else fen_of(one))


def test_the_fund_by_hand() -> None:
    share = PatientShare(Decimal(500), Decimal(200), Decimal(300), Decimal(100))
    assert fund_payment(Decimal("6412.25"), share, "职工", LESS) == Decimal("5312.25")
    # (6412.25 - 300 - 100 - 500) x 0.85 = 4685.4125
    assert fund_payment(Decimal("6412.25"), share, "职工", RATIO) == Decimal("4685.41")
    assert fund_payment(Decimal("6412.25"), share, "居民", RATIO) is None
    assert fund_payment(Decimal(100), share, "职工", LESS) == 0
