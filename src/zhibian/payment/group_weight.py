"""One row of a tariff (支付标准的一个组): its weight, its kinds, its figures by variant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

UNGROUPED_ROW = "0000"
UNGROUPED_PREFIX = "000"

Flag = Literal[
    "basic",
    "unstable",
    "tcm",
    "review",
    "volume_control",
    "same_rate",
    "tiered_care",
    "by_item",
    "uncovered",
    "placeholder",
]
FLAGS: Mapping[Flag, str] = {
    "basic": "基础病组（同病同价）",
    "unstable": "非稳定病组",
    "tcm": "中医优势病组",
    "review": "单议病组",
    "volume_control": "总量控制病组",
    "same_rate": "同等费率病组",
    "tiered_care": "分级诊疗病组",
    "by_item": "按项目据实支付",
    "uncovered": "未覆盖组",
    "placeholder": "权重 1 仅为占位",
}


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Expenses below or above which a case is an outlier, yuan (低倍、高倍临界值)."""

    low: Decimal | None
    high: Decimal | None


@dataclass(frozen=True, slots=True)
class GroupWeight:
    """One row of a tariff (一个组), as published.

    Attributes
    ----------
    drg, name
        The group.
    weight
        Weight RW; None where none is published. A weight that is only a placeholder
        is kept; `Tariff.standard` does not use it.
    flags
        Kinds of the group, keys of `FLAGS`.
    points
        Standard points (标准分值) where points are published instead of weights.
    standards
        Published amount by variant, yuan.
    coefficients
        Adjustment coefficient k by variant, where it differs between groups.
    thresholds
        Published outlier thresholds by variant.
    mean_cost
        Published mean expenses of the group (例均费用), yuan; no payment standard.
    volume
        Cases a year up to which the group is paid in full (总控人次).
    remark
        What the table says about the group in words.
    """

    drg: str
    name: str
    weight: Decimal | None
    flags: frozenset[Flag] = frozenset()
    points: Decimal | None = None
    standards: Mapping[str, Decimal] = field(default_factory=dict)
    coefficients: Mapping[str, Decimal] = field(default_factory=dict)
    thresholds: Mapping[str, Thresholds] = field(default_factory=dict)
    mean_cost: Decimal | None = None
    volume: int | None = None
    remark: str = ""

    @property
    def usable_weight(self) -> Decimal | None:
        """Return the weight, None where it is only a placeholder."""
        return None if "placeholder" in self.flags else self.weight


def is_ungrouped_row(drg: str) -> bool:
    """Tell whether a row prices ungrouped cases (未入组), such as ``0000`` or, for P, ``000P``."""
    return drg.startswith(UNGROUPED_PREFIX)
