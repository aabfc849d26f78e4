"""Propose procedures (手术操作) from what the record says was done in this stay.

mentions → done in this stay → one code a procedure → refine, count, add, omit → order.
The rules are data (rules/coding/procedure).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from zhibian.coding.dates import date_near
from zhibian.coding.dictionary import Dictionary
from zhibian.coding.findings import CodedMention
from zhibian.coding.procedure.gather import gather_procedures, says
from zhibian.coding.procedure.narrative import told_procedures
from zhibian.coding.procedure.order import order_of
from zhibian.coding.procedure.quantities import with_quantities
from zhibian.coding.procedure.rules import ProcedureRules
from zhibian.coding.types import AppliedRule, Evidence, Finding, ProposedProcedure
from zhibian.documents.types import DocumentKind, Mention, Reading, SectionKind
from zhibian.records.types import Case
from zhibian.terminology.code_set import CodeSet

_PROPOSE_FROM = 0.6
_MOST_EVIDENCE = 5


@dataclass(frozen=True, slots=True)
class ProcedureProposal:
    """Proposed procedures, the principal one first, with what was read and applied."""

    proposed: tuple[ProposedProcedure, ...]
    rules: tuple[AppliedRule, ...]
    findings: Mapping[str, Finding]


def named_procedures(mentions: Iterable[Mention], terms: Dictionary) -> list[CodedMention]:
    """Return the mentions that name a procedure, with its codes."""
    return [
        CodedMention(mention, code, mention.term)
        for mention in mentions
        for code in terms.codes(mention.term)
    ]


def propose_procedures(
    case: Case,
    reading: Reading,
    mentions: Iterable[Mention],
    terms: Dictionary,
    code_set: CodeSet,
    rules: ProcedureRules,
    linked: Sequence[CodedMention] = (),
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
    linked
        Phrases that no dictionary has, with their codes.
    """
    told = told_procedures(reading, rules.narrative)
    findings = gather_procedures(mentions, linked, told, terms, reading, rules)
    applied: list[AppliedRule] = []
    done = {
        code: during
        for code, finding in findings.items()
        if _is_done(during := _during_stay(finding, case, reading))
    }
    current = _by_approach(done, terms, reading, rules, applied)
    current = _refined(current, reading, rules, applied)
    current = _one_code_a_procedure(current, reading, code_set, rules)
    current = _merged(current, rules, applied)
    current = _with_companions(current, reading, rules, applied)
    current = with_quantities(current, case, reading, rules, applied)
    current = _without_omitted(current, case, reading, rules, applied)
    current = {code: f for code, f in current.items() if not _is_routine(code, case, rules)}
    ordered = sorted(current.values(), key=lambda f: order_of(f, current, code_set, rules))
    return ProcedureProposal(
        tuple(_proposed(finding, case, reading, done) for finding in ordered),
        tuple(applied),
        {**findings, **current},
    )


def _is_done(finding: Finding) -> bool:
    return bool(finding.supporting) and finding.supporting[0].weight >= _PROPOSE_FROM


def _during_stay(finding: Finding, case: Case, reading: Reading) -> Finding:
    """Leave out what a written date places before this stay."""
    if case.admission is None or case.admission.admitted is None:
        return finding
    # The emergency room of the same hospital may have begun the day before.
    earliest = case.admission.admitted.date() - timedelta(days=1)
    during = tuple(
        evidence
        for evidence in finding.supporting
        if (day := _day(evidence, case, reading)) is None or day >= earliest
    )
    return replace(finding, supporting=during)


def _day(evidence: Evidence, case: Case, reading: Reading) -> date | None:
    if case.admission is None or case.admission.admitted is None:
        return None
    return date_near(
        reading,
        evidence.span.document,
        evidence.span.start,
        evidence.span.end,
        case.documents[evidence.span.document].time,
        case.admission.admitted.date(),
    )


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
            if says(rule.any_of, text) and not says(rule.none_of, text):
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
            finer = terms.codes(word + finding.term) or terms.codes(f"{word}{finding.term}术")
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


def _one_code_a_procedure(
    findings: Mapping[str, Finding], reading: Reading, code_set: CodeSet, rules: ProcedureRules
) -> dict[str, Finding]:
    """Keep one code of a subcategory: the most trusted, then the one with the longest words.

    A name whose words lie within another's of the same category is the same procedure said
    shorter. Two operation records tell of two operations.
    """
    ranked = sorted(
        findings.values(),
        key=lambda f: (
            f.supporting[0].weight,
            not code_set.is_grey(f.code),
            not f.term,
            len(f.term),
        ),
        reverse=True,
    )
    kept: list[Finding] = []
    for finding in ranked:
        if not any(_same_procedure(better, finding, reading, rules) for better in kept):
            kept.append(finding)
    codes = {finding.code for finding in kept}
    return {code: finding for code, finding in findings.items() if code in codes}


