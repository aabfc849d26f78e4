from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhibian.documents.matcher import TermMatcher
from zhibian.documents.normalise import normalise


def found(terms: list[str], text: str) -> list[str]:
    return [term for _, _, term in TermMatcher(terms).find(normalise(text))]


def test_the_longest_term_wins_and_terms_do_not_overlap() -> None:
    assert found(["糖尿病", "2型糖尿病", "糖尿病肾病", "肾病"], "2型糖尿病肾病") == [
        "2型糖尿病",
        "肾病",
    ]


def test_terms_are_normalised() -> None:
    assert found(["ｃｏｐｄ", "高血压（肾性）"], "COPD，高血压(肾性)") == ["COPD", "高血压(肾性)"]


@pytest.mark.parametrize("text", ["TAKING", "AKIX", "XAKI", "3AKI", "AKI7", "AKI2022"])
def test_an_abbreviation_is_not_found_inside_a_run(text: str) -> None:
    assert found(["AKI"], text) == []


@pytest.mark.parametrize(
    "text", ["AKI", "并发AKI。", "（AKI）", "AKI-3", "AKI 3期", "AKI3期", "2.AKI"]
)
def test_an_abbreviation_is_found_at_its_edges(text: str) -> None:
    assert found(["AKI"], text) == ["AKI"]


def test_a_leading_digit_needs_an_edge() -> None:
    assert found(["1型糖尿病"], "11型糖尿病") == []
    assert found(["1型糖尿病"], "1.1型糖尿病") == ["1型糖尿病"]


def test_a_shorter_term_is_found_where_the_longer_one_is_cut_off() -> None:
    assert found(["急性ITP", "急性"], "急性ITPX") == ["急性"]


def test_stop_terms_and_blank_terms_are_never_found() -> None:
    matcher = TermMatcher(["感染", "肺部感染", " ", ""], stop_terms=["感染"])
    assert len(matcher) == 1
    assert list(matcher.find("感染，肺部感染")) == [(3, 7, "肺部感染")]


def test_a_matcher_without_terms_finds_nothing() -> None:
    assert list(TermMatcher([]).find("肺炎")) == []


@given(
    st.lists(st.text(alphabet="肺炎心A1级", min_size=1, max_size=4), max_size=8),
    st.text(alphabet="肺炎心A1级，", max_size=40),
)
def test_matches_are_quotes_in_order(terms: list[str], text: str) -> None:
    normalised = normalise(text)
    end_before = 0
    for start, end, term in TermMatcher(terms).find(normalised):
        assert end_before <= start < end
        assert normalised[start:end] == term
        end_before = end
