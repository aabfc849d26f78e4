"""Linking as a kind of task: comparison of names, strata, and every system on invented terms."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from tests.evaluation_examples import answers, example, figures, resources, task

from zhibian.coding.terms.names import TargetCode
from zhibian.evaluation.coders.interface import Coder, LinkedNames, TermQuestion
from zhibian.evaluation.coders.linking_target import build_target
from zhibian.evaluation.coders.linking_votes import vote
from zhibian.evaluation.examples import Example
from zhibian.evaluation.kinds.linking import LinkingScorer
from zhibian.evaluation.kinds.registry import LINKING
from zhibian.evaluation.questions import TermGold
from zhibian.problems import InputError

Asked = Callable[..., list[LinkedNames]]

NAMES = {
    "I10.x00": "高血压病",
    "E11.900": "2型糖尿病",
    "J18.900": "肺炎",
    "I50.900": "心力衰竭",
    "N18.900": "慢性肾脏病",
}


def term(wording: str, *names: str, name: str = "t") -> Example[Any, Any]:
    return example(name, TermQuestion(wording, "diagnosis", name), TermGold(names))


FIT = [
    term("血压高", "高血压病"),
    term("高血压", "高血压病"),
    term("高血压3级", "高血压病"),
    term("糖尿病2型", "2型糖尿病"),
    term("糖尿病", "2型糖尿病"),
    term("心衰", "心力衰竭"),
    term("心功能不全", "心力衰竭"),
    term("心衰、肺部感染", "心力衰竭", "肺炎"),
    term("肺部感染", "肺炎"),
]


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("terms")
    lines = (f"{code}\t{name}" for code, name in NAMES.items())
    (folder / "names.tsv").write_text("\n".join(lines), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def asked(rules: Path, named: Path) -> Asked:
    """Return what systems answer; each is made once, as reading the aliases takes a while."""
    spec = task("linking", options={"names": "names.tsv"})

    @cache
    def made(system: str) -> Coder[Any, Any]:
        return LINKING.systems[system]({}, spec, resources(rules, folder=named))

    def answered(system: str, *wordings: str) -> list[LinkedNames]:
        return answers(made(system), [TermQuestion(w, "diagnosis") for w in wordings], fit=FIT)

    return answered


@pytest.mark.parametrize("system", ["dictionary", "tfidf", "tfidf-pairs", "rapidfuzz"])
def test_a_term_that_spells_a_name_is_linked_to_it(system: str, asked: Asked) -> None:
    for name, answer in zip(NAMES.values(), asked(system, *NAMES.values()), strict=True):
        assert answer.chosen == (name,)


def test_the_majority_is_the_most_frequent_set_of_names(asked: Asked) -> None:
    (answer,) = asked("majority", "痛风")
    assert answer.chosen == ("高血压病",)
    assert answer.ranked[:2] == ("高血压病", "心力衰竭")


def test_the_dictionary_takes_a_composite_term_part_by_part(asked: Asked) -> None:
    one, none = asked("dictionary", "1.肺炎、2型糖尿病", "全身乏力")
    assert one.chosen == ("肺炎", "2型糖尿病")
    assert none == LinkedNames(())


def test_wordings_of_the_fit_part_are_neighbours_with_all_their_names(asked: Asked) -> None:
    (alone,) = asked("tfidf", "心衰、肺部感染")
    (learned,) = asked("tfidf-pairs", "心衰、肺部感染")
    assert set(learned.chosen) == {"心力衰竭", "肺炎"}
    assert set(alone.chosen) != set(learned.chosen)


def test_a_term_that_shares_no_character_has_no_neighbour(asked: Asked) -> None:
    assert asked("tfidf", "xyz") == [LinkedNames(())]


def test_the_regression_answers_with_learned_names_likeliest_first(asked: Asked) -> None:
    first, second = asked("tfidf-lr", "糖尿病,2型", "高血压2级")
    assert first.chosen == ("2型糖尿病",)
    assert second.chosen == ("高血压病",)
    assert set(second.ranked) == {"高血压病", "2型糖尿病", "心力衰竭", "肺炎"}


def test_the_tune_part_tells_the_regression_when_to_give_several_names(rules: Path) -> None:
    coder = LINKING.systems["tfidf-lr"]({}, task("linking"), resources(rules))
    question = TermQuestion("肺部感染、心衰", "diagnosis")
    (alone,) = answers(coder, [question], fit=FIT)
    both = [term("心衰、肺部感染", "心力衰竭", "肺炎")]
    (tuned,) = answers(coder, [question], fit=FIT, tune=both)
    assert len(alone.chosen) == 1
    assert set(tuned.chosen) == {"心力衰竭", "肺炎"}


def test_the_regression_before_learning_gives_nothing(rules: Path) -> None:
    coder = LINKING.systems["tfidf-lr"]({}, task("linking"), resources(rules))
    assert list(coder.code([TermQuestion("肺炎", "diagnosis")])) == [LinkedNames(())]


def test_an_alias_never_takes_the_place_of_a_name() -> None:
    codes = [TargetCode("A", "心力衰竭"), TargetCode("B", "心衰"), TargetCode("C", "心 衰")]
    aliases = [("心衰", "心力衰竭"), ("心功能不全", "心力衰竭"), ("痛", "没有的名称")]
    target = build_target(codes, aliases)
    assert target.names[target.exact["心衰"]] == "心衰"
    assert target.names[target.exact["心功能不全"]] == "心力衰竭"
    assert "痛" not in target.exact


def test_names_are_compared_as_the_linker_compares_them() -> None:
    scorer = LinkingScorer()
    one = scorer.outcome(
        term("x", "Ⅱ型呼吸衰竭", "粘液瘤"), LinkedNames(("ⅱ型呼吸衰竭",), ("肺炎", "黏液瘤"))
    )
    assert (one.hits, one.chosen, one.gold, one.first_right) == (1, 1, 2, True)
    assert one.places == (0, 2)


def test_strata_follow_from_gold_and_from_what_could_be_learned() -> None:
    one = term("x", "高血压病")
    rare = term("y", "高血压病", "痛风")
    scorer = LinkingScorer()
    nothing = LinkedNames(())
    assert scorer.strata(one, scorer.outcome(one, nothing)) == {"names": "one"}
    knowing = scorer.knowing(FIT)
    assert knowing.strata(one, knowing.outcome(one, nothing)) == {
        "names": "one",
        "seen": "seen",
        "frequency": "1-4",
    }
    assert knowing.strata(rare, knowing.outcome(rare, nothing)) == {
        "names": "several",
        "seen": "unseen",
        "frequency": "never",
    }


def test_figures_of_two_terms_by_hand() -> None:
    scorer = LinkingScorer()
    outcomes = [
        scorer.outcome(term("x", "肺炎"), LinkedNames(("肺炎",))),
        scorer.outcome(term("y", "心力衰竭", "肺炎"), LinkedNames(("肺炎", "高血压病"))),
    ]
    found = figures(scorer.metrics, outcomes)
    assert found["linking.micro_f1"] == pytest.approx(2 * 2 / (3 + 3))
    assert found["linking.accuracy"] == pytest.approx(0.5)


@pytest.mark.parametrize("system", ["linker", "linker-spelling"])
@pytest.mark.parametrize(
    ("dataset", "split"), [("chip-cdn", "fit"), ("chip-cdn", "tune"), ("yidu-n7k", "tune")]
)
def test_the_shipped_linker_is_not_measured_on_what_it_learned(
    system: str, dataset: str, split: str, rules: Path
) -> None:
    spec = task("linking", dataset=dataset, test=split)
    with pytest.raises(InputError) as refused:
        LINKING.systems[system]({}, spec, resources(rules, models=rules.parent / "models"))
    (problem,) = refused.value.problems
    assert problem.code == "split_learned"
    assert "aside" in problem.remedy


def test_the_shipped_linker_links_by_spelling_and_ranks_more_than_it_chooses(
    rules: Path, named: Path
) -> None:
    spec = task("linking", options={"names": "names.tsv"})
    where = resources(rules, models=rules.parent / "models", folder=named)
    coder = LINKING.systems["linker-spelling"]({}, spec, where)
    (answer,) = answers(coder, [TermQuestion("2型糖尿病", "diagnosis")])
    assert answer.chosen == ("2型糖尿病",)
    assert answer.ranked[0] == "2型糖尿病"
    assert len(answer.ranked) > 1
    assert coder.info.versions["model"] == "term-linker-2"


def test_a_setting_that_a_system_does_not_know_is_refused(rules: Path, named: Path) -> None:
    spec = task("linking", options={"names": "names.tsv"})
    with pytest.raises(InputError) as refused:
        LINKING.systems["tfidf-lr"](
            {"strength": "strong", "depth": 3}, spec, resources(rules, folder=named)
        )
    assert {p.field for p in refused.value.problems} == {"tfidf-lr.strength", "tfidf-lr.depth"}
    assert all("strength" in p.remedy for p in refused.value.problems)


def test_a_task_whose_names_lie_beside_its_data_needs_the_data(rules: Path) -> None:
    spec = task("linking", options={"names": "names.tsv"})
    with pytest.raises(InputError, match="invented") as refused:
        LINKING.systems["tfidf"]({}, spec, resources(rules))
    assert [p.code for p in refused.value.problems] == ["dataset_missing"]


def test_a_name_that_most_members_choose_is_chosen() -> None:
    answers = [
        LinkedNames(("肺炎", "高血压病")),
        LinkedNames(("肺炎",), ("肺炎", "痛风")),
        LinkedNames(("痛风",), ("痛风", "肺炎")),
    ]
    assert vote(answers).chosen == ("肺炎",)


def test_where_no_name_has_most_votes_the_best_candidate_of_all_is_chosen() -> None:
    answers = [
        LinkedNames(("甲",), ("甲", "丁")),
        LinkedNames(("乙",), ("乙", "丁")),
        LinkedNames(("丙",), ("丙", "丁")),
    ]
    # 3/62 for the second of all against 1/61 for the first of one.
    assert vote(answers).chosen == ("丁",)
    assert vote([LinkedNames(()), LinkedNames(())]) == LinkedNames(())


def test_members_of_a_vote_are_linkers_that_are_known(rules: Path, named: Path) -> None:
    spec = task("linking", options={"names": "names.tsv"})
    make, where = LINKING.systems["ensemble"], resources(rules, folder=named)
    coder = make({"members": ["tfidf-pairs", "tfidf-lr", "rapidfuzz"]}, spec, where)
    (answer,) = answers(coder, [TermQuestion("高血压2级", "diagnosis")], fit=FIT)
    assert answer.chosen == ("高血压病",)
    assert coder.info.learns
    with pytest.raises(InputError) as refused:
        make({"members": ["tfidf", "outside", "nobody"]}, spec, where)
    assert [p.code for p in refused.value.problems] == ["system_unknown", "system_unknown"]
