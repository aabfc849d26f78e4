"""The workbook of a screening (筛查工作簿): work list, sums, peers, ungrouped cases, the run.

Effects on the group stand after the evidence and in both directions; nothing is sorted by them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import polars as pl

from zhibian.grouping.reasons import Reason
from zhibian.grouping.types import Status
from zhibian.payment.deviation import STATEMENT
from zhibian.quality.front_page.types import Gate
from zhibian.records.front_page.types import ROW
from zhibian.screening.items import difference
from zhibian.screening.loop import FILLED_IN, SHEET, Progress, State
from zhibian.screening.peers.sheets import department_sheet, month_sheet, physician_sheet
from zhibian.screening.pipeline import Outcome
from zhibian.screening.run_sheets import Run, rule_sheet, run_sheet, silence_sheet
from zhibian.screening.setup import Choice, Setup
from zhibian.screening.types import Alert, Suspicion
from zhibian.sheets import Cell, Column, Sheet, write_workbook

_LIST = (
    Column("序号", "whole", 7),
    Column("病例标识", width=16),
    Column("行号", "whole", 8),
    Column("出院科室", width=12),
    Column("医师", width=10),
    Column("出院日期", "date", 11),
    Column("疑点类型", width=16),
    Column("预警", width=7),
    Column("闸口", width=8),
    Column("证据强度", "number", 9),
    Column("编码", width=13),
    Column("名称", width=22),
    Column("CC/MCC", width=9),
    Column("依据", width=60),
    Column("处理", width=40),
    Column("规则", width=30),
    Column("填报组", width=9),
    Column("如属实的组", width=10),
    Column("权重差", "number", 9),
    Column("询问草稿", width=40),
    Column("状态", width=10, choices=tuple(state.value for state in State)),
    Column("责任人", width=10),
    Column("整改说明", width=20),
    Column("复核人", width=10),
    Column("复核结果", width=14),
    Column("时限", "date", 11),
)
_LIST_NOTE = (
    "按证据强度排列，漏报与无依据两个方向并列；疑点不是结论，须以病历为准。"
    f"“权重差”为{STATEMENT}，不作排序依据。"
)


@dataclass(frozen=True, slots=True)
class Texts:
    """Names that the workbook shows (名称).

    Attributes
    ----------
    names
        Name of each diagnosis code.
    levels
        Level of each CC and MCC under the scheme.
    """

    names: Mapping[str, str]
    levels: Mapping[str, str]


def write_screening(
    path: Path, outcome: Outcome, setup: Setup, choice: Choice, texts: Texts, run: Run
) -> None:
    """Write the workbook.

    Parameters
    ----------
    path
        File to write, ``.xlsx``.
    outcome
        What was found.
    setup, choice
        What it was found with, and in which pages.
    texts
        Names of codes.
    run
        How it was made.

    Raises
    ------
    OSError
        The file can't be written.
    """
    sheets = [
        Sheet(SHEET, _LIST, _work_list(outcome, setup, texts, run), _LIST_NOTE),
        _summary_sheet(outcome),
        _department_items_sheet(outcome),
        department_sheet(outcome.funnels["department"], setup.peers),
        month_sheet(outcome.months, setup.peers),
        physician_sheet(outcome.funnels["physician"], setup.peers),
        _ungrouped_sheet(outcome, choice),
        rule_sheet(outcome, setup),
        silence_sheet(outcome, choice),
        run_sheet(outcome, setup, choice, run),
    ]
    write_workbook(path, sheets)


def _work_list(
    outcome: Outcome, setup: Setup, texts: Texts, run: Run
) -> Iterator[tuple[Cell, ...]]:
    weights = setup.weights()
    words = {
        **{s.value: s.chinese for s in Suspicion},
        **{a.value: a.chinese for a in Alert},
        **{g.value: g.chinese for g in Gate},
    }
    due = {a.value: run.today + timedelta(days=n) for a, n in setup.signals.deadlines.items()}
    for number, item in enumerate(outcome.items.iter_rows(named=True), start=1):
        code = item["code"]
        name = item["name"] or texts.names.get(code, "")
        suspicion = words[item["suspicion"]]
        before = run.progress.get((item["case"], suspicion, code, name))
        yield (
            number,
            item["case"],
            item[ROW],
            item["department"],
            item["physician"],
            item["discharged"],
            suspicion,
            words[item["alert"]],
            words[item["gate"]],
            item["strength"],
            code or None,
            name or None,
            texts.levels.get(code),
            "；".join(item["evidence"]),
            item["remedy"],
            "、".join(dict.fromkeys(item["rules"])),
            item["filed_group"],
            item["possible_group"],
            difference(item["filed_group"], item["possible_group"], weights),
            item["query"] or None,
            *_filled_in(before, due[item["alert"]]),
        )


def _filled_in(before: Progress | None, due: date) -> tuple[Cell, ...]:
    """Return the cells of :data:`~zhibian.screening.loop.FILLED_IN`."""
    if before is None:
        return (State.OPEN.value, *([None] * (len(FILLED_IN) - 2)), due)
    now = before.carried()
    written = (now.person, now.mended, now.checker, now.result)
    return (now.state.value, *(text or None for text in written), now.due or due)


def _summary_sheet(outcome: Outcome) -> Sheet:
    columns = (
        Column("疑点类型", width=20),
        *(Column(alert.chinese, "whole", 10) for alert in Alert),
        Column("合计", "whole", 10),
        Column("列入清单", "whole", 10),
        Column("未列入", "whole", 10),
    )
    found = _sums(outcome.counts.group_by("suspicion", "alert").agg(pl.col("found").sum()))
    shown = dict(outcome.items.group_by("suspicion").len().iter_rows())
    rows = []
    for suspicion in Suspicion:
        by_alert = [found.get((suspicion.value, alert.value), 0) for alert in Alert]
        kept = shown.get(suspicion.value, 0)
        rows.append((suspicion.chinese, *by_alert, sum(by_alert), kept, sum(by_alert) - kept))
    total = ["合计", *(sum(column) for column in list(zip(*rows, strict=True))[1:])]
    note = (
        f"首页 {outcome.listed_pages:,} 份，疑点 {outcome.found:,} 条；"
        f"列入各类证据强度在前的共 {len(outcome.items):,} 条，"
        f"其余 {outcome.found - len(outcome.items):,} 条只计数"
        "（用 --top 增加，或用 --items 写出全部）。"
    )
    return Sheet("汇总", columns, [*rows, total], note)


def _sums(table: pl.DataFrame) -> dict[tuple[str, str], int]:
    return {(one, other): number for one, other, number in table.iter_rows()}


def _department_items_sheet(outcome: Outcome) -> Sheet:
    columns = (
        Column("出院科室", width=16),
        *(Column(suspicion.chinese, "whole", 12) for suspicion in Suspicion),
        Column("合计", "whole", 10),
        Column("其中红色", "whole", 10),
    )
    by = outcome.counts.with_columns(pl.col("department").fill_null("（未填）"))
    found = _sums(by.group_by("department", "suspicion").agg(pl.col("found").sum()))
    red = dict(
        by.filter(pl.col("alert") == Alert.RED.value)
        .group_by("department")
        .agg(pl.col("found").sum())
        .iter_rows()
    )
    rows: list[tuple[Cell, ...]] = []
    for department in by["department"].unique().sort():
        numbers = [found.get((department, suspicion.value), 0) for suspicion in Suspicion]
        rows.append((department, *numbers, sum(numbers), red.get(department, 0)))
    return Sheet("科室汇总", columns, rows, "全部疑点，含未列入清单的。")


def _ungrouped_sheet(outcome: Outcome, choice: Choice) -> Sheet:
    columns = (
        Column("病例标识", width=16),
        Column("行号", "whole", 8),
        Column("出院科室", width=12),
        Column("医师", width=10),
        Column("出院日期", "date", 11),
        Column("主要诊断", width=14),
        Column("分组状态", width=12),
        Column("原因", width=40),
        Column("处理", width=40),
    )
    statuses = {status.value: status.chinese for status in Status}
    reasons = {reason.value: reason for reason in Reason}

    def rows() -> Iterator[tuple[Cell, ...]]:
        for page in outcome.ungrouped.head(choice.top).iter_rows(named=True):
            reason = reasons.get(page["reason"])
            yield (
                page["id"],
                page[ROW],
                page["department"],
                page["physician"],
                page["discharged"],
                page["principal"],
                statuses.get(page["status"], page["status"]),
                reason.chinese if reason else None,
                reason.remedy if reason else None,
            )

    by = outcome.ungrouped.group_by("reason").len().sort("len", "reason", descending=[True, False])
    told = "；".join(
        f"{reasons[reason].chinese} {number:,}" for reason, number in by.iter_rows() if reason
    )
    note = f"未入组 {len(outcome.ungrouped):,} 例。{told}"
    if len(outcome.ungrouped) > choice.top:
        note += f"。只列前 {choice.top:,} 例"
    return Sheet("未入组", columns, rows(), note)
