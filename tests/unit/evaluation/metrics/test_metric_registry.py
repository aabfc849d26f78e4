"""Metrics by name: each documented, each found by its pattern, unknown names refused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from zhibian.evaluation.metrics.registry import METRICS, select
from zhibian.problems import InputError

DOCUMENT = Path(__file__).parents[4] / "docs" / "metrics.md"
ARROWS = {"higher": "↑", "lower": "↓", "zero": "0"}


def rows() -> Iterator[list[str]]:
    """Yield the cells of every row of the document that describes a metric."""
    for line in DOCUMENT.read_text(encoding="utf-8").splitlines():
        if line.startswith("| `"):
            cells = re.split(r"(?<!\\)\|", line)
            yield [cell.strip() for cell in cells[1:-1]]


def test_every_metric_has_its_row_and_every_row_its_metric() -> None:
    documented = {cells[0].strip("`"): cells for cells in rows()}
    registered = {metric.name: metric for metrics in METRICS.values() for metric in metrics}
    assert documented.keys() == registered.keys()
    for name, metric in registered.items():
        _, title, formula, better, empty, source = documented[name]
        assert (title, better) == (metric.title, ARROWS[metric.better]), name
        assert all((formula, empty, source)), name


def test_names_and_titles_are_unique_in_a_kind() -> None:
    for kind, metrics in METRICS.items():
        assert len({metric.name for metric in metrics}) == len(metrics), kind
        assert len({metric.title for metric in metrics}) == len(metrics), kind


def test_patterns_choose_in_their_order_and_each_once() -> None:
    chosen = select("coding", ["others.micro_f1", "principal.*", "others.micro_*"])
    assert [metric.name for metric in chosen] == [
        "others.micro_f1",
        "principal.exact",
        "principal.4",
        "principal.3",
        "principal.chapter",
        "others.micro_precision",
        "others.micro_recall",
    ]


def test_all_unknown_names_are_told_with_the_nearest() -> None:
    with pytest.raises(InputError) as told:
        select("coding", ["principal.exat", "others.micro_f1", "zzz"])
    first, second = told.value.problems
    assert (first.field, first.code) == ("metrics[0]", "metric_unknown")
    assert "principal.exact" in first.remedy
    assert second.field == "metrics[2]"
    assert "others.*" in second.remedy


def test_an_unknown_kind_is_told_with_those_there_are() -> None:
    with pytest.raises(InputError) as told:
        select("codings", ["*"])
    assert "coding" in told.value.problems[0].remedy
