"""A waterfall names the kinds of edits and what each is worth, with real groups and prices."""

from __future__ import annotations

from dataclasses import replace

import pytest

from zhibian.evaluation.metrics.outcomes import PageGroup
from zhibian.evaluation.waterfall import PagePair, Price, waterfall
from zhibian.grouping.engine import group
from zhibian.grouping.types import GroupingInput
from zhibian.review.reviewer import Reviewer

PNEUMONIA, FAILURE, PRESSURE = "J18.903", "J96.000", "I10.x04"
PAGE = GroupingInput(PNEUMONIA, (), (), 1, 70)


@pytest.fixture(scope="module")
def price(reviewer: Reviewer) -> Price:
    tariff = reviewer.tariff
    assert tariff is not None

    def of(page: GroupingInput) -> PageGroup:
        found = group(page, reviewer.pack, reviewer.codebook, trace=False)
        standard = tariff.standard(found.drg)
        weight = None if standard.weight is None else float(standard.weight)
        amount = None if standard.amount is None else float(standard.amount)
        return PageGroup(found.mdc, found.adrg, found.drg, weight, amount)

    return of


def test_an_added_complication_is_the_whole_difference(price: Price) -> None:
    after = replace(PAGE, others=(FAILURE, PRESSURE))
    found = waterfall("filed_to_given", [PagePair(PAGE, after, price)])
    assert found is not None
    # ES35 0.42 → ES31 0.65 at 9,865 yuan; hypertension is no complication of any level.
    told = [(s.kind, s.n, s.amount, s.weight) for s in found.steps]
    assert told == [
        ("start", 1, 4143.30, 0.42),
        ("add_diagnosis", 2, 2268.95, 0.23),
        ("end", 1, 6412.25, 0.65),
    ]
    assert found.title == "从填报到系统给出"


def test_records_of_opposite_sign_are_told_apart_by_kind(price: Price) -> None:
    with_failure = replace(PAGE, others=(FAILURE,))
    pairs = [PagePair(PAGE, with_failure, price), PagePair(with_failure, PAGE, price)]
    found = waterfall("filed_to_given", pairs)
    assert found is not None
    assert [(s.kind, s.amount) for s in found.steps[1:-1]] == [
        ("add_diagnosis", 2268.95),
        ("remove_diagnosis", -2268.95),
    ]
    assert found.steps[0].amount == found.steps[-1].amount


def test_many_edits_are_shared_by_kind(price: Price) -> None:
    # Lipid disorders, no complication of any level.
    families = {"E78.00": "123", "E78.10": "0", "E78.20": "01245"}
    harmless = [f"{family}{last}" for family, ends in families.items() for last in ends]
    before = replace(PAGE, others=tuple(harmless))
    after = replace(PAGE, others=(FAILURE,))
    found = waterfall("given_to_gold", [PagePair(before, after, price)])
    assert found is not None
    told = {s.kind: (s.n, s.amount) for s in found.steps[1:-1]}
    assert told == {"add_diagnosis": (1, 2268.95), "remove_diagnosis": (9, 0.0)}


def test_a_page_without_amount_is_left_out_and_a_gap_between_is_other(price: Price) -> None:
    def gap(page: GroupingInput) -> PageGroup:
        told = price(page)
        return replace(told, amount=None) if page.others == (FAILURE,) else told

    after = replace(PAGE, others=(FAILURE, PRESSURE))
    alone = PagePair(PAGE, replace(PAGE, others=(FAILURE,)), gap)
    assert waterfall("filed_to_given", [alone]) is None
    found = waterfall("filed_to_given", [alone, PagePair(PAGE, after, gap)])
    assert found is not None
    told = [(s.kind, s.n, s.amount) for s in found.steps]
    assert told == [
        ("start", 1, 4143.30),
        ("add_diagnosis", 2, 0.0),
        ("other", 1, 2268.95),
        ("end", 1, 6412.25),
    ]
    # Weights have no gap here and are shared as ever.
    assert [s.weight for s in found.steps] == [0.42, 0.23, 0.0, 0.65]
