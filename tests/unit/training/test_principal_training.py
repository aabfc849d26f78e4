"""Fitting the ranker of the principal diagnosis."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from zhibian.coding.principal.features import NAMES
from zhibian.problems import InputError
from zhibian.records.case_json import Limits
from zhibian.training.principal import Example, beats, ccl25_cases, cross_validate, fit

LIMITS = Limits(100_000, 1_000_000)
HAND = dict.fromkeys(NAMES, 10.0)


def _example(right: str, wrong: str) -> Example:
    """Return a record whose right diagnosis has one feature and whose wrong one another."""
    values = np.array(
        [[float(name == right) for name in NAMES], [float(name == wrong) for name in NAMES]]
    )
    return Example("records", values, np.zeros(2), (True, False))


def test_what_marks_the_right_diagnosis_gains_weight() -> None:
    weights = fit([_example("operation", "reason")] * 40, HAND)
    assert weights["operation"] > 10.0 > weights["reason"]
    assert weights["narrative"] == 10.0


def test_too_few_records_are_refused() -> None:
    with pytest.raises(InputError):
        fit([_example("operation", "reason")], HAND)


def test_cross_validation_tells_hand_from_learned() -> None:
    found = [_example("operation", "reason")] * 40
    figures = cross_validate(found, {**HAND, "reason": 12.0})
    assert figures["records"]["ranker_hand"] == 0.0
    assert figures["records"]["ranker_learned"] == 1.0
    assert beats(figures)


def test_a_source_that_gets_worse_keeps_the_hand_weights() -> None:
    row = {
        "ranker_hand": 0.9,
        "ranker_learned": 0.8,
        "with_rules_hand": 0.9,
        "with_rules_learned": 0.9,
    }
    assert not beats({"records": row})


def test_records_of_the_challenge_become_cases(tmp_path: Path) -> None:
    path = tmp_path / "train.json"
    row = {
        "病案标识": "A1",
        "主诉": "胸闷1天。",
        "入院诊断": "高血压2级",
        "主要诊断编码": "I10.x04",
        "其他诊断编码": [],
    }
    path.write_text(json.dumps([row], ensure_ascii=False), encoding="utf-8")
    ((case, answers),) = ccl25_cases(path, LIMITS)
    assert answers == {"I10.x04"}
    assert "入院诊断：高血压2级" in case.documents[0].text
    path.write_text("[1]", encoding="utf-8")
    with pytest.raises(InputError):
        ccl25_cases(path, LIMITS)
