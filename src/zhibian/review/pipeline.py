"""Review one case (病例审核): read, code, group, price, compare. Pure once things are loaded."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import zhibian
from zhibian.coding.coder import CodingKnowledge, propose
from zhibian.coding.types import Evidence, Proposal
from zhibian.documents.facts import Fact, extract_facts
from zhibian.documents.reader import read_documents
from zhibian.documents.types import Assertion, Reading
from zhibian.grouping.engine import group
from zhibian.grouping.stay import grouping_input
from zhibian.grouping.types import Grouping, Status
from zhibian.payment.deviation import deviate
from zhibian.payment.tariff import PaymentStandard
from zhibian.quality.covered import is_covered
from zhibian.quality.evidence import (
    SupportAssessment,
    SupportStatus,
    proposed_support,
    support,
)
from zhibian.quality.flags import Level, missed_codes, unsupported_codes
from zhibian.quality.queries import ClinicianQuery, clinician_queries
from zhibian.records.case_json import ReadCase
from zhibian.records.types import Admission, Case, CodedDiagnosis, CodedProcedure, FrontPage
from zhibian.review.assemble import (
    deviation_out,
    diagnosis_out,
    doubtful_out,
    grouping_out,
    level_of,
    missed_out,
    notice_out,
    procedure_out,
    query_out,
    quoter,
    support_out,
    unsupported_out,
    weak_out,
)
from zhibian.review.report import (
    CaseReport,
    DeviationOut,
    FlagsOut,
    GroupingsOut,
    RuleOut,
    SettledDeviationOut,
    SupportOut,
    VersionsOut,
)
from zhibian.review.reviewer import Reviewer
from zhibian.review.settled import settled_deviation
from zhibian.terminology.code_set import CodeSet
from zhibian.terminology.crosswalk import Crosswalk

_CATEGORY = 3

Proposer = Callable[[Case, Reading, CodingKnowledge], Proposal]


def review(read: ReadCase, reviewer: Reviewer, proposer: Proposer = propose) -> CaseReport:
    """Review one case.

    Parameters
    ----------
    read
        The case and the warnings of its reader.
    reviewer
        Loaded rules and tables.
    proposer
        How codes are proposed; another one serves comparisons.

    Returns
    -------
    CaseReport
        The proposal with its evidence, both groups, flags, queries and deviation.
    """
    case = read.case
    reading = read_documents(case.documents, reviewer.knowledge.lexicon)
    proposal = proposer(case, reading, reviewer.knowledge)
    facts = _facts(case, reading, reviewer)
    filed = in_nhsa_codes(case.coded_front_page, reviewer)
    group_filed = None if filed is None else _group_page(filed, case.admission, reviewer)
    group_proposed = _group_page(proposal, case.admission, reviewer)
    price_filed = standard_of(group_filed, reviewer)
    price_proposed = standard_of(group_proposed, reviewer)
    quote = quoter(case)
    principal = proposal.principal
    supports = _supports(case, proposal, facts, reviewer)
    return CaseReport(
        id=case.id,
        versions=VersionsOut(
            zhibian=zhibian.__version__,
            scheme=reviewer.pack.scheme,
            tariff=None if reviewer.tariff is None else reviewer.tariff.id,
            diagnosis_codes=reviewer.diagnoses.id,
            procedure_codes=reviewer.procedures.id,
            models=reviewer.knowledge.voices.versions,
        ),
        principal=None if principal is None else diagnosis_out(principal, None, reviewer, quote),
        others=tuple(
            diagnosis_out(d, principal, reviewer, quote, support=supports.get(d.code))
            for d in proposal.others
        ),
        procedures=tuple(procedure_out(p, reviewer, quote) for p in proposal.procedures),
        doubtful=doubtful_out(proposal, reviewer, quote),
        rules=tuple(
            RuleOut(
                id=rule.id,
                explanation=rule.explanation,
                codes=rule.codes,
                decides=rule.decides,
            )
            for rule in proposal.rules
        ),
        grouping=GroupingsOut(
            filed=(
                None if group_filed is None else grouping_out(group_filed, price_filed, reviewer)
            ),
            proposed=(
                None
                if group_proposed is None
                else grouping_out(group_proposed, price_proposed, reviewer)
            ),
        ),
        flags=_flags(case, reading, filed, proposal, facts, reviewer),
        queries=tuple(
            query_out(query, case, reviewer)
            for query in _queries(case, proposal, filed, facts, reviewer)
        ),
        deviation=(
            None
            if filed is None
            else _deviation(
                price_filed,
                price_proposed,
                reviewer,
                settled_deviation(filed, proposal, case.admission, reviewer),
            )
        ),
        notices=tuple(map(notice_out, read.warnings)),
    )


def _supports(
    case: Case, proposal: Proposal, facts: Sequence[Fact], reviewer: Reviewer
) -> dict[str, SupportOut]:
    """Return how far measured facts back each proposed CC and MCC."""
    codes = [d.code for d in proposal.others if level_of(d.code, reviewer) != "none"]
    assessed = proposed_support(codes, facts, reviewer.conditions, case.admission)
    return {code: support_out(assessment, case) for code, assessment in assessed.items()}


def _facts(case: Case, reading: Reading, reviewer: Reviewer) -> tuple[Fact, ...]:
    return extract_facts(
        reading.normalised,
        reviewer.facts,
        originals=[document.text for document in case.documents],
        sections=reading.sections,
        times=[document.time for document in case.documents],
    )


def in_nhsa_codes(page: FrontPage | None, reviewer: Reviewer) -> FrontPage | None:
    """Return a page in NHSA codes; the reader has told each conversion as a warning."""
    if page is None:
        return None

    def diagnosis(entry: CodedDiagnosis) -> CodedDiagnosis:
        code = _converted(entry.code, reviewer.diagnoses, reviewer.diagnosis_crosswalk)
        return entry.model_copy(update={"code": code})

    def procedure(entry: CodedProcedure) -> CodedProcedure:
        code = _converted(entry.code, reviewer.procedures, reviewer.procedure_crosswalk)
        return entry.model_copy(update={"code": code})

    return FrontPage(
        principal=diagnosis(page.principal),
        others=tuple(map(diagnosis, page.others)),
        procedures=tuple(map(procedure, page.procedures)),
    )


def _converted(code: str, code_set: CodeSet, crosswalk: Crosswalk) -> str:
    return code if code in code_set else crosswalk.convert(code).target or code


def _group_page(
    page: FrontPage | Proposal, stay: Admission | None, reviewer: Reviewer
) -> Grouping | None:
    """Group a page; one without a principal diagnosis has no group."""
    if page.principal is None:
        return None
    entry = grouping_input(page.principal, page.others, page.procedures, stay)
    return group(entry, reviewer.pack, reviewer.codebook)


def standard_of(grouping: Grouping | None, reviewer: Reviewer) -> PaymentStandard | None:
    """Return the payment standard of a grouped page; an ungrouped case has that of its row.

    Invalid input and insufficient data have none: the group is not known yet.
    """
    unknown = {Status.INVALID, Status.INSUFFICIENT}
    if reviewer.tariff is None or grouping is None or grouping.status in unknown:
        return None
    tariff = reviewer.tariff
    ungrouped = grouping.status is Status.UNGROUPED
    code = tariff.ungrouped_row(grouping.mdc) if ungrouped else grouping.drg
    return tariff.standard(code, reviewer.variant)


def _deviation(
    filed: PaymentStandard | None,
    proposed: PaymentStandard | None,
    reviewer: Reviewer,
    settled: SettledDeviationOut | None,
) -> DeviationOut | None:
    if reviewer.tariff is None or reviewer.variant is None:
        return None
    deviation = deviate(filed, proposed) if filed and proposed else None
    return deviation_out(deviation, reviewer.tariff.id, reviewer.variant, settled)


def _flags(
    case: Case,
    reading: Reading,
    filed: FrontPage | None,
    proposal: Proposal,
    facts: Sequence[Fact],
    reviewer: Reviewer,
) -> FlagsOut:
    if filed is None:
        return FlagsOut(missed=(), unsupported=(), principal_differs=None)
    quote = quoter(case)

    def level(code: str) -> Level:
        return level_of(code, reviewer)

    def official(code: str) -> str:
        entry = reviewer.diagnoses.get(code) or reviewer.procedures.get(code)
        return entry.name if entry else ""

    def resembling(code: str, name: str) -> tuple[Evidence, ...]:
        names = (official(code), name)
        return reviewer.doubt.likeness.mentions(
            code, names, reading, reviewer.knowledge.lexicon.cues
        )

    def holds(one: str, other: str) -> bool:
        if is_covered(other, one, reviewer.doubt.covers):
            return True
        return reviewer.doubt.likeness.holds(official(one), official(other))

    doubted = unsupported_codes(filed, proposal, level, resembling, reviewer.doubt.limits)
    told = {flag.code for flag in doubted}
    weak = (
        assessment
        for assessment in _weakly_supported(case, filed, facts, reviewer)
        if assessment.code not in told
    )
    return FlagsOut(
        missed=tuple(
            missed_out(flag, reviewer, quote)
            for flag in missed_codes(filed, proposal, level, holds)
        ),
        unsupported=(
            *(unsupported_out(flag, reviewer, quote) for flag in doubted),
            *(weak_out(assessment, case, reviewer) for assessment in weak),
        ),
        principal_differs=(
            None
            if proposal.principal is None
            else proposal.principal.code[:_CATEGORY] != filed.principal.code[:_CATEGORY]
        ),
    )


def _weakly_supported(
    case: Case, filed: FrontPage, facts: Sequence[Fact], reviewer: Reviewer
) -> Iterator[SupportAssessment]:
    """Yield filed CC/MCC that no measured value, treatment or finding backs."""
    if case.admission is None:
        return
    for entry in filed.others:
        if level_of(entry.code, reviewer) == "none":
            continue
        assessment = support(entry.code, facts, reviewer.conditions, case.admission)
        if assessment and assessment.status is SupportStatus.WEAK and assessment.telling:
            yield assessment


def _queries(
    case: Case,
    proposal: Proposal,
    filed: FrontPage | None,
    facts: Sequence[Fact],
    reviewer: Reviewer,
) -> tuple[ClinicianQuery, ...]:
    """Return the questions that measured values raise where no diagnosis answers them."""
    if case.admission is None:
        # Limits depend on age; without a stay nothing is asked.
        return ()
    findings = proposal.findings.values()
    documented = {finding.code for finding in findings if finding.supporting}
    if filed is not None:
        documented |= {entry.code for entry in (filed.principal, *filed.others)}
    ruled_out = {
        finding.code
        for finding in findings
        if not finding.supporting
        and any(evidence.assertion is Assertion.NEGATED for evidence in finding.against)
    }
    return clinician_queries(facts, reviewer.conditions, documented, ruled_out, case.admission)
