"""Write results as the published report (审核结果组装): one function a part, no decisions."""

from __future__ import annotations

from collections.abc import Callable

from zhibian.coding.types import (
    Alternative,
    Evidence,
    Proposal,
    ProposedDiagnosis,
    ProposedProcedure,
)
from zhibian.documents.types import Span
from zhibian.grouping.engine import severity
from zhibian.grouping.render import render_trace
from zhibian.grouping.types import Grouping
from zhibian.payment.deviation import Deviation
from zhibian.payment.tariff import PaymentStandard
from zhibian.problems import Problem
from zhibian.quality.evidence import SupportAssessment
from zhibian.quality.flags import DOUBT_IN_CHINESE, Level, MissedCode, UnsupportedCode
from zhibian.quality.queries import ClinicianQuery
from zhibian.records.types import Case
from zhibian.review.report import (
    AlternativeOut,
    DeviationOut,
    DiagnosisOut,
    DoubtfulOut,
    EvidenceOut,
    GroupingOut,
    MissedOut,
    NoticeOut,
    PaymentOut,
    ProcedureOut,
    QueryOut,
    SettledDeviationOut,
    SupportOut,
    UnsupportedOut,
)
from zhibian.review.reviewer import Reviewer

Quote = Callable[[Evidence], EvidenceOut]


def quoter(case: Case) -> Quote:
    """Return the function that turns evidence into a quote of this case's documents."""

    def quote(evidence: Evidence) -> EvidenceOut:
        return quoted(
            case, evidence.span, evidence.section, evidence.assertion.value, evidence.source
        )

    return quote


def quoted(case: Case, span: Span, section: str, assertion: str, source: str) -> EvidenceOut:
    """Return one quote: the words of the original document between two offsets."""
    return EvidenceOut.model_validate(
        {
            "document": span.document,
            "start": span.start,
            "end": span.end,
            "quote": case.documents[span.document].text[span.start : span.end],
            "section": str(section),
            "assertion": assertion,
            "source": source,
        }
    )


def level_of(code: str, reviewer: Reviewer) -> Level:
    """Return the CC/MCC level of a diagnosis before exclusion."""
    level = severity(code, "", reviewer.pack).level
    return "MCC" if level.value == "MCC" else "CC" if level.value == "CC" else "none"


def name_of(code: str, kind: str, reviewer: Reviewer) -> str:
    """Return the official name of a code, empty for an unknown one."""
    code_set = reviewer.procedures if kind == "procedure" else reviewer.diagnoses
    entry = code_set.get(code)
    return entry.name if entry else ""


def diagnosis_out(
    entry: ProposedDiagnosis,
    principal: ProposedDiagnosis | None,
    reviewer: Reviewer,
    quote: Quote,
    support: SupportOut | None = None,
) -> DiagnosisOut:
    """Return a proposed diagnosis; ``principal`` is None for the principal itself."""
    level: Level = "none" if principal is None else level_of(entry.code, reviewer)
    counted = (
        principal is not None
        and level != "none"
        and not severity(entry.code, principal.code, reviewer.pack).excluded
    )
    return DiagnosisOut.model_validate(
        {
            "code": entry.code,
            "name": reviewer.diagnoses.name(entry.code),
            "poa": entry.poa.value,
            "poa_reason": entry.poa_reason,
            "confidence": entry.confidence,
            "level": level,
            "counted": counted,
            "raised_by": entry.raised_by,
            "evidence": tuple(map(quote, entry.evidence)),
            "support": support,
            "alternatives": tuple(
                _alternative_out(other, "diagnosis", reviewer) for other in entry.alternatives
            ),
        }
    )


def support_out(assessment: SupportAssessment, case: Case) -> SupportOut:
    """Return how far measured facts back a proposed code, with the places of the indicators."""
    return SupportOut.model_validate(
        {
            "status": assessment.status.name.lower(),
            "condition": assessment.condition or None,
            "reason": assessment.reason,
            "indicators": tuple(
                quoted(case, indicator.span, "", "present", assessment.condition)
                for indicator in (*assessment.indicators, *assessment.against)
            ),
        }
    )


def _alternative_out(entry: Alternative, kind: str, reviewer: Reviewer) -> AlternativeOut:
    return AlternativeOut.model_validate(
        {
            "code": entry.code,
            "name": name_of(entry.code, kind, reviewer),
            "score": round(entry.score, 3),
            "source": entry.source,
        }
    )


def procedure_out(entry: ProposedProcedure, reviewer: Reviewer, quote: Quote) -> ProcedureOut:
    """Return a proposed procedure."""
    return ProcedureOut(
        code=entry.code,
        name=reviewer.procedures.name(entry.code),
        date=entry.date,
        confidence=entry.confidence,
        raised_by=entry.raised_by,
        evidence=tuple(map(quote, entry.evidence)),
        alternatives=tuple(
            _alternative_out(other, "procedure", reviewer) for other in entry.alternatives
        ),
    )


