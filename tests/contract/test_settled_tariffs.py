"""Every group of every tariff is settled, or told why not, under the rules of its region."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from zhibian.payment.settlement.prices import PriceBook, price_of
from zhibian.payment.settlement.sets import load_settlement_rules
from zhibian.payment.settlement.settle import settle
from zhibian.payment.settlement.types import Kind, Stay
from zhibian.payment.tariff_files import list_tariffs, load_tariff

TARIFFS = list_tariffs(Path(__file__).resolve().parents[2] / "rules")
JUDGED = {Kind.NORMAL, Kind.LOW, Kind.HIGH}


@pytest.mark.parametrize("id", TARIFFS)
def test_every_group_has_an_amount_or_a_reason(id: str, rules: Path) -> None:
    tariff = load_tariff(rules, id)
    book = PriceBook(tariff, load_settlement_rules(rules, id))
    for drg, group in tariff.groups.items():
        told = book.schedule(drg, "grouped", "", "三级")
        normal = told.price.amount or Decimal(9000)
        one = settle(Stay(cost=normal.quantize(Decimal("0.01")), days=7), told)
        assert (one.amount is None) == (one.reason is not None)
        if one.kind is Kind.NORMAL:
            assert one.amount == told.price.amount
        if told.price.amount is None:
            assert one.kind not in JUDGED
        assert price_of(tariff, drg).flags == group.flags


@pytest.mark.parametrize("id", TARIFFS)
def test_the_coefficient_that_is_published_changes_nothing_when_given_again(
    id: str, rules: Path
) -> None:
    tariff = load_tariff(rules, id)
    told = load_settlement_rules(rules, id)
    for drg in list(tariff.groups)[::40]:
        price = price_of(tariff, drg)
        if price.amount is None or not price.coefficient:
            continue
        again = PriceBook(tariff, told, price.coefficient).schedule(drg, "grouped", "").price
        assert again.amount == price.amount
