"""Gather what the record says of each procedure (手术操作线索): where, whether done, how sure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from zhibian.coding.dictionary import Dictionary
from zhibian.coding.findings import CodedMention, evidence_span
from zhibian.coding.procedure.narrative import ToldProcedure
from zhibian.coding.procedure.rules import ContextTerm, Place, ProcedureRules, VerbGroup
from zhibian.coding.types import Evidence, Finding
from zhibian.documents.types import Assertion, DocumentKind, Mention, Reading, SectionKind

_ENDS = "。;\n"
_ELSEWHERE = Place("PLACE-ELSEWHERE", frozenset(), frozenset(), 0.1, needs_verb=True)
# Nursing notes and orders prove care that they themselves carry out (ventilation, phototherapy).
_CARE = frozenset({DocumentKind.NURSING, DocumentKind.ORDERS})
_PROVED_BY_CARE = 0.62
# What a verb of these meanings says of a procedure that the sentence otherwise states.
_VERDICTS = {
    "not_done": Assertion.NEGATED,
    "historical": Assertion.HISTORICAL,
    "planned": Assertion.PLANNED,
}


def gather_procedures(
    mentions: Iterable[Mention],
    linked: Iterable[CodedMention],
    told: Iterable[ToldProcedure],
    terms: Dictionary,
    reading: Reading,
    rules: ProcedureRules,
) -> dict[str, Finding]:
    """Group mentions of procedures by code.

    Parameters
    ----------
    mentions
        Dictionary terms in the documents.
    linked
        Phrases that no dictionary has, with their codes.
    told
        What the documents tell without a name.
    terms
        Procedure terms.
    reading
        The record.
    rules
        Places, verbs and context terms.

    Returns
    -------
    dict of str to Finding
        By code; evidence sorted, best first. What was planned, refused or done before this
        stay stands under ``against``.
    """
    named: dict[str, list[CodedMention]] = defaultdict(list)
    for mention in mentions:
        for code in terms.codes(mention.term) or _codes_by_context(mention, reading, rules):
            if not (
                _is_for_anaesthesia(mention, code, reading, rules)
                or _is_no_procedure(mention, reading, rules)
            ):
                named[code].append(CodedMention(mention, code, mention.term))
    for phrase in linked:
        named[phrase.code].append(phrase)
    narrated: dict[str, list[ToldProcedure]] = defaultdict(list)
    titles = _titles(named)
    for entry in told:
        if not _is_for_anaesthesia(entry.mention, entry.code, reading, rules) and not _is_titled(
            entry, titles
        ):
            narrated[entry.code].append(entry)
    return {
        code: _finding(code, named.get(code, ()), narrated.get(code, ()), reading, rules)
        for code in (*named, *(code for code in narrated if code not in named))
    }


def _titles(named: Mapping[str, Iterable[CodedMention]]) -> dict[int, set[str]]:
    """Return the subcategories that the titles of each operation record name."""
    titles: dict[int, set[str]] = defaultdict(set)
    for code, group in named.items():
        for entry in group:
            if entry.mention.section is SectionKind.PROCEDURE_NAME:
                titles[entry.mention.span.document].add(code[:4])
    return titles


def _is_titled(entry: ToldProcedure, titles: Mapping[int, set[str]]) -> bool:
    """Return whether the title of the record names what its course then tells."""
    return entry.code[:4] in titles.get(entry.mention.span.document, ())


def _codes_by_context(mention: Mention, reading: Reading, rules: ProcedureRules) -> tuple[str, ...]:
    """Return the code that an elliptical name (支架植入术, PCI, ESD) takes from its context."""
    rule = rules.context_terms.get(mention.term)
    if rule is None:
        return ()
    text = _context(rule, mention, reading)
    return next(((code,) for words, code in rule.choices if says(words, text)), ())


def _context(rule: ContextTerm, mention: Mention, reading: Reading) -> str:
    text = reading.normalised[mention.span.document]
    return text if rule.whole_document else text[mention.sentence.start : mention.sentence.end]


def _finding(
    code: str,
    named: Sequence[CodedMention],
    narrated: Sequence[ToldProcedure],
    reading: Reading,
    rules: ProcedureRules,
) -> Finding:
    evidence = [_evidence(entry.mention, reading, rules) for entry in named]
    evidence.extend(_told_evidence(entry, reading, rules) for entry in narrated)
    supporting = [e for e in evidence if e.assertion is Assertion.PRESENT]
    supporting.sort(key=lambda e: (-e.weight, e.span.document, e.position))
    return Finding(
        code=code,
        term=max((entry.term for entry in named), key=len, default=""),
        supporting=tuple(supporting),
        against=tuple(e for e in evidence if e.assertion is not Assertion.PRESENT),
        first=named[0].mention if named else narrated[0].mention,
    )


def _evidence(mention: Mention, reading: Reading, rules: ProcedureRules) -> Evidence:
    place = _place(mention, reading, rules)
    ahead, behind = _around(mention, reading, rules)
    assertion = mention.assertion
    said_done = False
    if mention.section is not SectionKind.PROCEDURE_NAME:
        own = ahead[max(ahead.rfind(","), ahead.rfind("，")) + 1 :]
        said = {g.meaning for g in rules.verbs if says(g.terms, _heard(g, ahead, own, behind))}
        said_done = (
            "done" in said
            or mention.term.startswith(rules.done_verbs)
            or _is_own_clause(ahead, behind, rules)
        )
        doubts = [verdict for meaning, verdict in _VERDICTS.items() if meaning in said]
        # "行…术" right before the name outweighs what another clause of the sentence tells, but
        # not a plan or refusal in its own.
        close = _says_done_closely(ahead, rules) and not _plans_anywhere(own, rules)
        if assertion is Assertion.PRESENT and doubts and not close:
            assertion = doubts[0]
    # An abbreviation among laboratory values (NIV, HD) is no statement that it was done.
    needs_verb = place.needs_verb or (
        mention.term.isascii() and mention.section is not SectionKind.PROCEDURE_NAME
    )
    trust = place.trust if said_done or not needs_verb else min(place.trust, 0.5)
    return Evidence(
        evidence_span(mention, reading),
        assertion,
        mention.section,
        min(trust, 0.97),
        place.id,
        mention.span.start,
    )


def _told_evidence(entry: ToldProcedure, reading: Reading, rules: ProcedureRules) -> Evidence:
    mention = entry.mention
    place = _place(mention, reading, rules)
    trust = place.trust
    kind = reading.kinds[mention.span.document]
    if entry.nursing and (
        kind in _CARE
        or (kind is DocumentKind.FIRST_PROGRESS and mention.section is SectionKind.CASE_FEATURES)
    ):
        trust = max(trust, _PROVED_BY_CARE)
    return Evidence(
        evidence_span(mention, reading),
        mention.assertion,
        mention.section,
        min(trust, 0.97),
        entry.rule,
        mention.span.start,
    )


def _heard(group: VerbGroup, ahead: str, own: str, behind: str) -> str:
    """Return the text in which the verbs of a group count."""
    if not group.before:
        return behind[: group.window]
    # 无头盆不称，人工破膜: what another clause denies is not the procedure.
    clause = own if group.meaning == "not_done" else ahead
    return clause[-group.window :]


def _place(mention: Mention, reading: Reading, rules: ProcedureRules) -> Place:
    kind = reading.kinds[mention.span.document]
    for place in rules.places:
        if mention.section in place.sections and (
            kind in place.documents or mention.section is SectionKind.PROCEDURE_NAME
        ):
            return place
    ahead, _ = _around(mention, reading, rules)
    if says(rules.done_before_admission.get(mention.section, ()), ahead):
        return replace(_ELSEWHERE, id="PLACE-EMERGENCY", trust=0.65)
    if kind is DocumentKind.OPERATION:
        return replace(_ELSEWHERE, id="PLACE-OPERATION", trust=0.72)
    return _ELSEWHERE


def _around(mention: Mention, reading: Reading, rules: ProcedureRules) -> tuple[str, str]:
    """Return what stands before and behind a mention, up to a full stop or semicolon."""
    text = reading.normalised[mention.span.document]
    ahead = rules.narrative.assurances.sub("", text[mention.sentence.start : mention.span.start])
    behind = text[mention.span.end : mention.sentence.end]
    ahead = ahead[max(ahead.rfind(end) for end in _ENDS) + 1 :]
    stops = [place for end in _ENDS if (place := behind.find(end)) >= 0]
    return ahead, behind[: min(stops, default=len(behind))]


def _is_own_clause(ahead: str, behind: str, rules: ProcedureRules) -> bool:
    """Return whether the name stands alone between stops, as entries of a course do.

    ``01-16 床旁经皮气管切开术，置入…`` tells what was done without a verb, and so does a name
    with its quantity: ``血液灌流2h``.
    """
    lead = ahead.rstrip()
    for _ in range(2):
        for word in rules.lead_ins:
            lead = lead.removesuffix(word).rstrip()
    opens = not lead or lead[-1] in rules.clause_marks or lead[-1].isdigit()
    closes = not behind or behind[0] in rules.clause_marks or behind[0].isdigit()
    return opens and closes


def says(words: Iterable[str], text: str) -> bool:
    """Return whether any of the words stands in a text."""
    return any(word in text for word in words)


def _says_done_closely(ahead: str, rules: ProcedureRules) -> bool:
    if _plans(ahead, rules):
        return False
    return any(
        ahead.endswith(term) and not _plans(ahead[: len(ahead) - len(term)], rules)
        for group in rules.verbs
        if group.meaning == "done" and group.before
        for term in group.terms
    )


def _plans(ahead: str, rules: ProcedureRules) -> bool:
    """Return whether the words right before a verb turn it into a plan (拟 + 行)."""
    return any(
        ahead.endswith(group.terms)
        for group in rules.verbs
        if group.meaning in _VERDICTS and group.before
    )


def _plans_anywhere(clause: str, rules: ProcedureRules) -> bool:
    return any(
        says(group.terms, clause)
        for group in rules.verbs
        if group.before and group.meaning in {"planned", "not_done"}
    )


def _is_for_anaesthesia(
    mention: Mention, code: str, reading: Reading, rules: ProcedureRules
) -> bool:
    if not code.startswith(rules.anaesthesia_codes):
        return False
    text = reading.normalised[mention.span.document]
    around = text[max(0, mention.span.start - 12) : mention.span.end + 12]
    return says(rules.anaesthesia_words, around)


def _is_no_procedure(mention: Mention, reading: Reading, rules: ProcedureRules) -> bool:
    """Tell whether its neighbours make the term no procedure: 灌洗 + 液, CT + 肺动脉造影."""
    text = reading.normalised[mention.span.document]
    if _is_part_of_word(mention, text, rules):
        return True
    return text.startswith(rules.specimens, mention.span.end) or (
        "造影" in mention.term and text.endswith(rules.imaging_before, 0, mention.span.start)
    )


def _is_part_of_word(mention: Mention, text: str, rules: ProcedureRules) -> bool:
    """Tell whether the term is a piece of another word: 肠镜 of 十二指肠镜, 血透 of 渗血透湿."""
    for word in rules.within_words:
        place = word.find(mention.term)
        if place >= 0 and text.startswith(word, mention.span.start - place):
            return True
    return False
