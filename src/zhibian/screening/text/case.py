"""One reviewed case beside its filed page, and how a suspicion about it is told (文本核对)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from zhibian.records.case_json import ReadCase
from zhibian.records.types import Document
from zhibian.review.report import CaseReport, DiagnosisOut, EvidenceOut
from zhibian.screening.queries.questions import Question, QuestionRules
from zhibian.screening.text.page_change import Effect, FiledPage
from zhibian.screening.text.rules import TextRules
from zhibian.screening.types import Suspicion, WorkItem

_CATEGORY = 3


@dataclass(frozen=True, slots=True)
class TextFinding:
    """A suspicion and, where one is due, the question to the clinician that goes with it."""

    item: WorkItem
    question: Question | None


class TextCase:
    """One reviewed case, and how a suspicion about it is told (一例的文本核对)."""

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

    def quotes(self, evidence: Sequence[EvidenceOut]) -> tuple[str, ...]:
        """Return the first quotes, each with its document and section."""
        return quotes_of(evidence, self.documents, self.rules)

    def proposed(self, code: str) -> DiagnosisOut | None:
        """Return the proposed diagnosis with this code."""
        return next((d for d in self._diagnoses() if d.code == code), None)

    def nearest(self, code: str) -> DiagnosisOut | None:
        """Return the proposed or doubtful diagnosis with this code, else one of its category."""
        same = [d for d in self._diagnoses() if d.code[:_CATEGORY] == code[:_CATEGORY]]
        return max(same, key=lambda d: (d.code == code, d.confidence), default=None)

    def _diagnoses(self) -> tuple[DiagnosisOut, ...]:
        principal = () if self.report.principal is None else (self.report.principal,)
        return (*principal, *self.report.others, *self.report.doubtful.diagnoses)

    def finding(  # noqa: PLR0913  (the fields of a work item, each told by name)
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
        """Return a suspicion about this case, with its warning and its question."""
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
