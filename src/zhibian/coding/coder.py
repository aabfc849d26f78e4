"""Propose a front page from what a record says (编码建议): the whole of coding in order.

mentions → coded mentions → findings → selection → combination → entry condition →
principal diagnosis; procedures beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from zhibian.coding.burns import BurnRules, load_burn_rules, told_in_parts
from zhibian.coding.combine import (
    Combination,
    Retyping,
    combine,
    load_combinations,
    load_retypings,
    retype,
)
from zhibian.coding.dictionary import ALIASES, Dictionary, build_dictionary, read_aliases
from zhibian.coding.entry_condition import (
    EntryConditionRules,
    entry_condition,
    load_entry_condition_rules,
)
from zhibian.coding.findings import CodedMention, confidence, gather
from zhibian.coding.linking import Linker, build_linker
from zhibian.coding.principal import PrincipalRules, load_principal_rules, rank
from zhibian.coding.procedure_rules import ProcedureRules, load_procedure_rules
from zhibian.coding.procedures import propose_procedures
from zhibian.coding.select import (
    SelectionRules,
    load_selection_rules,
    one_code_a_disease,
    select,
)
from zhibian.coding.sources import SourceTable, load_sources
from zhibian.coding.types import Finding, Proposal, ProposedDiagnosis
from zhibian.documents.assertion import assert_mention
from zhibian.documents.lexicon import ReadingLexicon, load_reading_lexicon
from zhibian.documents.matcher import TermMatcher
from zhibian.documents.reader import find_mentions
from zhibian.documents.types import DocumentKind, ListItem, Mention, Reading, SectionKind, Span
from zhibian.records.types import Case
from zhibian.terminology.code_set import CodeSet
from zhibian.terminology.crosswalk import Crosswalk

_DIAGNOSIS_LISTS = frozenset(
    {
        SectionKind.ADMISSION_DIAGNOSIS,
        SectionKind.REVISED_DIAGNOSIS,
        SectionKind.DISCHARGE_DIAGNOSIS,
        SectionKind.POSTOPERATIVE_DIAGNOSIS,
    }
)
_MOST_EVIDENCE = 5


@dataclass(frozen=True, slots=True)
class Coder:
    """Everything that coding needs, loaded once (编码器)."""

    diagnoses: CodeSet
    procedures: CodeSet
    lexicon: ReadingLexicon
    diagnosis_terms: Dictionary
    procedure_terms: Dictionary
    matcher: TermMatcher
    linker: Linker
    sources: SourceTable
    selection: SelectionRules
    retypings: tuple[Retyping, ...]
    combinations: tuple[Combination, ...]
    entry_conditions: EntryConditionRules
    principal_rules: PrincipalRules
    procedure_rules: ProcedureRules
    burns: BurnRules


def load_coder(
    rules: Path,
    diagnoses: CodeSet,
    procedures: CodeSet,
    diagnosis_crosswalk: Crosswalk,
    procedure_crosswalk: Crosswalk,
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

    Raises
    ------
    InputError
        A rule file or lexicon is absent or malformed.
    """
    lexicon = load_reading_lexicon(rules)
    selection = load_selection_rules(rules)
    aliases = rules / ALIASES
    diagnosis_terms = build_dictionary(
        diagnoses, read_aliases(aliases / "diagnosis"), diagnosis_crosswalk, lexicon.stop_terms
    )
    procedure_terms = build_dictionary(
        procedures, read_aliases(aliases / "procedure"), procedure_crosswalk, lexicon.stop_terms
    )
    return Coder(
        diagnoses=diagnoses,
        procedures=procedures,
        lexicon=lexicon,
        diagnosis_terms=diagnosis_terms,
        procedure_terms=procedure_terms,
        matcher=TermMatcher({**diagnosis_terms.terms, **procedure_terms.terms}),
        linker=build_linker(diagnosis_terms, selection.link_threshold),
        sources=load_sources(rules),
        selection=selection,
        retypings=load_retypings(rules),
        combinations=load_combinations(rules),
        entry_conditions=load_entry_condition_rules(rules),
        principal_rules=load_principal_rules(rules),
        procedure_rules=load_procedure_rules(rules),
        burns=load_burn_rules(rules),
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
    diagnoses = tuple(coded_diagnoses(mentions, reading, coder))
    burns = told_in_parts(diagnoses, reading, coder.burns, coder.lexicon)
    findings = gather((*diagnoses, *burns), reading, coder.sources)
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
    )
    return Proposal(
        principal=ordered[0] if ordered else None,
        others=_in_record_order(ordered[1:], kept),
        procedures=procedures.proposed,
        rules=(*typing_rules, *combination_rules, *principal_rules, *procedures.rules),
        findings={**findings, **combined},
        procedure_findings=procedures.findings,
    )


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
    term = coder.diagnosis_terms.terms.get(finding.term)
    raised_by = "combination" if finding.code not in stated else term.origin if term else "link"
    return ProposedDiagnosis(
        code=finding.code,
        poa=poa,
        poa_reason=reason,
        confidence=confidence(finding, coder.sources),
        evidence=finding.supporting[:_MOST_EVIDENCE],
        raised_by=raised_by,
    )


