"""Sheets of peer comparison (同行比较表): funnels with their limits, months outside, physicians."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from zhibian.screening.peers.peers import Funnel, Indicator, PeerRules
from zhibian.sheets import Cell, Chart, Column, Line, Sheet

_CASES, _RATE = "可比病例数", "标化率"
_OVERALL = "总体率"


def _limits(rules: PeerRules) -> Mapping[str, str]:
    """Return what the limits are called: ``warning_low`` is 95% 下限."""
    shares = {"warning": 1 - rules.warning, "alarm": 1 - rules.alarm}
    return {
        f"{name}_{side}": f"{_percent(share)} {word}"
        for name, share in shares.items()
        for side, word in (("low", "下限"), ("high", "上限"))
    }


def _signals(rules: PeerRules) -> Mapping[str, str]:
    """Return what being outside is called."""
    inner, outer = _percent(1 - rules.warning), _percent(1 - rules.alarm)
    return {
        "high": f"高于 {inner} 界限",
        "low": f"低于 {inner} 界限",
        "alarm_high": f"高于 {outer} 界限",
        "alarm_low": f"低于 {outer} 界限",
    }


def _percent(share: float) -> str:
    return f"{100 * share:.1f}%".replace(".0%", "%")


def _columns(unit: str, rules: PeerRules) -> tuple[Column, ...]:
    return (
        Column("指标", width=26),
        Column(unit, width=18),
        Column(_CASES, "whole", 10),
        Column("发生数", "whole", 9),
        Column("期望数", "number", 10),
        Column(_RATE, "percent", 9),
        Column(_OVERALL, "percent", 9),
        *(Column(title, "percent", 10) for title in _limits(rules).values()),
        Column("得分", "number", 9),
        Column("超出界限", width=16),
        Column("需关注", width=8),
        Column("无同行病例数", "whole", 12),
    )


def department_sheet(funnels: Sequence[Funnel], rules: PeerRules) -> Sheet:
    """Return the sheet of departments with a funnel chart of each indicator that occurs."""
    charts = []
    first = 0
    for funnel in funnels:
        size = len(funnel.table)
        if size and funnel.overall:
            charts.append(_chart(funnel, first, first + size - 1, rules))
        first += size
    return Sheet(
        "科室监测",
        _columns("科室", rules),
        _rows(funnels, rules),
        _note(funnels, rules),
        tuple(charts),
    )


def physician_sheet(funnels: Sequence[Funnel], rules: PeerRules) -> Sheet:
    """Return the sheet of physicians outside the limits; all others are only counted."""
    units = max((len(funnel.table) for funnel in funnels), default=0)
    note = (
        f"只列超出界限的医师（病例数足够比较的至多 {units:,} 名）；用于发现编码填报差异，"
        f"不用于个人奖惩。{_note(funnels, rules)}"
    )
    rows = (row for row in _rows(funnels, rules) if row[-3])
    return Sheet("医师监测", _columns("医师", rules), rows, note)


def _note(funnels: Sequence[Funnel], rules: PeerRules) -> str:
    excess = "、".join(f"{f.indicator.title} {f.excess:.2f}" for f in funnels if len(f.table))
    small = max((funnel.small for funnel in funnels), default=0)
    return (
        "标化率=发生数÷期望数×总体率，期望数按核心组取其他科室的率（载入标杆时取标杆的率）；"
        f"不足 {rules.least_cases} 例的不列（至多 {small:,} 个）；"
        f"界限为二项分布双侧 {_percent(1 - rules.warning)} 与 {_percent(1 - rules.alarm)}，"
        f"按过度离散系数放宽（{excess or '无'}）。"
    )


def _rows(funnels: Sequence[Funnel], rules: PeerRules) -> Iterator[tuple[Cell, ...]]:
    limits, signals = _limits(rules), _signals(rules)
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
                *(unit[name] for name in limits),
                unit["score"],
                signals.get(signal),
                _of_concern(funnel.indicator, signal) or None,
                unit["alone"],
            )


def _of_concern(indicator: Indicator, signal: str) -> bool:
    side = signal.removeprefix("alarm_")
    return bool(signal) and indicator.concern in {"both", side}


def _chart(funnel: Funnel, first: int, last: int, rules: PeerRules) -> Chart:
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
                for name, title in _limits(rules).items()
            ),
        ),
        first,
        last,
    )


def month_sheet(months: Mapping[str, pl.DataFrame], rules: PeerRules) -> Sheet:
    """Return the sheet of months: all units together, then units in months outside the limits."""
    limits, signals = _limits(rules), _signals(rules)
    columns = (
        Column("指标", width=26),
        Column("科室", width=18),
        Column("月份", width=9),
        Column("病例数", "whole", 9),
        Column("发生数", "whole", 9),
        Column("率", "percent", 9),
        Column("均值", "percent", 9),
        Column(limits["alarm_low"], "percent", 10),
        Column(limits["alarm_high"], "percent", 10),
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
            signals.get(month["signal"]),
        )
        for indicator in rules.indicators
        for month in months[indicator.id].iter_rows(named=True)
        if not month["unit"] or month["signal"].startswith("alarm")
    ]
    note = (
        f"p 控制图：各科室与自身各月均值比较；不足 {rules.least_cases} 例的月份不列；"
        "科室只列超出界限的月份。"
    )
    return Sheet("月度监测", columns, rows, note)
