"""Entry condition of a diagnosis (入院病情) from when and how the record first speaks of it.

Source: 《住院病案首页数据填写质量规范（暂行）》 and the front page's own note: 1 有 present at
admission, 2 临床未确定 suspected at admission, 3 情况不明, 4 无 arose in hospital.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from zhibian.coding.findings import ADMISSION_PHASE
from zhibian.coding.rulefile import read_rule_file
from zhibian.coding.types import Evidence, Finding
from zhibian.documents.types import Reading, SectionKind
from zhibian.records.types import Admission, Document, EntryCondition

TABLE = Path("coding") / "entry_condition.yaml"
_DAY = re.compile(r"(?<!\d)(?:(\d{4})[-./年])?(\d{1,2})[-./月](\d{1,2})日?(?!\d)")
_FURTHEST_BACK = 400


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
    window_hours
        Findings within this time of admission count as present.
    """

    in_hospital: tuple[str, ...]
    on_arrival: tuple[str, ...]
    always_present: tuple[str, ...]
    arises_in_hospital: tuple[str, ...]
    may_arise: tuple[str, ...]
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
    if finding.code.startswith(rules.always_present):
        return EntryCondition.PRESENT, "lasting-disease"
    return _from_record(finding, reading, documents, stay, rules)


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
        when = _date_of(place, reading, documents, admitted)
        if when is not None:
            days.append((when - admitted).days)
    return min(days, default=None)


def _date_of(
    place: Evidence, reading: Reading, documents: Sequence[Document], admitted: date
) -> date | None:
    """Return the last date written before or in the sentence, else the day of the document."""
    text = reading.normalised[place.span.document]
    window = text[max(0, place.span.start - _FURTHEST_BACK) : place.span.end]
    line_start = window.rfind("\n", 0, len(window) - (place.span.end - place.span.start)) + 1
    matches = list(_DAY.finditer(window[line_start:]))
    if matches:
        return as_date(matches[0], admitted)
    stamp = documents[place.span.document].time
    match = _DAY.search(stamp) if stamp else None
    return as_date(match, admitted) if match else None


def as_date(match: re.Match[str], admitted: date) -> date | None:
    """Return the date of a match; a date without year is the first such day after admission."""
    year, month, day = match.groups()
    try:
        if year:
            return date(int(year), int(month), int(day))
        found = date(admitted.year, int(month), int(day))
        if found < admitted - timedelta(days=180):
            found = date(admitted.year + 1, int(month), int(day))
    except ValueError:
        return None
    return found
