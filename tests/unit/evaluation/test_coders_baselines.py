"""Majority page, cuts, similar records, names searched for statements."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.evaluation.coder_records import (
    LEARNED,
    case,
    example,
    material,
    questions,
    resources,
    task,
)

from zhibian.evaluation.coders.cuts import NEVER, best_cut
from zhibian.evaluation.coders.interface import CodedLine, RecordQuestion
from zhibian.evaluation.coders.learning import fit_and_tune
from zhibian.evaluation.coders.majority import MajorityCoder, MajorityParameters
from zhibian.evaluation.coders.registry import CODERS
from zhibian.evaluation.coders.retrieval import RetrievalParameters, name_search
from zhibian.review.reviewer import Reviewer

FOUR = (
    example("1", "甲", "J18.900", ["I10.x00x002", "E11.900"], ["47.0901"]),
    example("2", "乙", "J18.900", ["I10.x00x002"]),
    example("3", "丙", "K35.800x001", ["I10.x00x002", "J18.900"]),
    example("4", "丁", "I63.900", ["E11.900"]),
)


def test_majority_gives_the_most_frequent_page() -> None:
    learned = MajorityCoder(MajorityParameters(others=1, procedures=0)).learn(material(FOUR))
    (page,) = learned.code(questions(FOUR[:1]))
    assert page.principal == CodedLine("J18.900", 0.5)
    assert page.others == (CodedLine("I10.x00x002", 0.75),)
    assert page.procedures == ()
    # Any diagnosis: J18 and I10 three times each, equal ones by code.
    assert page.ranked_diagnoses[:3] == ("I10.x00x002", "J18.900", "E11.900")


def test_majority_takes_as_many_codes_as_micro_f1_wants() -> None:
    # On both tuning records I10 is right and E11 wrong; one operation of two is right at a half.
    tune = (
        example("5", "戊", "J18.900", ["I10.x00x002"], ["47.0901"]),
        example("6", "己", "J18.900", ["I10.x00x002"]),
    )
    (page,) = MajorityCoder().learn(material(FOUR, tune)).code(questions(tune[:1]))
    assert [line.code for line in page.others] == ["I10.x00x002"]
    assert [line.code for line in page.procedures] == ["47.0901"]


@given(
    st.lists(
        st.tuples(st.sampled_from([0.0, 0.1, 0.2, 0.5, 0.7, 0.9, 1.0]), st.booleans()), max_size=12
    ),
    st.integers(0, 4),
)
def test_no_cut_has_a_better_micro_f1(pairs: list[tuple[float, bool]], unseen: int) -> None:
    chances = np.array([chance for chance, _ in pairs], np.float64)
    right = np.array([hit for _, hit in pairs], bool)
    wanted = int(right.sum()) + unseen

    def f1(cut: float) -> float:
        taken = chances >= cut
        total = int(taken.sum()) + max(wanted, 1)
        return 2 * int((taken & right).sum()) / total

    found = best_cut(chances, right, wanted)
    assert f1(found) == pytest.approx(max(map(f1, [NEVER, 0.0, *chances])))


def test_choices_are_made_on_records_that_are_not_fitted() -> None:
    fit, tune = fit_and_tune(material(LEARNED, seed=3))
    assert {e.digest for e in fit}.isdisjoint({e.digest for e in tune})
    assert len(fit) + len(tune) == len(LEARNED)
    given_fit, given_tune = fit_and_tune(material(LEARNED[:4], LEARNED[4:6]))
    assert (given_fit, given_tune) == (list(LEARNED[:4]), list(LEARNED[4:6]))


def test_an_official_name_is_found_by_itself(reviewer: Reviewer) -> None:
    search = name_search(reviewer.diagnoses, reviewer.procedures, RetrievalParameters())
    for code in ("K35.800x001", "I63.900"):
        (found,) = search.link([reviewer.diagnoses.name(code)], "diagnosis")
        assert found[0].code == code
        assert found[0].score == pytest.approx(1.0)
    (found,) = search.link([reviewer.procedures.name("47.0901")], "procedure")
    assert found[0].code == "47.0901"
    assert search.link([], "diagnosis") == []


def test_retrieval_knows_official_names_and_no_aliases(reviewer: Reviewer, rules: Path) -> None:
    coder = CODERS["retrieval"]({}, task(), resources(reviewer, rules))
    # BPH is an alias of ours alone; 急性阑尾炎 is an official name.
    asked = [
        RecordQuestion(case("1", "诊疗经过：对症治疗。\n出院诊断：1.急性阑尾炎"), "nhsa-2.0"),
        RecordQuestion(case("2", "诊疗经过：对症治疗。\n出院诊断：1.BPH"), "nhsa-2.0"),
    ]
    named, alias = coder.code(asked)
    assert named.principal is not None
    assert named.principal.code.startswith("K35")
    assert named.principal.evidence
    assert alias.principal is None
    (known,) = CODERS["rules"]({}, task(), resources(reviewer, rules)).code(asked[1:])
    assert known.principal is not None
    assert known.principal.code == "N40.x00"
