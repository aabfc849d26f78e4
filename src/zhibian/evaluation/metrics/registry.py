"""Metrics by kind of task, selected by name (指标登记与选择)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import Any

from zhibian.evaluation.metrics import coding
from zhibian.evaluation.metrics.metric import Metric
from zhibian.problems import InputError, Problem

METRICS: Mapping[str, Sequence[Metric[Any]]] = {
    "coding": coding.METRICS,
}


def select(
    kind: str, patterns: Sequence[str], *, extra: Sequence[Metric[Any]] = ()
) -> tuple[Metric[Any], ...]:
    """Return the metrics that patterns name, in the order of the patterns, each once.

    Parameters
    ----------
    kind
        Kind of the task.
    patterns
        Names, or patterns such as ``others.*``; the metric that the first one names first is the
        main one of a task.
    extra
        Metrics that hang on the data, such as one a type of entity.

    Raises
    ------
    InputError
        The kind is unknown, or patterns name no metric; all of them at once.
    """
    if kind not in METRICS:
        remedy = f"可用：{'、'.join(METRICS)}"
        raise InputError(
            "metrics", [Problem("kind", "kind_unknown", f"没有任务类别 {kind}", remedy)]
        )
    known = {metric.name: metric for metric in (*METRICS[kind], *extra)}
    problems = [
        Problem(
            f"metrics[{place}]", "metric_unknown", f"没有指标 {pattern}", _remedy(pattern, known)
        )
        for place, pattern in enumerate(patterns)
        if not any(fnmatchcase(name, pattern) for name in known)
    ]
    if problems:
        raise InputError("metrics", problems)
    named = [name for pattern in patterns for name in known if fnmatchcase(name, pattern)]
    return tuple(known[name] for name in dict.fromkeys(named))


def _remedy(pattern: str, known: Mapping[str, Metric[Any]]) -> str:
    near = get_close_matches(pattern, known, n=3, cutoff=0.5)
    if near:
        return f"相近的指标：{'、'.join(near)}"
    groups = dict.fromkeys(name.split(".")[0] for name in known)
    return f"可用的组：{'、'.join(f'{group}.*' for group in groups)}"
