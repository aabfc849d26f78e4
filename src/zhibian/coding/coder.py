"""Propose a front page from what a record says (编码建议): the whole of coding in order.

mentions → coded mentions → findings → selection → combination → entry condition →
principal diagnosis; procedures beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
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
from zhibian.coding.dictionary import (
    ALIASES,
    Dictionary,
    build_dictionary,
    load_endings,
    read_aliases,
)
from zhibian.coding.entry_condition import (
    EntryConditionRules,
    entry_condition,
    load_entry_condition_rules,
)
from zhibian.coding.findings import confidence, gather
from zhibian.coding.implied import ImpliedRule, implied_diagnoses, load_implied_rules
from zhibian.coding.in_context import Senses, in_context, load_senses
from zhibian.coding.linking import build_linker
from zhibian.coding.phrases import linked_diagnoses, linked_procedures
from zhibian.coding.plausible import Implausible, load_implausible, plausible
from zhibian.coding.principal import PrincipalRules, decide, load_principal_rules
from zhibian.coding.procedure.order import ordered_for
from zhibian.coding.procedure.propose import (
    ProcedureProposal,
    named_procedures,
    propose_procedures,
)
from zhibian.coding.procedure.rules import ProcedureRules, load_procedure_rules
from zhibian.coding.second_opinion import OpinionRules, load_opinion_rules, with_opinion
from zhibian.coding.select import (
    SelectionRules,
    load_selection_rules,
    one_code_a_disease,
    select,
)
from zhibian.coding.sources import SourceTable, load_sources
from zhibian.coding.statements import with_discharge_statements
from zhibian.coding.types import AppliedRule, Finding, Proposal, ProposedDiagnosis
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
class CodingKnowledge:
    """Everything that coding needs, loaded once (编码器); trained models are added afterwards."""

    diagnoses: CodeSet
    procedures: CodeSet
    lexicon: ReadingLexicon
    diagnosis_words: DiagnosisWords
    senses: Senses
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
    implied: tuple[ImpliedRule, ...]
    implausible: tuple[Implausible, ...]
    confidence: ConfidenceRules
    opinion: OpinionRules
    voices: Voices = NO_VOICES


def load_knowledge(
    rules: Path,
    diagnoses: CodeSet,
    procedures: CodeSet,
    diagnosis_crosswalk: Crosswalk,
    procedure_crosswalk: Crosswalk,
) -> CodingKnowledge:
    """Load dictionaries and rules.

    Parameters
    ----------
    rules
        Folder of the rule data.
    diagnoses, procedures
        Code sets that codes are proposed from.
    diagnosis_crosswalk, procedure_crosswalk
        Clinical editions, whose names are further spellings.

    Raises
    ------
    InputError
        A rule file or lexicon is absent or malformed.
    """
    lexicon = load_reading_lexicon(rules)
    selection = load_selection_rules(rules)
    procedure_rules = load_procedure_rules(rules)
    aliases = rules / ALIASES
    senses = load_senses(rules)
    diagnosis_terms = build_dictionary(
        diagnoses,
        read_aliases(aliases / "diagnosis"),
        diagnosis_crosswalk,
        lexicon.stop_terms,
        endings=load_endings(rules),
    )
    procedure_terms = build_dictionary(
        procedures,
        read_aliases(aliases / "procedure"),
        procedure_crosswalk,
        lexicon.stop_terms,
        droppable="术",
    )
    return CodingKnowledge(
        diagnoses=diagnoses,
        procedures=procedures,
        lexicon=lexicon,
        diagnosis_words=DiagnosisWords(
            diagnosis_terms,
            build_linker(diagnosis_terms, selection.link_threshold),
            selection,
            lexicon,
        ),
        senses=senses,
        procedure_terms=procedure_terms,
        matcher=TermMatcher(
            {
                *diagnosis_terms.terms,
                *procedure_terms.terms,
                *procedure_rules.context_terms,
                *senses,
            }
        ),
        sources=load_sources(rules),
        selection=selection,
        retypings=load_retypings(rules),
        combinations=load_combinations(rules),
        entry_conditions=load_entry_condition_rules(rules),
        principal_rules=load_principal_rules(rules),
        procedure_rules=procedure_rules,
        burns=load_burn_rules(rules),
        implied=load_implied_rules(rules),
        implausible=load_implausible(rules),
        confidence=load_confidence_rules(rules),
        opinion=load_opinion_rules(rules),
    )


@dataclass(frozen=True, slots=True)
class Draft:
    """A proposal before the principal diagnosis is chosen (选择主要诊断前的草案).

    Attributes
    ----------
    candidates
        Diagnoses that would be proposed.
    kept, combined, stated
        Findings behind them; findings after combination; every finding of the record.
    reading
        The record, an unheaded discharge list made a list.
    procedures
        Proposed procedures and their rules.
    rules
        Typing and combination rules that applied.
    """

    candidates: tuple[ProposedDiagnosis, ...]
    kept: dict[str, Finding]
    combined: dict[str, Finding]
    stated: dict[str, Finding]
    reading: Reading
    procedures: ProcedureProposal
    rules: tuple[AppliedRule, ...]


def draft(case: Case, reading: Reading, knowledge: CodingKnowledge) -> Draft:
    """Return everything but the choice of the principal diagnosis; as :func:`propose`."""
    # One search for both kinds: the longest term wins, so that 休克 is not found in 电休克治疗.
    found = find_mentions(reading, knowledge.matcher, knowledge.lexicon)
    reading, mentions = with_discharge_statements(
        reading, found, knowledge.diagnosis_words.terms, knowledge.selection
    )
    named, terms = in_context(
        mentions,
        reading,
        None if case.admission is None else case.admission.department,
        knowledge.diagnosis_words.terms,
        knowledge.senses,
        knowledge.sources.clause_lead_ins,
    )
    knowledge = replace(knowledge, diagnosis_words=replace(knowledge.diagnosis_words, terms=terms))
    diagnoses = tuple(coded_diagnoses(named, reading, knowledge.diagnosis_words))
    burns = told_in_parts(diagnoses, reading, knowledge.burns, knowledge.lexicon)
    tagged = () if knowledge.voices.tagger is None else knowledge.voices.tagger.tag(reading)
    words, linker = knowledge.diagnosis_words, knowledge.voices.linker
    linked = linked_diagnoses(diagnoses, reading, words, tagged, linker)
    operations = named_procedures(mentions, knowledge.procedure_terms)
    implied = implied_diagnoses(
        (*diagnoses, *linked), reading, knowledge.implied, knowledge.lexicon
    )
    told = plausible((*diagnoses, *burns, *linked, *implied), case.admission, knowledge.implausible)
    findings = gather(told, reading, knowledge.sources)
    selected = select(findings, reading, knowledge.sources, knowledge.selection)
    typed, typing_rules = retype(selected, knowledge.retypings, knowledge.diagnoses)
    combined, combination_rules = combine(typed, knowledge.combinations)
    kept = one_code_a_disease(combined, knowledge.diagnoses, knowledge.selection)
    return Draft(
        tuple(_diagnosis(finding, case, reading, knowledge, findings) for finding in kept.values()),
        kept,
        combined,
        findings,
        reading,
        propose_procedures(
            case,
            reading,
            mentions,
            knowledge.procedure_terms,
            knowledge.procedures,
            knowledge.procedure_rules,
            linked_procedures(operations, reading, words, tagged, linker),
        ),
        (*typing_rules, *combination_rules),
    )


def propose(case: Case, reading: Reading, knowledge: CodingKnowledge) -> Proposal:
    """Propose principal diagnosis, other diagnoses and procedures for one case.

    Parameters
    ----------
    case
        The case; its filed front page is not looked at.
    reading
        Its documents, read.
    knowledge
        Dictionaries and rules.
    """
    drafted = draft(case, reading, knowledge)
    decision = decide(*principal_input(drafted, knowledge), knowledge.principal_rules)
    chosen = Proposal(
        principal=decision.ordered[0] if decision.ordered else None,
        others=_in_record_order(decision.ordered[1:], drafted.kept),
        procedures=ordered_for(
            drafted.procedures.proposed,
            decision.ordered[0].code if decision.ordered else None,
            knowledge.procedures,
            knowledge.procedure_rules,
        ),
        rules=(*drafted.rules, *decision.trace, *drafted.procedures.rules),
        findings={**drafted.stated, **drafted.combined},
        procedure_findings=drafted.procedures.findings,
    )
    sure = with_alternatives(calibrated(chosen, knowledge.confidence), knowledge.voices.linker)
    classifier = knowledge.voices.classifier
    if classifier is None:
        return sure
    return with_opinion(sure, classifier.classify(reading), reading, knowledge.opinion)


def principal_input(
    drafted: Draft, knowledge: CodingKnowledge
) -> tuple[
    tuple[ProposedDiagnosis, ...],
    dict[str, Finding],
    dict[str, Finding],
    Reading,
    tuple[str, ...],
    frozenset[str],
]:
    """Return what the choice of the principal diagnosis looks at, but for its rules."""
    return (
        drafted.candidates,
        drafted.kept,
        drafted.stated,
        drafted.reading,
        tuple(entry.code for entry in drafted.procedures.proposed),
        frozenset(code for code in drafted.kept if knowledge.diagnoses.is_grey(code)),
    )


def _diagnosis(
    finding: Finding,
    case: Case,
    reading: Reading,
    knowledge: CodingKnowledge,
    stated: dict[str, Finding],
) -> ProposedDiagnosis:
    poa, reason = entry_condition(
        finding, stated, reading, case.documents, case.admission, knowledge.entry_conditions
    )
    term = knowledge.diagnosis_words.terms.term(finding.term)
    raised_by = "combination" if finding.code not in stated else term.origin if term else "link"
    trust = confidence(finding, knowledge.sources)
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
