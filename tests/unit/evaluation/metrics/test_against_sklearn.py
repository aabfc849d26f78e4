"""Where scikit-learn has the same metric, the values are the same."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve
from sklearn.metrics import (
    accuracy_score,
    brier_score_loss,
    cohen_kappa_score,
    label_ranking_average_precision_score,
    precision_recall_fscore_support,
)
from sklearn.preprocessing import MultiLabelBinarizer
from tests.unit.evaluation.metrics.outcomes import CODES, SETS, coded, codes, value

from zhibian.evaluation.answers import GroupingAnswer
from zhibian.evaluation.metrics.assertion import AssertionOutcome
from zhibian.evaluation.metrics.calibration import reliability_bins
from zhibian.evaluation.metrics.entities import EntitiesOutcome
from zhibian.evaluation.metrics.grouping import GroupingOutcome
from zhibian.evaluation.metrics.outcomes import CodingOutcome, GivenCode
from zhibian.evaluation.metrics.registry import METRICS
from zhibian.evaluation.metrics.resampling import total
from zhibian.evaluation.questions import GroupingGold

PAIRS = st.lists(st.tuples(SETS, SETS), min_size=1, max_size=8)
TENDENCIES = st.sampled_from(["", "否定", "不确定"])
SPANS = st.frozensets(
    st.tuples(st.integers(0, 3), st.integers(4, 6), st.sampled_from(["症状", "药物"])), max_size=4
)


def matrices(
    pairs: Iterable[tuple[Iterable[str], Iterable[str]]],
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Return gold and given as 0/1 matrices over the labels that occur."""
    pairs = [(list(gold), list(given)) for gold, given in pairs]
    labels = MultiLabelBinarizer().fit([side for pair in pairs for side in pair])
    # A single column is no multilabel matrix to scikit-learn.
    assume(len(labels.classes_) > 1)
    return labels.transform([g for g, _ in pairs]), labels.transform([p for _, p in pairs])


@pytest.mark.parametrize("part", ["others", "procedures"])
@given(pairs=PAIRS)
@settings(max_examples=30, deadline=None)
def test_sets_of_codes(part: str, pairs: list[tuple[list[str], list[str]]]) -> None:
    assume(any(gold for gold, _ in pairs) and any(given for _, given in pairs))
    outcomes = [coded(**{part: pair}) for pair in pairs]  # type: ignore[arg-type]
    truth, guess = matrices(pairs)
    for average in ("micro", "macro"):
        expected = precision_recall_fscore_support(truth, guess, average=average, zero_division=0)
        for measure, score in zip(("precision", "recall", "f1"), expected, strict=False):
            found = value("coding", f"{part}.{average}_{measure}", outcomes)
            assert found == pytest.approx(score)
    by_record = precision_recall_fscore_support(
        truth, guess, average="samples", zero_division=np.nan
    )
    assert value("coding", f"{part}.example_f1", outcomes) == pytest.approx(by_record[2])


@given(PAIRS)
@settings(max_examples=30, deadline=None)
def test_all_diagnoses_are_a_set_of_codes(pairs: list[tuple[list[str], list[str]]]) -> None:
    # The first of each list is principal; a gold list is never empty.
    pairs = [([*gold, "Z01.000"], given) for gold, given in pairs]
    assume(any(given for _, given in pairs))
    outcomes = [
        coded(
            gold=gold[0],
            principal=given[0] if given else None,
            others=(gold[1:], given[1:]),
        )
        for gold, given in pairs
    ]
    truth, guess = matrices(pairs)
    for average in ("micro", "macro"):
        expected = precision_recall_fscore_support(truth, guess, average=average, zero_division=0)
        for measure, score in zip(("precision", "recall", "f1"), expected, strict=False):
            found = value("coding", f"diagnoses.{average}_{measure}", outcomes)
            assert found == pytest.approx(score)
    cut = [({c[:3] for c in gold}, {c[:3] for c in given}) for gold, given in pairs]
    expected = precision_recall_fscore_support(*matrices(cut), average="micro", zero_division=0)
    assert value("coding", "diagnoses.category.micro_f1", outcomes) == pytest.approx(expected[2])


@given(st.lists(st.tuples(st.permutations(CODES[:5]), st.sets(st.integers(0, 4))), min_size=1))
@settings(max_examples=30, deadline=None)
def test_mean_average_precision_where_every_code_is_ranked(
    drawn: list[tuple[list[str], set[int]]],
) -> None:
    # Every record has the gold principal diagnosis, ranked somewhere.
    outcomes, truth, scores = [], [], []
    for order, places in drawn:
        gold = sorted({CODES[0], *(CODES[place] for place in places)})
        outcomes.append(
            replace(
                coded(gold=CODES[0], others=([c for c in gold if c != CODES[0]], [])),
                ranked_diagnoses=tuple(code if code in gold else None for code in order),
            )
        )
        truth.append([code in gold for code in CODES[:5]])
        scores.append([-order.index(code) for code in CODES[:5]])
    expected = label_ranking_average_precision_score(np.array(truth), np.array(scores))
    assert value("coding", "ranking.diagnoses.map", outcomes) == pytest.approx(expected)


