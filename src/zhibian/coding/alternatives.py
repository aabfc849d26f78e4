"""Ranked alternatives for each proposed code (备选编码): what else its words may mean.

Two sources: codes of the same category that the record speaks of and that lost the choice, and
codes that the trained linker ranks for the same words. For the principal diagnosis the next
candidates of the choice come first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from zhibian.coding.types import (
    Alternative,
    Finding,
    Proposal,
    ProposedDiagnosis,
    ProposedProcedure,
)
from zhibian.coding.voices import Kind, PhraseLinker

MOST = 5
_DIAGNOSIS_FAMILY, _PROCEDURE_FAMILY = 3, 4


def with_alternatives(proposal: Proposal, linker: PhraseLinker | None) -> Proposal:
    """Return a proposal whose codes carry their alternatives.

    Parameters
    ----------
    proposal
        What was chosen, and every finding of the record.
    linker
        Ranks codes for the words of a finding; None leaves the losing findings alone.
    """
    diagnoses = [d for d in (proposal.principal, *proposal.others) if d is not None]
    of_words = _ranked(diagnoses, proposal.findings, "diagnosis", linker)
    of_names = _ranked(proposal.procedures, proposal.procedure_findings, "procedure", linker)
    rivals = [Alternative(d.code, d.trust, "rank") for d in proposal.others]
    principal = proposal.principal

    def diagnosis(entry: ProposedDiagnosis, first: Iterable[Alternative]) -> ProposedDiagnosis:
        losing = _losing(entry.code, proposal.findings, _DIAGNOSIS_FAMILY)
        found = _best(entry.code, (*first, *losing, *of_words.get(entry.code, ())))
        return replace(entry, alternatives=found)

    def procedure(entry: ProposedProcedure) -> ProposedProcedure:
        losing = _losing(entry.code, proposal.procedure_findings, _PROCEDURE_FAMILY)
        found = _best(entry.code, (*losing, *of_names.get(entry.code, ())))
        return replace(entry, alternatives=found)

    return replace(
        proposal,
        principal=None if principal is None else diagnosis(principal, rivals[:2]),
        others=tuple(diagnosis(entry, ()) for entry in proposal.others),
        procedures=tuple(map(procedure, proposal.procedures)),
    )


def _losing(code: str, findings: Mapping[str, Finding], family: int) -> Iterator[Alternative]:
    """Yield codes of the same family that the record states too."""
    for other, finding in findings.items():
        if other[:family] == code[:family] and other != code and finding.supporting:
            yield Alternative(other, finding.supporting[0].weight, "record")


def _ranked(
    entries: Sequence[ProposedDiagnosis] | Sequence[ProposedProcedure],
    findings: Mapping[str, Finding],
    kind: Kind,
    linker: PhraseLinker | None,
) -> dict[str, list[Alternative]]:
    """Return what the linker ranks for the words of each entry, asked at once."""
    if linker is None:
        return {}
    words = {e.code: findings[e.code].term for e in entries if e.code in findings}
    asked = list(dict.fromkeys(words.values()))
    answers = dict(zip(asked, linker.link(asked, kind) if asked else (), strict=True))
    return {
        code: [Alternative(found.code, found.score, "linker") for found in answers[term]]
        for code, term in words.items()
    }


def _best(code: str, found: Iterable[Alternative]) -> tuple[Alternative, ...]:
    """Return each other code once, in the order found."""
    kept: dict[str, Alternative] = {}
    for alternative in found:
        if alternative.code != code:
            kept.setdefault(alternative.code, alternative)
    return tuple(kept.values())[:MOST]
