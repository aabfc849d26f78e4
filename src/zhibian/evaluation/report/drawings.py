"""Where things stand in the pictures of the page (图形坐标): templates draw, they do not compute.

Widths are shares of the picture in percent, so that text keeps its size on every screen; heights
and the square reliability plot are in pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from zhibian.evaluation.metrics.metric import Unit
from zhibian.evaluation.report.chart_data import (
    Axis,
    Sign,
    axis,
    sign,
    waterfall_axis,
    waterfall_bars,
)
from zhibian.evaluation.report.numerals import bound, short, tick
from zhibian.evaluation.results import BinOut, FigureOut, ReliabilityOut, StepOut

# Room at both ends of an axis, in percent, so that labels of the outer ticks are not cut.
_MARGIN = 6.0
_HISTOGRAM = 150.0
_SLOTS = 9
_SQUARE, _LEFT, _TOP, _STRIP = 220.0, 56.0, 12.0, 34.0


@dataclass(frozen=True, slots=True)
class Tick:
    """A tick of an axis: where, and what is written."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Whisker:
    """A value with its interval on an axis, in percent; None where there is none."""

    low: float | None
    at: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Forest:
    """A forest plot (森林图): one whisker a figure, in the order given."""

    ticks: tuple[Tick, ...]
    whiskers: tuple[Whisker, ...]


def forest(figures: Sequence[FigureOut], unit: Unit) -> Forest:
    """Return a forest plot; without ticks where no figure has a value."""
    values = [v for f in figures for v in (f.low, f.value, f.high) if v is not None]
    if not values:
        return Forest((), tuple(Whisker(None, None, None) for _ in figures))
    low, high = min(values), max(values)
    if low == high:
        low, high = low - (abs(low) or 1) / 20, high + (abs(high) or 1) / 20
    scale = axis(low, high, 5)

    def at(value: float | None) -> float | None:
        return None if value is None else _percent(scale, value)

    ticks = tuple(Tick(_percent(scale, value), tick(value, unit)) for value in scale.ticks)
    return Forest(ticks, tuple(Whisker(at(f.low), at(f.value), at(f.high)) for f in figures))


@dataclass(frozen=True, slots=True)
class Column:
    """One bar of the histogram; ``x`` and ``width`` in percent, ``y`` and ``height`` in pixels."""

    x: float
    width: float
    y: float
    height: float
    sign: Sign
    low: float
    high: float
    n: int
    label: str


@dataclass(frozen=True, slots=True)
class Histogram:
    """The distribution of payment deviation, bars of one width."""

    height: float
    columns: tuple[Column, ...]
    ticks: tuple[Tick, ...]


def histogram(bins: Sequence[BinOut]) -> Histogram:
    """Return the bars of a distribution, equally wide, with some of their bounds as ticks."""
    most = max((b.n for b in bins), default=0) or 1
    # A few bars stand in the middle: one alone is no block.
    step = (100 - 2 * _MARGIN) / max(len(bins), _SLOTS)
    left = (100 - step * len(bins)) / 2
    columns = []
    for place, b in enumerate(bins):
        height = _HISTOGRAM * b.n / most
        columns.append(
            Column(
                x=round(left + (place + 0.06) * step, 3),
                width=round(step * 0.88, 3),
                y=round(_HISTOGRAM - height, 1),
                height=round(height, 1),
                sign=sign(b),
                low=b.low,
                high=b.high,
                n=b.n,
                label=short(b.n) if b.n else "",
            )
        )
    return Histogram(_HISTOGRAM, tuple(columns), _bounds(bins, left, step))


def _bounds(bins: Sequence[BinOut], left: float, step: float) -> tuple[Tick, ...]:
    """Return the outermost bounds, those half-way to zero, and zero under its own bar."""
    last = len(bins)
    edges = [*(b.low for b in bins), *(b.high for b in bins[-1:])]
    zero = next((i for i, b in enumerate(bins) if sign(b) == "exact"), last // 2)
    places = sorted({0, zero // 2, (zero + 1 + last) // 2, last})
    ticks = [
        Tick(round(left + place * step, 3), bound(edges[place]))
        for place in places
        if place < len(edges) and edges[place]
    ]
    if any(sign(b) == "exact" for b in bins):
        ticks.append(Tick(round(left + (zero + 0.5) * step, 3), "0"))
    return _apart(ticks)


def _apart(ticks: Sequence[Tick]) -> tuple[Tick, ...]:
    """Leave out ticks whose labels would run into the one before; zero always stays."""
    kept: list[Tick] = []
    for one in sorted(ticks, key=lambda t: (t.text != "0", t.at)):
        if all(abs(one.at - other.at) >= 2 * _MARGIN for other in kept):
            kept.append(one)
    return tuple(sorted(kept, key=lambda t: t.at))


@dataclass(frozen=True, slots=True)
class Point:
    """One bin of the reliability plot, in pixels."""

    x: float
    y: float
    bar_x: float
    bar_width: float
    bar_height: float
    n: str
    row: ReliabilityOut


@dataclass(frozen=True, slots=True)
class Square:
    """The reliability plot (可靠性图): a square, and a strip of counts beneath it."""

    side: float
    left: float
    top: float
    strip: float
    ticks: tuple[tuple[float, str], ...]
    points: tuple[Point, ...]

    @property
    def path(self) -> str:
        """Return the line through all points."""
        return " ".join(f"{point.x},{point.y}" for point in self.points)


def square(rows: Sequence[ReliabilityOut]) -> Square:
    """Return the reliability plot of one system."""
    most = max((row.n for row in rows), default=0) or 1
    points = tuple(
        Point(
            x=round(_LEFT + _SQUARE * row.claimed, 1),
            y=round(_TOP + _SQUARE * (1 - row.right), 1),
            bar_x=round(_LEFT + _SQUARE * row.low + 1, 1),
            bar_width=round(_SQUARE * (row.high - row.low) - 2, 1),
            bar_height=round(_STRIP * row.n / most, 1),
            n=short(row.n),
            row=row,
        )
        for row in rows
    )
    ticks = tuple((place / 5, f"{place * 20}%") for place in range(6))
    return Square(_SQUARE, _LEFT, _TOP, _STRIP, ticks, points)


@dataclass(frozen=True, slots=True)
class Stage:
    """One row of the waterfall, in percent; ``end`` is the level that the next row begins at."""

    step: StepOut
    x: float
    width: float
    end: float
    direction: str


@dataclass(frozen=True, slots=True)
class Stages:
    """A waterfall lying on its side: one row a step, so that labels have room."""

    rows: tuple[Stage, ...]
    ticks: tuple[Tick, ...]
    cut: bool


def stages(steps: Sequence[StepOut]) -> Stages:
    """Return the rows of a waterfall."""
    bars = waterfall_bars(steps)
    scale, cut = waterfall_axis(bars)
    rows = []
    for bar in bars:
        low, high = _percent(scale, bar.low), _percent(scale, bar.high)
        falls = bar.step.amount < 0
        rows.append(
            Stage(
                step=bar.step,
                x=low,
                width=round(high - low, 3),
                end=low if falls else high,
                direction="level" if bar.is_level else "down" if falls else "up",
            )
        )
    ticks = tuple(Tick(_percent(scale, value), tick(value, "yuan")) for value in scale.ticks)
    return Stages(tuple(rows), ticks, cut)


def _percent(scale: Axis, value: float) -> float:
    return round(_MARGIN + (100 - 2 * _MARGIN) * scale.at(value), 3)