@given(st.lists(st.tuples(st.integers(0, 99), st.booleans()), min_size=1, max_size=30))
@settings(max_examples=30, deadline=None)
def test_calibration(chances: list[tuple[int, bool]]) -> None:
    outcomes = [_confident(percent / 100 + 0.001, right) for percent, right in chances]
    claimed = np.array([percent / 100 + 0.001 for percent, _ in chances])
    right = np.array([right for _, right in chances])
    brier = brier_score_loss(right, claimed, labels=[False, True])
    assert value("coding", "calibration.brier", outcomes) == pytest.approx(brier)
    shares, means = calibration_curve(right, claimed, n_bins=10)
    n = np.bincount((claimed * 10).astype(int), minlength=10)
    held = n[n > 0]
    expected = float((held * np.abs(shares - means)).sum() / held.sum())
    assert value("coding", "calibration.ece", outcomes) == pytest.approx(expected)
    rows = reliability_bins(outcomes)
    assert [row.n for row in rows] == list(held)
    assert [row.right for row in rows] == pytest.approx(list(shares))
    assert [row.claimed for row in rows] == pytest.approx(list(means))


def _confident(confidence: float, right: bool) -> CodingOutcome:
    gold = "J15.900" if right else None
    line = GivenCode("J15.900", confidence, gold, counts=True, level="none")
    return replace(coded(), others_given=(line,))


@given(st.lists(st.tuples(TENDENCIES, TENDENCIES), min_size=1, max_size=20))
@settings(max_examples=30, deadline=None)
def test_assertion(pairs: list[tuple[str, str]]) -> None:
    outcomes = [AssertionOutcome(gold, given) for gold, given in pairs]
    gold, given = zip(*pairs, strict=True)
    assert value("assertion", "assertion.accuracy", outcomes) == pytest.approx(
        accuracy_score(gold, given)
    )
    expected = precision_recall_fscore_support(gold, given, average="macro", zero_division=0)
    for measure, score in zip(("precision", "recall", "f1"), expected, strict=False):
        found = value("assertion", f"assertion.macro_{measure}", outcomes)
        assert found == pytest.approx(score)
    per_label = precision_recall_fscore_support(
        gold, given, labels=["否定"], average=None, zero_division=np.nan
    )
    for measure, score in zip(("precision", "recall", "f1"), per_label, strict=False):
        found = value("assertion", f"assertion.negated.{measure}", outcomes)
        assert found == pytest.approx(score[0], nan_ok=True)


@given(st.lists(st.tuples(SPANS, SPANS), min_size=1, max_size=6))
@settings(max_examples=30, deadline=None)
def test_entities(pairs: list[tuple[frozenset[Any], frozenset[Any]]]) -> None:
    outcomes = [EntitiesOutcome(gold, given) for gold, given in pairs]
    # Every stretch that either side marks is an item; its label is the type, or none.
    gold, given = [], []
    for pair in pairs:
        for span in sorted(pair[0] | pair[1]):
            gold.append(span[2] if span in pair[0] else "")
            given.append(span[2] if span in pair[1] else "")
    types = sorted(set(gold + given) - {""})
    assume(types)
    for average in ("micro", "macro"):
        expected = precision_recall_fscore_support(
            gold, given, labels=types, average=average, zero_division=np.nan
        )
        measures = ("precision", "recall", "f1") if average == "micro" else ("f1",)
        scores = expected[:3] if average == "micro" else expected[2:3]
        for measure, score in zip(measures, scores, strict=True):
            found = value("entities", f"entities.{average}_{measure}", outcomes)
            assert found == pytest.approx(score, nan_ok=True)


@given(st.lists(st.tuples(st.sampled_from("ABC"), st.sampled_from("ABC")), min_size=1))
@settings(max_examples=30, deadline=None)
def test_grouping(pairs: list[tuple[str, str]]) -> None:
    assume(len({side for pair in pairs for side in pair}) > 1)
    outcomes = [
        GroupingOutcome(
            GroupingGold("grouped", gold, "", ""), GroupingAnswer("grouped", one, "", "")
        )
        for gold, one in pairs
    ]
    gold, given = zip(*pairs, strict=True)
    assert value("grouping", "grouping.mdc", outcomes) == pytest.approx(accuracy_score(gold, given))
    assert value("grouping", "grouping.mdc_kappa", outcomes) == pytest.approx(
        cohen_kappa_score(gold, given)
    )


@given(PAIRS)
@settings(max_examples=30, deadline=None)
def test_levels_without_acceptable_codes(pairs: list[tuple[list[str], list[str]]]) -> None:
    levels: Any = {code: ("MCC", "CC", "none")[n % 3] for n, code in enumerate(CODES)}
    outcomes = []
    for gold, told in pairs:
        others_given, others_gold = codes(gold, told, levels=levels)
        outcomes.append(replace(coded(), others_given=others_given, others_gold=others_gold))
    heavy = [
        ([c for c in gold if levels[c] == "MCC"], [c for c in told if levels[c] == "MCC"])
        for gold, told in pairs
    ]
    assume(any(side for pair in heavy for side in pair))
    expected = precision_recall_fscore_support(
        *matrices(heavy), average="micro", zero_division=np.nan
    )
    for measure, score in zip(("precision", "recall", "f1"), expected, strict=False):
        found = value("coding", f"severity.mcc.{measure}", outcomes)
        assert found == pytest.approx(score, nan_ok=True)


def test_every_metric_takes_nothing_for_not_a_number_and_no_outcome_for_no_rows() -> None:
    for kind, metrics in METRICS.items():
        for metric in metrics:
            assert metric.rows([]).shape[0] == 0, (kind, metric.name)
            assert np.isnan(metric.value(total(metric.rows([])))), (kind, metric.name)
