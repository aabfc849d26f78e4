"""How far the facts back a code (编码的客观证据评估)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from zhibian.documents.facts import Fact
from zhibian.quality.evidence.book import FactBook
from zhibian.quality.evidence.evaluate import evaluate, exact, indicator
from zhibian.quality.evidence.types import (
    Among,
    Change,
    EvidenceCondition,
    Indicator,
    Node,
    SupportAssessment,
    SupportStatus,
    Threshold,
)
from zhibian.records.types import Admission

_NO_RULE = "该编码没有对应的客观证据规则，依据见病历原文"
_TOO_LITTLE = "所提供的病历中检验与体征记录过少，未评估客观证据"


def support(
    code: str,
    facts: Sequence[Fact],
    conditions: Sequence[EvidenceCondition],
    admission: Admission,
) -> SupportAssessment | None:
    """Assess whether the facts back a filed code.

    Parameters
    ----------
    code
        Filed code, finest level.
    facts
        Facts of the case.
    conditions
        From :func:`load_conditions`.
    admission
        Age and dates.

    Returns
    -------
    SupportAssessment or None
        None when no condition speaks of this code or of a patient of this age. When several do,
        one that is supported decides.
    """
    book = FactBook(facts, admission)
    weak = None
    for condition in conditions:
        if not any(code.startswith(f) for f in condition.supports):
            continue
        if not condition.ages[0] <= book.age <= condition.ages[1]:
            continue
        indicators = evaluate(condition.support, book)
        if indicators:
            return SupportAssessment(
                code,
                condition.id,
                SupportStatus.SUPPORTED,
                indicators,
                (),
                f"病历中有支持“{condition.name}”的客观证据",
            )
        weak = weak or _weak(code, condition, book)
    return weak


def proposed_support(
    codes: Iterable[str],
    facts: Sequence[Fact],
    conditions: Sequence[EvidenceCondition],
    admission: Admission | None,
) -> Mapping[str, SupportAssessment]:
    """Assess the codes that are proposed: a documented diagnosis may still lack evidence.

    The same rules as for filed codes, so that both directions are judged alike.

    Parameters
    ----------
    codes
        Proposed codes, such as those that are CC or MCC in the edition in use.
    facts, conditions
        As for :func:`support`.
    admission
        Age and dates; without them nothing is assessed.

    Returns
    -------
    mapping of code to SupportAssessment
        With status ``NOT_ASSESSED`` where no condition speaks of a code or the record holds
        too few measurements.
    """
    return {code: _proposed(code, facts, conditions, admission) for code in codes}


def _proposed(
    code: str,
    facts: Sequence[Fact],
    conditions: Sequence[EvidenceCondition],
    admission: Admission | None,
) -> SupportAssessment:
    found = support(code, facts, conditions, admission) if admission else None
    if found is None:
        return SupportAssessment(code, "", SupportStatus.NOT_ASSESSED, (), (), _NO_RULE)
    if not found.telling:
        return replace(found, status=SupportStatus.NOT_ASSESSED, reason=_TOO_LITTLE)
    return found


def _weak(code: str, condition: EvidenceCondition, book: FactBook) -> SupportAssessment:
    against = tuple(dict.fromkeys(_nearest(condition.support, book)))
    reason = (
        f"已测得的数值未达到“{condition.name}”的证据界限，未见其他支持依据，请核对"
        if against
        else f"病历中未见支持“{condition.name}”的检验、治疗或所见，请核对"
    )
    telling = bool(against) or book.measured >= condition.absence_needs
    return SupportAssessment(code, condition.id, SupportStatus.WEAK, (), against, reason, telling)


def _nearest(node: Node, book: FactBook) -> Iterable[Indicator]:
    """Yield, for each limit that was not reached, the measured value nearest to it."""
    if isinstance(node, Among):
        for inner in node.nodes:
            yield from _nearest(inner, book)
    elif isinstance(node, Threshold | Change):
        facts = exact(book.current(node.fact))
        if facts:
            low = node.bound in {"below", "at_most"} if isinstance(node, Threshold) else False
            extreme = (min if low else max)(facts, key=lambda p: p[0])[1]
            yield indicator(f"未达：{node.text}", extreme)
