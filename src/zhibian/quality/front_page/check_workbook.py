"""The workbook of a check (质控结果工作簿): findings and counts, then the sheets of figures."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from zhibian.quality.front_page.check_run import FINDINGS, SUPPRESSED, CheckRun
from zhibian.quality.front_page.figure_sheets import FigureSheets
from zhibian.quality.front_page.sheet_rows import CASE_COLUMNS, SheetRows, share
from zhibian.quality.front_page.types import Gate, Severity
from zhibian.sheets import Cell, Column, Sheet, write_workbook

_PARAMETER = re.compile(r"\{[A-Za-z_0-9]+\}")


def write_check(path: Path, run: CheckRun, source: str) -> None:
    """Write what a check found.

    Parameters
    ----------
    path
        ``.xlsx``.
    run
        The check, all pages added.
    source
        Name of the file that was checked.

    Raises
    ------
    OSError
        The file can't be written.
    """
    write_workbook(path, _Sheets(run, source).all())


class _Sheets:
    """Makes the sheets of one check."""

    def __init__(self, run: CheckRun, source: str) -> None:
        self._run = run
        self._source = source
        self._book = run.setup.book
        self._rows = SheetRows(run)

    def all(self) -> Iterator[Sheet]:
        yield self._findings()
        if self._run.setup.controls:
            yield self._suppressed()
        yield self._by_rule()
        yield self._by_check()
        yield self._by_department()
        yield from FigureSheets(self._run, self._rows).all()
        yield self._not_judged()

    def _findings(self) -> Sheet:
        columns = (
            *CASE_COLUMNS,
            Column("检测", "text", 16),
            Column("规则", "text", 28),
            Column("级别"),
            Column("字段"),
            Column("字段名称", "text", 18),
            Column("第几条", "whole", 8),
            Column("问题", "text", 48),
            Column("处理", "text", 48),
        )
        gate = self._run.setup.gate
        where = f"；闸口：{gate.chinese}" if gate else ""
        note = f"{self._source}，{self._run.rows:,} 份首页{where}；{self._rows.told(FINDINGS)}"
        return Sheet("问题清单", columns, self._finding_rows(FINDINGS), note)

    def _finding_rows(self, name: str) -> Iterator[tuple[Cell, ...]]:
        for row, case, department, rule, check, severity, field, place, *said in self._rows.listed(
            name
        ):
            grade = Severity(str(severity)).chinese
            title = self._book.rules[str(rule)].title
            yield (
                row,
                case,
                department,
                check,
                title,
                grade,
                field,
                self._rows.field(field),
                place,
                *said,
            )

    def _suppressed(self) -> Sheet:
        columns = (
            *CASE_COLUMNS,
            Column("检测", "text", 16),
            Column("规则", "text", 28),
            Column("级别"),
            Column("字段"),
            Column("字段名称", "text", 18),
            Column("第几条", "whole", 8),
            Column("理由", "text", 40),
            Column("决定人"),
            Column("有效至", "date", 12),
        )
        note = f"按管控文件停用或抑制的问题，不计入其余各表；{self._rows.told(SUPPRESSED)}"
        return Sheet("已抑制", columns, self._finding_rows(SUPPRESSED), note)

    def _by_rule(self) -> Sheet:
        columns = (
            Column("规则", "text", 8),
            Column("名称", "text", 36),
            Column("级别"),
            Column("闸口", "text", 22),
            Column("检测数", "whole", 10),
            Column("问题数", "whole", 10),
            Column("有问题的病例", "whole", 14),
            Column("占病例", "percent", 10),
            Column("处理", "text", 48),
            Column("出处", "text", 48),
            Column("说明", "text", 48),
        )
        found = {rule: (n, cases) for rule, n, cases in self._run.by_rule().iter_rows()}
        rows: list[tuple[Cell, ...]] = []
        for rule in self._book.rules.values():
            number, cases = found.get(rule.id, (0, 0))
            rows.append(
                (
                    rule.id,
                    rule.title,
                    rule.severity.chinese,
                    "、".join(gate.chinese for gate in Gate if gate in rule.gates),
                    rule.checks,
                    number,
                    cases,
                    share(cases, self._run.rows),
                    _PARAMETER.sub("…", rule.remedy),
                    rule.source,
                    rule.notes,
                )
            )
        checks = len(self._book.checks)
        note = f"规则 {len(self._book.rules)} 条，展开为 {checks:,} 项检测；级别为规则原级别"
        return Sheet("按规则汇总", columns, rows, note)

    def _by_check(self) -> Sheet:
        columns = (
            Column("检测", "text", 18),
            Column("规则", "text", 36),
            Column("级别"),
            Column("问题数", "whole", 10),
            Column("有问题的病例", "whole", 14),
            Column("占病例", "percent", 10),
        )
        rows = [
            (
                check,
                self._book.rules[rule].title,
                Severity(severity).chinese,
                findings,
                cases,
                share(cases, self._run.rows),
            )
            for rule, check, severity, findings, cases in self._run.by_check().iter_rows()
        ]
        return Sheet("按检测汇总", columns, rows, "只列有问题的检测")

    def _by_department(self) -> Sheet:
        columns = (
            Column("科室", "text", 18),
            Column("病例", "whole", 10),
            Column("强制错误", "whole", 10),
            Column("警告", "whole", 10),
            Column("提示", "whole", 10),
            Column("有强制错误的病例", "whole", 18),
            Column("占病例", "percent", 10),
        )
        frame = self._run.by_department()
        rows = [
            (self._rows.department(name), pages, *counts, wrong, share(wrong, pages))
            for name, pages, *counts, wrong in frame.iter_rows()
        ]
        return Sheet("按科室汇总", columns, rows, "科室为出院科别")

    def _not_judged(self) -> Sheet:
        columns = (
            Column("规则或检测", "text", 18),
            Column("名称", "text", 36),
            Column("原因", "text", 30),
            Column("缺少", "text", 60),
        )
        rows: list[tuple[Cell, ...]] = []
        rules = self._book.rules
        for rule in rules.values():
            if rule.needs_documents:
                rows.append((rule.id, rule.title, "需要病历文书", rule.notes))
            elif rule.id in self._run.not_judged:
                lost = "、".join(map(self._lost, self._run.not_judged[rule.id]))
                rows.append((rule.id, rule.title, "表中没有需要的字段", lost))
        for check, lacking in self._run.checks_not_judged.items():
            rule_id = check.partition("/")[0]
            if rule_id not in self._run.not_judged:
                lost = "、".join(map(self._lost, lacking))
                rows.append((check, rules[rule_id].title, "表中没有需要的字段", lost))
        for control in self._run.expired:
            why = f"{control.by}：{control.reason}，{control.until} 到期"
            rows.append((control.target, control.action.chinese, "管控已过期，没有采用", why))
        return Sheet("未判定规则", columns, rows, "空白单元格与没有该列不同：没有列的规则不判定")

    def _lost(self, name: str) -> str:
        kind, _, rest = name.partition(":")
        said = {"group": f"分组结果 {rest}", "tariff": f"支付标准 {rest}"}
        return said.get(kind) or f"{name} {self._rows.field(name)}"
