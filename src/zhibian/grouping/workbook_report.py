"""What an import of the official workbook did (导入报告): for the screen and as ``report.json``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from zhibian.grouping.check import CHECKS
from zhibian.grouping.workbook import CLEANUPS, Cleanup
from zhibian.problems import Problem

_SHOWN = 30


class Count(NamedTuple):
    """How many there are, and how many the authority states (None where it states nothing)."""

    name: str
    found: int
    expected: int | None


class Move(NamedTuple):
    """One row that was put elsewhere in its scope (重排), places counted from 1."""

    scope: str
    code: str
    place: int
    becomes: int
    why: str


class Adjustment(NamedTuple):
    """One rule that was completed by what the method states outside the table (规则补充)."""

    code: str
    was: str
    becomes: str
    why: str


class PatchOutcome(NamedTuple):
    """What a dated correction did: rows applied, rows left out with the reason."""

    id: str
    date: str
    title: str
    applied: tuple[str, ...]
    skipped: tuple[str, ...]


_COUNT_NAMES: Mapping[str, str] = {
    "mdc": "主要诊断大类 MDC",
    "adrg": "核心组 ADRG",
    "drg": "细分组 DRG",
    "ambiguous": "歧义组 QY",
    "fallback": "占位组",
    "mcc": "MCC",
    "cc": "CC",
    "exclusion_tables": "排除表",
    "exclusion_rows": "排除表行数",
    "valid_procedures": "有效手术操作 OP_ALL",
    "sets": "集合",
}


@dataclass(frozen=True, slots=True)
class ImportReport:
    """The report of one import.

    Attributes
    ----------
    scheme
        Id of the pack.
    folder
        Where the pack was written.
    workbook, sha256
        Name and digest of the workbook.
    counts
        Numbers against those that the authority states.
    cleanups
        Cells cleaned, by sheet and kind.
    moves
        Rows put elsewhere in their scope.
    adjustments
        Rules that were completed.
    patches
        Corrections applied.
    not_covered
        Core groups whose rules or sets can't be read; they answer ``not covered``.
    defects
        Known kinds of defects of the published tables with their number (see ``findings.csv``).
    findings
        Everything that a person should look at.
    """

    scheme: str
    folder: Path
    workbook: str
    sha256: str
    counts: tuple[Count, ...]
    cleanups: Mapping[str, Mapping[Cleanup, int]]
    moves: tuple[Move, ...]
    adjustments: tuple[Adjustment, ...]
    patches: tuple[PatchOutcome, ...]
    not_covered: tuple[str, ...]
    defects: Mapping[str, int]
    findings: tuple[Problem, ...]

    @property
    def complete(self) -> bool:
        """Tell whether every number is the stated one and every core group is covered."""
        return not self.not_covered and all(c.expected in (None, c.found) for c in self.counts)

    def to_json(self) -> dict[str, object]:
        """Return the report as JSON-ready values."""
        return {
            "scheme": self.scheme,
            "workbook": self.workbook,
            "sha256": self.sha256,
            "complete": self.complete,
            "counts": {c.name: {"found": c.found, "expected": c.expected} for c in self.counts},
            "cleanups": {sheet: dict(kinds) for sheet, kinds in self.cleanups.items()},
            "moves": [m._asdict() for m in self.moves],
            "adjustments": [a._asdict() for a in self.adjustments],
            "patches": [p._asdict() for p in self.patches],
            "not_covered": list(self.not_covered),
            "defects": dict(self.defects),
            "findings": [
                {
                    "field": p.field,
                    "code": p.code,
                    "message": p.message,
                    "remedy": p.remedy,
                    "value": p.value,
                    "severity": p.severity,
                }
                for p in self.findings
            ],
        }

    def render(self) -> list[str]:
        """Return the report as lines for the screen."""
        lines = [f"已导入 {self.scheme}：{self.folder}", f"来源 {self.workbook}", "数量："]
        for count in self.counts:
            stated = "" if count.expected is None else f"，公布 {count.expected:,}"
            sign = "" if count.expected in (None, count.found) else "  ← 不同"
            lines.append(f"  {_COUNT_NAMES[count.name]} {count.found:,}{stated}{sign}")
        if self.cleanups:
            lines.append("清理的单元格：")
        for sheet, kinds in self.cleanups.items():
            said = "，".join(f"{CLEANUPS[k]} {n:,}" for k, n in kinds.items())
            lines.append(f"  {sheet}：{said}")
        lines += _listed(
            "调整的顺序",
            [
                f"{m.scope} {m.code}：第 {m.place} 位 → 第 {m.becomes} 位，{m.why}"
                for m in self.moves
            ],
        )
        lines += _listed(
            "补充的规则", [f"{a.code}：{a.becomes}，{a.why}" for a in self.adjustments]
        )
        for patch in self.patches:
            lines.append(f"更正 {patch.id}（{patch.date}，{patch.title}）：")
            lines += [f"  补正 {row}" for row in patch.applied]
            lines += [f"  未用 {row}" for row in patch.skipped]
        lines += _listed("未覆盖的核心组", list(self.not_covered))
        if self.defects:
            lines.append("官方表自身的情况（逐条见 findings.csv）：")
            lines += [f"  {CHECKS[name]}：{n:,}" for name, n in self.defects.items()]
        lines += _listed("需要核对", [p.render() for p in self.findings])
        return lines


def _listed(title: str, entries: list[str]) -> list[str]:
    if not entries:
        return []
    left = len(entries) - _SHOWN
    more = [f"  另有 {left:,} 项，见 report.json"] if left > 0 else []
    return [f"{title}（{len(entries):,}）：", *(f"  {e}" for e in entries[:_SHOWN]), *more]
