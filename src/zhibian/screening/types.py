"""Items of the work list (筛查工作清单): one suspicion about one case, with what speaks for it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from zhibian.quality.front_page.types import Gate


class Suspicion(StrEnum):
    """What is suspected (疑点类型)."""

    MISSED_DIAGNOSIS = "missed_diagnosis"
    MISSED_PROCEDURE = "missed_procedure"
    UNSUPPORTED_DIAGNOSIS = "unsupported_diagnosis"
    UNSUPPORTED_PROCEDURE = "unsupported_procedure"
    PRINCIPAL = "principal"
    ENTRY_CONDITION = "entry_condition"
    FRONT_PAGE = "front_page"
    PAYMENT = "payment"

    @property
    def chinese(self) -> str:
        """Return the word on screen."""
        return {
            "missed_diagnosis": "疑似漏报诊断",
            "missed_procedure": "疑似漏报手术操作",
            "unsupported_diagnosis": "疑似无依据诊断",
            "unsupported_procedure": "疑似无依据手术操作",
            "principal": "主要诊断存疑",
            "entry_condition": "入院病情缺失或矛盾",
            "front_page": "首页数据问题",
            "payment": "费用与病组不符",
        }[self.value]


class Alert(StrEnum):
    """Level of an early warning (预警级别): red must be handled before the next step."""

    RED = "red"
    ORANGE = "orange"
    YELLOW = "yellow"

    @property
    def chinese(self) -> str:
        """Return the word on screen."""
        return {"red": "红色", "orange": "橙色", "yellow": "黄色"}[self.value]


@dataclass(frozen=True, slots=True)
class WorkItem:
    """One suspicion about one case (疑点).

    Attributes
    ----------
    case
        Identifier of the case.
    suspicion
        What is suspected.
    code, name, level
        The code in question and its CC/MCC level under the scheme; empty where no code is.
    rule
        Rule that raised it, such as ``K28`` or ``evidence/akI``.
    alert, gate
        Level of the early warning, and the step before which it is to be settled.
    strength
        Evidence for the suspicion, 0 to 1; the list is ranked by it and never by money.
    evidence
        What speaks for it, in Chinese: quotes of documents or values of the page.
    remedy
        What the coder can do.
    filed_group, possible_group
        Group as filed, and group if the suspicion holds; None where it was not computed.
    weight_difference
        Possible minus filed weight, None where either has none.
    query
        Draft of a neutral question to the clinician, empty where none is due.
    """

    case: str
    suspicion: Suspicion
    code: str
    name: str
    level: str
    rule: str
    alert: Alert
    gate: Gate
    strength: float
    evidence: tuple[str, ...]
    remedy: str
    filed_group: str | None = None
    possible_group: str | None = None
    weight_difference: Decimal | None = None
    query: str = ""
