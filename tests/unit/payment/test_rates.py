from __future__ import annotations

from decimal import Decimal

import pytest

from zhibian.payment.published.rates import Observation, find_rate

FEN = Decimal("0.005")
NONE = Decimal(0)


def _seen(amount: str, units: str, amount_rounding: Decimal = FEN, off: str = "0") -> Observation:
    return Observation(Decimal(amount), Decimal(units), amount_rounding, Decimal(off))


def test_rate_is_the_shortest_decimal_that_gives_the_amounts() -> None:
    found = find_rate([_seen("9077.41", "1.04"), _seen("1745.66", "0.2"), _seen("87282.83", "10")])
    assert found is not None
    assert (str(found.rate), found.agree, found.of) == ("8728.283", 3, 3)


def test_whole_rates_are_written_without_exponent() -> None:
    found = find_rate([_seen("2000", "0.2"), _seen("12000", "1.2")])
    assert found is not None
    assert str(found.rate) == "10000"


def test_rounded_weights_widen_the_interval() -> None:
    """Beijing: weights of two decimals, amounts in whole yuan."""
    seen = [
        _seen(amount, weight, Decimal("0.5"), "0.005")
        for amount, weight in (("118507", "5.8"), ("255731", "12.52"), ("12358", "0.61"))
    ]
    found = find_rate(seen)
    assert found is not None
    assert found.agree == 3
    for one in seen:
        off = one.amount_rounding + found.rate * one.units_rounding
        assert abs(one.amount - found.rate * one.units) <= off


def test_an_amount_that_contradicts_the_others_does_not_move_the_rate() -> None:
    found = find_rate([_seen("1000", "1"), _seen("2000", "2"), _seen("500", "3")])
    assert found is not None
    assert (found.rate, found.agree, found.of) == (Decimal(1000), 2, 3)


def test_touching_intervals_share_their_common_end() -> None:
    found = find_rate([_seen("100.005", "1"), _seen("100.015", "1")])
    assert found is not None
    assert (found.rate, found.agree) == (Decimal("100.01"), 2)


@pytest.mark.parametrize("seen", [[]])
def test_there_is_no_rate_without_amounts(seen: list[Observation]) -> None:
    assert find_rate(seen) is None


def test_weight_that_may_be_zero_sets_no_upper_bound() -> None:
    found = find_rate([_seen("100", "0.004", FEN, "0.005"), _seen("30000", "1")])
    assert found is not None
    assert (found.rate, found.agree) == (Decimal(30000), 2)
