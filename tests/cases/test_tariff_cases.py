"""Runs the golden cases of single groups, ``tests/cases/payment/standards/*.yaml``."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from zhibian.payment.tariff_files import list_tariffs, load_tariff

FILES = sorted((Path(__file__).parent / "payment/standards").glob("*.yaml"))
CASES = [
    pytest.param(case, id=f"{case['tariff']} {case['drg']} {case['variant']}: {case['name']}")
    for file in FILES
    for case in yaml.safe_load(file.read_text(encoding="utf-8"))
]


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


@pytest.mark.parametrize("case", CASES)
def test_standard_of_a_group(case: dict[str, Any], rules: Path) -> None:
    expect = case["expect"]

    standard = load_tariff(rules, case["tariff"]).standard(case["drg"], case["variant"])

    assert standard.status == expect["status"]
    assert standard.weight == _decimal(expect["weight"])
    assert standard.amount == _decimal(expect["amount"])
    assert standard.flags == frozenset(expect.get("flags", ()))
    if "points" in expect:
        assert standard.points == Decimal(expect["points"])
    if "coefficient" in expect:
        assert standard.coefficient == Decimal(expect["coefficient"])


def test_every_tariff_has_cases(rules: Path) -> None:
    assert {
        case["tariff"] for file in FILES for case in yaml.safe_load(file.read_text("utf-8"))
    } == set(list_tariffs(rules))
