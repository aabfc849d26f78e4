"""Entry condition of a diagnosis (入院病情) from when and how the record first speaks of it.

Source: 《住院病案首页数据填写质量规范（暂行）》 and the front page's own note: 1 有 present at
admission, 2 临床未确定 suspected at admission, 3 情况不明, 4 无 arose in hospital.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zhibian.coding.dates import date_near
from zhibian.coding.findings import ADMISSION_PHASE
from zhibian.coding.rulefile import read_rule_file
from zhibian.coding.types import Evidence, Finding
from zhibian.documents.types import Assertion, DocumentKind, Reading, SectionKind
from zhibian.records.types import Admission, Document, EntryCondition

TABLE = Path("coding") / "entry_condition.yaml"


@dataclass(frozen=True, slots=True)
class EntryConditionRules:
    """Words and code families that decide the entry condition.

    Attributes
    ----------
    in_hospital
        Phrases that say a disease arose during the stay.
    on_arrival
        Phrases that say it was there before.
    always_present
        Code families that can't arise in one stay.
    arises_in_hospital
        Code families that are complications of care.
    may_arise
        Code families that often arise in hospital: first seen late, they count as arisen there.
    undetermined
        Code families whose nature may stay open at admission until pathology settles it.
    window_hours
        Findings within this time of admission count as present.
    """

    in_hospital: tuple[str, ...]
    on_arrival: tuple[str, ...]
    always_present: tuple[str, ...]
    arises_in_hospital: tuple[str, ...]
    may_arise: tuple[str, ...]
    undetermined: tuple[str, ...]
    window_hours: int


def load_entry_condition_rules(rules: Path) -> EntryConditionRules:
    """Read rules/coding/entry_condition.yaml; InputError when it is absent or malformed."""
    return read_rule_file(rules, TABLE, _parse)


def _parse(raw: Mapping[str, Any]) -> EntryConditionRules:
    return EntryConditionRules(
        in_hospital=tuple(raw["in_hospital"]),
        on_arrival=tuple(raw["on_arrival"]),
        always_present=tuple(raw["always_present"]),
        arises_in_hospital=tuple(raw["arises_in_hospital"]),
        may_arise=tuple(raw["may_arise"]),
        undetermined=tuple(raw["undetermined_until_pathology"]),
        window_hours=int(raw["window_hours"]),
    )


def entry_condition(
    finding: Finding,
    reading: Reading,
    documents: Sequence[Document],
    stay: Admission | None,
    rules: EntryConditionRules,
) -> tuple[EntryCondition, str]:
    """Return the entry condition and the id of the reason.

    Parameters
    ----------
    finding
        What the record says of the code.
    reading, documents
        The record.
    stay
        Gives the day of admission; None leaves dates unread.
    rules
        Words and families.
    """
    if finding.code.startswith(rules.arises_in_hospital):
        return EntryCondition.NOT_PRESENT, "complication-of-care"
    if finding.code.startswith(rules.undetermined) and _only_suspected_at_admission(
        finding, reading
    ):
        return EntryCondition.UNDETERMINED, "settled-by-pathology"
    if finding.code.startswith(rules.always_present):
        return EntryCondition.PRESENT, "lasting-disease"
    return _from_record(finding, reading, documents, stay, rules)


def _only_suspected_at_admission(finding: Finding, reading: Reading) -> bool:
    """Return whether the first day's documents only suspect what pathology settled later."""
    first_day = [e for e in finding.supporting if reading.kinds[e.span.document] in ADMISSION_PHASE]
    suspected = any(
        e.assertion is Assertion.POSSIBLE and reading.kinds[e.span.document] in ADMISSION_PHASE
        for e in finding.against
    )
    settled = any(
        reading.kinds[e.span.document] is DocumentKind.PATHOLOGY
        or e.section is SectionKind.PATHOLOGY_DIAGNOSIS
        for e in finding.supporting
    )
    return suspected and settled and not first_day


def _from_record(
    finding: Finding,
    reading: Reading,
    documents: Sequence[Document],
    stay: Admission | None,
    rules: EntryConditionRules,
) -> tuple[EntryCondition, str]:
    places = sorted(finding.supporting, key=lambda e: (e.span.document, e.span.start))
    if any(reading.kinds[e.span.document] in ADMISSION_PHASE for e in places):
        return EntryCondition.PRESENT, "admission-document"
    sentences = [_text(e, reading) for e in places]
    if any(word in sentence for sentence in sentences for word in rules.in_hospital):
        return EntryCondition.NOT_PRESENT, "arose-in-hospital-words"
    if any(word in sentence for sentence in sentences for word in rules.on_arrival):
        return EntryCondition.PRESENT, "on-arrival-words"
    late = _days_after_admission(places, reading, documents, stay)
    arises = finding.code.startswith(rules.may_arise)
    if arises and late is not None and late * 24 >= rules.window_hours:
        return EntryCondition.NOT_PRESENT, "first-seen-late"
    return EntryCondition.PRESENT, "no-sign-of-later-onset"


def _text(evidence: Evidence, reading: Reading) -> str:
    span = evidence.span
    return reading.normalised[span.document][span.start : span.end]


def _days_after_admission(
    places: Sequence[Evidence],
    reading: Reading,
    documents: Sequence[Document],
    stay: Admission | None,
) -> int | None:
    """Return full days from admission to the first dated place that speaks of the disease."""
    if stay is None or stay.admitted is None:
        return None
    admitted = stay.admitted.date()
    days = []
    for place in places:
        if place.section in {SectionKind.DISCHARGE_DIAGNOSIS, SectionKind.DISCHARGE_STATE}:
            continue
        span = place.span
        stamp = documents[span.document].time
        when = date_near(reading, span.document, span.start, span.end, stamp, admitted)
        if when is not None:
            days.append((when - admitted).days)
    return min(days, default=None)