def _same_procedure(
    better: Finding, finding: Finding, reading: Reading, rules: ProcedureRules
) -> bool:
    if better.code[:5] == finding.code[:5]:
        apart = (
            finding.code.startswith(rules.side_by_side)
            or better.code.startswith(rules.side_by_side)
            or _told_together(better, finding, rules)
            or _told_apart(better, finding, reading)
        )
        return not apart
    return (
        better.code[:2] == finding.code[:2]
        and len(finding.term) > 0
        and finding.term in better.term
    )


def _told_together(better: Finding, finding: Finding, rules: ProcedureRules) -> bool:
    """Return whether one statement tells of both, as of plates on radius and ulna."""
    sources = ({e.source for e in f.supporting} & rules.narrative.ids for f in (better, finding))
    return not set.isdisjoint(*sources)


def _told_apart(better: Finding, finding: Finding, reading: Reading) -> bool:
    """Return whether two operation records, not one, tell of the two."""
    told = [{e.span.document for e in f.supporting} for f in (better, finding)]
    records = {
        document
        for document in told[0] | told[1]
        if reading.kinds[document] is DocumentKind.OPERATION
    }
    return told[0].isdisjoint(told[1]) and all(not records.isdisjoint(t) for t in told)


def _merged(
    findings: Mapping[str, Finding], rules: ProcedureRules, applied: list[AppliedRule]
) -> dict[str, Finding]:
    """Replace codes that ICD-9-CM-3 joins into one (合并编码)."""
    current = dict(findings)
    for rule in rules.merges:
        parts = [[code for code in current if code.startswith(part)] for part in rule.parts]
        used = list(dict.fromkeys(code for part in parts for code in part))
        if not all(parts) or len(used) < len(rule.parts) or rule.target in used:
            continue
        whole = current.pop(used[0])
        for code in used[1:]:
            whole = _joined(rule.target, whole, current.pop(code))
        current[rule.target] = replace(whole, code=rule.target)
        applied.append(AppliedRule(rule.id, rule.explanation, (*used, rule.target)))
    return current


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
        if rule.evidence_any and not says(rule.evidence_any, text):
            continue
        if says(rule.evidence_none, text):
            continue
        for code in rule.then:
            if not any(other[:5] == code[:5] for other in current):
                current[code] = replace(origin, code=code)
                applied.append(AppliedRule(rule.id, rule.explanation, (origin.code, code)))
    return current


def _without_omitted(
    findings: Mapping[str, Finding],
    case: Case,
    reading: Reading,
    rules: ProcedureRules,
    applied: list[AppliedRule],
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
            apart = rule.same_day and all(
                _on_other_days(current[code], current[other], case, reading) for other in beside
            )
            stated = _named_as_operation(current[code]) or _is_stated(current[code], rules)
            if (not stated or rule.beside) and not apart:
                del current[code]
                applied.append(AppliedRule(rule.id, rule.explanation, (code, *beside[:1])))
    return current


def _on_other_days(one: Finding, other: Finding, case: Case, reading: Reading) -> bool:
    """Return whether the first was done on a day of its own, both days being written."""
    days, others = (
        {day for e in finding.supporting if (day := _day(e, case, reading)) is not None}
        for finding in (one, other)
    )
    return bool(others) and bool(days - others) and min(days) not in others


def _is_stated(finding: Finding, rules: ProcedureRules) -> bool:
    return any(e.source in rules.narrative.ids for e in finding.supporting)


def _named_as_operation(finding: Finding) -> bool:
    return any(e.section is SectionKind.PROCEDURE_NAME for e in finding.supporting)


def _is_routine(code: str, case: Case, rules: ProcedureRules) -> bool:
    department = (case.admission.department if case.admission else None) or ""
    return any(
        code.startswith(rule.prefixes)
        and not code.startswith(rule.exceptions or ("\0",))
        and not says(rule.unless_departments, department)
        for rule in rules.not_proposed
    )


def _proposed(
    finding: Finding, case: Case, reading: Reading, stated: Mapping[str, Finding]
) -> ProposedProcedure:
    best = finding.supporting[0]
    when = _day(best, case, reading)
    extra = 0.03 * min(len(finding.supporting) - 1, 3)
    trust = round(min(0.99, best.weight + extra), 3)
    return ProposedProcedure(
        code=finding.code,
        date=when.isoformat() if when else None,
        confidence=trust,
        evidence=finding.supporting[:_MOST_EVIDENCE],
        raised_by="name" if finding.code in stated else "rule",
        trust=trust,
    )
