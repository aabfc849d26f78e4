"""Propose procedures (手术操作) from operation records, progress notes and orders.

A procedure is proposed where the record says that it was done in this stay.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from zhibian.coding.dictionary import Dictionary
from zhibian.coding.findings import CodedMention, confidence, gather
from zhibian.coding.sources import SourceTable, load_sources
from zhibian.coding.types import AppliedRule, Finding, ProposedProcedure
from zhibian.documents.types import Mention, Reading
from zhibian.records.types import Case
from zhibian.terminology.code_set import CodeSet

SOURCES = Path("coding") / "procedure_sources.yaml"


@dataclass(frozen=True, slots=True)
class ProcedureRules:
    """Trust in places for procedures, and the rules of procedure coding."""

    sources: SourceTable


@dataclass(frozen=True, slots=True)
class ProcedureProposal:
    """Proposed procedures, the principal one first, with what was read and applied."""

    proposed: tuple[ProposedProcedure, ...]
    rules: tuple[AppliedRule, ...]
    findings: Mapping[str, Finding]


def load_procedure_rules(rules: Path) -> ProcedureRules:
    """Read the procedure rules; InputError when they are absent or malformed."""
    return ProcedureRules(load_sources(rules, SOURCES))


def propose_procedures(
    case: Case,
    reading: Reading,
    mentions: Iterable[Mention],
    terms: Dictionary,
    code_set: CodeSet,
    rules: ProcedureRules,
) -> ProcedureProposal:
    """Return the procedures that the record says were done."""
    coded = [
        CodedMention(mention, code, mention.term)
        for mention in mentions
        for code in terms.codes(mention.term)
    ]
    findings = gather(coded, reading, rules.sources)
    kept = [
        finding
        for finding in findings.values()
        if finding.supporting and confidence(finding, rules.sources) >= rules.sources.propose_from
    ]
    proposed = tuple(
        ProposedProcedure(
            code=finding.code,
            date=None,
            confidence=confidence(finding, rules.sources),
            evidence=finding.supporting[:5],
            raised_by="name",
        )
        for finding in kept
    )
    return ProcedureProposal(proposed, (), findings)
