"""Weights beside alternatives: of the tariff's own scheme only, and never an order."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from zhibian.grouping import GroupingInput, RulePack, group, load_scheme
from zhibian.grouping.what_if import WhatIf, what_if
from zhibian.payment.tariff import Tariff
from zhibian.payment.tariff_files import load_tariff
from zhibian.payment.what_if import weigh, weight_of


@pytest.fixture(scope="module")
def pack(rules: Path) -> RulePack:
    return load_scheme(rules, "chs-drg-1.1")


@pytest.fixture(scope="module")
def tariff(rules: Path) -> Tariff:
    return load_tariff(rules, "linyi-2022")


@pytest.fixture(scope="module")
def found(rules: Path, pack: RulePack) -> WhatIf:
    case = GroupingInput("J15.902", ("I50.908", "E11.600x051"), (), 1, 78)
    return what_if(case, pack, schemes=(load_scheme(rules, "chs-drg-2.0"),))


def test_weights_are_those_of_the_tariff_in_the_order_of_the_alternatives(
    found: WhatIf, tariff: Tariff
) -> None:
    weighed = weigh(found, tariff)
    assert tuple(w.alternative for w in weighed) == found.alternatives
    for entry in weighed:
        assert entry.before == tariff.groups["ES31"].weight
        if entry.alternative.change.kind != "scheme":
            assert entry.after == tariff.groups[entry.alternative.after.drg].weight
    # The order is not that of the weights, so that it can't be an advice.
    weights = [w.after for w in weighed if w.after is not None]
    assert weights != sorted(weights)
    assert weights != sorted(weights, reverse=True)


def test_another_scheme_has_no_weight(found: WhatIf, tariff: Tariff) -> None:
    (other,) = [w for w in weigh(found, tariff) if w.alternative.change.kind == "scheme"]
    assert other.alternative.after.drg == "ES31"
    assert other.after is None


def test_a_reading_of_the_tariffs_scheme_has(rules: Path, tariff: Tariff) -> None:
    published = load_scheme(rules, "chs-drg-1.1@published")
    result = group(GroupingInput("J15.902", ("I50.908",), (), 1, 78), published)
    assert weight_of(result, tariff) == tariff.groups["ES31"].weight


def test_no_tariff_no_group_and_no_published_weight(pack: RulePack, tariff: Tariff) -> None:
    grouped = group(GroupingInput("J15.902", (), (), 1, 78), pack)
    assert weight_of(grouped, None) is None
    assert weight_of(group(GroupingInput("J15.902"), pack), tariff) is None
    transplant = group(GroupingInput("I42.000", (), ("37.5100",), 1, 50), pack)
    assert transplant.drg == "AA19"
    assert weight_of(transplant, tariff) is None
    ungrouped = group(GroupingInput("V01.000", (), (), 1, 50), pack)
    assert weight_of(ungrouped, tariff) == Decimal("0.2")
