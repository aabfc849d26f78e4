"""Metrics by kind of task, selected by name (指标登记与选择)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import Any, TypeVar

from zhibian.evaluation.metrics import (
    assertion,
    coding,
    entities,
    grouping,
    linking,
    screening,
)
from zhibian.evaluation.metrics.metric import Metric
from zhibian.problems import InputError, Problem

O = TypeVar("O")  # noqa: E741  (an outcome, as in `metric`)

METRICS: Mapping[str, Sequence[Metric[Any]]] = {
    "coding": coding.METRICS,
    "linking": linking.METRICS,
    "assertion": assertion.METRICS,
    "entities": entities.METRICS,
    "grouping": grouping.METRICS,
    "screening": screening.METRICS,
}


def select(kind: str, patterns: Sequence[str]) -> tuple[Metric[Any], ...]:
    """Return the metrics of a kind that patterns name; see :func:`matching`.

    Raises
    ------
    InputError
        The kind is unknown, or patterns name no metric; all of them at once.
    """
    if kind not in METRICS:
        remedy = f"可用：{'、'.join(METRICS)}"
        problem = Problem("kind", "kind_unknown", f"没有任务类别 {kind}", remedy)
        raise InputError("metrics", [problem])
    return matching(METRICS[kind], patterns)


def matching(metrics: Sequence[Metric[O]], patterns: Sequence[str]) -> tuple[Metric[O], ...]:
    """Return the metrics that patterns name, in the order of the patterns, each once.

    Parameters
    ----------
    metrics
        To choose from.
    patterns
        Names, or patterns such as ``others.*``.

    Raises
    ------
    InputError
        Patterns name no metric; all of them at once, with the nearest names.
    """
    known = {metric.name: metric for metric in metrics}
    problems = [
        Problem(f"metrics[{place}]", "metric_unknown", f"没有指标 {want}", _remedy(want, known))
        for place, want in enumerate(patterns)
        if not any(fnmatchcase(name, want) for name in known)
    ]
    if problems:
        raise InputError("metrics", problems)
    named = [name for want in patterns for name in known if fnmatchcase(name, want)]
    return tuple(known[name] for name in dict.fromkeys(named))


def _remedy(pattern: str, known: Collection[str]) -> str:
    near = get_close_matches(pattern, known, n=3, cutoff=0.5)
    if near:
        return f"相近的指标：{'、'.join(near)}"
    groups = dict.fromkeys(name.split(".")[0] for name in known)
    return f"可用的组：{'、'.join(f'{group}.*' for group in groups)}"
