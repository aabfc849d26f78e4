"""All metrics of whole records (全文编码的指标), in the order of tables."""

from __future__ import annotations

from zhibian.evaluation.metrics import (
    calibration,
    codes,
    conduct,
    evidence,
    frequency,
    hierarchy,
    page_groups,
    payment,
    principal,
    ranking,
    severity,
)
from zhibian.evaluation.metrics.metric import Metric
from zhibian.evaluation.metrics.outcomes import CodingOutcome

METRICS: tuple[Metric[CodingOutcome], ...] = (
    *principal.METRICS,
    *codes.METRICS,
    *ranking.METRICS,
    *frequency.METRICS,
    *hierarchy.METRICS,
    *severity.METRICS,
    *evidence.METRICS,
    *calibration.METRICS,
    *page_groups.METRICS,
    *payment.METRICS,
    *conduct.METRICS,
)
