"""What a record classifier adds to a proposal (全文分类器的旁证): confidence, and codes to look at.

It never puts a code on the page and never takes one away. A proposed code that it finds
likely gains confidence; one that it finds likely and the page lacks is shown among the
doubtful ones, with the words that spoke for it, unless the record denies it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from zhibian.coding.rulefile import read_rule_file
from zhibian.coding.types import Alternative, Evidence, Proposal, ProposedDiagnosis
from zhibian.coding.voices import RecordCode
from zhibian.documents.types import Assertion, Reading, SectionKind, Span
from zhibian.records.types import EntryCondition

TABLE = Path("coding") / "record_classifier.yaml"
SOURCE = "classifier"
_MOST_EVIDENCE = 5


@dataclass(frozen=True, slots=True)
class OpinionRules:
    """How much a classifier's word counts (旁证分量).

    Attributes
    ----------
    share
        Share of what a confidence lacks to one, that a certain classifier gives.
    least_chance
        Probability from which a code that is not proposed is shown.
    most
        Most such codes.
    """

    share: float
    least_chance: float
    most: int


def load_opinion_rules(rules: Path) -> OpinionRules:
    """Read the rules; InputError when they are absent or malformed."""
    return read_rule_file(rules, TABLE, _parse)


def _parse(raw: Mapping[str, Any]) -> OpinionRules:
    return OpinionRules(float(raw["share"]), float(raw["least_chance"]), int(raw["most"]))


def with_opinion(
    proposal: Proposal, codes: Sequence[RecordCode], reading: Reading, rules: OpinionRules
) -> Proposal:
    """Return a proposal with what a classifier says of it.

    Parameters
    ----------
    proposal
        What was proposed, calibrated.
    codes
        Codes of the classifier.
    reading
        The record, for the sections of spans.
    rules
        How much the classifier counts.
    """
    by_code = {code.code: code for code in codes}
    principal = proposal.principal
    proposed = {d.code for d in (principal, *proposal.others) if d is not None}
    doubted = {d.code for d in proposal.doubtful_diagnoses}

    def surer(entry: ProposedDiagnosis, chance: float) -> ProposedDiagnosis:
        gained = entry.confidence + rules.share * chance * (1 - entry.confidence)
        return replace(entry, confidence=round(gained, 3))

    def other(entry: ProposedDiagnosis) -> ProposedDiagnosis:
        found = by_code.get(entry.code)
        return entry if found is None else surer(entry, found.as_other)

    if principal is not None:
        found = by_code.get(principal.code)
        if found is not None:
            principal = surer(principal, found.as_principal)
        principal = replace(
            principal, alternatives=(*principal.alternatives, *_rivals(principal, codes, rules))
        )
    shown = [
        code
        for code in codes
        if code.as_other >= rules.least_chance
        and code.code not in proposed | doubted
        and not _denied(code.code, proposal)
    ]
    return replace(
        proposal,
        principal=principal,
        others=tuple(map(other, proposal.others)),
        doubtful_diagnoses=(
            *proposal.doubtful_diagnoses,
            *(_to_look_at(code, proposal, reading) for code in shown[: rules.most]),
        ),
    )


def _rivals(
    principal: ProposedDiagnosis, codes: Sequence[RecordCode], rules: OpinionRules
) -> Iterator[Alternative]:
    known = {principal.code, *(a.code for a in principal.alternatives)}
    for code in codes:
        if code.as_principal >= rules.least_chance and code.code not in known:
            yield Alternative(code.code, code.as_principal, SOURCE)


def _denied(code: str, proposal: Proposal) -> bool:
    """Tell whether the record speaks of a code only to deny it."""
    finding = proposal.findings.get(code)
    return finding is not None and not finding.supporting


def _to_look_at(code: RecordCode, proposal: Proposal, reading: Reading) -> ProposedDiagnosis:
    finding = proposal.findings.get(code.code)
    evidence = (
        finding.supporting[:_MOST_EVIDENCE] if finding is not None else (_attended(code, reading),)
    )
    return ProposedDiagnosis(
        code=code.code,
        poa=EntryCondition.UNKNOWN,
        poa_reason=SOURCE,
        confidence=round(code.as_other, 3),
        evidence=evidence,
        raised_by=SOURCE,
    )


def _attended(code: RecordCode, reading: Reading) -> Evidence:
    return Evidence(
        span=code.span,
        assertion=Assertion.POSSIBLE,
        section=_section(code.span, reading),
        weight=0.0,
        source=SOURCE,
        position=code.span.start,
    )


def _section(span: Span, reading: Reading) -> SectionKind:
    for section in reading.sections:
        inside = section.span
        if inside.document == span.document and inside.start <= span.start < inside.end:
            return section.kind
    return SectionKind.OTHER
