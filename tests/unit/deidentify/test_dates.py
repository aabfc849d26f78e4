"""Dates are shifted in their own spelling; numbers that only look like dates stay."""

from __future__ import annotations

from datetime import date

import pytest

from zhibian.records.deidentify.dates import days_of, shift_dates


@pytest.mark.parametrize(
    ("text", "shifted"),
    [
        ("2025-03-08 09:10入院", "2025-03-01 09:10入院"),
        ("2025年3月8日", "2025年3月1日"),
        ("2025.03.08", "2025.03.01"),
        ("2025/3/8", "2025/3/1"),
        ("20250308", "20250301"),
        ("2025年3月起", "2025年3月起"),
        ("2025年1月3日至1月9日", "2024年12月27日至1月2日"),
        ("03-08 主任查房", "03-01 主任查房"),
        ("胸部CT(01-03)：", "胸部CT(12-27)："),
        ("2025-03-08～2025-03-15", "2025-03-01～2025-03-08"),
        ("疗程07-10天", "疗程07-10天"),
        ("10-12次/日", "10-12次/日"),
        ("血压120/80mmHg", "血压120/80mmHg"),
        ("住院号2025-03412", "住院号2025-03412"),
        ("2025-02-30", "2025-02-30"),
        ("2016年曾住院", "2016年曾住院"),
        ("9.5×10^9/L，12.5g", "9.5×10^9/L，12.5g"),
    ],
)
def test_shift_by_a_week(text: str, shifted: str) -> None:
    assert shift_dates(text, -7, 2025) == shifted


def test_month_and_day_stay_without_a_year() -> None:
    assert shift_dates("03-08 查房", -7, None) == "03-08 查房"


def test_intervals_are_kept() -> None:
    shifted = shift_dates("2024-02-20 2024-03-05", -364, None)
    first, last = (date.fromisoformat(d) for d in shifted.split())
    assert (last - first).days == 14
    assert first.weekday() == date(2024, 2, 20).weekday()


def test_shift_is_whole_weeks_back_and_depends_on_key_and_case() -> None:
    shifts = {days_of(key, case) for key in (b"a" * 16, b"b" * 16) for case in "1234567890"}
    assert all(days % 7 == 0 and -364 <= days <= -7 for days in shifts)
    assert len(shifts) > 5
    assert days_of(b"a" * 16, "1") == days_of(b"a" * 16, "1")
