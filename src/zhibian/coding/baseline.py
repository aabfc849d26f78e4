"""Coding by the dictionary alone (仅词典): what rules and models are measured against.

Every term that the record states as present is a code; the first entry of the discharge
diagnosis list, or else the first code, is the principal diagnosis. No trust in places, no
selection, no combination, no choice by rules.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from zhibian.coding.coder import CodingKnowledge
from zhibian.coding.dictionary import Dictionary
from zhibian.coding.findings import CodedMention, evidence_span, listed_place
from zhibian.coding.types import (
    Evidence,
    Finding,
    Proposal,
    ProposedDiagnosis,
    ProposedProcedure,
)
from zhibian.documents.reader import find_mentions
from zhibian.documents.types import Assertion, Mention, Reading
from zhibian.records.types import Case, EntryCondition

_SOURCE = "dictionary"
_TRUST = 0.5
_SUBCATEGORY = 5


def propose_by_dictionary(case: Case, reading: Reading, knowledge: CodingKnowledge) -> Proposal:
    """Propose a front page from dictionary terms; parameters as `zhibian.coding.coder.propose`."""
    mentions = [
        mention
        for mention in find_mentions(reading, knowledge.matcher, knowledge.lexicon)
        if mention.assertion is Assertion.PRESENT
    ]
    diagnoses = _findings(mentions, knowledge.diagnosis_words.terms, reading)
    procedures = _findings(mentions, knowledge.procedure_terms, reading)
    listed = [finding for finding in diagnoses if finding.listed is not None]
    principal = min(listed, key=lambda f: f.listed or (0, 0), default=next(iter(diagnoses), None))
    others = [finding for finding in diagnoses if finding is not principal]
    return Proposal(
        principal=None if principal is None else _diagnosis(principal),
        others=tuple(map(_diagnosis, others)),
        procedures=tuple(map(_procedure, procedures)),
        rules=(),
        findings={finding.code: finding for finding in diagnoses},
        procedure_findings={finding.code: finding for finding in procedures},
    )


def _findings(mentions: Sequence[Mention], terms: Dictionary, reading: Reading) -> list[Finding]:
    """Return one finding a subcategory, in the order of the record."""
    found: dict[str, list[CodedMention]] = {}
    for mention in mentions:
        for code in terms.codes(mention.term):
            entry = CodedMention(mention, code, mention.term)
            found.setdefault(code[:_SUBCATEGORY], []).append(entry)
    return [_finding(group, reading) for group in found.values()]


def _finding(group: Sequence[CodedMention], reading: Reading) -> Finding:
    longest = max(group, key=lambda entry: len(entry.term))
    return Finding(
        code=longest.code,
        term=longest.term,
        supporting=tuple(_evidence(group, reading)),
        against=(),
        first=group[0].mention,
        listed=listed_place(group),
    )


def _evidence(group: Sequence[CodedMention], reading: Reading) -> Iterator[Evidence]:
    for entry in group:
        mention = entry.mention
        span = evidence_span(mention, reading)
        yield Evidence(
            span, mention.assertion, mention.section, _TRUST, _SOURCE, mention.span.start
        )


def _diagnosis(finding: Finding) -> ProposedDiagnosis:
    return ProposedDiagnosis(
        finding.code, EntryCondition.PRESENT, _SOURCE, _TRUST, finding.supporting, _SOURCE
    )


def _procedure(finding: Finding) -> ProposedProcedure:
    return ProposedProcedure(finding.code, None, _TRUST, finding.supporting, _SOURCE)
