"""What goes into grouping and what comes out (分组的输入与结果): frozen, JSON-serialisable."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, NamedTuple

from zhibian.grouping.reasons import Reason
from zhibian.grouping.severity import Level
from zhibian.problems import Problem
from zhibian.terminology.crosswalk import Conversion

StepKind = Literal["mdc", "adrg", "qy", "diagnosis", "level", "drg", "result"]
Outcome = Literal[
    "entered",
    "rejected",
    "matched",
    "left",
    "ambiguous",
    "not_covered",
    "insufficient",
    "counted",
    "excluded",
    "not_cc",
    "decided",
    "grouped",
    "ungrouped",
]


class Status(StrEnum):
    """Outcome of grouping."""

    GROUPED = "grouped"
    UNGROUPED = "ungrouped"
    AMBIGUOUS = "ambiguous"
    INVALID = "invalid"
    NOT_COVERED = "not_covered"
    INSUFFICIENT = "insufficient_data"

    @property
    def chinese(self) -> str:
        """Return the word that tables and screens show."""
        return {
            "grouped": "分组成功",
            "ungrouped": "无法入组",
            "ambiguous": "歧义组",
            "invalid": "输入错误",
            "not_covered": "方案未覆盖",
            "insufficient_data": "资料不足",
        }[self.value]


@dataclass(frozen=True, slots=True)
class GroupingInput:
    """What a grouper needs of one front page.

    Every field may be missing: validation tells all missing ones at once.

    Attributes
    ----------
    principal
        Principal diagnosis 主要诊断, NHSA ICD-10.
    others
        Other diagnoses 其他诊断.
    procedures
        Procedures, NHSA ICD-9-CM-3, the principal procedure 主要手术操作 first.
    sex
        1 male, 2 female.
    age
        Age in full years 年龄.
    age_days
        Age in days 日龄; needed below one year.
    weight_g
        Newborn weight in grams 新生儿体重.
    days
        Length of stay in days 住院天数; asked by some regional schemes only, like all that follow.
    discharge_way
        Discharge way 离院方式: 1 医嘱离院 2 转院 3 转社区 4 非医嘱离院 5 死亡 9 其他.
    department
        Department 科别, as the scheme names it.
    icu_hours
        Hours in intensive care 重症监护时长.
    """

    principal: str | None
    others: tuple[str, ...] = ()
    procedures: tuple[str, ...] = ()
    sex: int | None = None
    age: int | None = None
    age_days: int | None = None
    weight_g: float | None = None
    days: int | None = None
    discharge_way: int | None = None
    department: str | None = None
    icu_hours: float | None = None


class Step(NamedTuple):
    """One step of the reasoning (分组步骤), machine-readable and stable.

    Attributes
    ----------
    kind
        What was looked at.
    subject
        Code of the category, group or diagnosis.
    outcome
        What came of it.
    detail
        Name and value pairs: ``failed`` (first condition that does not hold), ``missing``
        (fields without value, joined by commas), ``level``, ``table`` (exclusion table of the
        diagnosis), ``principal_table``, ``by`` (the diagnosis that decided), ``reason``, ``gap``
        and ``what`` (what the pack does not cover).
    """

    kind: StepKind
    subject: str
    outcome: Outcome
    detail: tuple[tuple[str, str], ...] = ()

    def get(self, name: str) -> str | None:
        """Return one value of the detail."""
        return next((v for k, v in self.detail if k == name), None)

    def to_json(self) -> dict[str, object]:
        """Return the step as JSON-ready values."""
        return {
            "kind": self.kind,
            "subject": self.subject,
            "outcome": self.outcome,
            "detail": dict(self.detail),
        }


@dataclass(frozen=True, slots=True)
class CodeConversion:
    """One code of the front page that was converted from another code set (编码转换).

    Attributes
    ----------
    field
        Where it stands: ``principal``, ``others.0``, ``procedures.2``.
    conversion
        What became of it.
    """

    field: str
    conversion: Conversion

    def to_json(self) -> dict[str, object]:
        """Return the conversion as JSON-ready values."""
        return {"field": self.field, **self.conversion.to_json()}


@dataclass(frozen=True, slots=True)
class Grouping:
    """Result of grouping one case (分组结果).

    Attributes
    ----------
    status
        Grouped, ungrouped, ambiguous, invalid, not covered or insufficient data.
    scheme
        Scheme that was asked, with its reading.
    mdc, adrg, drg
        Codes; those of the pack for ungrouped cases (``0000``, ``00``, ``0000``), the code of the
        ambiguous group in both ``adrg`` and ``drg`` for QY, empty for invalid input; as far as
        they are certain for insufficient data.
    mdc_name, adrg_name, drg_name
        Names, empty without a group.
    level
        Level of the case: whether an MCC or a CC counts, None without a group.
    reason
        Why there is no group.
    problems
        Everything wrong with the input, all at once; the missing fields for insufficient data.
    trace
        Steps in order; empty when no trace was asked for.
    conversions
        Every code in the order of the front page, when the page was filed in another code set.
    """

    status: Status
    scheme: str
    mdc: str = ""
    adrg: str = ""
    drg: str = ""
    mdc_name: str = ""
    adrg_name: str = ""
    drg_name: str = ""
    level: Level | None = None
    reason: Reason | None = None
    problems: tuple[Problem, ...] = ()
    trace: tuple[Step, ...] = ()
    conversions: tuple[CodeConversion, ...] = ()

    def to_json(self) -> dict[str, object]:
        """Return the result as JSON-ready values."""
        return {
            "status": self.status.value,
            "scheme": self.scheme,
            "mdc": self.mdc,
            "adrg": self.adrg,
            "drg": self.drg,
            "mdc_name": self.mdc_name,
            "adrg_name": self.adrg_name,
            "drg_name": self.drg_name,
            "level": self.level.value if self.level else None,
            "reason": self.reason.value if self.reason else None,
            "remedy": self.reason.remedy if self.reason else None,
            "problems": [
                {
                    "field": p.field,
                    "code": p.code,
                    "message": p.message,
                    "remedy": p.remedy,
                    "value": p.value,
                    "severity": p.severity,
                }
                for p in self.problems
            ],
            "conversions": [c.to_json() for c in self.conversions],
            "trace": [s.to_json() for s in self.trace],
        }
