"""Conditions whose evidence can be measured (可由客观证据提示的诊断条件).

A condition names the codes that document it and the measured evidence for it:
laboratory values, drugs, treatments, findings. Thresholds, codes and wording
are data (``evidence/conditions.yaml``); this module reads and evaluates them.
Evidence never becomes a code: it supports one that was filed, or it leads to a
question to the clinician (see :mod:`zhibian.quality.queries`).
"""

from zhibian.quality.evidence.book import FactBook
from zhibian.quality.evidence.conditions_file import load_conditions
from zhibian.quality.evidence.evaluate import evaluate, holds
from zhibian.quality.evidence.support import proposed_support, support
from zhibian.quality.evidence.types import (
    Among,
    Change,
    Documented,
    EvidenceCondition,
    Given,
    Indicator,
    Negation,
    Node,
    OverReference,
    Quotient,
    SupportAssessment,
    SupportStatus,
    Threshold,
    belongs,
    documented_in,
)

__all__ = [
    "Among",
    "Change",
    "Documented",
    "EvidenceCondition",
    "FactBook",
    "Given",
    "Indicator",
    "Negation",
    "Node",
    "OverReference",
    "Quotient",
    "SupportAssessment",
    "SupportStatus",
    "Threshold",
    "belongs",
    "documented_in",
    "evaluate",
    "holds",
    "load_conditions",
    "proposed_support",
    "support",
]
