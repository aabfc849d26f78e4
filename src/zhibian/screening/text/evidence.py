"""Suspicions that the text of a record raises about its filed page (病历文本疑点).

Both directions alike: what the record states and the page lacks, and what the page states and the
record does not bear out. Source: SPEC 4B.4 K36–K39 and K42, SPEC 5.0, SPEC 6.4.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from zhibian.records.case_json import ReadCase
from zhibian.records.types import CodedDiagnosis, EntryCondition
from zhibian.review.pipeline import in_nhsa_codes
from zhibian.review.report import (
    CaseReport,
    DiagnosisOut,
    MissedOut,
    QueryOut,
    UnsupportedOut,
)
from zhibian.review.reviewer import Reviewer
from zhibian.screening.queries.questions import Question, QuestionRules
from zhibian.screening.text.case import TextCase, TextFinding, quotes_of
from zhibian.screening.text.page_change import FiledPage, named_page
from zhibian.screening.text.rules import TextRules
from zhibian.screening.types import Suspicion, WorkItem

_CERTAIN = frozenset({EntryCondition.PRESENT, EntryCondition.NOT_PRESENT})


def text_items(
    read: ReadCase,
    report: CaseReport,
    reviewer: Reviewer,
    rules: TextRules,
    questions: QuestionRules,
) -> tuple[WorkItem, ...]:
    """Return the suspicions that the text of a record raises about its filed page.

    Parameters
    ----------
    read
        The case; one without a filed page raises none.
    report
        Its review by :func:`zhibian.review.pipeline.review` with the same reviewer.
    reviewer
        Scheme and tariff for the effect on the group.
    rules, questions
        From :func:`zhibian.screening.text.rules.load_text_rules` and
        :func:`zhibian.screening.queries.questions.load_question_rules`.

    Returns
    -------
    tuple of WorkItem
        Strongest first.
    """
    return tuple(f.item for f in text_findings(read, report, reviewer, rules, questions))


def text_findings(
    read: ReadCase,
    report: CaseReport,
    reviewer: Reviewer,
    rules: TextRules,
    questions: QuestionRules,
) -> tuple[TextFinding, ...]:
    """Return the suspicions with their questions; parameters as for :func:`text_items`."""
    page = in_nhsa_codes(read.case.coded_front_page, reviewer)
    if page is None:
        return ()
    filed = FiledPage(named_page(page, reviewer), read.case.admission, reviewer)
    found = [
        finding
        for finding in _findings(TextCase(read, report, filed, rules, questions))
        if finding.item.strength >= rules.least_strength.get(finding.item.suspicion, 0.0)
    ]
    return tuple(sorted(found, key=lambda f: -f.item.strength))


def case_questions(
    read: ReadCase,
    report: CaseReport,
    reviewer: Reviewer,
    rules: TextRules,
    questions: QuestionRules,
) -> tuple[Question, ...]:
    """Return every question that a case raises; parameters as for :func:`text_items`.

    A case without a filed page still has those that measured values raise.
    """
    if read.case.coded_front_page is None:
        return tuple(
            indicator_question(query, quotes_of(query.indicators, read.case.documents, rules))
            for query in report.queries
        )
    findings = text_findings(read, report, reviewer, rules, questions)
    return tuple(f.question for f in findings if f.question is not None)


def indicator_question(query: QueryOut, quotes: tuple[str, ...]) -> Question:
    """Return the question of measured values that no diagnosis answers."""
    return Question(query.id, query.question, query.question, query.options, quotes)


def _findings(case: TextCase) -> Iterator[TextFinding]:
    """Yield every suspicion."""
    for missed in case.report.flags.missed:
        if missed.kind == "procedure":
            yield _missed_procedure(case, missed)
        elif missed.level in case.rules.levels:
            yield _missed_diagnosis(case, missed)
    for doubted in case.report.flags.unsupported:
        if doubted.kind == "procedure" or (
            doubted.kind == "diagnosis" and doubted.level in case.rules.levels
        ):
            yield _unsupported(case, doubted)
    yield from _decisive(case)
    yield from _principal(case)
    yield from _entry_conditions(case)
    for query in case.report.queries:
        yield _indicators(case, query)


def _missed_diagnosis(case: TextCase, flag: MissedOut) -> TextFinding:
    """Return the suspicion that a diagnosis is missing or understated."""
    proposed = case.proposed(flag.code)
    support = proposed.support if proposed else None
    strength = flag.confidence
    rule = case.rules.rules["missed_diagnosis"]
    if any(e.section in case.rules.k39_sections for e in flag.evidence):
        rule = "K39"
    elif support and support.condition and support.status == "supported":
        rule = case.rules.rules["indicators"].format(condition=support.condition)
    shown = case.quotes(flag.evidence)
    if support and support.status == "supported":
        strength = 1 - (1 - strength) * case.rules.doubt_left_if_supported
        shown = (*shown, *case.quotes(support.indicators))
    elif support and support.status == "weak":
        strength *= case.rules.kept_if_weak
        shown = (*shown, support.reason)
    asked = strength < case.rules.ask_below
    return case.finding(
        suspicion=Suspicion.MISSED_DIAGNOSIS,
        code=flag.code,
        name=flag.name,
        level=flag.level,
        rule=rule,
        strength=strength,
        evidence=shown,
        remedy=case.rules.remedies["understated" if flag.instead_of else "missed_diagnosis"],
        effect=case.filed.with_diagnosis(flag.code, flag.instead_of),
        question=(
            case.questions.ask("missed", flag.code, case.quotes(flag.evidence)) if asked else None
        ),
    )


def _missed_procedure(case: TextCase, flag: MissedOut) -> TextFinding:
    """Return the suspicion that a procedure is missing."""
    named = flag.code.startswith(case.rules.k28_procedures)
    return case.finding(
        suspicion=Suspicion.MISSED_PROCEDURE,
        code=flag.code,
        name=flag.name,
        level="",
        rule="K28" if named else case.rules.rules["missed_procedure"],
        strength=flag.confidence * (case.rules.kept_if_choice if flag.instead_of else 1),
        evidence=case.quotes(flag.evidence),
        remedy=case.rules.remedies["other_procedure" if flag.instead_of else "missed_procedure"],
        effect=case.filed.with_procedure(flag.code, flag.instead_of),
    )


def _unsupported(case: TextCase, flag: UnsupportedOut) -> TextFinding:
    """Return the suspicion that a filed code has no ground in the record."""
    procedure = flag.kind == "procedure"
    doubt = case.rules.unsupported[flag.reason]
    quotes = case.quotes(flag.evidence)
    kind = "procedure" if procedure else "unsupported" if quotes else "unmentioned"
    return case.finding(
        suspicion=(
            Suspicion.UNSUPPORTED_PROCEDURE if procedure else Suspicion.UNSUPPORTED_DIAGNOSIS
        ),
        code=flag.code,
        name=flag.name,
        level="" if procedure else flag.level,
        rule=doubt.rule,
        strength=doubt.strength,
        evidence=(flag.message, *quotes),
        remedy=case.rules.remedies["unsupported_procedure"] if procedure else doubt.remedy,
        effect=case.filed.without(flag.code, procedure=procedure),
        question=case.questions.ask(kind, flag.code, quotes, name=flag.name),
    )


def _decisive(case: TextCase) -> Iterator[TextFinding]:
    """Yield filed CC/MCC that alone decide the group on weak evidence (K42)."""
    told = {flag.code for flag in case.report.flags.unsupported}
    doubt = case.rules.decisive
    for entry in case.filed.page.others:
        level = case.filed.level(entry.code)
        if entry.code in told or level not in case.rules.levels:
            continue
        # What is told, but neither proposed nor doubtful, is told too weakly to be coded.
        near = case.nearest(entry.code)
        confidence = near.confidence if near else 0.0
        if confidence >= case.rules.decisive_below or (near and _is_supported(near)):
            continue
        effect = case.filed.without(entry.code, procedure=False)
        if not effect.changes:
            continue
        quotes = case.quotes(near.evidence) if near else ()
        yield case.finding(
            suspicion=Suspicion.UNSUPPORTED_DIAGNOSIS,
            code=entry.code,
            name=entry.name,
            level=level,
            rule=doubt.rule,
            strength=doubt.strength * (1 - confidence),
            evidence=quotes,
            remedy=doubt.remedy,
            effect=effect,
            question=case.questions.ask("unsupported", entry.code, quotes, name=entry.name),
        )


def _principal(case: TextCase) -> Iterator[TextFinding]:
    """Yield the doubt about the filed principal diagnosis."""
    filed, proposed = case.filed.page.principal, case.report.principal
    doubted = [f for f in case.report.flags.unsupported if f.kind == "principal"]
    if case.report.flags.principal_differs and proposed is not None:
        deciding = next((rule for rule in case.report.rules if rule.decides), None)
        quotes = case.quotes(proposed.evidence)
        reasons = [flag.message for flag in doubted]
        yield case.finding(
            suspicion=Suspicion.PRINCIPAL,
            code=filed.code,
            name=filed.name,
            level="",
            rule=deciding.id if deciding else case.rules.rules["principal"],
            strength=proposed.confidence,
            evidence=(
                f"病历指向主要诊断 {proposed.code} {proposed.name}",
                *([deciding.explanation] if deciding else []),
                *reasons,
                *quotes,
            ),
            remedy=case.rules.remedies["principal"],
            effect=case.filed.with_principal(proposed.code),
            question=case.questions.ask(
                "principal", filed.code, quotes, first=filed.name, second=proposed.name
            ),
        )
    elif doubted:
        yield from (_unsupported_principal(case, flag) for flag in doubted)


def _unsupported_principal(case: TextCase, flag: UnsupportedOut) -> TextFinding:
    doubt = case.rules.unsupported[flag.reason]
    quotes = case.quotes(flag.evidence)
    kind = "unsupported" if quotes else "unmentioned"
    return case.finding(
        suspicion=Suspicion.PRINCIPAL,
        code=flag.code,
        name=flag.name,
        level="",
        rule=doubt.rule,
        strength=doubt.strength,
        evidence=(flag.message, *quotes),
        remedy=case.rules.remedies["principal"],
        effect=case.filed.unchanged(),
        question=case.questions.ask(kind, flag.code, quotes, name=flag.name),
    )


def _entry_conditions(case: TextCase) -> Iterator[TextFinding]:
    """Yield blank entry conditions, once a page, and those that the record contradicts."""
    page = case.filed.page
    entries = (page.principal, *page.others)
    blank = [entry for entry in entries if entry.poa is None]
    if blank:
        yield _blank_entries(case, blank)
    for entry in entries:
        proposed = case.proposed(entry.code)
        if proposed is None or entry.poa not in _CERTAIN:
            continue
        if proposed.poa_reason not in case.rules.entry_reasons:
            continue
        if entry.code.startswith(case.rules.entry_exempt):
            continue
        if EntryCondition(proposed.poa) in _CERTAIN - {entry.poa}:
            yield _entry_differs(case, entry, proposed)


def _blank_entries(case: TextCase, blank: Sequence[CodedDiagnosis]) -> TextFinding:
    return case.finding(
        suspicion=Suspicion.ENTRY_CONDITION,
        code="",
        name="",
        level="",
        rule=case.rules.rules["entry_missing"],
        strength=case.rules.strengths["entry_missing"],
        evidence=tuple(_blank_entry(case, entry) for entry in blank),
        remedy=case.rules.remedies["entry_missing"],
        effect=case.filed.unchanged(),
    )


def _blank_entry(case: TextCase, entry: CodedDiagnosis) -> str:
    proposed = case.nearest(entry.code)
    if proposed is None:
        return f"{entry.code} {entry.name}：未填，病历不能推断"
    inferred = EntryCondition(proposed.poa)
    return f"{entry.code} {entry.name}：未填，病历推断为 {inferred.value} {inferred.chinese}"


def _entry_differs(case: TextCase, entry: CodedDiagnosis, proposed: DiagnosisOut) -> TextFinding:
    inferred = EntryCondition(proposed.poa)
    filed = entry.poa or inferred
    quotes = case.quotes(proposed.evidence)
    return case.finding(
        suspicion=Suspicion.ENTRY_CONDITION,
        code=entry.code,
        name=entry.name,
        level="",
        rule=case.rules.rules["entry_differs"],
        strength=case.rules.strengths["entry_differs"],
        evidence=(
            f"填报为 {filed.value} {filed.chinese}，病历推断为 {inferred.value} {inferred.chinese}",
            *quotes,
        ),
        remedy=case.rules.remedies["entry_differs"],
        effect=case.filed.unchanged(),
        question=case.questions.ask("entry", entry.code, quotes, name=entry.name),
    )


def _indicators(case: TextCase, query: QueryOut) -> TextFinding:
    """Return measured values that no diagnosis of the record answers."""
    condition = query.id.removeprefix("query-")
    quotes = case.quotes(query.indicators)
    return case.finding(
        suspicion=Suspicion.MISSED_DIAGNOSIS,
        code="",
        name=query.condition,
        level="",
        rule=case.rules.rules["indicators"].format(condition=condition),
        strength=case.rules.strengths["indicators"],
        evidence=quotes,
        remedy=case.rules.remedies["indicators"],
        effect=case.filed.unchanged(),
        question=indicator_question(query, quotes),
    )


def _is_supported(diagnosis: DiagnosisOut) -> bool:
    return diagnosis.support is not None and diagnosis.support.status == "supported"
