"""Figures measured before by modules of their own are the same metrics."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.evaluation.metrics.outcomes import CODES, SETS, coded, value

from zhibian.evaluation import record_coding, term_linking
from zhibian.evaluation.metrics.linking import LinkingOutcome


@given(
    st.lists(
        st.tuples(st.sampled_from(CODES), st.sampled_from(CODES), SETS, SETS),
        min_size=1,
        max_size=6,
    )
)
@settings(max_examples=25, deadline=None)
def test_task_score_of_ccl25(drawn: list[tuple[str, str, list[str], list[str]]]) -> None:
    outcomes = [
        coded(gold=filed, principal=told, others=(filed_others, others))
        for told, filed, others, filed_others in drawn
    ]
    scores = [
        record_coding.score_record(told, others, filed, filed_others)
        for told, filed, others, filed_others in drawn
    ]
    expected = record_coding.task_score(scores)
    assert value("coding", "ccl25.score", outcomes) == pytest.approx(expected)
    exact = record_coding.principal_exact(scores)
    assert value("coding", "principal.exact", outcomes) == pytest.approx(exact)


@given(st.lists(st.tuples(SETS, SETS.filter(bool)), min_size=1, max_size=8))
@settings(max_examples=25, deadline=None)
def test_linking_of_terms(pairs: list[tuple[list[str], list[str]]]) -> None:
    scores = [term_linking.score_term(chosen, gold) for chosen, gold in pairs]
    outcomes = [
        LinkingOutcome(one.hits, one.chosen, one.gold, first_right=False, places=())
        for one in scores
    ]
    micro = term_linking.micro_f1(scores)
    assert value("linking", "linking.micro_f1", outcomes) == pytest.approx(micro)
    whole = term_linking.accuracy(scores)
    assert value("linking", "linking.accuracy", outcomes) == pytest.approx(whole)
