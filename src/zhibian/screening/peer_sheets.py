"""Sheets of peer comparison (同行比较表): funnels with their limits, months outside, physicians."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from zhibian.screening.peers import Funnel, Indicator, PeerRules
from zhibian.sheets import Cell, Chart, Column, Line, Sheet

_SIGNALS: Mapping[str, str] = {
    "high": "高于 95% 界限",
    "low": "低于 95% 界限",
    "alarm_high": "高于 99.8% 界限",
    "alarm_low": "低于 99.8% 界限",
}
_CASES, _RATE = "可比病例数", "标化率"
_LIMITS = {
    "warning_low": "95% 下限",
    "warning_high": "95% 上限",
    "alarm_low": "99.8% 下限",
    "alarm_high": "99.8% 上限",
}
_OVERALL = "总体率"


def _columns(unit: str) -> tuple[Column, ...]:
    return (
        Column("指标", width=26),
        Column(unit, width=18),
        Column(_CASES, "whole", 10),
        Column("发生数", "whole", 9),
        Column("期望数", "number", 10),
        Column(_RATE, "percent", 9),
        Column(_OVERALL, "percent", 9),
        *(Column(title, "percent", 10) for title in _LIMITS.values()),
        Column("得分", "number", 9),
        Column("超出界限", width=16),
        Column("需关注", width=8),
        Column("无同行病例数", "whole", 12),
    )


def department_sheet(funnels: Sequence[Funnel], rules: PeerRules) -> Sheet:
    """Return the sheet of departments with a funnel chart of each indicator."""
    charts = []
    first = 0
    for funnel in funnels:
        size = len(funnel.table)
        if size:
            charts.append(_chart(funnel, first, first + size - 1))
        first += size
    return Sheet("科室监测", _columns("科室"), _rows(funnels), _note(funnels, rules), tuple(charts))


def physician_sheet(funnels: Sequence[Funnel], rules: PeerRules) -> Sheet:
    """Return the sheet of physicians outside the limits; all others are only counted."""
    units = max((len(funnel.table) for funnel in funnels), default=0)
    note = (
        f"只列超出界限的医师（病例数足够比较的至多 {units:,} 名）；用于发现编码填报差异，"
        f"不用于个人奖惩。{_note(funnels, rules)}"
    )
    rows = (row for row in _rows(funnels) if row[-3])
    return Sheet("医师监测", _columns("医师"), rows, note)


def _note(funnels: Sequence[Funnel], rules: PeerRules) -> str:
    excess = "、".join(f"{f.indicator.title} {f.excess:.2f}" for f in funnels if len(f.table))
    small = max((funnel.small for funnel in funnels), default=0)
    return (
        "标化率=发生数÷期望数×总体率，期望数按核心组取其他科室的率；"
        f"不足 {rules.least_cases} 例的不列（至多 {small:,} 个）；"
        f"界限为二项分布双侧 95% 与 99.8%，按过度离散系数放宽（{excess or '无'}）。"
    )


def _rows(funnels: Sequence[Funnel]) -> Iterator[tuple[Cell, ...]]:
    for funnel in funnels:
        for unit in funnel.table.iter_rows(named=True):
            signal = unit["signal"]
            yield (
                funnel.indicator.title,
                unit["unit"],
                unit["cases"],
                unit["events"],
                unit["expected"],
                unit["rate"],
                funnel.overall,
                *(unit[name] for name in _LIMITS),
                unit["score"],
                _SIGNALS.get(signal),
                _of_concern(funnel.indicator, signal) or None,
                unit["alone"],
            )


def _of_concern(indicator: Indicator, signal: str) -> bool:
    side = signal.removeprefix("alarm_")
    return bool(signal) and indicator.concern in {"both", side}


def _chart(funnel: Funnel, first: int, last: int) -> Chart:
    return Chart(
        funnel.indicator.title,
        _CASES,
        "病例数",
        _RATE,
        (
            Line("科室", _RATE, "points"),
            Line("总体", _OVERALL, "solid"),
            *(
                Line(title, title, "dashed" if name.startswith("alarm") else "solid")
                for name, title in _LIMITS.items()
            ),
        ),
        first,
        last,
    )


def month_sheet(months: Mapping[str, pl.DataFrame], rules: PeerRules) -> Sheet:
    """Return the sheet of months: all units together, then units in months outside the limits."""
    columns = (
        Column("指标", width=26),
        Column("科室", width=18),
        Column("月份", width=9),
        Column("病例数", "whole", 9),
        Column("发生数", "whole", 9),
        Column("率", "percent", 9),
        Column("均值", "percent", 9),
        Column("99.8% 下限", "percent", 10),
        Column("99.8% 上限", "percent", 10),
        Column("超出界限", width=16),
    )
    rows = [
        (
            indicator.title,
            month["unit"] or "全部",
            month["month"],
            month["cases"],
            month["events"],
            month["rate"],
            month["mean"],
            month["low"],
            month["high"],
            _SIGNALS.get(month["signal"]),
        )
        for indicator in rules.indicators
        for month in months[indicator.id].iter_rows(named=True)
        if not month["unit"] or month["signal"].startswith("alarm")
    ]
    note = f"p 控制图：各科室与自身各月均值比较；不足 {rules.least_cases} 例的月份不列；科室只列超出界限的月份。"
    return Sheet("月度监测", columns, rows, note)
