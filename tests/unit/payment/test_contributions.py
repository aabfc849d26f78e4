"""What each changed code does: edits between two pages, marginals and shares that add up."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from zhibian.grouping import GroupingInput, RulePack, group, load_scheme
from zhibian.payment.contributions import MOST_SHARED, contributions, edits
from zhibian.payment.settlement.prices import PriceBook
from zhibian.payment.settlement.sets import load_settlement_rules
from zhibian.payment.settlement.settle import settle
from zhibian.payment.settlement.types import Settlement, Stay
from zhibian.payment.tariff_files import load_tariff

PNEUMONIA = "J18.903"
FAILURE, HEART, DIABETES, PRESSURE = "J96.000", "I50.908", "E11.600x051", "I10.x04"


@pytest.fixture(scope="module")
def pack(rules: Path) -> RulePack:
    return load_scheme(rules, "chs-drg-1.1")


@pytest.fixture(scope="module")
def book(rules: Path) -> PriceBook:
    return PriceBook(load_tariff(rules, "linyi-2022"), load_settlement_rules(rules))


def page(
    principal: str, others: tuple[str, ...] = (), procedures: tuple[str, ...] = ()
) -> GroupingInput:
    return GroupingInput(principal, others, procedures, 1, 70)


class Settler:
    """Settles pages and counts how often it is asked."""

    def __init__(self, pack: RulePack, book: PriceBook, cost: str) -> None:
        self._pack, self._book, self._stay = pack, book, Stay(cost=Decimal(cost))
        self.asked = 0

    def __call__(self, entry: GroupingInput) -> Settlement:
        self.asked += 1
        return settle(self._stay, self._book.of_grouping(group(entry, self._pack)))


def test_edits_name_every_difference_once() -> None:
    before = page("J18.903", ("I10.x04", "E11.600x051", "J96.000"), ("33.2200", "96.7201"))
    after = page("J96.000", ("J18.903", "I10.x04", "I50.908"), ("96.7201", "31.1x00"))
    told = [(e.kind, e.code, e.instead_of) for e in edits(before, after)]
    assert told == [
        ("principal", "J96.000", "J18.903"),
        ("add_diagnosis", "I50.908", ""),
        ("remove_diagnosis", "E11.600x051", ""),
        ("main_procedure", "96.7201", "33.2200"),
        ("add_procedure", "31.1x00", ""),
        ("remove_procedure", "33.2200", ""),
    ]
    assert edits(before, before) == ()


def test_order_of_other_codes_is_no_edit() -> None:
    before = page("J18.903", ("I10.x04", "E11.600x051"), ("33.2200", "96.7201", "31.1x00"))
    after = page("J18.903", ("E11.600x051", "I10.x04"), ("33.2200", "31.1x00", "96.7201"))
    assert edits(before, after) == ()


def test_one_deciding_code_contributes_everything(pack: RulePack, book: PriceBook) -> None:
    settler = Settler(pack, book, "6000")
    failure, pressure = contributions(
        page(PNEUMONIA), page(PNEUMONIA, (FAILURE, PRESSURE)), settler
    )
    # ES35 0.42 -> ES31 0.65 at 9865 yuan: 4143.30 -> 6412.25.
    assert failure.change.code == FAILURE
    assert (failure.group, failure.decides) == ("ES31", True)
    assert failure.weight == failure.weight_undone == Decimal("0.23")
    assert failure.amount == failure.amount_undone == failure.share == Decimal("2268.95")
    assert {pressure.weight, pressure.amount, pressure.share} == {Decimal(0)}
    assert not pressure.decides


def test_two_codes_of_one_level_share_and_neither_decides_when_undone(
    pack: RulePack, book: PriceBook
) -> None:
    parts = contributions(
        page(PNEUMONIA), page(PNEUMONIA, (FAILURE, HEART)), Settler(pack, book, "6000")
    )
    assert [p.amount for p in parts] == [Decimal("2268.95")] * 2
    assert [p.amount_undone for p in parts] == [0, 0]
    # 2268.95 in two equal parts, to the fen.
    assert sorted(p.share or 0 for p in parts) == [Decimal("1134.47"), Decimal("1134.48")]


def test_removing_an_unsupported_code_counts_downwards(pack: RulePack, book: PriceBook) -> None:
    (part,) = contributions(
        page(PNEUMONIA, (FAILURE,)), page(PNEUMONIA), Settler(pack, book, "6000")
    )
    assert part.change.kind == "remove_diagnosis"
    assert part.amount == part.share == Decimal("-2268.95")


def test_shares_add_up_to_the_deviation_with_outliers_judged_anew(
    pack: RulePack, book: PriceBook
) -> None:
    filed = page(PNEUMONIA, (DIABETES,))
    proposed = page(FAILURE, (PNEUMONIA, HEART, PRESSURE), ("96.7201",))
    for cost in ("1000", "6000", "15000", "60000"):
        settler = Settler(pack, book, cost)
        parts = contributions(filed, proposed, settler)
        assert len(parts) == len(edits(filed, proposed))
        start, end = settler(filed).amount, settler(proposed).amount
        if start is not None and end is not None and all(p.share is not None for p in parts):
            assert sum(p.share or 0 for p in parts) == end - start


def test_many_edits_have_marginals_and_no_shares(pack: RulePack, book: PriceBook) -> None:
    others = tuple(f"I10.x{n:02}" for n in range(4, 4 + MOST_SHARED + 1))
    settler = Settler(pack, book, "6000")
    parts = contributions(page(PNEUMONIA), page(PNEUMONIA, others), settler)
    assert len(parts) == MOST_SHARED + 1
    assert all(p.share is None for p in parts)
    assert all(p.amount is not None for p in parts)
    assert settler.asked <= 2 + 2 * len(parts)


def test_without_a_price_there_are_no_shares(pack: RulePack, book: PriceBook) -> None:
    # A heart transplant has no published weight.
    filed = GroupingInput("I42.000", (), (), 1, 50)
    proposed = GroupingInput("I42.000", (), ("37.5100",), 1, 50)
    (part,) = contributions(filed, proposed, Settler(pack, book, "6000"))
    assert part.amount is None
    assert part.share is None
    assert part.decides
