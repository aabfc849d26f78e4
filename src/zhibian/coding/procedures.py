"""Propose procedures (手术操作) from what the record says was done in this stay.

mentions → done in this stay → one code a procedure → refine, count, add, omit → order.
The rules are data (rules/coding/procedures.yaml).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from zhibian.coding.dates import date_near
from zhibian.coding.dictionary import Dictionary
from zhibian.coding.findings import CodedMention, evidence_span
from zhibian.coding.procedure_rules import Place, ProcedureRules, Quantity
from zhibian.coding.types import AppliedRule, Evidence, Finding, ProposedProcedure
from zhibian.documents.types import Assertion, DocumentKind, Mention, Reading, SectionKind
from zhibian.records.types import Case
from zhibian.terminology.code_set import CodeSet

_PROPOSE_FROM = 0.6
_MOST_EVIDENCE = 5
_ENDS = "。;\n"
_ELSEWHERE = Place("PLACE-ELSEWHERE", frozenset(), frozenset(), 0.1, needs_verb=True)
# What a verb of these meanings says of a procedure that the sentence otherwise states.
_VERDICTS = {
    "not_done": Assertion.NEGATED,
    "historical": Assertion.HISTORICAL,
    "planned": Assertion.PLANNED,
}


@dataclass(frozen=True, slots=True)
class ProcedureProposal:
    """Proposed procedures, the principal one first, with what was read and applied."""

    proposed: tuple[ProposedProcedure, ...]
    rules: tuple[AppliedRule, ...]
    findings: Mapping[str, Finding]


def propose_procedures(
    case: Case,
    reading: Reading,
    mentions: Iterable[Mention],
    terms: Dictionary,
    code_set: CodeSet,
    rules: ProcedureRules,
) -> ProcedureProposal:
    """Return the procedures that the record says were done.

    Parameters
    ----------
    case, reading
        The case and its documents, read.
    mentions
        Dictionary terms in the documents.
    terms, code_set
        Procedure terms and codes.
    rules
        Rules of procedure coding.
    """
    findings = _gather(mentions, terms, reading, rules)
    applied: list[AppliedRule] = []
    done = {code: f for code, f in findings.items() if _is_done(f)}
    current = _by_approach(done, terms, reading, rules, applied)
    current = _refined(current, reading, rules, applied)
    current = _one_code_a_procedure(current, code_set)
    current = _with_companions(current, reading, rules, applied)
    current = _with_quantities(current, reading, rules, applied)
    current = _without_omitted(current, rules, applied)
    current = {code: f for code, f in current.items() if not _is_routine(code, rules)}
    ordered = sorted(current.values(), key=lambda f: _order(f, current, code_set, rules))
    return ProcedureProposal(
        tuple(_proposed(finding, case, reading, done) for finding in ordered),
        tuple(applied),
        {**findings, **current},
    )


def _gather(
    mentions: Iterable[Mention], terms: Dictionary, reading: Reading, rules: ProcedureRules
) -> dict[str, Finding]:
    groups: dict[str, list[CodedMention]] = defaultdict(list)
    for mention in mentions:
        for code in terms.codes(mention.term):
            if not (
                _is_for_anaesthesia(mention, code, reading, rules)
                or _is_specimen(mention, reading, rules)
            ):
                groups[code].append(CodedMention(mention, code, mention.term))
    return {code: _finding(code, group, reading, rules) for code, group in groups.items()}


def _finding(
    code: str, group: Sequence[CodedMention], reading: Reading, rules: ProcedureRules
) -> Finding:
    evidence = [_evidence(entry.mention, reading, rules) for entry in group]
    supporting = [e for e in evidence if e.assertion is Assertion.PRESENT]
    supporting.sort(key=lambda e: (-e.weight, e.span.document, e.position))
    return Finding(
        code=code,
        term=max((entry.term for entry in group), key=len),
        supporting=tuple(supporting),
        against=tuple(e for e in evidence if e.assertion is not Assertion.PRESENT),
        first=group[0].mention,
    )


def _evidence(mention: Mention, reading: Reading, rules: ProcedureRules) -> Evidence:
    place = _place(mention, reading, rules)
    ahead, behind = _around(mention, reading)
    assertion = mention.assertion
    said_done = False
    if mention.section is not SectionKind.PROCEDURE_NAME:
        said = {
            group.meaning
            for group in rules.verbs
            if _says(
                group.terms, ahead[-group.window :] if group.before else behind[: group.window]
            )
        }
        said_done = "done" in said or _is_own_clause(ahead, behind, rules)
        doubts = [verdict for meaning, verdict in _VERDICTS.items() if meaning in said]
        # "行…术" right before the name outweighs what another clause of the sentence tells, but
        # not a plan or refusal in its own.
        own = ahead[max(ahead.rfind(","), ahead.rfind("，")) + 1 :]
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


def _place(mention: Mention, reading: Reading, rules: ProcedureRules) -> Place:
    kind = reading.kinds[mention.span.document]
    for place in rules.places:
        if mention.section in place.sections and (
            kind in place.documents or mention.section is SectionKind.PROCEDURE_NAME
        ):
            return place
    if kind is DocumentKind.OPERATION:
        return replace(_ELSEWHERE, id="PLACE-OPERATION", trust=0.72)
    return _ELSEWHERE


def _around(mention: Mention, reading: Reading) -> tuple[str, str]:
    """Return what stands before and behind a mention, up to a full stop or semicolon."""
    text = reading.normalised[mention.span.document]
    ahead = text[mention.sentence.start : mention.span.start]
    behind = text[mention.span.end : mention.sentence.end]
    ahead = ahead[max(ahead.rfind(end) for end in _ENDS) + 1 :]
    stops = [place for end in _ENDS if (place := behind.find(end)) >= 0]
    return ahead, behind[: min(stops, default=len(behind))]


def _is_own_clause(ahead: str, behind: str, rules: ProcedureRules) -> bool:
    """Return whether the name stands alone between stops, as entries of a course do.

    ``01-16 床旁经皮气管切开术，置入…`` tells what was done without a verb.
    """
    lead = ahead.rstrip()
    for _ in range(2):
        for word in rules.lead_ins:
            lead = lead.removesuffix(word).rstrip()
    opens = not lead or lead[-1] in rules.clause_marks or lead[-1].isdigit()
    closes = not behind or behind[0] in rules.clause_marks
    return opens and closes


def _says(words: Iterable[str], text: str) -> bool:
    return any(word in text for word in words)


def _says_done_closely(ahead: str, rules: ProcedureRules) -> bool:
    return any(
        ahead.endswith(term)
        for group in rules.verbs
        if group.meaning == "done" and group.before
        for term in group.terms
        if not _plans(ahead[: len(ahead) - len(term)], rules)
    )


def _plans(ahead: str, rules: ProcedureRules) -> bool:
    """Return whether the words right before a verb turn it into a plan (拟 + 行)."""
    return any(
        ahead.endswith(term)
        for group in rules.verbs
        if group.meaning in _VERDICTS and group.before
        for term in group.terms
    )


def _plans_anywhere(clause: str, rules: ProcedureRules) -> bool:
    return any(
        _says(group.terms, clause)
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
    return _says(rules.anaesthesia_words, around) or "麻" in around


def _is_specimen(mention: Mention, reading: Reading, rules: ProcedureRules) -> bool:
    """Tell whether what follows makes the term a specimen or a device: 灌洗 + 液."""
    text = reading.normalised[mention.span.document]
    return text.startswith(rules.specimens, mention.span.end)


def _is_done(finding: Finding) -> bool:
    return bool(finding.supporting) and finding.supporting[0].weight >= _PROPOSE_FROM


def _refined(
    findings: Mapping[str, Finding],
    reading: Reading,
    rules: ProcedureRules,
    applied: list[AppliedRule],
) -> dict[str, Finding]:
    current = dict(findings)
    for rule in rules.refinements:
        for code in rule.origin:
            finding = current.get(code)
            if finding is None or code == rule.target:
                continue
            text = _scope(finding, reading, whole=rule.whole_document)
            if _says(rule.any_of, text) and not _says(rule.none_of, text):
                del current[code]
                current[rule.target] = _joined(rule.target, finding, current.get(rule.target))
                applied.append(AppliedRule(rule.id, rule.explanation, (code, rule.target)))
    return current


def _by_approach(
    findings: Mapping[str, Finding],
    terms: Dictionary,
    reading: Reading,
    rules: ProcedureRules,
    applied: list[AppliedRule],
) -> dict[str, Finding]:
    """Carry the approach of one name over to its companions: 腹腔镜下…＋双侧输卵管切除术."""
    current = dict(findings)
    for code, finding in findings.items():
        best = finding.supporting[0]
        if best.section is not SectionKind.PROCEDURE_NAME:
            continue
        names = _names_of_operation(best.span.document, reading)
        for word in rules.approaches:
            finer = terms.codes(word + finding.term)
            if word in names and finer and finer[0] != code:
                del current[code]
                current[finer[0]] = _joined(finer[0], finding, current.get(finer[0]))
                applied.append(
                    AppliedRule(rules.approach_id, rules.approach_explanation, (code, finer[0]))
                )
                break
    return current


def _names_of_operation(document: int, reading: Reading) -> str:
    text = reading.normalised[document]
    return "".join(
        text[section.span.start : section.span.end]
        for section in reading.sections
        if section.kind is SectionKind.PROCEDURE_NAME and section.span.document == document
    )


def _scope(finding: Finding, reading: Reading, *, whole: bool) -> str:
    span = finding.supporting[0].span
    text = reading.normalised[span.document]
    return text if whole else text[span.start : span.end]


def _joined(code: str, finding: Finding, other: Finding | None) -> Finding:
    supporting = (*finding.supporting, *(other.supporting if other else ()))
    ranked = sorted(set(supporting), key=lambda e: (-e.weight, e.span.document, e.position))
    return replace(finding, code=code, supporting=tuple(ranked))


def _one_code_a_procedure(findings: Mapping[str, Finding], code_set: CodeSet) -> dict[str, Finding]:
    """Keep one code of a subcategory: the most trusted, then the one with the longest words.

    A name whose words lie within another's of the same category is the same procedure said
    shorter.
    """
    ranked = sorted(
        findings.values(),
        key=lambda f: (f.supporting[0].weight, not code_set.is_grey(f.code), len(f.term)),
        reverse=True,
    )
    kept: list[Finding] = []
    for finding in ranked:
        if not any(_same_procedure(better, finding) for better in kept):
            kept.append(finding)
    codes = {finding.code for finding in kept}
    return {code: finding for code, finding in findings.items() if code in codes}


def _same_procedure(better: Finding, finding: Finding) -> bool:
    return better.code[:5] == finding.code[:5] or (
        better.code[:2] == finding.code[:2] and finding.term in better.term
    )


def _with_companions(
    findings: Mapping[str, Finding],
    reading: Reading,
    rules: ProcedureRules,
    applied: list[AppliedRule],
) -> dict[str, Finding]:
    current = dict(findings)
    for rule in rules.companions:
        origin = next((current[code] for code in rule.if_any if code in current), None)
        if origin is None or any(code in current for code in (*rule.unless_any, *rule.then)):
            continue
        text = _scope(origin, reading, whole=True)
        if rule.evidence_any and not _says(rule.evidence_any, text):
            continue
        for code in rule.then:
            if not any(other[:5] == code[:5] for other in current):
                current[code] = replace(origin, code=code)
                applied.append(AppliedRule(rule.id, rule.explanation, (origin.code, code)))
    return current


def _with_quantities(
    findings: Mapping[str, Finding],
    reading: Reading,
    rules: ProcedureRules,
    applied: list[AppliedRule],
) -> dict[str, Finding]:
    current = dict(findings)
    for rule in rules.quantities:
        origin = next((current[code] for code in rule.applies_to if code in current), None)
        if origin is None:
            continue
        number = _counted(rule, origin, reading, rules)
        if number is None:
            continue
        code = next((b.code for b in rule.bands if b.at_least <= number < b.below), None)
        if code is None or code in current:
            continue
        # A duration replaces the code that leaves it open; a count is coded beside it.
        if code in rule.applies_to:
            for vague in rule.applies_to:
                current.pop(vague, None)
        current[code] = replace(origin, code=code)
        applied.append(AppliedRule(rule.id, rule.explanation, (origin.code, code)))
    return current


def _counted(
    rule: Quantity, origin: Finding, reading: Reading, rules: ProcedureRules
) -> float | None:
    """Return the number that a rule asks for, or None when the text does not tell."""
    documents = (
        range(len(reading.normalised))
        if rule.combine == "longest"
        else sorted({evidence.span.document for evidence in origin.supporting})
    )
    numbers: list[float] = []
    named: set[str] = set()
    for document in documents:
        own: list[float] = []
        for sentence in reading.sentences:
            if sentence.span.document != document:
                continue
            text = reading.normalised[document][sentence.span.start : sentence.span.end]
            if not _says(rule.mention_terms, text) or _says(rule.exclude_terms, text):
                continue
            named.update(name for name, words in rule.groups.items() if _says(words, text))
            own.extend(
                factor * _number(match.group("n"), rules.numerals)
                for pattern, factor in rule.patterns
                for match in pattern.finditer(text)
            )
        # The same stents are told again in the discharge record: one document's sum is the sum.
        if own:
            numbers.append(sum(own) if rule.combine == "sum" else max(own))
    if rule.combine == "distinct":
        return float(len(named)) if named else None
    return max(numbers, default=None)


def _number(text: str, numerals: Mapping[str, int]) -> float:
    return float(numerals[text]) if text in numerals else float(text)


def _without_omitted(
    findings: Mapping[str, Finding], rules: ProcedureRules, applied: list[AppliedRule]
) -> dict[str, Finding]:
    current = dict(findings)
    for rule in rules.omissions:
        beside = [
            code
            for code in current
            if not code.startswith(rule.omit) and (not rule.beside or code.startswith(rule.beside))
        ]
        omitted = [code for code in current if code.startswith(rule.omit)]
        if not omitted or (rule.beside and not beside):
            continue
        for code in omitted:
            if not _named_as_operation(current[code]) or rule.beside:
                del current[code]
                applied.append(AppliedRule(rule.id, rule.explanation, (code, *beside[:1])))
    return current


def _named_as_operation(finding: Finding) -> bool:
    return any(e.section is SectionKind.PROCEDURE_NAME for e in finding.supporting)


def _is_routine(code: str, rules: ProcedureRules) -> bool:
    return any(
        code.startswith(rule.prefixes) and not code.startswith(rule.exceptions or ("\0",))
        for rule in rules.not_proposed
    )


def _order(
    finding: Finding, every: Iterable[str], code_set: CodeSet, rules: ProcedureRules
) -> tuple[bool, bool, bool, bool, int, float, int, int]:
    """Order procedures: those that open the list by rule, then by class, trust and place."""
    entry = code_set.get(finding.code)
    category = entry.category if entry else ""
    # A code without published class is a name of the NHSA edition alone: mostly an operation.
    place = rules.class_order.index(category) if category in rules.class_order else 0
    outranked = any(
        finding.code.startswith(over) and any(code.startswith(first) for code in every)
        for first, over in rules.outranks
    )
    best = finding.supporting[0]
    return (
        finding.code not in rules.first_codes,
        finding.code.startswith(rules.never_first),
        code_set.is_grey(finding.code),
        outranked,
        place,
        -best.weight,
        best.span.document,
        best.position,
    )


def _proposed(
    finding: Finding, case: Case, reading: Reading, stated: Mapping[str, Finding]
) -> ProposedProcedure:
    best = finding.supporting[0]
    when = None
    if case.admission is not None and case.admission.admitted is not None:
        when = date_near(
            reading,
            best.span.document,
            best.span.start,
            best.span.end,
            case.documents[best.span.document].time,
            case.admission.admitted.date(),
        )
    extra = 0.03 * min(len(finding.supporting) - 1, 3)
    return ProposedProcedure(
        code=finding.code,
        date=when.isoformat() if when else None,
        confidence=round(min(0.99, best.weight + extra), 3),
        evidence=finding.supporting[:_MOST_EVIDENCE],
        raised_by="name" if finding.code in stated else "rule",
    )
