"""Sheets of figures (质控统计表): completeness, fill of columns, scores, excluded and ungrouped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from zhibian.quality.front_page.check_run import EXCLUDED, SCORES, UNGROUPED, CheckRun
from zhibian.quality.front_page.page_codes import PageCodes
from zhibian.quality.front_page.sheet_rows import CASE_COLUMNS, SheetRows, share
from zhibian.sheets import Cell, Column, Sheet


class FigureSheets:
    """Makes the sheets of figures of one check.

    Parameters
    ----------
    run
        The check, all pages added.
    rows
        Its lists and names.
    """

    def __init__(self, run: CheckRun, rows: SheetRows) -> None:
        self._run = run
        self._rows = rows
        self._catalogue = run.setup.catalogue

    def all(self) -> Iterator[Sheet]:
        """Yield the sheets in their order."""
        yield self._items()
        yield self._items_by_department()
        yield self._columns()
        yield self._score_summary()
        yield self._scores()
        yield self._excluded()
        if self._run.setup.codes:
            yield self._conversions(self._run.setup.codes)
        if self._run.setup.grouper:
            yield self._ungrouped()

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
            ("全部", "", "", "", due, missing, share(missing, due))
            for due, missing in [(int(frame["due"].sum()), int(frame["missing"].sum()))]
        ]
        counted = {field: (due, missing) for field, due, missing in frame.iter_rows()}
        for field in self._catalogue.fields:
            if field.id not in said:
                continue
            due, missing = counted.get(field.id, (None, None))
            why = said[field.id] if due is not None else f"{said[field.id]}（表中没有该列，不统计）"
            rows.append((field.id, field.name, field.group, why, due, missing, share(missing, due)))
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
            (
                self._rows.department(name),
                field,
                self._rows.field(field),
                due,
                missing,
                share(missing, due),
            )
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
            (name, heading, older.get(name, ""), filled, share(filled, pages))
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
            ("全部" if everything else self._rows.department(name), *told)
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
            *CASE_COLUMNS,
            Column("总分", "number", 10),
            *sections,
            Column("扣分项目（封顶前）", "text", 80),
        )
        return Sheet("评分", columns, self._rows.listed(SCORES), self._rows.told(SCORES))

    def _excluded(self) -> Sheet:
        columns = (*CASE_COLUMNS, Column("原因", "text", 48))
        beyond = "；".join(f"{why} {count:,} 例" for why, count in self._run.beyond.items())
        note = f"排除病例 {self._run.excluded_cases:,} 例（去重）；{beyond}"
        return Sheet("排除病例", columns, self._rows.listed(EXCLUDED), note)

    def _conversions(self, codes: PageCodes) -> Sheet:
        columns = (
            Column("所填编码", "text", 18),
            Column("所填名称", "text", 32),
            Column("医保版编码", "text", 18),
            Column("结果", "text", 28),
            Column("次数", "whole", 10),
            Column("说明", "text", 64),
        )
        rows = (
            (one.code, one.name, one.target, one.kind, one.times, one.note) for one in codes.told()
        )
        counts = "；".join(f"{kind} {count:,}" for kind, count in codes.kinds().most_common())
        return Sheet("编码转换", columns, rows, f"{codes.title} → 医保版；{counts}")

    def _ungrouped(self) -> Sheet:
        columns = (
            *CASE_COLUMNS,
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
            f"入组率 {_percent(run.entered_cases, run.counted_cases)}；{self._rows.told(UNGROUPED)}"
        )
        return Sheet("未入组明细", columns, self._rows.listed(UNGROUPED), note)


def _joined(notes: Iterable[str]) -> str:
    """Return sentences as one line."""
    return "；".join("".join(note.split()).rstrip("。") for note in notes)


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.2f}%" if whole else "—"
