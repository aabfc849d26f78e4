"""What a classifier may add to a proposal, and what it may not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from zhibian.coding.second_opinion import OpinionRules, load_opinion_rules, with_opinion
from zhibian.coding.types import Evidence, Finding, Proposal, ProposedDiagnosis
from zhibian.coding.voices import RecordCode
from zhibian.documents.types import (
    Assertion,
    DocumentKind,
    Mention,
    Reading,
    Section,
    SectionKind,
    Sentence,
    Span,
)
from zhibian.records.types import EntryCondition
from zhibian.settings import Settings

TEXT = "肺炎。否认糖尿病。血压偏高。"
WHOLE = Span(0, 0, len(TEXT))
LAST = Span(0, 9, 14)
READING = Reading(
    kinds=(DocumentKind.OTHER,),
    normalised=(TEXT,),
    sections=(Section(SectionKind.PRESENT_ILLNESS, WHOLE),),
    sentences=(Sentence(SectionKind.PRESENT_ILLNESS, LAST),),
    items=(),
)
RULES = OpinionRules(share=0.5, least_chance=0.5, most=2)


def evidence(assertion: Assertion) -> Evidence:
    return Evidence(WHOLE, assertion, SectionKind.PRESENT_ILLNESS, 0.8, "narrative", 0)


def diagnosis(code: str, confidence: float) -> ProposedDiagnosis:
    found = (evidence(Assertion.PRESENT),)
    return ProposedDiagnosis(code, EntryCondition.PRESENT, "x", confidence, found, "name")


def denied(code: str) -> Finding:
    mention = Mention(WHOLE, "糖尿病", SectionKind.PRESENT_ILLNESS, WHOLE, Assertion.NEGATED)
    return Finding(code, "糖尿病", (), (evidence(Assertion.NEGATED),), mention)


PROPOSAL = Proposal(
    principal=diagnosis("J18.900", 0.6),
    others=(diagnosis("J96.900", 0.4),),
    procedures=(),
    rules=(),
    findings={"E11.900": denied("E11.900")},
)


def heard(*codes: RecordCode) -> Proposal:
    return with_opinion(PROPOSAL, codes, READING, RULES)


def test_stated_codes_gain_a_share_of_what_they_lack() -> None:
    after = heard(RecordCode("J18.900", 1.0, 0.0, LAST), RecordCode("J96.900", 0.0, 0.5, LAST))
    assert after.principal is not None
    assert after.principal.confidence == pytest.approx(0.8)
    assert after.others[0].confidence == pytest.approx(0.55)


def test_silence_changes_nothing() -> None:
    assert heard() == PROPOSAL
    assert heard(RecordCode("J18.900", 0.0, 0.0, LAST)) == PROPOSAL


def test_a_likely_code_is_shown_as_doubtful_with_its_words_never_proposed() -> None:
    after = heard(RecordCode("I10.x00x002", 0.0, 0.9, LAST))
    assert (after.principal, after.others) == (PROPOSAL.principal, PROPOSAL.others)
    (shown,) = after.doubtful_diagnoses
    assert (shown.code, shown.raised_by, shown.confidence) == ("I10.x00x002", "classifier", 0.9)
    assert shown.evidence[0].span == LAST
    assert shown.evidence[0].section is SectionKind.PRESENT_ILLNESS


def test_a_code_that_the_record_denies_is_not_shown() -> None:
    assert heard(RecordCode("E11.900", 0.0, 0.99, LAST)).doubtful_diagnoses == ()


def test_an_unlikely_code_is_not_shown_and_only_so_many_are() -> None:
    codes = [RecordCode(f"K{n}.000", 0.0, 0.9 - n / 100, LAST) for n in range(20, 24)]
    after = heard(*codes, RecordCode("A00.000", 0.0, 0.49, LAST))
    assert [d.code for d in after.doubtful_diagnoses] == ["K20.000", "K21.000"]


def test_a_rival_principal_is_an_alternative() -> None:
    after = heard(RecordCode("J15.900", 0.7, 0.0, LAST))
    assert after.principal is not None
    assert [(a.code, a.source) for a in after.principal.alternatives] == [("J15.900", "classifier")]
    assert replace(after.principal, alternatives=()) == PROPOSAL.principal


def test_the_shipped_rules_never_give_certainty() -> None:
    rules = load_opinion_rules(Settings().rules)
    assert 0 < rules.share < 1
    assert 0 < rules.least_chance < 1
