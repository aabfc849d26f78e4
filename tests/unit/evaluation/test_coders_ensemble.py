"""Votes of several systems, with weights, calibration and cuts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.evaluation.coder_records import LEARNED, material, questions, resources, task

from zhibian.evaluation.coders.ensemble_choices import Choices, Curve, chosen, equal, vote
from zhibian.evaluation.coders.gold_codes import GoldPage
from zhibian.evaluation.coders.interface import CodedLine, CodedPage, Span
from zhibian.evaluation.coders.registry import CODERS
from zhibian.evaluation.coders.votes import principal_vote, ranked, voted
from zhibian.problems import InputError
from zhibian.review.reviewer import Reviewer


def page(principal: str, *others: tuple[str, float]) -> CodedPage:
    return CodedPage(CodedLine(principal, 0.8), tuple(CodedLine(c, x) for c, x in others))


def test_the_principal_diagnosis_has_the_most_weighted_votes() -> None:
    pages = [page("I10"), page("J18"), page("J18")]
    first = principal_vote(pages, (1.0, 1.0, 1.0))
    assert first is not None
    assert first.code == "J18"
    assert first.confidence == pytest.approx(1.6 / 3)
    heavy = principal_vote(pages, (3.0, 1.0, 1.0))
    assert heavy is not None
    assert heavy.code == "I10"


def test_equal_votes_go_to_the_earlier_system_and_nothing_to_nobody() -> None:
    first = principal_vote([page("I10"), page("J18")], (1.0, 1.0))
    assert first is not None
    assert first.code == "I10"
    assert principal_vote([CodedPage(None), CodedPage(None)], (1.0, 1.0)) is None


def test_evidence_is_kept_of_whoever_gave_it() -> None:
    one = CodedLine("I10", 0.6, evidence=(Span(0, 1, 3),))
    other = CodedLine("I10", None, "1", (Span(0, 1, 3), Span(1, 0, 2)))
    (line,) = voted([[one], [other]], (1.0, 1.0))
    assert line == CodedLine("I10", 0.8, "1", (Span(0, 1, 3), Span(1, 0, 2)))


def test_a_system_that_does_not_give_a_code_speaks_against_it() -> None:
    choices = equal(2)
    both = vote([page("J18", ("I10", 0.6)), page("J18", ("I10", 0.7))], choices)
    alone = vote([page("J18", ("I10", 0.9)), page("J18")], choices)
    assert [line.code for line in both.others] == ["I10"]
    assert alone.others == ()
    assert alone.ranked_diagnoses == ("J18", "I10")


@given(st.lists(st.lists(st.sampled_from("ABCDE"), max_size=4), min_size=1, max_size=3))
def test_one_ranking_holds_every_code_once(rankings: Sequence[Sequence[str]]) -> None:
    found = ranked(rankings, [1.0] * len(rankings))
    assert sorted(found) == sorted({code for codes in rankings for code in codes})


def test_weights_follow_right_principal_diagnoses_and_curves_follow_right_codes() -> None:
    gold = [GoldPage("J18", ("I10",), ()) for _ in range(20)]
    sure = [page("J18", ("I10", 0.3)) for _ in gold]
    boasting = [page("I63", ("E11", 0.9)) for _ in gold]
    found = chosen([sure, boasting], gold, None)
    assert found.weights == (1.0, 0.0)
    assert found.others[0].line(CodedLine("x", 0.3)).confidence == 1.0
    assert found.others[1].line(CodedLine("x", 0.9)).confidence == 0.0
    together = vote([sure[0], boasting[0]], found)
    assert [line.code for line in together.others] == ["I10"]


def test_a_curve_of_few_points_leaves_confidences_as_told() -> None:
    found = chosen([[page("J18", ("I10", 0.3))]] * 2, [GoldPage("J18", ("I10",), ())], (1.0, 2.0))
    assert found.weights == (1.0, 2.0)
    assert found.others == (Curve(), Curve())


def test_members_that_are_always_wrong_weigh_alike() -> None:
    found = chosen([[page("I63")], [page("I64")]], [GoldPage("J18", (), ())], None)
    assert found.weights == (1.0, 1.0)
    assert isinstance(found, Choices)


def test_an_ensemble_is_weighed_without_a_tuning_part_too(reviewer: Reviewer, rules: Path) -> None:
    members = {"members": ["majority", "nearest-records"]}
    made = CODERS["ensemble"](members, task(), resources(reviewer, rules))
    (first, *_) = made.learn(material(LEARNED)).code(questions())
    assert first.principal is not None
    assert first.principal.code == "J18.900"
    assert made.info.learns
    assert made.info.parameters["members"] == ["majority", "nearest-records"]


@pytest.mark.parametrize(
    ("given_parameters", "code"),
    [
        ({"members": ["majority", "oracle"]}, "member_unknown"),
        ({"members": ["majority", "ensemble"]}, "member_unknown"),
        ({"parameters": {"tfidf": {}}}, "member_not_named"),
        ({"weights": [1.0]}, "weights_invalid"),
        ({"weights": [0.0, 0.0]}, "weights_invalid"),
        ({"members": ["majority"]}, "parameter_invalid"),
    ],
)
def test_a_wrong_choice_of_members_is_refused(
    given_parameters: dict[str, object], code: str, reviewer: Reviewer, rules: Path
) -> None:
    with pytest.raises(InputError) as wrong:
        CODERS["ensemble"](given_parameters, task(), resources(reviewer, rules))
    assert [problem.code for problem in wrong.value.problems] == [code]
