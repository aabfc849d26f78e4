"""The workbook of a check (质控结果工作簿): findings, counts, completeness, scores, cases."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from zhibian.quality.front_page.check_run import (
    EXCLUDED,
    FINDINGS,
    SCORES,
    SUPPRESSED,
    UNGROUPED,
    CheckRun,
)
from zhibian.quality.front_page.types import Gate, Severity
from zhibian.records.front_page.catalogue import Dictionary
from zhibian.sheets import Cell, Column, Sheet, write_workbook

#: Rows of a list of cases in the workbook; the whole list of findings goes to a file of its own.
MOST_LISTED = 100_000
_DEPARTMENTS = "department"
_CASE = (Column("行号", "whole", 8), Column("病例", "text", 14), Column("科室", "text", 14))
_BLANK = "未填"
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
        self._catalogue = run.setup.catalogue
        self._departments: Dictionary | None = self._catalogue.dictionaries.get(_DEPARTMENTS)

    def all(self) -> Iterator[Sheet]:
        yield self._findings()
        if self._run.setup.controls:
            yield self._suppressed()
        yield self._by_rule()
        yield self._by_check()
        yield self._by_department()
        yield self._items()
        yield self._items_by_department()
        yield self._columns()
        yield self._score_summary()
        yield self._scores()
        yield self._excluded()
        if self._run.setup.grouper:
            yield self._ungrouped()
        yield self._not_judged()

    def _department(self, filed: object) -> str:
        code = str(filed or "")
        if not code:
            return _BLANK
        found = self._departments
        if found is None:
            return code
        return found.names.get(found.aliases.get(code, code), code)

    def _field(self, id: object) -> str:
        field = self._catalogue.by_id.get(str(id))
        return field.name if field else str(id or "")

    def _listed(self, name: str) -> Iterator[tuple[Cell, ...]]:
        """Return rows of a list of cases, the department by its name."""
        for row, case, department, *rest in self._run.spool.read(name, MOST_LISTED):
            yield (row, case, self._department(department), *rest)

    def _cut(self, name: str) -> str:
        rows = self._run.spool.rows.get(name, 0)
        if rows <= MOST_LISTED:
            return f"共 {rows:,} 条"
        return f"共 {rows:,} 条，此表列出前 {MOST_LISTED:,} 条"

    def _findings(self) -> Sheet:
        columns = (
            *_CASE,
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
        note = f"{self._source}，{self._run.rows:,} 份首页{where}；{self._cut(FINDINGS)}"
        return Sheet("问题清单", columns, self._finding_rows(FINDINGS), note)

    def _finding_rows(self, name: str) -> Iterator[tuple[Cell, ...]]:
        for row, case, department, rule, check, severity, field, place, *said in self._listed(name):
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
                self._field(field),
                place,
                *said,
            )

    def _suppressed(self) -> Sheet:
        columns = (
            *_CASE,
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
        note = f"按管控文件停用或抑制的问题，不计入其余各表；{self._cut(SUPPRESSED)}"
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
                    _share(cases, self._run.rows),
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
                _share(cases, self._run.rows),
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
            (self._department(name), pages, *counts, wrong, _share(wrong, pages))
            for name, pages, *counts, wrong in frame.iter_rows()
        ]
        return Sheet("按科室汇总", columns, rows, "科室为出院科别")

    def _items(self) -> Sheet:
        columns = (
            Column("字段"),
            Column("名称", "text", 28),
            Column("部分"),
            Column("何时应填", "text", 36),
            Column("应填", "whole", 12),
            Column("缺失", "whole", 12),
            Column("缺失率", "percent", 10),
        )
        said = self._run.due.said
        frame = self._run.completeness.items()
        rows: list[tuple[Cell, ...]] = [
            ("全部", "", "", "", due, missing, _share(missing, due))
            for due, missing in [(int(frame["due"].sum()), int(frame["missing"].sum()))]
        ]
        counted = {field: (due, missing) for field, due, missing in frame.iter_rows()}
        for field in self._catalogue.fields:
            if field.id not in said:
                continue
            due, missing = counted.get(field.id, (None, None))
            why = said[field.id] if due is not None else f"{said[field.id]}（表中没有该列，不统计）"
            rows.append(
                (field.id, field.name, field.group, why, due, missing, _share(missing, due))
            )
        return Sheet("完整度", columns, rows, _joined(self._run.due.notes))

    def _items_by_department(self) -> Sheet:
        columns = (
            Column("科室", "text", 18),
            Column("字段"),
            Column("名称", "text", 28),
            Column("应填", "whole", 12),
            Column("缺失", "whole", 12),
            Column("缺失率", "percent", 10),
        )
        rows = (
            (self._department(name), field, self._field(field), due, missing, _share(missing, due))
            for name, field, due, missing in self._run.completeness.by_department().iter_rows()
            if missing
        )
        return Sheet("科室完整度", columns, rows, "只列有缺失的项目")

    def _columns(self) -> Sheet:
        columns = (
            Column("接口列"),
            Column("名称", "text", 36),
            Column("早期 P 编号", "text", 12),
            Column("有值", "whole", 12),
            Column("填报率", "percent", 10),
        )
        older = {
            field.hqms_columns[place]: "/".join(names)
            for field in self._catalogue.fields
            if field.hqms
            for place, names in enumerate(field.p[: len(field.hqms_columns)])
        }
        rows = [
            (name, heading, older.get(name, ""), filled, _share(filled, pages))
            for name, heading, filled, pages in self._run.completeness.columns()
        ]
        carried = len(self._catalogue.older_columns) - len(self._catalogue.not_carried)
        note = (
            f"绩效考核接口 {len(rows)} 列逐列有值的首页数，不分该列是否应填；"
            f"早期接口 {len(self._catalogue.older_columns)} 项中 {carried} 项有对应字段"
        )
        return Sheet("列填报率", columns, rows, note)

    def _score_summary(self) -> Sheet:
        columns = (
            Column("科室", "text", 18),
            Column("病例", "whole", 10),
            Column("平均分", "number", 10),
            Column("中位分", "number", 10),
            Column(f"低于 {self._run.scoring.threshold:g} 分", "percent", 12),
        )
        figures = self._run.scores.by_department()
        rows = [
            ("全部" if everything else self._department(name), *told)
            for name, everything, *told in figures.iter_rows()
        ]
        return Sheet("评分汇总", columns, rows, self._score_note())

    def _score_note(self) -> str:
        scoring = self._run.scoring
        parts = [f"{scoring.title}（{scoring.source}）", *scoring.notes]
        if self._run.not_scored:
            parts.append(f"表中没有相应列、未评的项目：{'、'.join(self._run.not_scored)}")
        return _joined(parts)

    def _scores(self) -> Sheet:
        sections = [
            Column(f"{section.name}（{section.points:g}）", "number", 14)
            for section in self._run.scoring.sections
        ]
        columns = (
            *_CASE,
            Column("总分", "number", 10),
            *sections,
            Column("扣分项目（封顶前）", "text", 80),
        )
        return Sheet("评分", columns, self._listed(SCORES), self._cut(SCORES))

    def _excluded(self) -> Sheet:
        columns = (*_CASE, Column("原因", "text", 48))
        beyond = "；".join(f"{why} {count:,} 例" for why, count in self._run.beyond.items())
        note = f"排除病例 {self._run.excluded_cases:,} 例（去重）；{beyond}"
        return Sheet("排除病例", columns, self._listed(EXCLUDED), note)

    def _ungrouped(self) -> Sheet:
        columns = (
            *_CASE,
            Column("结果"),
            Column("MDC", "text", 8),
            Column("主要诊断"),
            Column("主要手术操作"),
            Column("原因代码", "text", 20),
            Column("原因", "text", 44),
            Column("处理", "text", 48),
        )
        run = self._run
        scheme = run.setup.grouper.scheme if run.setup.grouper else ""
        note = (
            f"方案 {scheme}：除排除病例外 {run.counted_cases:,} 例，入组 {run.entered_cases:,} 例，"
            f"入组率 {_percent(run.entered_cases, run.counted_cases)}；{self._cut(UNGROUPED)}"
        )
        return Sheet("未入组明细", columns, self._listed(UNGROUPED), note)

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
        return said.get(kind) or f"{name} {self._field(name)}"


def _joined(notes: Iterable[str]) -> str:
    """Return sentences as one line."""
    return "；".join("".join(note.split()).rstrip("。") for note in notes)


def _share(part: int | None, whole: int | None) -> float | None:
    return part / whole if part is not None and whole else None


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.2f}%" if whole else "—"
