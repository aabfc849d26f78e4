"""Figures for notebooks and papers (图): drawn with matplotlib, Chinese or English.

Each function returns a figure and touches no global state; ``%matplotlib inline`` shows it in a
notebook, ``figure.savefig`` writes it. Colours are those of Okabe & Ito (2008), which people with
colour-blindness tell apart; series differ in their markers too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import matplotlib
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from zhibian.evaluation.metrics.metric import Unit
from zhibian.evaluation.report import chart_data, numerals
from zhibian.evaluation.report.fonts import style
from zhibian.evaluation.report.phrases import Phrase, label
from zhibian.evaluation.report.tables import mdc_title, metric_title, step_title
from zhibian.evaluation.results import (
    BinOut,
    ConfusionOut,
    FigureOut,
    ReliabilityOut,
    Results,
    WaterfallOut,
)

Shown = Literal["zh", "en"]

_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
_MARKERS = ("o", "s", "^", "D", "v", "P", "X")
_BLUE, _VERMILION = _COLOURS[:2]
_GREY = "#8a949e"
_SIGNS = {"below": _VERMILION, "exact": _GREY, "above": _BLUE}


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """A figure at one place of a curve (曲线上的一点).

    Attributes
    ----------
    x
        Such as the number of records learned from, or the share of pages in error.
    figure
        Value and interval there.
    """

    x: float
    figure: FigureOut


def forest(results: Results, metric: str, language: Shown = "zh") -> Figure:
    """Draw one metric over the systems of a run with its intervals (森林图)."""
    told = results.metrics[metric]
    with _axes((6.4, 0.42 * len(results.systems) + 1.1)) as (figure, axes):
        for place, system in enumerate(results.systems):
            _whisker(axes, system.figures[metric], place)
        axes.set_yticks(range(len(results.systems)), [s.name for s in results.systems])
        axes.invert_yaxis()
        axes.grid(axis="x", alpha=0.4)
        axes.xaxis.set_major_formatter(_formatter(told.unit))
        axes.set_xlabel(_said(metric_title(metric, told), language))
    return figure


def reliability(rows: Sequence[ReliabilityOut], language: Shown = "zh") -> Figure:
    """Draw confidence against the share right, with the codes of each bin below (可靠性图)."""
    with _figure((4.2, 5.2)) as figure:
        above, below = figure.subplots(2, 1, sharex=True, height_ratios=(4, 1))
        above.plot([0, 1], [0, 1], linestyle="--", color=_GREY, linewidth=1)
        above.plot([r.claimed for r in rows], [r.right for r in rows], marker="o", color=_BLUE)
        above.set(xlim=(0, 1), ylim=(0, 1.02), aspect="equal")
        above.set_ylabel(_said(label("reliability.right"), language))
        above.grid(alpha=0.4)
        middles, widths = [(r.low + r.high) / 2 for r in rows], [r.high - r.low for r in rows]
        bars = below.bar(middles, [r.n for r in rows], [0.92 * w for w in widths], color=_GREY)
        below.bar_label(bars, [numerals.short(r.n) for r in rows], fontsize=7)
        below.margins(y=0.3)
        below.set_xlabel(_said(label("reliability.claimed"), language))
        below.set_ylabel("n")
    return figure


def confusion(pairs: Sequence[ConfusionOut], language: Shown = "zh") -> Figure:
    """Draw how often each MDC of gold meets each MDC given; shade by row (混淆矩阵)."""
    found = chart_data.matrix(pairs)
    shades = [[n / (sum(row) or 1) for n in row] for row in found.counts]
    side = 0.34 * len(found.given)
    with _axes((side + 3.4, 0.34 * len(found.gold) + 1.4)) as (figure, axes):
        axes.imshow(shades, cmap="Blues", vmin=0, vmax=1.6, aspect="equal")
        for row, counts in enumerate(found.counts):
            for column, n in enumerate(counts):
                if n:
                    axes.text(column, row, str(n), ha="center", va="center", fontsize=8)
        axes.set_xticks(
            range(len(found.given)), [g.removeprefix("MDC") or "—" for g in found.given]
        )
        axes.set_yticks(range(len(found.gold)), [_said(mdc_title(g), language) for g in found.gold])
        axes.set_xlabel(_said(label("confusion.given"), language))
        axes.set_ylabel(_said(label("confusion.gold"), language))
    return figure


def deviation(bins: Sequence[BinOut], language: Shown = "zh") -> Figure:
    """Draw the distribution of payment deviation, bars of one width (支付偏差分布)."""
    with _axes((7.2, 3.4)) as (figure, axes):
        places = range(len(bins))
        bars = axes.bar(
            places, [b.n for b in bins], 0.88, color=[_SIGNS[chart_data.sign(b)] for b in bins]
        )
        axes.bar_label(bars, [numerals.short(b.n) if b.n else "" for b in bins], fontsize=8)
        axes.set_xticks(places, [_range(b) for b in bins], rotation=60, ha="right", fontsize=8)
        axes.set_xlabel(_said(label("deviation.axis"), language))
        axes.set_ylabel("n")
    return figure


def waterfall(told: WaterfallOut, language: Shown = "zh") -> Figure:
    """Draw what each kind of edit changes, from one page to the other (瀑布图)."""
    bars = chart_data.waterfall_bars(told.steps)
    scale, cut = chart_data.waterfall_axis(bars)
    with _axes((7.2, 0.46 * len(bars) + 1.3)) as (figure, axes):
        for place, bar in enumerate(bars):
            amount = bar.step.amount
            colour = _GREY if bar.is_level else _BLUE if amount >= 0 else _VERMILION
            axes.barh(place, bar.high - bar.low, 0.62, left=bar.low, color=colour)
            level = numerals.shown if bar.is_level else numerals.change
            axes.annotate(
                level(amount, "yuan"), (bar.high, place), (4, 0), textcoords="offset points",
                va="center", fontsize=9,
            )  # fmt: skip
        axes.set_yticks(
            range(len(bars)), [_said(step_title(told.path, b.step.kind), language) for b in bars]
        )
        axes.invert_yaxis()
        axes.set_xlim(scale.ticks[0], scale.ticks[-1] + 0.12 * (scale.ticks[-1] - scale.ticks[0]))
        axes.set_xticks(scale.ticks, [numerals.tick(tick, "yuan") for tick in scale.ticks])
        axes.grid(axis="x", alpha=0.4)
        note = f" {_said(label('waterfall.cut'), language)}" if cut else ""
        axes.set_xlabel(_said(label("waterfall.amount"), language) + note)
    return figure


def learning_curve(
    series: Mapping[str, Sequence[CurvePoint]],
    metric: Phrase,
    unit: Unit,
    language: Shown = "zh",
) -> Figure:
    """Draw a metric over the number of records learned from, with intervals (学习曲线)."""
    return _curve(series, (label("plots.learned"), metric), unit, language, logarithmic=True)


def error_rate_curve(
    series: Mapping[str, Sequence[CurvePoint]],
    metric: Phrase,
    unit: Unit,
    language: Shown = "zh",
) -> Figure:
    """Draw a metric over the share of pages with an error, with intervals (差错率曲线)."""
    return _curve(series, (label("plots.error_rate"), metric), unit, language, share=True)


def _curve(
    series: Mapping[str, Sequence[CurvePoint]],
    titles: tuple[Phrase, Phrase],
    unit: Unit,
    language: Shown,
    *,
    logarithmic: bool = False,
    share: bool = False,
) -> Figure:
    with _axes((6.4, 4.0)) as (figure, axes):
        for place, (name, points) in enumerate(series.items()):
            known = [p for p in points if p.figure.value is not None]
            colour = _COLOURS[place % len(_COLOURS)]
            x = [p.x for p in known]
            axes.plot(
                x, [p.figure.value for p in known], marker=_MARKERS[place % len(_MARKERS)],
                color=colour, label=name,
            )  # fmt: skip
            axes.fill_between(
                x,
                [_or(p.figure.low, p.figure.value) for p in known],
                [_or(p.figure.high, p.figure.value) for p in known],
                color=colour,
                alpha=0.15,
                linewidth=0,
            )
        if logarithmic:
            axes.set_xscale("log")
            places = sorted({p.x for points in series.values() for p in points})
            axes.set_xticks(places, [f"{x:,g}" for x in places])
            axes.minorticks_off()
        if share:
            axes.xaxis.set_major_formatter(_formatter("share"))
        axes.yaxis.set_major_formatter(_formatter(unit))
        axes.set_xlabel(_said(titles[0], language))
        axes.set_ylabel(_said(titles[1], language))
        axes.grid(alpha=0.4)
        axes.legend(frameon=False)
    return figure


@contextmanager
def _figure(size: tuple[float, float]) -> Iterator[Figure]:
    """Yield a figure; what is made while it is open has the Chinese font."""
    with matplotlib.rc_context(style()):
        figure = Figure(figsize=size)
        yield figure
        # Labels of ticks are made when first drawn: now, while the font is set.
        figure.draw_without_rendering()


@contextmanager
def _axes(size: tuple[float, float]) -> Iterator[tuple[Figure, Any]]:
    with _figure(size) as figure:
        yield figure, figure.subplots()


def _whisker(axes: Any, figure: FigureOut, place: int) -> None:
    if figure.low is not None and figure.high is not None:
        axes.plot([figure.low, figure.high], [place, place], color=_BLUE, linewidth=2)
    if figure.value is not None:
        axes.plot([figure.value], [place], marker="o", color=_BLUE)


def _formatter(unit: Unit) -> FuncFormatter:
    def written(value: float, _: int | None) -> str:
        return numerals.tick(value, unit)

    return FuncFormatter(written)


def _range(b: BinOut) -> str:
    if chart_data.sign(b) == "exact" and b.low == b.high:
        return "0"
    return f"{numerals.bound(b.low)} ~ {numerals.bound(b.high)}"


def _or(bound: float | None, value: float | None) -> float | None:
    return value if bound is None else bound


def _said(phrase: Phrase, language: Shown) -> str:
    return phrase.zh if language == "zh" else phrase.en