def _in_record_order(
    others: Sequence[ProposedDiagnosis], findings: dict[str, Finding]
) -> tuple[ProposedDiagnosis, ...]:
    """Order other diagnoses: the discharge list's own order, then by trust."""

    def key(diagnosis: ProposedDiagnosis) -> tuple[bool, tuple[int, int], float]:
        place = findings[diagnosis.code].listed
        return (place is None, place or (0, 0), -diagnosis.confidence)

    return tuple(sorted(others, key=key))


def coded_diagnoses(
    mentions: Sequence[Mention], reading: Reading, coder: Coder
) -> Iterator[CodedMention]:
    """Yield every diagnosis mention with its code, list entries linked as a whole."""
    inside: dict[int, list[Mention]] = {}
    for mention in mentions:
        if mention.item is not None and coder.diagnosis_terms.codes(mention.term):
            inside.setdefault(mention.item, []).append(mention)
    replaced: set[int] = set()
    for index, item in enumerate(reading.items):
        if item.section not in _DIAGNOSIS_LISTS:
            continue
        linked = _linked(index, reading, inside.get(index, []), coder)
        if linked is not None:
            replaced.update(
                id(mention)
                for mention in inside.get(index, [])
                if _category(mention, coder) == linked.code[:3]
            )
            yield linked
    operated = any(kind is DocumentKind.OPERATION for kind in reading.kinds) or any(
        code.startswith(coder.selection.after_continued_by)
        for mention in mentions
        for code in coder.diagnosis_terms.codes(mention.term)
    )
    for mention in mentions:
        if not operated and _is_operated_before(mention, reading, coder):
            continue
        if id(mention) in replaced or _is_status_beside_disease(mention, inside, coder):
            continue
        for code in coder.diagnosis_terms.codes(mention.term):
            yield CodedMention(mention, code, mention.term)


def _is_operated_before(mention: Mention, reading: Reading, coder: Coder) -> bool:
    """Tell whether "X术后" speaks of a disease that was operated on before this stay."""
    rules = coder.selection
    if _category(mention, coder).startswith(rules.after_keeps):
        return False
    return reading.normalised[mention.span.document].startswith(rules.after_words, mention.span.end)


def _is_status_beside_disease(
    mention: Mention, inside: dict[int, list[Mention]], coder: Coder
) -> bool:
    """Tell whether a state after an operation stands in an entry that names a disease too.

    "脾破裂 脾切除术后" speaks of the operation of this stay, "人工晶体眼" alone of an earlier one.
    """
    status = coder.selection.status
    if mention.item is None or not _category(mention, coder).startswith(status):
        return False
    return any(not _category(other, coder).startswith(status) for other in inside[mention.item])


def _category(mention: Mention, coder: Coder) -> str:
    codes = coder.diagnosis_terms.codes(mention.term)
    return codes[0][:3] if codes else ""


def _linked(
    index: int, reading: Reading, mentions: Sequence[Mention], coder: Coder
) -> CodedMention | None:
    """Return the code of a whole list entry where that says more than the terms in it."""
    item = reading.items[index]
    entry = _entry(item, reading)
    longest = max((len(mention.term) for mention in mentions), default=0)
    if longest >= coder.selection.covered_share * len(entry):
        return None
    link = coder.linker.link(entry)
    if link is None or len(link.term.spelling) <= longest:
        return None
    found = {_category(mention, coder) for mention in mentions}
    if found - {link.term.codes[0][:3]}:
        return None
    return CodedMention(
        _entry_mention(index, reading, link.term.spelling, coder.lexicon),
        link.term.codes[0],
        link.term.spelling,
    )


def _entry_mention(index: int, reading: Reading, term: str, lexicon: ReadingLexicon) -> Mention:
    """Return a mention that spans a whole list entry."""
    item = reading.items[index]
    text = reading.normalised[item.span.document]
    # A closing question mark is a cue behind the mention, not a part of it.
    start, end = item.span.start, item.span.start + len(_entry(item, reading).rstrip("?。; "))
    assertion, cue = assert_mention(
        text, (start, end), item.section, lexicon.cues, bounds=(start, item.span.end)
    )
    span = Span(item.span.document, start, end)
    return Mention(span, term, item.section, item.span, assertion, cue, index)


def _entry(item: ListItem, reading: Reading) -> str:
    return reading.normalised[item.span.document][item.span.start : item.span.end]
