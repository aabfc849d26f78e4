"""Metrics of text screening over pages with planted errors (文本筛查的指标).

What counts as found and as true is defined in :mod:`zhibian.evaluation.screening`, which counts
each page; sums are over pages, and pages of one record are drawn together.
"""

from __future__ import annotations

from collections.abc import Callable

from zhibian.evaluation.metrics.builders import Wording, mean, ratio
from zhibian.evaluation.metrics.metric import Metric
from zhibian.evaluation.screening import PageScore

#: Name, Chinese title, and the count of a page that it is taken from.
SHARES = (
    ("omissions.recall", "漏报召回率", "omissions"),
    ("omissions.exact_recall", "漏报召回率（编码完全一致）", "omissions exact"),
    ("omissions.category_recall", "漏报召回率（同类目）", "omissions category"),
    ("omissions.any_level_recall", "漏报召回率（不限CC/MCC）", "omissions any level"),
    ("missed.precision", "漏报疑点精确率", "missed"),
    ("missed.strict_precision", "漏报疑点精确率（只认埋错）", "missed strict"),
    ("missed.category_precision", "漏报疑点精确率（同类目）", "missed category"),
    ("unsupported.recall", "无依据编码召回率", "unsupported planted"),
    ("unsupported.any_level_recall", "无依据编码召回率（不限CC/MCC）", "unsupported any level"),
    ("unsupported.precision", "无依据疑点精确率", "unsupported"),
    ("unsupported.strict_precision", "无依据疑点精确率（只认埋错）", "unsupported strict"),
    ("principal.recall", "主要诊断错误召回率", "principal planted"),
    ("principal.precision", "主要诊断疑点精确率", "principal"),
    ("entry.recall", "入院病情错误召回率", "entry planted"),
    ("entry.precision", "入院病情疑点精确率", "entry"),
)


def _share(count: str) -> Callable[[PageScore], tuple[float, float]]:
    def counts(page: PageScore) -> tuple[float, float]:
        return page.found[count].hit, page.found[count].all

    return counts


def _on_right(count: Callable[[PageScore], int]) -> Callable[[PageScore], float | None]:
    def counted(page: PageScore) -> float | None:
        return count(page) if page.right else None

    return counted


METRICS: tuple[Metric[PageScore], ...] = (
    *(ratio(Wording(f"screening.{name}", title), _share(count)) for name, title, count in SHARES),
    mean(
        Wording("screening.false_alarms", "无误首页例均误报数", "count", "lower"),
        _on_right(lambda page: page.alarms),
    ),
    mean(
        Wording("screening.false_entry_conditions", "无误首页例均入院病情误报数", "count", "lower"),
        _on_right(lambda page: page.entry_alarms),
    ),
    mean(
        Wording("screening.questions", "例均只提问无编码的疑点数", "count", "lower"),
        lambda page: page.questions,
    ),
)
