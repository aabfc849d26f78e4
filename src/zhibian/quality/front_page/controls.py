"""What a hospital changes about the rules (规则管控): off, re-graded, suppressed, with a reason.

Nothing is changed without a reason, a person and a day on which the change ends. An entry whose day
is past is told and no longer applied. Suppressed findings are counted and listed, never dropped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any

import polars as pl

from zhibian.problems import InputError, Problem
from zhibian.quality.front_page.book import RuleBook
from zhibian.quality.front_page.types import Severity
from zhibian.records.front_page.types import ID, PageTable
from zhibian.terminology.tables import read_yaml

DEPARTMENT = "B16C"
_REMEDY = "按说明改正管控文件：每项须有 rule、reason、by、until（YYYY-MM-DD）"
_NEEDED = ("rule", "reason", "by", "until")


class Action(StrEnum):
    """What is done to a rule."""

    # The word off itself is the truth value false in YAML.
    OFF = "disable"
    SEVERITY = "severity"
    SUPPRESS = "suppress"

    @property
    def chinese(self) -> str:
        """Return the word on screen."""
        return {"disable": "停用", "severity": "改级别", "suppress": "抑制"}[self.value]


_EXTRA = {
    Action.OFF: frozenset[str](),
    Action.SEVERITY: frozenset({"severity"}),
    Action.SUPPRESS: frozenset({"department", "case"}),
}


@dataclass(frozen=True, slots=True)
class Control:
    """One change of a rule (一项管控).

    Attributes
    ----------
    action
        What is done.
    target
        Id of a rule, or of one of its checks.
    reason, by
        Why, and who decided it.
    until
        Last day on which it is applied.
    severity
        The other severity, for ``severity``.
    departments, cases
        Departments of discharge and cases that findings are suppressed for; empty for all.
    """

    action: Action
    target: str
    reason: str
    by: str
    until: date
    severity: Severity | None = None
    departments: frozenset[str] = frozenset()
    cases: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Controlled:
    """Findings under the controls of a hospital (管控后的结果).

    Attributes
    ----------
    findings
        Findings that stand, with the severity of the hospital.
    suppressed
        Findings that do not, with ``reason``, ``by`` and ``until``.
    expired
        Controls whose day is past: not applied.
    """

    findings: pl.DataFrame
    suppressed: pl.DataFrame
    expired: tuple[Control, ...]


def load_controls(path: Path, book: RuleBook) -> tuple[Control, ...]:
    """Read the controls of a hospital.

    Parameters
    ----------
    path
        YAML with lists ``disable``, ``severity`` and ``suppress``. Each entry has ``rule`` (or the
        id of a check), ``reason``, ``by``, ``until``; those of ``severity`` the new ``severity``,
        those of ``suppress`` may have ``department`` and ``case``, one or a list.
    book
        The rule book, to know its rules.

    Raises
    ------
    InputError
        Every mistake of the file.
    """
    data = read_yaml(path, _REMEDY)
    reader = _Reader(path.name, book)
    controls = reader.read(data)
    if reader.problems:
        raise InputError(path.name, reader.problems)
    return controls


class _Reader:
    """Reads controls and keeps what is wrong with them."""

    def __init__(self, name: str, book: RuleBook) -> None:
        self._name = name
        self._targets = frozenset((*book.rules, *(check.id for check in book.checks)))
        self.problems: list[Problem] = []

    def _bad(self, at: str, message: str, remedy: str = _REMEDY) -> None:
        self.problems.append(Problem(f"{self._name} {at}", "control_invalid", message, remedy))

    def read(self, data: Mapping[str, Any]) -> tuple[Control, ...]:
        known = "、".join(Action)
        for key in data.keys() - set(Action):
            self._bad(str(key), f"不认识的键；可用：{known}")
        controls: list[Control | None] = []
        for action in Action:
            entries = data.get(action, [])
            if not isinstance(entries, list):
                self._bad(action, "应为列表")
                continue
            controls += [
                self._one(action, f"{action}[{number}]", entry)
                for number, entry in enumerate(entries, start=1)
            ]
        return tuple(c for c in controls if c is not None)

    def _one(self, action: Action, at: str, entry: object) -> Control | None:
        if not isinstance(entry, dict):
            self._bad(at, "应为键值结构")
            return None
        before = len(self.problems)
        for key in _NEEDED:
            if not entry.get(key):
                self._bad(f"{at}.{key}", "必填")
        for key in entry.keys() - set(_NEEDED) - _EXTRA[action]:
            self._bad(f"{at}.{key}", "不认识的键")
        target = str(entry.get("rule", ""))
        if target and target not in self._targets:
            remedy = "用 zhibian quality rules 查看规则与检测编号"
            self._bad(f"{at}.rule", f"没有规则或检测 {target}", remedy)
        until = self._day(at, entry.get("until"))
        severity = self._severity(at, entry) if action is Action.SEVERITY else None
        if len(self.problems) > before or until is None:
            return None
        return Control(
            action=action,
            target=target,
            reason=str(entry["reason"]),
            by=str(entry["by"]),
            until=until,
            severity=severity,
            departments=_texts(entry.get("department")),
            cases=_texts(entry.get("case")),
        )

    def _day(self, at: str, value: object) -> date | None:
        if type(value) is date:
            return value
        if value:
            try:
                return date.fromisoformat(str(value))
            except ValueError:
                self._bad(f"{at}.until", "应为日期 YYYY-MM-DD")
        return None

    def _severity(self, at: str, entry: Mapping[str, Any]) -> Severity | None:
        if entry.get("severity") in tuple(Severity):
            return Severity(entry["severity"])
        self._bad(f"{at}.severity", f"应为 {'、'.join(Severity)} 之一")
        return None


def _texts(value: object) -> frozenset[str]:
    if value is None:
        return frozenset()
    return frozenset(str(v) for v in value) if isinstance(value, list) else frozenset({str(value)})


def controlled(
    findings: pl.DataFrame, table: PageTable, controls: Sequence[Control], today: date
) -> Controlled:
    """Apply controls to findings.

    Parameters
    ----------
    findings
        Findings in the table, columns of :data:`types.FINDING_SCHEMA`.
    table
        The pages, for departments and cases.
    controls
        Controls in the order of their file; of several that change a severity the last one counts,
        of several that suppress the first one is told.
    today
        Day on which the pages are judged.
    """
    expired = tuple(c for c in controls if c.until < today)
    valid = [c for c in controls if c.until >= today]
    cells = table.cells
    department = (
        pl.col(DEPARTMENT) if DEPARTMENT in cells.columns else pl.lit(None, pl.String)
    ).alias(_DEPARTMENT)
    cases = cells.select("row", pl.col(ID).alias(_CASE), department)
    told = findings.join(cases, on="row", how="left", maintain_order="left")
    grades = [c for c in valid if c.action is Action.SEVERITY]
    for control in grades:
        changed = pl.lit(str(control.severity))
        told = told.with_columns(
            severity=pl.when(_meant(control)).then(changed).otherwise("severity")
        )
    silencing = [c for c in valid if c.action is not Action.SEVERITY]
    number = pl.coalesce(
        pl.lit(None, pl.UInt32),
        *(pl.when(_meant(c)).then(pl.lit(n, pl.UInt32)) for n, c in enumerate(silencing)),
    )
    told = told.with_columns(number.alias(_CONTROL))
    stands = pl.col(_CONTROL).is_null()
    said = pl.DataFrame(
        {
            "reason": [c.reason for c in silencing],
            "by": [c.by for c in silencing],
            "until": [c.until for c in silencing],
        },
        schema={"reason": pl.String, "by": pl.String, "until": pl.Date},
    )
    silenced = told.filter(~stands)
    suppressed = pl.concat(
        [silenced.select(findings.columns), said[silenced[_CONTROL]]], how="horizontal"
    )
    return Controlled(told.filter(stands).select(findings.columns), suppressed, expired)


_DEPARTMENT = "of_department"
_CASE = "of_case"
_CONTROL = "of_control"


def _meant(control: Control) -> pl.Expr:
    """Return which findings a control is about."""
    column = "check" if "/" in control.target else "rule"
    meant = pl.col(column) == control.target
    if control.departments:
        meant &= pl.col(_DEPARTMENT).is_in(sorted(control.departments)).fill_null(value=False)
    if control.cases:
        meant &= pl.col(_CASE).is_in(sorted(control.cases)).fill_null(value=False)
    return meant
