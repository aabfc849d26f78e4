"""Quality rules and what they find (质控规则与检出问题).

The shape follows linters: a rule is one coded unit with a page of its own; a check is one of its
parameter combinations (组合检测); a finding names row, rule and check.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import polars as pl


class Severity(StrEnum):
    """How heavy a finding is (级别): E 强制错误, W 警告, I 提示."""

    ERROR = "error"
    WARNING = "warning"
    HINT = "hint"

    @property
    def chinese(self) -> str:
        """Return the word of the rule book."""
        return {"error": "强制错误", "warning": "警告", "hint": "提示"}[self.value]


class Gate(StrEnum):
    """Where in the work a rule stands (闸口): 录入时, 结算前, 归档后."""

    ENTRY = "entry"
    SETTLEMENT = "settlement"
    ARCHIVE = "archive"

    @property
    def chinese(self) -> str:
        """Return what coders call it."""
        return {"entry": "录入时", "settlement": "结算前", "archive": "归档后"}[self.value]


@dataclass(frozen=True, slots=True)
class QualityRule:
    """One rule of the rule book (质控规则).

    Attributes
    ----------
    id
        Such as ``X01``: the letter is the chapter (C 完整性, F 格式, D 日期, M 费用, X 性别年龄,
        K 编码).
    title, message, remedy, source
        In Chinese. ``message`` may name parameters of the check in braces.
    severity, gates
        How heavy a finding is and where the rule is applied.
    checks
        Number of parameter combinations the rule expands to.
    notes
        What the rule does not see and what is unverified; empty for none.
    needs_documents
        Whether it is judged over clinical documents, so that a front page alone has no answer.
    """

    id: str
    title: str
    severity: Severity
    gates: frozenset[Gate]
    message: str
    remedy: str
    source: str
    checks: int
    notes: str = ""
    needs_documents: bool = False


#: Columns of a table of findings, one row a finding.
FINDING_SCHEMA: dict[str, pl.DataType] = {
    "row": pl.Int64(),
    "rule": pl.String(),
    "check": pl.String(),
    "severity": pl.String(),
    # The field that is to be mended, and for a repeated group the place in the list, from 1.
    "field": pl.String(),
    "place": pl.Int16(),
}
