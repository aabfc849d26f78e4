"""Where things stand in charts, and how numbers are written."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhibian.evaluation.report import chart_data, drawings, numerals
from zhibian.evaluation.results import (
    BinOut,
    ComparisonOut,
    ConfusionOut,
    FigureOut,
    ReliabilityOut,
    StepOut,
)

# Yuan to the fen, or shares to a hundredth.
_AMOUNTS = st.integers(-(10**9), 10**9).map(lambda hundredths: hundredths / 100)


def step(kind: str, amount: float) -> StepOut:
    return StepOut(kind=kind, title="", amount=amount, n=1)


@given(_AMOUNTS, _AMOUNTS, st.integers(2, 10))
def test_an_axis_holds_its_bounds_with_few_round_ticks(one: float, other: float, most: int) -> None:
    low, high = sorted((one, other))
    scale = chart_data.axis(low, high, most)
    room = 1e-6 * max(abs(low), abs(high), 1.0)
    assert scale.ticks[0] <= low + room
    assert scale.ticks[-1] >= high - room
    assert 2 <= len(scale.ticks) <= most + 3
    assert all(before < after for before, after in pairwise(scale.ticks))
    assert scale.at(scale.ticks[0]) == 0
    assert scale.at(scale.ticks[-1]) == 1


def test_bars_of_a_waterfall_hang_on_the_level_before() -> None:
    steps = [
        step("start", 100.0),
        step("principal", -30.0),
        step("other", 50.0),
        step("end", 120.0),
    ]
    bars = chart_data.waterfall_bars(steps)
    assert [(b.low, b.high) for b in bars] == [(0, 100), (70, 100), (70, 120), (0, 120)]
    rows = drawings.stages(steps).rows
    assert [row.direction for row in rows] == ["level", "down", "up", "level"]
    # Each change begins where the row before ended.
    assert rows[1].x + rows[1].width == pytest.approx(rows[0].end)
    assert rows[2].x == pytest.approx(rows[1].end)
    assert rows[3].x + rows[3].width == pytest.approx(rows[2].end)


def test_an_axis_of_small_changes_is_cut_and_says_so() -> None:
    large = drawings.stages([step("start", 1e6), step("principal", 900.0), step("end", 1000900.0)])
    assert large.cut
    assert large.rows[1].width > 20
    small = drawings.stages([step("start", 900.0), step("principal", 900.0), step("end", 1800.0)])
    assert not small.cut
    assert small.ticks[0].text == "0"
    below = drawings.stages([step("start", -5.0), step("principal", 9.0), step("end", 4.0)])
    assert not below.cut


def test_a_matrix_has_no_group_last_and_agrees_on_the_diagonal_alone() -> None:
    pairs = [
        ConfusionOut(gold="MDCF", given="MDCF", n=5),
        ConfusionOut(gold="MDCB", given="", n=2),
        ConfusionOut(gold="", given="", n=4),
        ConfusionOut(gold="MDCF", given="MDCE", n=1),
    ]
    found = chart_data.matrix(pairs)
    assert found.gold == ("MDCB", "MDCF", "")
    assert found.given == ("MDCB", "MDCE", "MDCF", "")
    assert found.counts == ((0, 0, 0, 2), (0, 1, 5, 0), (0, 0, 0, 4))
    assert (found.right, found.n) == (5, 12)


def test_a_forest_keeps_order_and_leaves_out_what_is_not_known() -> None:
    told = [
        FigureOut(value=0.5, low=0.4, high=0.6),
        FigureOut(value=None, low=None, high=None),
        FigureOut(value=0.9, low=None, high=None),
    ]
    found = drawings.forest(told, "share")
    first, none, last = found.whiskers
    assert first.low is not None
    assert first.at is not None
    assert last.at is not None
    assert first.low < first.at < last.at
    assert (none.at, last.low) == (None, None)
    assert [tick.text for tick in found.ticks][:2] == ["40%", "50%"]
    assert drawings.forest(told[1:2], "share").ticks == ()


def test_a_histogram_colours_signs_and_labels_zero() -> None:
    bins = [BinOut(low=-20, high=0, n=3), BinOut(low=0, high=0, n=9), BinOut(low=0, high=20, n=0)]
    found = drawings.histogram(bins)
    assert [c.sign for c in found.columns] == ["below", "exact", "above"]
    assert [c.label for c in found.columns] == ["3", "9", ""]
    assert max(c.height for c in found.columns) == found.columns[1].height
    assert "0" in {tick.text for tick in found.ticks}
    # A bar around zero, as well as an exact one, is neither below nor above.
    around = [BinOut(low=-15, high=-5, n=2), BinOut(low=-5, high=5, n=7)]
    assert chart_data.by_sign(around) == (2, 7, 0)
    assert drawings.histogram([]).columns == ()


def test_one_bar_alone_is_narrow_and_labelled_once() -> None:
    found = drawings.histogram([BinOut(low=0, high=0, n=24)])
    (column,) = found.columns
    assert column.width < 12
    assert column.x + column.width / 2 == pytest.approx(50)
    assert [(tick.at, tick.text) for tick in found.ticks] == [(50, "0")]


def test_points_of_the_reliability_plot_lie_on_the_diagonal_when_calibrated() -> None:
    row = ReliabilityOut(low=0.7, high=0.8, n=1234, claimed=0.75, right=0.75)
    plot = drawings.square([row])
    (point,) = plot.points
    assert point.x - plot.left == pytest.approx(plot.side - (point.y - plot.top))
    assert point.n == "1.2k"


@pytest.mark.parametrize(
    ("value", "unit", "written"),
    [
        (0.8734, "share", "87.3%"),
        (-0.012, "share", "−1.2%"),
        (None, "share", "—"),
        (12345.6, "yuan", "12,346"),
        (-3.14, "yuan", "−3.1"),
        (-0.04, "yuan", "0.0"),
        (0.12345, "weight", "0.1235"),
        (1.5, "count", "1.50"),
        (0.25, "distance", "0.250"),
        (0.0021, "seconds", "2.1 ms"),
        (250.0, "seconds", "4.2 min"),
    ],
)
def test_values_are_written_by_unit(value: float | None, unit: str, written: str) -> None:
    assert numerals.shown(value, unit) == written  # type: ignore[arg-type]


def test_differences_have_signs_and_shares_are_in_points() -> None:
    found = ComparisonOut(
        metric="m", ours="a", other="b", difference=-0.021, low=-0.05, high=0.004, p=0.0004
    )
    assert numerals.difference(found, "share") == "−2.1 (−5.0 ~ +0.4)"
    assert numerals.difference(found.model_copy(update={"difference": None}), "share") == "—"
    assert numerals.change(0.0, "yuan") == "0.0"
    assert numerals.change(1520.5, "yuan") == "+1,520"
    assert numerals.change(-0.02, "seconds") == "−0.020"
    assert numerals.chance(0.0004) == "<0.001"
    assert numerals.chance(0.04951) == "0.050"


def test_ticks_have_no_needless_decimals() -> None:
    assert numerals.tick(0.2, "share") == "20%"
    assert numerals.tick(0.225, "share") == "22.5%"
    assert numerals.tick(-2500.0, "yuan") == "−2,500"
    assert numerals.tick(0.0, "yuan") == "0"
