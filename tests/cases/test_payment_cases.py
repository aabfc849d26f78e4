"""Runs the golden payment cases of ``tests/cases/payment/*.yaml``."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from zhibian.payment.deviation import STATEMENT, deviate
from zhibian.payment.tariff import PaymentStandard
from zhibian.payment.tariff_files import load_tariff

FILES = sorted((Path(__file__).parent / "payment").glob("*.yaml"))
CASES = [
    pytest.param(case, id=f"{file.stem}: {case['name']}")
    for file in FILES
    for case in yaml.safe_load(file.read_text(encoding="utf-8"))
]


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _assert_standard(standard: PaymentStandard, expect: dict[str, Any]) -> None:
    assert standard.status == expect["status"]
    assert standard.weight == _decimal(expect["weight"])
    assert standard.amount == _decimal(expect["amount"])


@pytest.mark.parametrize("case", CASES)
def test_payment_case(case: dict[str, Any], rules: Path) -> None:
    tariff = load_tariff(rules, case["tariff"])
    filed = tariff.standard(case["filed"], case["variant"])
    proposed = tariff.standard(case["proposed"], case["variant"])
    expect = case["expect"]

    deviation = deviate(filed, proposed)

    _assert_standard(filed, expect["filed"])
    _assert_standard(proposed, expect["proposed"])
    assert deviation.weight == _decimal(expect["weight"])
    assert deviation.amount == _decimal(expect["amount"])
    assert deviation.ratio == _decimal(expect["ratio"])
    assert deviation.reason == expect.get("reason")
    assert deviation.statement == STATEMENT