def doubtful_out(proposal: Proposal, reviewer: Reviewer, quote: Quote) -> DoubtfulOut:
    """Return what was too unsure to be proposed."""
    principal = proposal.principal
    return DoubtfulOut(
        diagnoses=tuple(
            diagnosis_out(d, principal, reviewer, quote) for d in proposal.doubtful_diagnoses
        ),
        procedures=tuple(procedure_out(p, reviewer, quote) for p in proposal.doubtful_procedures),
    )


def grouping_out(
    grouping: Grouping, standard: PaymentStandard | None, reviewer: Reviewer
) -> GroupingOut:
    """Return a group with its trace, in words and machine-readable, and its payment standard."""
    return GroupingOut(
        scheme=grouping.scheme,
        status=grouping.status.value,
        mdc=grouping.mdc or None,
        adrg=grouping.adrg or None,
        drg=grouping.drg or None,
        name=grouping.drg_name or None,
        reason=grouping.reason.value if grouping.reason else None,
        explanation=tuple(render_trace(grouping, reviewer.pack.names())),
        trace=tuple(step.to_json() for step in grouping.trace),
        payment=None if standard is None else _payment_out(standard),
    )


def _payment_out(standard: PaymentStandard) -> PaymentOut:
    return PaymentOut(
        tariff=standard.tariff,
        variant=standard.variant,
        status=standard.status,
        weight=None if standard.weight is None else float(standard.weight),
        amount=None if standard.amount is None else float(standard.amount),
        note=standard.note,
    )


def missed_out(flag: MissedCode, reviewer: Reviewer, quote: Quote) -> MissedOut:
    """Return a code that the record supports and the filed page lacks."""
    return MissedOut(
        kind=flag.kind,
        code=flag.code,
        name=name_of(flag.code, flag.kind, reviewer),
        level=flag.level,
        confidence=flag.confidence,
        instead_of=flag.instead_of,
        evidence=tuple(map(quote, flag.evidence)),
    )


def unsupported_out(flag: UnsupportedCode, reviewer: Reviewer, quote: Quote) -> UnsupportedOut:
    """Return a filed code that the record denies, doubts or never mentions."""
    return UnsupportedOut(
        kind=flag.kind,
        code=flag.code,
        name=name_of(flag.code, flag.kind, reviewer),
        level=flag.level,
        reason=flag.reason,
        message=DOUBT_IN_CHINESE[flag.reason],
        evidence=tuple(map(quote, flag.evidence)),
    )


def weak_out(assessment: SupportAssessment, case: Case, reviewer: Reviewer) -> UnsupportedOut:
    """Return a filed code that the record names, but whose measured values speak against it."""
    return UnsupportedOut(
        kind="diagnosis",
        code=assessment.code,
        name=name_of(assessment.code, "diagnosis", reviewer),
        level=level_of(assessment.code, reviewer),
        reason="weak_indicators",
        message=assessment.reason,
        evidence=tuple(
            quoted(case, indicator.span, "", "present", assessment.condition)
            for indicator in assessment.against
        ),
    )


def query_out(query: ClinicianQuery, case: Case, reviewer: Reviewer) -> QueryOut:
    """Return a neutral question with the places of its indicators."""
    names = {condition.id: condition.name for condition in reviewer.conditions}
    return QueryOut(
        id=query.id,
        condition=names[query.condition],
        question=query.question,
        options=query.options,
        indicators=tuple(
            quoted(case, indicator.span, "", "present", query.id) for indicator in query.indicators
        ),
    )


def deviation_out(
    deviation: Deviation | None,
    tariff: str,
    variant: str,
    settled: SettledDeviationOut | None = None,
) -> DeviationOut:
    """Return the payment deviation; None means that one of the pages could not be grouped."""
    if deviation is None:
        return DeviationOut(
            tariff=tariff,
            variant=variant,
            weight=None,
            amount=None,
            rate=None,
            note="两份首页中有一份不能分组，无法计算差异",
            settled=settled,
        )
    return DeviationOut(
        tariff=tariff,
        variant=variant,
        weight=None if deviation.weight is None else float(deviation.weight),
        amount=None if deviation.amount is None else float(deviation.amount),
        rate=None if deviation.ratio is None else round(float(deviation.ratio), 6),
        note=deviation.reason,
        settled=settled,
    )


def notice_out(problem: Problem) -> NoticeOut:
    """Return a warning about the input."""
    return NoticeOut(
        field=problem.field,
        code=problem.code,
        message=problem.message,
        remedy=problem.remedy,
        value=problem.value,
    )
