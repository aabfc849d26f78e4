"""The score of CCL25-Eval task 8 and what stands beside it, worked by hand."""

from __future__ import annotations

import pytest

from zhibian.evaluation.record_coding import figures, gain, score_record

RIGHT = score_record("I20.000", ["I10.x00", "E11.900"], "I20.000", ["I10.x00", "E11.900"])
HALF = score_record("I20.000", ["E11.900", "K76.000"], "I21.401", ["E11.900", "I25.103"])
MANY = score_record("I21.401", ["A", "B", "C", "D"], "I21.401", ["A"])


def test_task_score_of_one_record() -> None:
    assert RIGHT.task == 1.0
    assert HALF.task == pytest.approx(0.5 * 0 + 0.5 * 0.5)
    assert MANY.task == 1.0


def test_nothing_filed_counts_as_all_found() -> None:
    assert score_record("A", [], "A", []).task == 1.0


def test_precision_shows_what_the_task_score_hides() -> None:
    found = figures([RIGHT, HALF, MANY], seed=1, draws=200)
    assert found["task_score"].value == pytest.approx((1 + 0.25 + 1) / 3)
    assert found["principal_exact"].value == pytest.approx(2 / 3)
    assert found["others_recall"].value == pytest.approx((1 + 0.5 + 1) / 3)
    assert found["others_precision"].value == pytest.approx((2 + 1 + 1) / 8)
    assert found["others_micro_f1"].value == pytest.approx(2 * 4 / (8 + 5))
    assert found["others_given"].value == pytest.approx(8 / 3)
    for figure in found.values():
        assert figure.low <= figure.value <= figure.high


def test_gain_is_paired() -> None:
    same = gain([RIGHT, HALF], [RIGHT, HALF], seed=1, draws=200)
    assert (same.value, same.low, same.high) == (0, 0, 0)
    assert gain([RIGHT, RIGHT], [RIGHT, HALF], seed=1, draws=200).value == pytest.approx(0.375)
