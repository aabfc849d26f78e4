"""Review one case (病例审核): read, code, group, price, compare. Pure once things are loaded."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import zhibian
from zhibian.coding.coder import Coder, load_coder, propose
from zhibian.coding.types import Evidence, Proposal, ProposedDiagnosis
from zhibian.documents.fact_lexicon import FactLexicon, load_lexicon
from zhibian.documents.facts import Fact, extract_facts
from zhibian.documents.reader import read_documents
from zhibian.documents.types import Assertion, Reading, Span
from zhibian.grouping.codebook import CodeBook
from zhibian.grouping.engine import group, severity
from zhibian.grouping.pack import RulePack, load_scheme
from zhibian.grouping.render import render_trace
from zhibian.grouping.types import Grouping, GroupingInput, Status
from zhibian.payment.deviation import deviate
from zhibian.payment.tariff import PaymentStandard, Tariff, load_tariff
from zhibian.problems import InputError, Problem
from zhibian.quality.evidence import EvidenceCondition, SupportStatus, load_conditions, support
from zhibian.quality.flags import DOUBT_IN_CHINESE, Level, missed_codes, unsupported_codes
from zhibian.quality.queries import clinician_queries
from zhibian.records.case_json import CodeCheck, ReadCase
from zhibian.records.types import Admission, Case, CodedDiagnosis, CodedProcedure, FrontPage
from zhibian.review.report import (
    CaseReport,
    DeviationOut,
    DiagnosisOut,
    EvidenceOut,
    FlagsOut,
    GroupingOut,
    GroupingsOut,
    MissedOut,
    NoticeOut,
    PaymentOut,
    ProcedureOut,
    QueryOut,
    RuleOut,
    UnsupportedOut,
    VersionsOut,
)
from zhibian.terminology.check import check_code
from zhibian.terminology.code_set import (
    ICD9CM3_NHSA,
    ICD10_NHSA,
    CodeSet,
    load_code_set,
)
from zhibian.terminology.crosswalk import (
    ICD9CM3_CLINICAL_TO_NHSA,
    ICD10_CLINICAL_TO_NHSA,
    Crosswalk,
    load_crosswalk,
)

UNGROUPED = "0000"


@dataclass(frozen=True, slots=True)
class Reviewer:
    """Everything that a review needs, loaded once and shared by all cases (审核器)."""

    diagnoses: CodeSet
    procedures: CodeSet
    diagnosis_crosswalk: Crosswalk
    procedure_crosswalk: Crosswalk
    coder: Coder
    facts: FactLexicon
    conditions: tuple[EvidenceCondition, ...]
    pack: RulePack
    codebook: CodeBook
    tariff: Tariff
    variant: str


def load_reviewer(rules: Path, scheme: str, tariff: str, variant: str | None) -> Reviewer:
    """Load everything for reviews under one scheme and one tariff.

    Parameters
    ----------
    rules
        Folder of the rule data.
    scheme, tariff
        Ids, such as ``chs-drg-1.1`` and ``linyi-2022``.
    variant
        Rate variant of the tariff, such as ``三级职工``; its default when None.

    Raises
    ------
    InputError
        Something is unknown, absent or damaged, or the tariff is for another scheme.
    """
    pack = load_scheme(rules, scheme)
    prices = load_tariff(rules, tariff)
    if scheme.partition("@")[0] != prices.scheme:
        raise InputError(
            tariff,
            [
                Problem(
                    "tariff",
                    "tariff_scheme_differs",
                    f"支付标准 {tariff} 适用于分组方案 {prices.scheme}，不适用于 {scheme}",
                    "用 --scheme 或 --tariff 选择相配的一对",
                )
            ],
        )
    chosen = prices.standard(UNGROUPED, variant).variant
    diagnoses = load_code_set(rules, ICD10_NHSA)
    procedures = load_code_set(rules, ICD9CM3_NHSA)
    diagnosis_crosswalk = load_crosswalk(rules, ICD10_CLINICAL_TO_NHSA)
    procedure_crosswalk = load_crosswalk(rules, ICD9CM3_CLINICAL_TO_NHSA)
    return Reviewer(
        diagnoses=diagnoses,
        procedures=procedures,
        diagnosis_crosswalk=diagnosis_crosswalk,
        procedure_crosswalk=procedure_crosswalk,
        coder=load_coder(rules, diagnoses, procedures, diagnosis_crosswalk, procedure_crosswalk),
        facts=load_lexicon(rules),
        conditions=load_conditions(rules),
        pack=pack,
        codebook=CodeBook(
            frozenset(diagnoses.entries),
            frozenset(procedures.entries),
            frozenset(code for code, entry in diagnoses.entries.items() if entry.grey),
        ),
        tariff=prices,
        variant=chosen,
    )


def code_check(reviewer: Reviewer) -> CodeCheck:
    """Return the check that readers run on every filed code."""

    def check(
        kind: str, code: str, name: str | None, field: str, principal: bool
    ) -> Iterable[Problem]:
        diagnosis = kind == "diagnosis"
        return check_code(
            code,
            reviewer.diagnoses if diagnosis else reviewer.procedures,
            reviewer.diagnosis_crosswalk if diagnosis else reviewer.procedure_crosswalk,
            field,
            name=name,
            principal=principal,
        )

    return check


def review(read: ReadCase, reviewer: Reviewer) -> CaseReport:
    """Review one case.

    Parameters
    ----------
    read
        The case and the warnings of its reader.
    reviewer
        Loaded rules and tables.

    Returns
    -------
    CaseReport
        The proposal with its evidence, both groups, flags, queries and deviation.
    """
    case = read.case
    reading = read_documents(case.documents, reviewer.coder.lexicon)
    proposal = propose(case, reading, reviewer.coder)
    filed = _in_nhsa_codes(case.coded_front_page, reviewer)
    grouped_filed = None if filed is None else _group_filed(filed, case.admission, reviewer)
    grouped_proposed = _group_proposed(proposal, case.admission, reviewer)
    quote = _quoter(case)
    facts = _facts(case, reading, reviewer)
    return CaseReport(
        id=case.id,
        versions=VersionsOut(
            zhibian=zhibian.__version__,
            scheme=reviewer.pack.scheme,
            tariff=reviewer.tariff.id,
            diagnosis_codes=reviewer.diagnoses.id,
            procedure_codes=reviewer.procedures.id,
        ),
        principal=(
            None
            if proposal.principal is None
            else _diagnosis(proposal.principal, None, reviewer, quote)
        ),
        others=tuple(
            _diagnosis(other, proposal.principal, reviewer, quote) for other in proposal.others
        ),
        procedures=tuple(
            ProcedureOut(
                code=entry.code,
                name=reviewer.procedures.name(entry.code),
                date=entry.date,
                confidence=entry.confidence,
                raised_by=entry.raised_by,
                evidence=tuple(map(quote, entry.evidence)),
            )
            for entry in proposal.procedures
        ),
        rules=tuple(
            RuleOut(id=rule.id, explanation=rule.explanation, codes=rule.codes)
            for rule in proposal.rules
        ),
        grouping=GroupingsOut(
            filed=None if grouped_filed is None else _grouping(grouped_filed, reviewer),
            proposed=None if grouped_proposed is None else _grouping(grouped_proposed, reviewer),
        ),
        flags=_flags(case, filed, proposal, facts, reviewer),
        queries=_queries(case, proposal, filed, facts, reviewer),
        deviation=_deviation(grouped_filed, grouped_proposed, reviewer),
        notices=tuple(
            NoticeOut(
                field=problem.field,
                code=problem.code,
                message=problem.message,
                remedy=problem.remedy,
                value=problem.value,
            )
            for problem in read.warnings
        ),
    )


def _in_nhsa_codes(page: FrontPage | None, reviewer: Reviewer) -> FrontPage | None:
    """Convert codes of the clinical editions; the reader has told each conversion as a warning."""
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


def _group_filed(page: FrontPage, stay: Admission | None, reviewer: Reviewer) -> Grouping:
    return _group(
        page.principal.code,
        tuple(entry.code for entry in page.others),
        tuple(entry.code for entry in page.procedures),
        stay,
        reviewer,
    )


def _group_proposed(
    proposal: Proposal, stay: Admission | None, reviewer: Reviewer
) -> Grouping | None:
    if proposal.principal is None:
        return None
    return _group(
        proposal.principal.code,
        tuple(entry.code for entry in proposal.others),
        tuple(entry.code for entry in proposal.procedures),
        stay,
        reviewer,
    )


def _group(
    principal: str,
    others: tuple[str, ...],
    procedures: tuple[str, ...],
    stay: Admission | None,
    reviewer: Reviewer,
) -> Grouping:
    weight = None if stay is None else stay.birth_weight_g or stay.admission_weight_g
    entry = GroupingInput(
        principal=principal,
        others=others,
        procedures=procedures,
        sex=None if stay is None else stay.sex.digit,
        age=None if stay is None else stay.age,
        age_days=None if stay is None else stay.age_days,
        weight_g=weight,
    )
    return group(entry, reviewer.pack, reviewer.codebook)


def _quoter(case: Case) -> Callable[[Evidence], EvidenceOut]:
    def quote(evidence: Evidence) -> EvidenceOut:
        return _quoted(
            case, evidence.span, evidence.section, evidence.assertion.value, evidence.source
        )

    return quote


def _quoted(case: Case, span: Span, section: str, assertion: str, source: str) -> EvidenceOut:
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


def _level_of(code: str, reviewer: Reviewer) -> Level:
    level = severity(code, "", reviewer.pack).level
    return "MCC" if level.value == "MCC" else "CC" if level.value == "CC" else "none"


def _diagnosis(
    entry: ProposedDiagnosis,
    principal: ProposedDiagnosis | None,
    reviewer: Reviewer,
    quote: Callable[[Evidence], EvidenceOut],
) -> DiagnosisOut:
    level: Level = "none" if principal is None else _level_of(entry.code, reviewer)
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
        }
    )


def _grouping(grouping: Grouping, reviewer: Reviewer) -> GroupingOut:
    standard = _standard(grouping, reviewer)
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
        payment=None if standard is None else _payment(standard),
    )


def _standard(grouping: Grouping, reviewer: Reviewer) -> PaymentStandard | None:
    """Return the payment standard; invalid input has none, an ungrouped case that of 0000."""
    if grouping.status is Status.INVALID:
        return None
    code = UNGROUPED if grouping.status is Status.UNGROUPED else grouping.drg
    return reviewer.tariff.standard(code, reviewer.variant)


def _payment(standard: PaymentStandard) -> PaymentOut:
    return PaymentOut(
        tariff=standard.tariff,
        variant=standard.variant,
        status=standard.status,
        weight=None if standard.weight is None else float(standard.weight),
        amount=None if standard.amount is None else float(standard.amount),
        note=standard.note,
    )


def _facts(case: Case, reading: Reading, reviewer: Reviewer) -> tuple[Fact, ...]:
    return extract_facts(
        reading.normalised,
        reviewer.facts,
        originals=[document.text for document in case.documents],
        sections=reading.sections,
        times=[document.time for document in case.documents],
    )


def _flags(
    case: Case,
    filed: FrontPage | None,
    proposal: Proposal,
    facts: Sequence[Fact],
    reviewer: Reviewer,
) -> FlagsOut:
    quote = _quoter(case)
    if filed is None:
        return FlagsOut(missed=(), unsupported=(), principal_differs=None)

    def level_of(code: str) -> Level:
        return _level_of(code, reviewer)

    doubted = unsupported_codes(filed, proposal, level_of)
    return FlagsOut(
        missed=tuple(
            MissedOut(
                kind=flag.kind,
                code=flag.code,
                name=_name(flag.code, flag.kind, reviewer),
                level=flag.level,
                confidence=flag.confidence,
                instead_of=flag.instead_of,
                evidence=tuple(map(quote, flag.evidence)),
            )
            for flag in missed_codes(filed, proposal, level_of)
        ),
        unsupported=(
            *(
                UnsupportedOut(
                    kind=flag.kind,
                    code=flag.code,
                    name=_name(flag.code, flag.kind, reviewer),
                    level=flag.level,
                    reason=flag.reason,
                    message=DOUBT_IN_CHINESE[flag.reason],
                    evidence=tuple(map(quote, flag.evidence)),
                )
                for flag in doubted
            ),
            *_weakly_supported(case, filed, {flag.code for flag in doubted}, facts, reviewer),
        ),
        principal_differs=(
            None
            if proposal.principal is None
            else proposal.principal.code[:3] != filed.principal.code[:3]
        ),
    )


def _weakly_supported(
    case: Case,
    filed: FrontPage,
    already: Collection[str],
    facts: Sequence[Fact],
    reviewer: Reviewer,
) -> Iterator[UnsupportedOut]:
    """Yield filed CC/MCC that the record names, but whose measured values speak against them."""
    if case.admission is None:
        return
    for entry in filed.others:
        level = _level_of(entry.code, reviewer)
        if level == "none" or entry.code in already:
            continue
        assessment = support(entry.code, facts, reviewer.conditions, case.admission)
        if assessment is None or assessment.status is SupportStatus.SUPPORTED:
            continue
        if assessment.against:
            yield UnsupportedOut(
                kind="diagnosis",
                code=entry.code,
                name=_name(entry.code, "diagnosis", reviewer),
                level=level,
                reason="weak_indicators",
                message=f"{DOUBT_IN_CHINESE['weak_indicators']}，请核对",
                evidence=tuple(
                    _quoted(case, i.span, "", "present", assessment.condition)
                    for i in assessment.against
                ),
            )


def _name(code: str, kind: str, reviewer: Reviewer) -> str:
    code_set = reviewer.procedures if kind == "procedure" else reviewer.diagnoses
    entry = code_set.get(code)
    return entry.name if entry else ""


def _queries(
    case: Case,
    proposal: Proposal,
    filed: FrontPage | None,
    facts: Sequence[Fact],
    reviewer: Reviewer,
) -> tuple[QueryOut, ...]:
    if case.admission is None:
        # Limits depend on age; without a stay nothing is asked.
        return ()
    documented = {
        finding.code for finding in proposal.findings.values() if finding.supporting
    } | _filed_codes(filed)
    ruled_out = {
        finding.code
        for finding in proposal.findings.values()
        if not finding.supporting
        and any(evidence.assertion is Assertion.NEGATED for evidence in finding.against)
    }
    queries = clinician_queries(facts, reviewer.conditions, documented, ruled_out, case.admission)
    return tuple(
        QueryOut(
            id=query.id,
            condition=query.condition,
            question=query.question,
            indicators=tuple(
                _quoted(case, indicator.span, "", "present", query.id)
                for indicator in query.indicators
            ),
        )
        for query in queries
    )


def _filed_codes(page: FrontPage | None) -> set[str]:
    entries: Sequence[CodedDiagnosis] = () if page is None else (page.principal, *page.others)
    return {entry.code for entry in entries}


def _deviation(
    filed: Grouping | None, proposed: Grouping | None, reviewer: Reviewer
) -> DeviationOut | None:
    if filed is None:
        return None
    before = _standard(filed, reviewer)
    after = None if proposed is None else _standard(proposed, reviewer)
    if before is None or after is None:
        return DeviationOut(
            tariff=reviewer.tariff.id,
            variant=reviewer.variant,
            weight=None,
            amount=None,
            rate=None,
            note="两份首页中有一份不能分组，无法计算差异",
        )
    result = deviate(before, after)
    return DeviationOut(
        tariff=reviewer.tariff.id,
        variant=reviewer.variant,
        weight=None if result.weight is None else float(result.weight),
        amount=None if result.amount is None else float(result.amount),
        rate=None if result.ratio is None else round(float(result.ratio), 6),
        note=result.reason,
    )
