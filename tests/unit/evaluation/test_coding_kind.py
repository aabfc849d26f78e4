"""Scoring of coded pages: what is right, what counts, groups, amounts, evidence, errors shown."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.evaluation_examples import task

from zhibian.evaluation.coders.interface import CodedLine, CodedPage, RecordQuestion, Span
from zhibian.evaluation.examples import Example
from zhibian.evaluation.kinds.coding import CodingScorer, coding_scorer
from zhibian.evaluation.questions import RecordGold
from zhibian.evaluation.resources import Resources
from zhibian.evaluation.tasks.spec import TaskSpec
from zhibian.records.case_json import Limits
from zhibian.records.types import Case
from zhibian.review.reviewer import Reviewer

TEXT = "患者咳嗽、发热5天。诊断：肺炎。既往高血压病。血钾3.0，低钾血症，予补钾。"
CASE = Case.model_validate(
    {
        "id": "T1",
        "admission": {"sex": "女", "age": 60, "department": "呼吸内科", "discharge_way": "1"},
        "documents": [{"type": "入院记录", "text": TEXT}],
    }
)
GOLD: dict[str, Any] = {
    "principal": {"code": "J18.900", "poa": "1", "evidence": "肺炎", "document": 0},
    "others": [
        {"code": "I10.x05", "poa": "1"},
        {"code": "E87.600", "poa": "4", "evidence": "低钾血症", "document": 0},
    ],
    "procedures": [],
    "acceptable": {"I10.x05": ["I10.x00x002"]},
    "must_not": [{"code_family": "J96", "why": "无呼吸衰竭"}],
}
FILED = {"principal": {"code": "J18.900"}, "others": [], "procedures": []}


def page(principal: str | None, *others: str, **more: Any) -> CodedPage:
    return CodedPage(
        principal=None if principal is None else CodedLine(principal, 0.9, "1"),
        others=tuple(CodedLine(code, 0.6, "1") for code in others),
        **more,
    )


def record(gold: dict[str, Any] | None = None, code_set: str = "nhsa-2.0") -> Example[Any, Any]:
    question = RecordQuestion(CASE, code_set)
    return Example("T1", "d1", question, RecordGold(gold or GOLD, FILED), "T1")


@pytest.fixture(scope="module")
def tools(reviewer: Reviewer) -> Resources:
    folder = __file__
    return Resources(
        rules=folder,  # type: ignore[arg-type]  # a scorer asks for the reviewer alone
        models=folder,  # type: ignore[arg-type]
        cache=folder,  # type: ignore[arg-type]
        limits=Limits(1, 1),
        reviewer=lambda *_: reviewer,
    )


def graded() -> TaskSpec:
    return task("coding", scheme="chs-drg-1.1", tariff="linyi-2022")


@pytest.fixture(scope="module")
def scorer(tools: Resources) -> CodingScorer:
    return coding_scorer(graded(), tools)


def test_right_acceptable_wrong_and_neutral_codes(scorer: CodingScorer) -> None:
    found = scorer.outcome(record(), page("J18.900", "I10.x00x002", "K76.000", "R05.x00"))
    assert found.principal.given in found.principal.accepted
    assert [(code.gold, code.counts) for code in found.others_given] == [
        ("I10.x05", True),
        (None, True),
        (None, False),
    ]
    assert [(code.code, code.hit) for code in found.others_gold] == [
        ("I10.x05", True),
        ("E87.600", False),
    ]
    assert found.department == "呼吸内科"


def test_groups_levels_and_amounts_are_those_of_the_engine(
    scorer: CodingScorer, reviewer: Reviewer
) -> None:
    found = scorer.outcome(record(), page("J18.900", "I10.x05", "J96.000"))
    assert found.gold_page is not None
    assert found.given_page is not None
    # 低钾血症 is a CC, 急性呼吸衰竭 an MCC of the scheme.
    assert [code.level for code in found.others_gold] == ["none", "CC"]
    assert [code.level for code in found.others_given] == ["none", "MCC"]
    assert (found.gold_page.adrg, found.given_page.drg) == ("ES3", "ES31")
    assert found.gold_page.drg == "ES33"
    assert reviewer.tariff is not None
    standard = reviewer.tariff.standard("ES31", reviewer.variant)
    assert standard.amount is not None
    assert found.given_page.amount == float(standard.amount)
    assert (found.must_not_hit, found.must_not_families) == (1, 1)


def test_a_page_without_principal_has_no_group(scorer: CodingScorer) -> None:
    found = scorer.outcome(record(), page(None, "I10.x05"))
    assert found.principal.given is None
    assert found.given_page is not None
    assert (found.given_page.drg, found.given_page.amount) == (None, None)


def test_entry_conditions_and_evidence_of_right_codes(scorer: CodingScorer) -> None:
    given = page("J18.900", "E87.600")
    start = TEXT.index("肺炎")
    principal = replace(given.principal, evidence=(Span(0, start, start + 2),))  # type: ignore[type-var]
    found = scorer.outcome(record(), replace(given, principal=principal))
    assert (found.entry_right, found.entry_compared) == (1, 2)
    assert [(one.gold_spans, one.given_spans) for one in found.evidence] == [
        (frozenset({(0, start, start + 2)}), frozenset({(0, start, start + 2)})),
        (frozenset({(0, TEXT.index("低钾血症"), TEXT.index("低钾血症") + 4)}), frozenset()),
    ]


def test_a_quote_that_stands_twice_means_the_place_that_was_given(scorer: CodingScorer) -> None:
    first, second = TEXT.index("血"), TEXT.rindex("血")
    block = {**GOLD, "principal": {**GOLD["principal"], "evidence": "血", "document": 0}}
    given = page("J18.900")
    pointed = replace(given.principal, evidence=(Span(0, second - 2, second + 1),))  # type: ignore[type-var]
    for line, meant in ((pointed, second), (given.principal, first)):
        found = scorer.outcome(record(block), replace(given, principal=line))
        (evidence,) = found.evidence
        assert evidence.gold_spans == {(0, meant, meant + 1)}


def test_rankings_are_the_page_by_confidence_where_a_system_ranks_nothing(
    scorer: CodingScorer,
) -> None:
    given = page("J18.900", "K76.000", "R05.x00", "E87.600")
    assert scorer.outcome(record(), given).ranked_diagnoses == ("J18.900", None, "E87.600")
    ranked = replace(given, ranked_diagnoses=("E87.600", "J18.900", "E87.600"))
    assert scorer.outcome(record(), ranked).ranked_diagnoses == ("E87.600", "J18.900", None)


def test_frequency_is_that_of_the_fit_part(scorer: CodingScorer) -> None:
    outcome = scorer.outcome(record(), page("J18.900"))
    assert outcome.principal.seen is None
    assert scorer.strata(record(), outcome)["frequency"] == ""
    knowing = scorer.knowing([record(), record({**GOLD, "others": []})])
    outcome = knowing.outcome(record(), page("J18.900"))
    assert outcome.principal.seen == 2
    assert [code.seen for code in outcome.others_gold] == [1, 1]
    assert knowing.strata(record(), outcome) == {
        "mdc": "E",
        "department": "呼吸内科",
        "diagnoses": "several",
        "frequency": "1-4",
    }


def test_codes_of_another_edition_are_compared_as_they_are(tools: Resources) -> None:
    bare = coding_scorer(task("coding", code_set="clinical-2.0"), tools)
    found = bare.outcome(record(code_set="clinical-2.0"), page("J18.900", "I10.x05"))
    assert (found.gold_page, found.given_page, found.mdc) == (None, None, "")
    assert {code.level for code in found.others_gold} == {"none"}


def test_codes_of_another_edition_are_grouped_by_their_conversion(tools: Resources) -> None:
    spec = task("coding", code_set="clinical-2.0", scheme="chs-drg-1.1", tariff="linyi-2022")
    groups = coding_scorer(spec, tools).groups
    assert groups is not None
    page_ = groups.page("J11.101", ("I10.x05",), (), CASE.admission)
    assert page_ is not None
    # 流行性感冒 has another code in the two editions.
    assert (page_.principal, page_.others) == ("J11.100x001", ("I10.x05",))


def test_details_of_invented_records_show_errors_with_their_sentences(
    scorer: CodingScorer,
) -> None:
    given = page("J18.900", "J96.000")
    start = TEXT.index("发热")
    wrong = replace(given.others[0], evidence=(Span(0, start, start + 4),))
    given = replace(given, others=(wrong,))
    outcome = scorer.outcome(record(), given)
    found = scorer.details([record()], [given], [outcome], invented=True)
    errors = {(e.part, e.error, e.gold, e.given) for e in found.gallery}
    assert errors == {
        ("others", "missed", "I10.x05", None),
        ("others", "missed", "E87.600", None),
        ("others", "wrong", None, "J96.000"),
        ("must_not", "forbidden", None, "J96.000"),
        ("group", "other_group", "ES33", "ES31"),
    }
    missed = next(e for e in found.gallery if e.gold == "E87.600")
    assert [q.quote for q in missed.gold_evidence] == ["低钾血症"]
    forbidden = next(e for e in found.gallery if e.part == "must_not")
    assert [q.quote for q in forbidden.evidence] == ["发热5天"]
    assert [(row.gold, row.given, row.n) for row in found.confusion] == [("MDCE", "MDCE", 1)]
    assert sum(row.n for row in found.reliability) == 2
    assert sum(bar.n for bar in found.deviation) == 1
    assert [w.path for w in found.waterfalls] == ["filed_to_given", "given_to_gold"]


def test_details_of_real_records_show_no_text(scorer: CodingScorer) -> None:
    given = page("J18.900", "J96.000")
    outcome = scorer.outcome(record(), given)
    assert scorer.details([record()], [given], [outcome], invented=False).gallery == ()
