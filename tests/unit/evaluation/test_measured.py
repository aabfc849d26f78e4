"""Figures of a run: adjusted p, paths kept out, main metrics."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.evaluation_examples import resources
from tests.unit.evaluation.runner_fakes import EMPTY, KIND, RIGHT, echo, loaded, plan, quiet, words

from zhibian.evaluation.measured import chosen_metrics, holm
from zhibian.evaluation.run import run
from zhibian.problems import InputError


def test_holm_by_hand() -> None:
    # Holm (1979): 0.01 x 3, then 0.02 x 2, then the last, never below those before it.
    assert holm([0.02, 0.01, 0.03]) == pytest.approx([0.04, 0.03, 0.04])
    assert holm([0.5, 0.9]) == pytest.approx([1.0, 1.0])


def test_an_undefined_comparison_is_none() -> None:
    adjusted = holm([0.01, math.nan, 0.04])
    assert adjusted[0] == pytest.approx(0.02)
    assert math.isnan(adjusted[1])
    assert adjusted[2] == pytest.approx(0.04)


@given(st.lists(st.floats(0.0001, 1), max_size=12))
def test_adjusted_p_keeps_the_order_and_is_never_smaller(chances: list[float]) -> None:
    adjusted = holm(chances)
    assert all(a >= p - 1e-12 for a, p in zip(adjusted, chances, strict=True))
    ordered = [a for _, a in sorted(zip(chances, adjusted, strict=True))]
    assert ordered == sorted(ordered)
    assert all(a <= 1 for a in adjusted)


def test_metrics_named_in_full_are_the_main_ones() -> None:
    spec = loaded(words(1)).spec
    assert chosen_metrics(spec, (RIGHT, EMPTY)) == ((RIGHT, EMPTY), (RIGHT,))
    by_pattern = spec.model_copy(update={"metrics": ("toy.*",)})
    assert chosen_metrics(by_pattern, (EMPTY, RIGHT))[1] == (EMPTY,)
    with pytest.raises(InputError):
        chosen_metrics(spec.model_copy(update={"metrics": ("absent",)}), (RIGHT,))


def test_settings_are_told_without_folders_of_the_machine(rules: Path) -> None:
    system = echo()
    settings = {"answers": Path("/srv/data/a.jsonl"), "model": "/srv/models/m", "c": 3, "d": "a/b"}
    system.info = replace(system.info, parameters=settings)
    found = run(loaded(words(2)), KIND, plan(system), resources(rules), quiet()).results
    assert found.systems[0].parameters == {"answers": "a.jsonl", "model": "m", "c": 3, "d": "a/b"}
