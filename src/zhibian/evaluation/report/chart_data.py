"""What charts show, whoever draws them (图表数据): axes, levels of a waterfall, matrices.

The page draws with SVG in its own text and colours, notebooks draw with matplotlib; both read this.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10
from typing import Literal

from zhibian.evaluation.results import BinOut, ConfusionOut, StepOut

Sign = Literal["below", "exact", "above"]

_ROUND = (1, 2, 2.5, 5, 10)
# Sums of payments are long numbers: more ticks would run into one another on paper.
_STEPS = 4


@dataclass(frozen=True, slots=True)
class Axis:
    """An axis with round ticks (坐标轴), from the first tick to the last."""

    ticks: tuple[float, ...]

    def at(self, value: float) -> float:
        """Return where a value lies, 0 at the low end and 1 at the high end."""
        low, high = self.ticks[0], self.ticks[-1]
        return min(max((value - low) / (high - low), 0.0), 1.0)


def axis(low: float, high: float, most: int = 6) -> Axis:
    """Return an axis that holds both bounds, with at most so many steps between ticks."""
    spread = high - low or abs(high) or 1.0
    raw = spread / most
    power = 10.0 ** floor(log10(raw))
    step = next(s * power for s in _ROUND if s * power >= raw * (1 - 1e-9))
    first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
    return Axis(tuple(round(i * step, 12) for i in range(first, max(last, first + 1) + 1)))


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a waterfall (瀑布图的一条): between which levels it stands."""

    step: StepOut
    low: float
    high: float

    @property
    def is_level(self) -> bool:
        """Tell whether the bar is an end and no change."""
        return self.step.kind in {"start", "end"}


def waterfall_bars(steps: Sequence[StepOut]) -> tuple[Bar, ...]:
    """Return the bars of a waterfall: ends from zero, changes from the level before."""
    bars, level = [], 0.0
    for step in steps:
        if step.kind in {"start", "end"}:
            level = step.amount
            bars.append(Bar(step, min(0.0, level), max(0.0, level)))
        else:
            after = level + step.amount
            bars.append(Bar(step, min(level, after), max(level, after)))
            level = after
    return tuple(bars)


def waterfall_axis(bars: Sequence[Bar]) -> tuple[Axis, bool]:
    """Return the axis of a waterfall, and whether it begins away from zero.

    Sums over records are large and their changes small: where the changes would not be seen
    beside the ends, the axis is cut, and the reader is told.
    """
    tops = [bar.high for bar in bars]
    bottoms = [bar.step.amount if bar.is_level else bar.low for bar in bars]
    low, high = min(bottoms), max(tops)
    if low <= 0 or 3 * (high - low) >= high:
        return axis(min(low, 0.0), max(high, 0.0), _STEPS), False
    room = (high - low or high / 10) / 4
    return axis(max(low - room, 0.0), high + room, _STEPS), True


@dataclass(frozen=True, slots=True)
class Matrix:
    """A confusion matrix (混淆矩阵).

    Attributes
    ----------
    gold, given
        Labels of rows and columns; the empty one, no group, stands last.
    counts
        Row by row.
    """

    gold: tuple[str, ...]
    given: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]

    @property
    def n(self) -> int:
        """Return how many records it holds."""
        return sum(map(sum, self.counts))

    @property
    def right(self) -> int:
        """Return on how many both agree; two pages without a group agree on nothing."""
        return sum(
            count
            for label, row in zip(self.gold, self.counts, strict=True)
            for other, count in zip(self.given, row, strict=True)
            if label and label == other
        )


def matrix(pairs: Sequence[ConfusionOut]) -> Matrix:
    """Return pairs of labels as a matrix, labels in alphabetical order."""
    found = {(pair.gold, pair.given): pair.n for pair in pairs}
    gold = _ordered({pair.gold for pair in pairs})
    given = _ordered({*gold, *(pair.given for pair in pairs)})
    counts = tuple(tuple(found.get((g, a), 0) for a in given) for g in gold)
    return Matrix(gold, given, counts)


def _ordered(labels: set[str]) -> tuple[str, ...]:
    return tuple(sorted(labels, key=lambda label: (not label, label)))


def sign(b: BinOut) -> Sign:
    """Tell whether a bar lies below zero, above zero or holds zero."""
    if b.high <= 0 and b.low < 0:
        return "below"
    return "above" if b.low >= 0 and b.high > 0 else "exact"


def by_sign(bins: Sequence[BinOut]) -> tuple[int, int, int]:
    """Return how many records deviate downwards, not at all, and upwards."""
    counts = Counter[Sign]()
    for b in bins:
        counts[sign(b)] += b.n
    return counts["below"], counts["exact"], counts["above"]
