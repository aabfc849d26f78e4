"""Metrics of screening say what the figures of `zhibian evaluate screening` say."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhibian.evaluation.metrics.resampling import total
from zhibian.evaluation.metrics.screening import METRICS, SHARES
from zhibian.evaluation.screening import METRICS as FIGURES
from zhibian.evaluation.screening import Count, PageScore

COUNTS = st.integers(0, 3).flatmap(lambda n: st.builds(Count, st.integers(0, n), st.just(n)))


@st.composite
def pages(draw: Any) -> PageScore:
    return PageScore(
        record="r",
        right=draw(st.booleans()),
        found={name: draw(COUNTS) for _, _, name in SHARES},
        false=(),
        missing=(),
        alarms=draw(st.integers(0, 3)),
        entry_alarms=draw(st.integers(0, 3)),
        questions=draw(st.integers(0, 3)),
    )


@given(st.lists(pages(), min_size=1, max_size=5))
@settings(max_examples=15, deadline=None)
def test_they_are_the_figures_in_the_same_order(found: list[PageScore]) -> None:
    assert len(METRICS) == len(FIGURES)
    for metric, figure in zip(METRICS, FIGURES.values(), strict=True):
        value = float(metric.value(total(metric.rows(found))))
        expected = figure(found)
        assert math.isnan(value) == math.isnan(expected), metric.name
        assert value == pytest.approx(expected, nan_ok=True), metric.name
