"""Suspicions that the text of a record raises about its filed page (病历文本疑点).

Both directions alike: what the record states and the page lacks, and what the page states and the
record does not bear out. Source: SPEC 4B.4 K36–K39 and K42, SPEC 5.0, SPEC 6.4.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from zhibian.records.case_json import ReadCase
from zhibian.records.types import CodedDiagnosis, Document, EntryCondition, FrontPage
from zhibian.review.assemble import name_of
from zhibian.review.pipeline import in_nhsa_codes
from zhibian.review.report import (
    CaseReport,
    DiagnosisOut,
    EvidenceOut,
    MissedOut,
    QueryOut,
    UnsupportedOut,
)
from zhibian.review.reviewer import Reviewer
from zhibian.screening.page_change import Effect, FiledPage
from zhibian.screening.questions import Question, QuestionRules
from zhibian.screening.text_rules import DoubtRule, TextRules
from zhibian.screening.types import Suspicion, WorkItem

_CATEGORY = 3
_CERTAIN = frozenset({EntryCondition.PRESENT, EntryCondition.NOT_PRESENT})


@dataclass(frozen=True, slots=True)
class TextFinding:
    """A suspicion and, where one is due, the question to the clinician that goes with it."""

    item: WorkItem
    question: Question | None


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
        From :func:`zhibian.screening.text_rules.load_text_rules` and
        :func:`zhibian.screening.questions.load_question_rules`.

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
    filed = FiledPage(_named(page, reviewer), read.case.admission, reviewer)
    found = [
        finding
        for finding in _Finder(read, report, filed, rules, questions).findings()
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


def quotes_of(
    evidence: Sequence[EvidenceOut], documents: Sequence[Document], rules: TextRules
) -> tuple[str, ...]:
    """Return the first quotes, each with its document and section."""
    return tuple(dict.fromkeys(_quote(e, documents) for e in evidence))[: rules.quotes]


def _quote(evidence: EvidenceOut, documents: Sequence[Document]) -> str:
    document = documents[evidence.document]
    title = document.title or document.type
    section = f"·{evidence.section}" if evidence.section else ""
    return f"《{title}》{section}“{' '.join(evidence.quote.split())}”"


def _named(page: FrontPage, reviewer: Reviewer) -> FrontPage:
    """Return the page with official names where none is filed."""

    def diagnosis(line: CodedDiagnosis) -> CodedDiagnosis:
        name = line.name or name_of(line.code, "diagnosis", reviewer) or line.code
        return line.model_copy(update={"name": name})

    return page.model_copy(
        update={
            "principal": diagnosis(page.principal),
            "others": tuple(map(diagnosis, page.others)),
        }
    )


class _Finder:
    """Turns the flags of one review into suspicions."""

    def __init__(
        self,
        read: ReadCase,
        report: CaseReport,
        filed: FiledPage,
        rules: TextRules,
        questions: QuestionRules,
    ) -> None:
        self.documents = read.case.documents
        self.report = report
        self.filed = filed
        self.rules = rules
        self.questions = questions

    def findings(self) -> Iterator[TextFinding]:
        """Yield every suspicion."""
        for missed in self.report.flags.missed:
            if missed.kind == "procedure":
                yield self.missed_procedure(missed)
            elif missed.level in self.rules.levels:
                yield self.missed_diagnosis(missed)
        for doubted in self.report.flags.unsupported:
            if doubted.kind == "procedure" or (
                doubted.kind == "diagnosis" and doubted.level in self.rules.levels
            ):
                yield self.unsupported(doubted)
        yield from self.decisive()
        yield from self.principal()
        yield from self.entry_conditions()
        for query in self.report.queries:
            yield self.indicators(query)

    def missed_diagnosis(self, flag: MissedOut) -> TextFinding:
        """Return the suspicion that a diagnosis is missing or understated."""
        proposed = self._proposed(flag.code)
        support = proposed.support if proposed else None
        strength = flag.confidence
        rule = self.rules.rules["missed_diagnosis"]
        if any(e.section in self.rules.k39_sections for e in flag.evidence):
            rule = "K39"
        elif support and support.condition and support.status == "supported":
            rule = self.rules.rules["indicators"].format(condition=support.condition)
        shown = self.quotes(flag.evidence)
        if support and support.status == "supported":
            strength = 1 - (1 - strength) * self.rules.doubt_left_if_supported
            shown = (*shown, *self.quotes(support.indicators))
        elif support and support.status == "weak":
            strength *= self.rules.kept_if_weak
            shown = (*shown, support.reason)
        asked = strength < self.rules.ask_below
        return self._finding(
            suspicion=Suspicion.MISSED_DIAGNOSIS,
            code=flag.code,
            name=flag.name,
            level=flag.level,
            rule=rule,
            strength=strength,
            evidence=shown,
            remedy=self.rules.remedies["understated" if flag.instead_of else "missed_diagnosis"],
            effect=self.filed.with_diagnosis(flag.code, flag.instead_of),
            question=(
                self.questions.ask("missed", flag.code, self.quotes(flag.evidence))
                if asked
                else None
            ),
        )

    def missed_procedure(self, flag: MissedOut) -> TextFinding:
        """Return the suspicion that a procedure is missing."""
        named = flag.code.startswith(self.rules.k28_procedures)
        return self._finding(
            suspicion=Suspicion.MISSED_PROCEDURE,
            code=flag.code,
            name=flag.name,
            level="",
            rule="K28" if named else self.rules.rules["missed_procedure"],
            strength=flag.confidence * (self.rules.kept_if_choice if flag.instead_of else 1),
            evidence=self.quotes(flag.evidence),
            remedy=self.rules.remedies[
                "other_procedure" if flag.instead_of else "missed_procedure"
            ],
            effect=self.filed.with_procedure(flag.code, flag.instead_of),
        )

    def unsupported(self, flag: UnsupportedOut) -> TextFinding:
        """Return the suspicion that a filed code has no ground in the record."""
        procedure = flag.kind == "procedure"
        doubt = self.rules.unsupported[flag.reason]
        quotes = self.quotes(flag.evidence)
        kind = "procedure" if procedure else "unsupported" if quotes else "unmentioned"
        return self._finding(
            suspicion=(
                Suspicion.UNSUPPORTED_PROCEDURE if procedure else Suspicion.UNSUPPORTED_DIAGNOSIS
            ),
            code=flag.code,
            name=flag.name,
            level="" if procedure else flag.level,
            rule=doubt.rule,
            strength=doubt.strength,
            evidence=(flag.message, *quotes),
            remedy=self.rules.remedies["unsupported_procedure"] if procedure else doubt.remedy,
            effect=self.filed.without(flag.code, procedure=procedure),
            question=self.questions.ask(kind, flag.code, quotes, name=flag.name),
        )

    def decisive(self) -> Iterator[TextFinding]:
        """Yield filed CC/MCC that alone decide the group on weak evidence (K42)."""
        told = {flag.code for flag in self.report.flags.unsupported}
        doubt: DoubtRule = self.rules.decisive
        for entry in self.filed.page.others:
            near = self._nearest(entry.code)
            if entry.code in told or near is None or near.level not in self.rules.levels:
                continue
            if near.confidence >= self.rules.decisive_below or _is_supported(near):
                continue
            effect = self.filed.without(entry.code, procedure=False)
            if not effect.changes:
                continue
            quotes = self.quotes(near.evidence)
            yield self._finding(
                suspicion=Suspicion.UNSUPPORTED_DIAGNOSIS,
                code=entry.code,
                name=entry.name,
                level=near.level,
                rule=doubt.rule,
                strength=doubt.strength * (1 - near.confidence),
                evidence=quotes,
                remedy=doubt.remedy,
                effect=effect,
                question=self.questions.ask("unsupported", entry.code, quotes, name=entry.name),
            )

    def principal(self) -> Iterator[TextFinding]:
        """Yield the doubt about the filed principal diagnosis."""
        filed, proposed = self.filed.page.principal, self.report.principal
        doubted = [f for f in self.report.flags.unsupported if f.kind == "principal"]
        if self.report.flags.principal_differs and proposed is not None:
            deciding = next((rule for rule in self.report.rules if rule.decides), None)
            quotes = self.quotes(proposed.evidence)
            reasons = [flag.message for flag in doubted]
            yield self._finding(
                suspicion=Suspicion.PRINCIPAL,
                code=filed.code,
                name=filed.name,
                level="",
                rule=deciding.id if deciding else self.rules.rules["principal"],
                strength=proposed.confidence,
                evidence=(
                    f"病历指向主要诊断 {proposed.code} {proposed.name}",
                    *([deciding.explanation] if deciding else []),
                    *reasons,
                    *quotes,
                ),
                remedy=self.rules.remedies["principal"],
                effect=self.filed.with_principal(proposed.code),
                question=self.questions.ask(
                    "principal", filed.code, quotes, first=filed.name, second=proposed.name
                ),
            )
        elif doubted:
            yield from map(self._unsupported_principal, doubted)

    def _unsupported_principal(self, flag: UnsupportedOut) -> TextFinding:
        doubt = self.rules.unsupported[flag.reason]
        quotes = self.quotes(flag.evidence)
        kind = "unsupported" if quotes else "unmentioned"
        return self._finding(
            suspicion=Suspicion.PRINCIPAL,
            code=flag.code,
            name=flag.name,
            level="",
            rule=doubt.rule,
            strength=doubt.strength,
            evidence=(flag.message, *quotes),
            remedy=self.rules.remedies["principal"],
            effect=self.filed.unchanged(),
            question=self.questions.ask(kind, flag.code, quotes, name=flag.name),
        )

    def entry_conditions(self) -> Iterator[TextFinding]:
        """Yield blank entry conditions, once a page, and those that the record contradicts."""
        page = self.filed.page
        entries = (page.principal, *page.others)
        blank = [entry for entry in entries if entry.poa is None]
        if blank:
            yield self._blank_entries(blank)
        for entry in entries:
            proposed = self._proposed(entry.code)
            if proposed is None or entry.poa not in _CERTAIN:
                continue
            if proposed.poa_reason not in self.rules.entry_reasons:
                continue
            if entry.code.startswith(self.rules.entry_exempt):
                continue
            if EntryCondition(proposed.poa) in _CERTAIN - {entry.poa}:
                yield self._entry_differs(entry, proposed)

    def _blank_entries(self, blank: Sequence[CodedDiagnosis]) -> TextFinding:
        return self._finding(
            suspicion=Suspicion.ENTRY_CONDITION,
            code="",
            name="",
            level="",
            rule=self.rules.rules["entry_missing"],
            strength=self.rules.strengths["entry_missing"],
            evidence=tuple(map(self._blank_entry, blank)),
            remedy=self.rules.remedies["entry_missing"],
            effect=self.filed.unchanged(),
        )

    def _blank_entry(self, entry: CodedDiagnosis) -> str:
        proposed = self._nearest(entry.code)
        if proposed is None:
            return f"{entry.code} {entry.name}：未填，病历不能推断"
        inferred = EntryCondition(proposed.poa)
        return f"{entry.code} {entry.name}：未填，病历推断为 {inferred.value} {inferred.chinese}"

    def _entry_differs(self, entry: CodedDiagnosis, proposed: DiagnosisOut) -> TextFinding:
        inferred = EntryCondition(proposed.poa)
        filed = entry.poa or inferred
        quotes = self.quotes(proposed.evidence)
        return self._finding(
            suspicion=Suspicion.ENTRY_CONDITION,
            code=entry.code,
            name=entry.name,
            level="",
            rule=self.rules.rules["entry_differs"],
            strength=self.rules.strengths["entry_differs"],
            evidence=(
                f"填报为 {filed.value} {filed.chinese}，"
                f"病历推断为 {inferred.value} {inferred.chinese}",
                *quotes,
            ),
            remedy=self.rules.remedies["entry_differs"],
            effect=self.filed.unchanged(),
            question=self.questions.ask("entry", entry.code, quotes, name=entry.name),
        )

    def indicators(self, query: QueryOut) -> TextFinding:
        """Return measured values that no diagnosis of the record answers."""
        condition = query.id.removeprefix("query-")
        quotes = self.quotes(query.indicators)
        return self._finding(
            suspicion=Suspicion.MISSED_DIAGNOSIS,
            code="",
            name=query.condition,
            level="",
            rule=self.rules.rules["indicators"].format(condition=condition),
            strength=self.rules.strengths["indicators"],
            evidence=quotes,
            remedy=self.rules.remedies["indicators"],
            effect=self.filed.unchanged(),
            question=indicator_question(query, quotes),
        )

    def quotes(self, evidence: Sequence[EvidenceOut]) -> tuple[str, ...]:
        """Return the first quotes, each with its document and section."""
        return quotes_of(evidence, self.documents, self.rules)

    def _proposed(self, code: str) -> DiagnosisOut | None:
        """Return the proposed diagnosis with this code."""
        return next((d for d in self._diagnoses() if d.code == code), None)

    def _nearest(self, code: str) -> DiagnosisOut | None:
        """Return the proposed or doubtful diagnosis with this code, else one of its category."""
        same = [d for d in self._diagnoses() if d.code[:_CATEGORY] == code[:_CATEGORY]]
        return max(same, key=lambda d: (d.code == code, d.confidence), default=None)

    def _diagnoses(self) -> tuple[DiagnosisOut, ...]:
        principal = () if self.report.principal is None else (self.report.principal,)
        return (*principal, *self.report.others, *self.report.doubtful.diagnoses)

    def _finding(  # noqa: PLR0913  (the fields of a work item, each told by name)
        self,
        *,
        suspicion: Suspicion,
        code: str,
        name: str,
        level: str,
        rule: str,
        strength: float,
        evidence: tuple[str, ...],
        remedy: str,
        effect: Effect,
        question: Question | None = None,
    ) -> TextFinding:
        item = WorkItem(
            case=self.report.id,
            suspicion=suspicion,
            code=code,
            name=name,
            level=level,
            rule=rule,
            alert=self.rules.alert(suspicion, level, strength, group_changes=effect.changes),
            gate=self.rules.gate,
            strength=round(strength, 3),
            evidence=evidence,
            remedy=remedy,
            filed_group=effect.filed,
            possible_group=effect.possible,
            weight_difference=effect.weight,
            query=question.draft() if question else "",
        )
        return TextFinding(item, question)


def _is_supported(diagnosis: DiagnosisOut) -> bool:
    return diagnosis.support is not None and diagnosis.support.status == "supported"
