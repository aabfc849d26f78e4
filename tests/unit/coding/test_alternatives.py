"""Ranked alternatives: losing findings of the record, the linker's ranking, the next candidates."""

from __future__ import annotations

from collections.abc import Sequence

from zhibian.coding.alternatives import MOST, with_alternatives
from zhibian.coding.types import Evidence, Finding, Proposal, ProposedDiagnosis
from zhibian.coding.voices import Kind, PhraseCode
from zhibian.documents.types import Assertion, Mention, SectionKind, Span
from zhibian.records.types import EntryCondition

SPAN = Span(0, 0, 4)
PLACE = Evidence(SPAN, Assertion.PRESENT, SectionKind.PROGRESS, 0.8, "x", 0)
FIRST = Mention(SPAN, "词", SectionKind.PROGRESS, SPAN, Assertion.PRESENT)


def a_finding(code: str, term: str, *places: Evidence) -> Finding:
    return Finding(code, term, places, (), FIRST)


def a_diagnosis(code: str, trust: float = 0.8) -> ProposedDiagnosis:
    return ProposedDiagnosis(code, EntryCondition.PRESENT, "x", trust, (PLACE,), "alias", trust)


class OneLinker:
    """Answers every phrase alike, and counts how often it is asked."""

    version = "test"

    def __init__(self) -> None:
        self.asked: list[tuple[Kind, tuple[str, ...]]] = []

    def link(self, phrases: Sequence[str], kind: Kind) -> Sequence[Sequence[PhraseCode]]:
        self.asked.append((kind, tuple(phrases)))
        answer = [PhraseCode("E87.600", 0.9)] + [PhraseCode(f"X{n}", 0.1) for n in range(9)]
        return [answer for _ in phrases]


def test_losing_findings_of_the_same_category_and_the_next_candidates() -> None:
    findings = {
        "J18.900": a_finding("J18.900", "肺炎", PLACE),
        "J18.000": a_finding("J18.000", "支气管肺炎", PLACE),
        "J18.100": a_finding("J18.100", "大叶性肺炎"),  # only denied
        "E87.600": a_finding("E87.600", "低钾血症", PLACE),
    }
    proposal = Proposal(a_diagnosis("J18.900"), (a_diagnosis("E87.600"),), (), (), findings)
    found = with_alternatives(proposal, None)
    assert found.principal is not None
    assert [(a.code, a.source) for a in found.principal.alternatives] == [
        ("E87.600", "rank"),
        ("J18.000", "record"),
    ]
    assert found.others[0].alternatives == ()


def test_the_linker_is_asked_once_a_kind_and_never_repeats_the_code_itself() -> None:
    linker = OneLinker()
    findings = {"E87.600": a_finding("E87.600", "低钾血症", PLACE)}
    proposal = Proposal(None, (a_diagnosis("E87.600"),), (), (), findings)
    (other,) = with_alternatives(proposal, linker).others
    assert [a.code for a in other.alternatives] == [f"X{n}" for n in range(MOST)]
    assert linker.asked == [("diagnosis", ("低钾血症",))]
