"""Questions to the clinician (临床询问单).

Measured evidence without a diagnosis in the record leads to a neutral question,
never to a code (编码门槛: SPEC 5.0). The question lists what was found and asks
for the clinical judgement; it offers no diagnosis to choose and speaks of
nothing but the record.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from zhibian.documents.facts import Fact
from zhibian.quality.evidence import (
    EvidenceCondition,
    FactBook,
    Indicator,
    documented_in,
    evaluate,
    holds,
)
from zhibian.records.types import Admission


@dataclass(frozen=True, slots=True)
class ClinicianQuery:
    """One question to the clinician (临床询问).

    Attributes
    ----------
    id
        ``query-`` and the id of the condition.
    condition
        Id of the evidence condition.
    indicators
        What was found and where.
    question
        The question as shown, in Chinese.
    options
        Answers to choose from, among them another cause and that it can't be determined.
    reason
        Why it is asked, for the coder, with what else may cause the indicators.
    """

    id: str
    condition: str
    indicators: tuple[Indicator, ...]
    question: str
    options: tuple[str, ...]
    reason: str


def clinician_queries(
    facts: Sequence[Fact],
    conditions: Sequence[EvidenceCondition],
    documented: Collection[str],
    ruled_out: Collection[str],
    admission: Admission,
) -> tuple[ClinicianQuery, ...]:
    """Return the questions that the facts of a case raise.

    Parameters
    ----------
    facts
        Facts of the case.
    conditions
        From :func:`zhibian.quality.evidence.load_conditions`.
    documented
        Codes or code families that the record states as present or that were filed.
    ruled_out
        Codes or code families that the record rules out.
    admission
        Age and dates.

    Returns
    -------
    tuple of ClinicianQuery
        In the order of the conditions, one for each group of conditions.
    """
    book = FactBook(facts, admission, documented)
    asked: set[str] = set()
    queries = []
    for condition in conditions:
        if condition.group in asked or not _open(condition, documented, ruled_out, book):
            continue
        indicators = evaluate(condition.query, book) if condition.query else ()
        if indicators:
            asked.add(condition.group)
            queries.append(_ask(condition, indicators))
    return tuple(queries)


def _open(
    condition: EvidenceCondition,
    documented: Collection[str],
    ruled_out: Collection[str],
    book: FactBook,
) -> bool:
    """Tell whether the condition may raise a question in this case at all."""
    if not condition.ages[0] <= book.age <= condition.ages[1]:
        return False
    if documented_in(documented, (*condition.codes, *condition.explained_by)):
        return False
    # What was ruled out may be another cause: only the disease asked about silences the question.
    if documented_in(ruled_out, condition.supports or condition.codes):
        return False
    if condition.requires and not documented_in(documented, condition.requires):
        return False
    return condition.unless is None or not holds(condition.unless, book)


def _ask(condition: EvidenceCondition, indicators: tuple[Indicator, ...]) -> ClinicianQuery:
    quotes = _without_repeats([_tidy(i.quote) for i in indicators])
    question = condition.question.format(topic=condition.topic, indicators="；".join(quotes))
    reason = f"客观指标达到规则界限（{'；'.join(dict.fromkeys(i.text for i in indicators))}），"
    reason += "病历中未见相应诊断记载或排除记载。"
    if condition.confounders:
        reason += f"需鉴别：{'；'.join(condition.confounders)}。"
    return ClinicianQuery(
        f"query-{condition.id}", condition.id, indicators, question, condition.options, reason
    )


def _without_repeats(quotes: Sequence[str]) -> list[str]:
    """Return each quote once, without those that stand inside a longer one."""
    distinct = list(dict.fromkeys(quotes))
    return [q for q in distinct if not any(q != other and q in other for other in distinct)]


def _tidy(quote: str) -> str:
    return " ".join(quote.split())
