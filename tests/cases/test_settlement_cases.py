"""Runs the golden settlement cases of ``tests/cases/settlement/*.yaml``."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from zhibian.payment.paid_deviation import STATEMENT, deviate_paid
from zhibian.payment.settlement.prices import PriceBook
from zhibian.payment.settlement.quota import within_quota
from zhibian.payment.settlement.rules import SettlementRules
from zhibian.payment.settlement.schedule import schedule
from zhibian.payment.settlement.sets import load_settlement_rules
from zhibian.payment.settlement.settle import settle
from zhibian.payment.settlement.types import GroupPrice, Settlement, Stay
from zhibian.payment.tariff_files import load_tariff

FOLDER = Path(__file__).parent / "settlement"
HARBIN = Decimal("12252.70")


def cases(*names: str) -> list[Any]:
    return [
        pytest.param(case, id=f"{name}: {case['name']}")
        for name in names
        for case in yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    ]


def decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def rules_of(case: dict[str, Any], rules: Path) -> SettlementRules:
    """Return the named set with the sections that the case lays over it."""
    base = load_settlement_rules(rules, named=case.get("settlement", "chs-drg-technical"))
    told = base.model_dump()
    for name, section in case.get("sections", {}).items():
        told[name] = {**(told[name] or {}), **section, "source": "case"}
    return SettlementRules.model_validate(told)


def price_of(told: dict[str, Any]) -> GroupPrice:
    k = Decimal(told.get("coefficient", "1"))
    weight, value = decimal(told.get("weight")), decimal(told.get("point_value"))
    scale = decimal(told.get("scale"))
    points = weight * scale * k if weight is not None and scale is not None else None
    rate = value if value is not None else decimal(told.get("rate"))
    exact = amount = decimal(told.get("amount"))
    if weight is not None and rate is not None:
        exact = weight * (scale or 1) * rate
        amount = (exact * k).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return GroupPrice(
        drg=told.get("drg", "XX19"),
        weight=weight,
        amount=amount,
        note=told.get("note", ""),
        coefficient=k,
        before_coefficient=exact,
        flags=frozenset(told.get("flags", ())),
        low_limit=decimal(told.get("low_limit")),
        high_limit=decimal(told.get("high_limit")),
        hospital_level=told.get("hospital_level", ""),
        points=points,
        point_value=value,
        scale=scale,
    )


def settled(case: dict[str, Any], rules: Path) -> Settlement:
    chosen = rules_of(case, rules)
    told = dict(case["stay"])
    stay = Stay(**{**told, "cost": decimal(told.get("cost"))})
    state = case.get("state", "grouped")
    if "price" in case:
        return settle(stay, schedule(price_of(case["price"]), state, chosen))
    book = PriceBook(load_tariff(rules, case["tariff"]), chosen)
    return settle(stay, book.schedule(case["drg"], state, case["variant"]))


@pytest.mark.parametrize("case", cases("outliers", "exceptions"))
def test_settlement_case(case: dict[str, Any], rules: Path) -> None:
    found, expect = settled(case, rules), case["expect"]
    assert found.kind == expect["kind"]
    assert found.amount == decimal(expect["amount"])
    assert found.balance == decimal(expect["balance"])
    assert found.reason == expect.get("reason")
    if "multiple" in expect:
        assert found.multiple == decimal(expect["multiple"])
    if "points" in expect:
        assert found.points == decimal(expect["points"])
    told = {decision.parameter: decision.value for decision in found.trace}
    assert expect.get("parameters", {}).items() <= told.items()
    assert all(decision.source for decision in found.trace)
    assert found.trace or found.reason


@pytest.mark.parametrize("case", cases("deviations"))
def test_deviation_case(case: dict[str, Any], rules: Path) -> None:
    def side(told: dict[str, str]) -> Settlement:
        known = {"rate": str(HARBIN), "hospital_level": "三级", "note": "该组未公布权重", **told}
        chosen = load_settlement_rules(rules)
        return settle(
            Stay(cost=decimal(case["cost"])), schedule(price_of(known), "grouped", chosen)
        )

    expect = case["expect"]
    found = deviate_paid(side(case["filed"]), side(case["proposed"]), case.get("confidence"))
    assert [found.filed.kind, found.proposed.kind] == expect["kinds"]
    assert found.weight == decimal(expect["weight"])
    assert found.amount == decimal(expect["amount"])
    assert found.ratio == decimal(expect["ratio"])
    assert found.reason == expect.get("reason")
    assert found.note == expect.get("note", "")
    assert found.class_changed == expect.get(
        "class_changed", expect["kinds"][0] != expect["kinds"][1]
    )
    assert found.statement == STATEMENT
    if "balance" in expect:
        assert found.balance == decimal(expect["balance"])
    if "expected" in expect:
        assert found.expected == decimal(expect["expected"])


@pytest.mark.parametrize("case", cases("quotas"))
def test_quota_case(case: dict[str, Any]) -> None:
    asked = np.array([e is not None for e in case["asked"]])
    excess = np.array([int(Decimal(e or "0") * 100) for e in case["asked"]], np.int64)
    owners = np.array(case["institutions"]) if "institutions" in case else None
    granted = within_quota(asked, excess, Decimal(case["share"]), owners)
    assert np.flatnonzero(granted).tolist() == case["granted"]
