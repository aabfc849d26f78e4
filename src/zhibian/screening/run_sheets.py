"""Sheets about the run itself (运行情况): how often each rule was raised, silences, ingredients."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

import polars as pl

from zhibian.payment.deviation import STATEMENT
from zhibian.screening.loop import Key, Progress
from zhibian.screening.pipeline import Outcome
from zhibian.screening.setup import Choice, Setup
from zhibian.screening.silence import Silence
from zhibian.sheets import Cell, Column, Sheet


@dataclass(frozen=True, slots=True)
class Run:
    """How the run was made (运行说明).

    Attributes
    ----------
    today
        Day of the run; due dates count from it.
    told
        Versions, files and options, in Chinese, in their order.
    progress
        What people wrote into the former work list.
    """

    today: date
    told: Mapping[str, str]
    progress: Mapping[Key, Progress] = field(default_factory=dict)


def rule_sheet(outcome: Outcome, setup: Setup) -> Sheet:
    """Return how often each signal and quality check was raised."""
    columns = (
        Column("规则", width=44),
        Column("名称", width=44),
        Column("疑点", "whole", 10),
        Column("列入方式", width=22),
    )
    signals = {signal.id: signal.title for signal in setup.signals.signals}
    strongest = dict(outcome.counts.group_by("rule").agg(pl.col("found").sum()).iter_rows())
    rows: list[tuple[Cell, ...]] = [
        (id, title, strongest.get(id, 0), "列入清单")
        for id, title in signals.items()
        if id in strongest
    ]
    if setup.quality:
        titles = setup.quality.book.rules
        for rule, check, found in outcome.quality_counts.iter_rows():
            listed = setup.quality.grade(rule).listed
            how = "列入清单" if listed else "提示，只计数"
            if check in outcome.widespread:
                how = "普遍存在，按一项整改"
            rows.append((check, titles[rule].title, found, how))
    note = (
        "信号按合并后最强者计；质控检测按检出数计，含列出范围以外的首页。"
        "多数首页都有的问题多为导出或列布局所致，不逐例列出。"
    )
    return Sheet("规则汇总", columns, rows, note)


def silence_sheet(outcome: Outcome, choice: Choice) -> Sheet:
    """Return the silences with what each took."""
    columns = (
        Column("静默范围", width=40),
        Column("理由", width=40),
        Column("决定人", width=12),
        Column("到期日", "date", 11),
        Column("是否生效", width=10),
        Column("静默的疑点", "whole", 12),
    )
    taken = outcome.silenced or (0,) * len(choice.silences.active)

    def row(silence: Silence, active: bool, number: int) -> tuple[Cell, ...]:
        return (silence.scope, silence.reason, silence.by or None, silence.until, active, number)

    rows = [row(s, True, n) for s, n in zip(choice.silences.active, taken, strict=True)]
    rows += [row(s, False, 0) for s in choice.silences.expired]
    return Sheet("静默", columns, rows, "被静默的疑点不列入清单，也不计入汇总；到期后恢复。")


def run_sheet(outcome: Outcome, setup: Setup, choice: Choice, run: Run) -> Sheet:
    """Return how the run was made, what was not judged, and what each signal sees."""
    columns = (Column("项目", width=28), Column("内容", width=100))
    return Sheet("运行说明", columns, list(_run_rows(outcome, setup, choice, run)))


def _run_rows(
    outcome: Outcome, setup: Setup, choice: Choice, run: Run
) -> Iterable[tuple[str, str]]:
    rules = setup.signals.statistics
    yield "说明", f"疑点由规则与统计得出，只供复核；{STATEMENT}。"
    yield "运行日期", run.today.isoformat()
    yield from run.told.items()
    yield "首页份数", f"{outcome.pages:,}，其中列出范围内 {outcome.listed_pages:,}"
    yield "不能采用的单元格", f"{outcome.bad_cells:,}"
    origin = "载入的标杆" if setup.benchmarks else "本批首页"
    yield (
        "同组统计",
        (
            f"取自{origin}：{len(outcome.statistics.table):,} 组；"
            f"不足 {rules.least_cases} 例的 {outcome.statistics.small:,} 组"
            f"（{outcome.statistics.small_cases:,} 例）不作费用与住院日比较"
        ),
    )
    yield "稳健得分", f"（ln 值 − 组中位）÷ 1.4826 MAD，离散度下限 {rules.least_spread}"
    yield (
        "列入清单",
        (
            f"各类疑点证据强度在前的共 {len(outcome.items):,} 条，检出 {outcome.found:,} 条；"
            "各类名额相等，不足的让与其他类"
        ),
    )
    yield (
        "时限",
        "、".join(f"{alert.chinese}{days} 天" for alert, days in setup.signals.deadlines.items()),
    )
    if run.progress:
        yield from _loop_rows(outcome, run)
    for expired in choice.silences.expired:
        yield "已到期的静默", f"{expired.scope}，{expired.until.isoformat()} 到期，不再生效"
    for lacking in outcome.not_judged:
        yield f"未判断 {lacking.id}", f"{lacking.title}：输入没有 {'、'.join(lacking.lacks)}"
    if setup.quality:
        yield (
            "全表规则",
            (f"{'、'.join(setup.quality.left_out)} 要看整张表，筛查不判断，请用 zhibian quality"),
        )
    for signal in setup.signals.signals:
        yield signal.id, f"{signal.title}。{signal.sees}。来源：{signal.source}"


def _loop_rows(outcome: Outcome, run: Run) -> Iterable[tuple[str, str]]:
    cases = set(outcome.items["case"])
    gone = sum(key[0] not in cases for key in run.progress)
    yield "上次清单", f"{len(run.progress):,} 条；其病例本次不再列出的 {gone:,} 条"
