"""Propose a front page from what a record says (编码建议): the whole of coding in order.

mentions → coded mentions → findings → selection → combination → entry condition →
principal diagnosis; procedures beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from zhibian.coding.alternatives import with_alternatives
from zhibian.coding.burns import BurnRules, load_burn_rules, told_in_parts
from zhibian.coding.code_mentions import DiagnosisWords, coded_diagnoses
from zhibian.coding.combine import (
    Combination,
    Retyping,
    combine,
    load_combinations,
    load_retypings,
    retype,
)
from zhibian.coding.confidence import ConfidenceRules, calibrated, load_confidence_rules
from zhibian.coding.dictionary import ALIASES, Dictionary, build_dictionary, read_aliases
from zhibian.coding.entry_condition import (
    EntryConditionRules,
    entry_condition,
    load_entry_condition_rules,
)
from zhibian.coding.findings import confidence, gather
from zhibian.coding.linking import build_linker
from zhibian.coding.phrases import linked_diagnoses
from zhibian.coding.principal import PrincipalRules, load_principal_rules, rank
from zhibian.coding.procedure.propose import propose_procedures
from zhibian.coding.procedure.rules import ProcedureRules, load_procedure_rules
from zhibian.coding.select import (
    SelectionRules,
    load_selection_rules,
    one_code_a_disease,
    select,
)
from zhibian.coding.sources import SourceTable, load_sources
from zhibian.coding.types import Finding, Proposal, ProposedDiagnosis
from zhibian.coding.voices import NO_VOICES, Voices
from zhibian.documents.lexicon import ReadingLexicon, load_reading_lexicon
from zhibian.documents.matcher import TermMatcher
from zhibian.documents.reader import find_mentions
from zhibian.documents.types import Reading
from zhibian.records.types import Case
from zhibian.terminology.code_set import CodeSet
from zhibian.terminology.crosswalk import Crosswalk

_MOST_EVIDENCE = 5


@dataclass(frozen=True, slots=True)
class Coder:
    """Everything that coding needs, loaded once (编码器)."""

    diagnoses: CodeSet
    procedures: CodeSet
    lexicon: ReadingLexicon
    diagnosis_words: DiagnosisWords
    procedure_terms: Dictionary
    matcher: TermMatcher
    sources: SourceTable
    selection: SelectionRules
    retypings: tuple[Retyping, ...]
    combinations: tuple[Combination, ...]
    entry_conditions: EntryConditionRules
    principal_rules: PrincipalRules
    procedure_rules: ProcedureRules
    burns: BurnRules
    confidence: ConfidenceRules
    voices: Voices = NO_VOICES


def load_coder(
    rules: Path,
    diagnoses: CodeSet,
    procedures: CodeSet,
    diagnosis_crosswalk: Crosswalk,
    procedure_crosswalk: Crosswalk,
    voices: Voices = NO_VOICES,
) -> Coder:
    """Load dictionaries and rules.

    Parameters
    ----------
    rules
        Folder of the rule data.
    diagnoses, procedures
        Code sets that codes are proposed from.
    diagnosis_crosswalk, procedure_crosswalk
        Clinical editions, whose names are further spellings.
    voices
        Trained models; none by default.

    Raises
    ------
    InputError
        A rule file or lexicon is absent or malformed.
    """
    lexicon = load_reading_lexicon(rules)
    selection = load_selection_rules(rules)
    procedure_rules = load_procedure_rules(rules)
    aliases = rules / ALIASES
    diagnosis_terms = build_dictionary(
        diagnoses, read_aliases(aliases / "diagnosis"), diagnosis_crosswalk, lexicon.stop_terms
    )
    procedure_terms = build_dictionary(
        procedures,
        read_aliases(aliases / "procedure"),
        procedure_crosswalk,
        lexicon.stop_terms,
        droppable="术",
    )
    return Coder(
        diagnoses=diagnoses,
        procedures=procedures,
        lexicon=lexicon,
        diagnosis_words=DiagnosisWords(
            diagnosis_terms,
            build_linker(diagnosis_terms, selection.link_threshold),
            selection,
            lexicon,
        ),
        procedure_terms=procedure_terms,
        matcher=TermMatcher(
            {*diagnosis_terms.terms, *procedure_terms.terms, *procedure_rules.context_terms}
        ),
        sources=load_sources(rules),
        selection=selection,
        retypings=load_retypings(rules),
        combinations=load_combinations(rules),
        entry_conditions=load_entry_condition_rules(rules),
        principal_rules=load_principal_rules(rules),
        procedure_rules=procedure_rules,
        burns=load_burn_rules(rules),
        confidence=load_confidence_rules(rules),
        voices=voices,
    )


def propose(case: Case, reading: Reading, coder: Coder) -> Proposal:
    """Propose principal diagnosis, other diagnoses and procedures for one case.

    Parameters
    ----------
    case
        The case; its filed front page is not looked at.
    reading
        Its documents, read.
    coder
        Dictionaries and rules.
    """
    # One search for both kinds: the longest term wins, so that 休克 is not found in 电休克治疗.
    mentions = find_mentions(reading, coder.matcher, coder.lexicon)
    diagnoses = tuple(coded_diagnoses(mentions, reading, coder.diagnosis_words))
    burns = told_in_parts(diagnoses, reading, coder.burns, coder.lexicon)
    linked = linked_diagnoses(diagnoses, reading, coder.diagnosis_words, coder.voices)
    findings = gather((*diagnoses, *burns, *linked), reading, coder.sources)
    selected = select(findings, reading, coder.sources, coder.selection)
    typed, typing_rules = retype(selected, coder.retypings, coder.diagnoses)
    combined, combination_rules = combine(typed, coder.combinations)
    kept = one_code_a_disease(combined, coder.diagnoses, coder.selection)
    candidates = [_diagnosis(finding, case, reading, coder, findings) for finding in kept.values()]
    ordered, principal_rules = rank(candidates, kept, findings, reading, coder.principal_rules)
    procedures = propose_procedures(
        case,
        reading,
        mentions,
        coder.procedure_terms,
        coder.procedures,
        coder.procedure_rules,
        principal=ordered[0].code if ordered else None,
    )
    chosen = Proposal(
        principal=ordered[0] if ordered else None,
        others=_in_record_order(ordered[1:], kept),
        procedures=procedures.proposed,
        rules=(*typing_rules, *combination_rules, *principal_rules, *procedures.rules),
        findings={**findings, **combined},
        procedure_findings=procedures.findings,
    )
    return with_alternatives(calibrated(chosen, coder.confidence), coder.voices.linker)


def _diagnosis(
    finding: Finding,
    case: Case,
    reading: Reading,
    coder: Coder,
    stated: dict[str, Finding],
) -> ProposedDiagnosis:
    poa, reason = entry_condition(
        finding, reading, case.documents, case.admission, coder.entry_conditions
    )
    term = coder.diagnosis_words.terms.terms.get(finding.term)
    raised_by = "combination" if finding.code not in stated else term.origin if term else "link"
    trust = confidence(finding, coder.sources)
    return ProposedDiagnosis(
        code=finding.code,
        poa=poa,
        poa_reason=reason,
        confidence=trust,
        evidence=finding.supporting[:_MOST_EVIDENCE],
        raised_by=raised_by,
        trust=trust,
    )


def _in_record_order(
    others: Sequence[ProposedDiagnosis], findings: dict[str, Finding]
) -> tuple[ProposedDiagnosis, ...]:
    """Order other diagnoses: the discharge list's own order, then by trust."""

    def key(diagnosis: ProposedDiagnosis) -> tuple[bool, tuple[int, int], float]:
        place = findings[diagnosis.code].listed
        return (place is None, place or (0, 0), -diagnosis.confidence)

    return tuple(sorted(others, key=key))
