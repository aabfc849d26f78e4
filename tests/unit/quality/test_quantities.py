"""Derived quantities: length of stay, ages, sums, durations."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from tests.front_pages import page_table

from zhibian.quality.front_page.book import RuleBook
from zhibian.quality.front_page.compiler import Program
from zhibian.quality.front_page.prepared import Asked, Prepared
from zhibian.quality.front_page.rule_files import load_rule_book


@pytest.fixture(scope="module")
def book(rules: Path) -> RuleBook:
    return replace(load_rule_book(rules), checks=())


@pytest.mark.parametrize(
    ("name", "page", "expected"),
    [
        ("stay_days", {"B12": "2025-06-12 23:00:00", "B15": "2025-06-15 01:00:00"}, 3),
        ("stay_days", {"B12": "2025-06-12 08:00:00", "B15": "2025-06-12 20:00:00"}, 1),
        ("stay_days", {"B12": "2025-06-12", "B15": "2025-06-11"}, None),
        ("hours_of_stay", {"B12": "2025-06-12 08:00:00", "B15": "2025-06-13 20:30:00"}, 36.5),
        ("birth_age_years", {"A13": "2000-02-29", "B12": "2025-02-28"}, 24),
        ("birth_age_years", {"A13": "2000-02-29", "B12": "2025-03-01"}, 25),
        ("birth_age_years", {"A13": "2025-06-13", "B12": "2025-06-12"}, None),
        ("birth_age_days", {"A13": "2025-06-12", "B12": "2025-06-12 09:00:00"}, 0),
        ("birth_age_days", {"A13": "2025-05-15", "B12": "2025-06-12"}, 28),
        ("age_years", {"A14": "3", "A13": "2000-01-01", "B12": "2025-06-12"}, 3),
        ("age_years", {"A14": None, "A13": "2000-01-01", "B12": "2025-06-12"}, 25),
        ("age_days", {"A16": "5", "A13": "2025-06-01", "B12": "2025-06-12"}, 5),
        ("fee_sum", {"D11": "0.10", "D12": "0.20", "D20x01": "9"}, 0.3),
        ("fee_sum", {"D11": None, "D12": None}, None),
        ("care_days", {"spga_nurscare_days": "1", "lv1_nurscare_days": "2"}, 3),
        ("ventilation_hours", {"vent_used_dura": "4/2/30"}, 98.5),
        ("ventilation_hours", {"vent_used_dura": "0/0/0"}, 0),
        ("ventilation_hours", {"vent_used_dura": "98 小时"}, None),
        ("birth_weight_g", {"A18": ["3200", "2900"]}, 3200),
        ("birth_weight_g", {"A18": []}, None),
        ("coma_before_minutes", {"C28": "1", "C29": "2", "C30": None}, 1560),
        ("coma_after_minutes", {"C31": None, "C32": None, "C33": None}, None),
    ],
)
def test_quantity(
    book: RuleBook, rules: Path, name: str, page: dict[str, Any], expected: float | None
) -> None:
    asked = Asked(Program(), book, date(2025, 6, 30))
    found = Prepared(page_table([page], rules), asked).quantity(name)[0]
    assert found == (None if expected is None else pytest.approx(expected))
