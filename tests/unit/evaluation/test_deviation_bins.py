"""Bars of the payment deviation: signed, exact zeros apart, nothing lost."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from zhibian.evaluation.deviation_bins import deviation_bins


def test_zeros_stand_alone_between_the_signs() -> None:
    bars = deviation_bins([0.0, 0.0, -150.0, 1000.0, 2000.0, 950.5])
    assert [(b.low, b.high, b.n) for b in bars] == [
        (-200, 0, 1),
        (0, 0, 2),
        (0, 200, 0),
        (200, 400, 0),
        (400, 600, 0),
        (600, 800, 0),
        (800, 1000, 1),
        (1000, 1200, 1),
        (1200, 1400, 0),
        (1400, 1600, 0),
        (1600, 1800, 0),
        (1800, 2000, 1),
    ]


def test_one_extreme_record_lies_in_the_outer_bar() -> None:
    bars = deviation_bins([*range(1, 101), 250_000])
    assert [b.high for b in bars[:-1]] == [0, *range(10, 100, 10)]
    assert (bars[-1].low, bars[-1].high, bars[-1].n) == (90, 250_000, 12)


def test_nothing_and_only_zeros() -> None:
    assert deviation_bins([]) == ()
    assert [(b.low, b.high, b.n) for b in deviation_bins([0.0] * 3)] == [(0, 0, 3)]


@given(st.lists(st.integers(-10_000_000, 10_000_000).map(lambda fen: fen / 100), max_size=60))
def test_every_record_is_in_one_bar(amounts: list[float]) -> None:
    bars = deviation_bins(amounts)
    assert sum(b.n for b in bars) == len(amounts)
    assert sum(b.n for b in bars if b.high <= 0 and b.low < 0) == sum(a < 0 for a in amounts)
    assert all(one.high == after.low for one, after in pairwise(bars))
    if amounts:
        assert bars[0].low <= min(amounts) <= max(amounts) <= bars[-1].high
