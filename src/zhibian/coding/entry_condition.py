"""Entry condition of a diagnosis (入院病情) from when and how the record first speaks of it.

Source: 《住院病案首页数据填写质量规范（暂行）》 and the front page's own note: 1 有 present at
admission, 2 临床未确定 suspected at admission, 3 情况不明, 4 无 arose in hospital.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

from zhibian.coding.dates import date_near
from zhibian.coding.findings import ADMISSION_PHASE
from zhibian.coding.rulefile import read_rule_file
from zhibian.coding.types import Evidence, Finding
from zhibian.documents.types import Assertion, DocumentKind, Reading, SectionKind
from zhibian.records.types import Admission, Document, EntryCondition

TABLE = Path("coding") / "entry_condition.yaml"
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})")
_DAY_HOURS = 24
_CATEGORY = 3
_SUBCATEGORY = 5
_UNDATED = frozenset({SectionKind.DISCHARGE_DIAGNOSIS, SectionKind.DISCHARGE_STATE})


@dataclass(frozen=True, slots=True)
class AdmissionValue:
    """A measured value of the first day that shows a disease to be there (入院时检验值).

    ``reports`` counts results of dated reports too, not only the first day's documents.
    """

    codes: tuple[str, ...]
    pattern: re.Pattern[str]
    below: Decimal | None
    above: Decimal | None
    reports: bool


@dataclass(frozen=True, slots=True)
class EntryConditionRules:
    """Words and code families that decide the entry condition.

    Attributes
    ----------
    in_hospital
        Phrases that say a disease arose during the stay.
    caused_pattern
        Phrases that name a treatment of the stay as the cause (抗精神病药所致).
    in_hospital_pattern
        Phrases with gaps that tell of an onset in the stay (昨夜起, 静滴…后40分钟); they count
        for the families of ``may_arise``.
    on_arrival
        Phrases that say it was there before.
    unknown
        Phrases that say nobody could know at admission (窗口期, 潜伏期).
    always_present
        Code families that can't arise in one stay.
    arises_in_hospital
        Code families that are results of the stay, unless the first day's documents state them.
    caused_by_care
        Code families caused by drugs or procedures: arisen in hospital unless the first day's
        documents state them.
    may_arise
        Code families that often arise in hospital: first seen late, they count as arisen there.
    undetermined
        Code families whose nature may stay open at admission until pathology settles it.
    settled
        Words of a later document that settle it.
    values
        Values of the first day that show a disease to be there.
    window_hours
        Findings within this time of admission count as present.
    """

    in_hospital: tuple[str, ...]
    caused_pattern: re.Pattern[str]
    in_hospital_pattern: re.Pattern[str]
    on_arrival: tuple[str, ...]
    unknown: tuple[str, ...]
    always_present: tuple[str, ...]
    arises_in_hospital: tuple[str, ...]
    caused_by_care: tuple[str, ...]
    may_arise: tuple[str, ...]
    undetermined: tuple[str, ...]
    settled: re.Pattern[str]
    values: tuple[AdmissionValue, ...]
    window_hours: int


def load_entry_condition_rules(rules: Path) -> EntryConditionRules:
    """Read rules/coding/entry_condition.yaml; InputError when it is absent or malformed."""
    return read_rule_file(rules, TABLE, _parse)


def _parse(raw: Mapping[str, Any]) -> EntryConditionRules:
    return EntryConditionRules(
        in_hospital=tuple(raw["in_hospital"]),
        caused_pattern=re.compile("|".join(raw["caused_patterns"])),
        in_hospital_pattern=re.compile("|".join(raw["in_hospital_patterns"])),
        on_arrival=tuple(raw["on_arrival"]),
        unknown=tuple(raw["unknown_at_admission"]),
        always_present=tuple(raw["always_present"]),
        arises_in_hospital=tuple(raw["arises_in_hospital"]),
        caused_by_care=tuple(raw["caused_by_care"]),
        may_arise=tuple(raw["may_arise"]),
        undetermined=tuple(raw["undetermined_until_pathology"]),
        settled=re.compile(raw["settled_by"]),
        values=tuple(_value(row) for row in raw["admission_values"]),
        window_hours=int(raw["window_hours"]),
    )


def _value(row: Mapping[str, Any]) -> AdmissionValue:
    return AdmissionValue(
        codes=tuple(row["codes"]),
        pattern=re.compile(row["pattern"]),
        below=Decimal(str(row["below"])) if "below" in row else None,
        above=Decimal(str(row["above"])) if "above" in row else None,
        reports=bool(row.get("reports", True)),
    )


def entry_condition(
    finding: Finding,
    stated: Mapping[str, Finding],
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
    stated
        Every finding of the record: the first day may say the same disease less exactly.
    reading, documents
        The record.
    stay
        Gives the time of admission; None leaves dates unread.
    rules
        Words and families.
    """
    on_first_day = _on_first_day(finding, stated, reading)
    if finding.code.startswith(rules.arises_in_hospital) and not on_first_day:
        return EntryCondition.NOT_PRESENT, "complication-of-care"
    if finding.code.startswith(rules.undetermined) and _only_suspected_at_admission(
        finding, stated, reading, rules
    ):
        return EntryCondition.UNDETERMINED, "settled-by-pathology"
    if finding.code.startswith(rules.always_present):
        return EntryCondition.PRESENT, "lasting-disease"
    if on_first_day:
        return EntryCondition.PRESENT, "admission-document"
    if _suspected_on_first_day(finding, stated, reading):
        return EntryCondition.PRESENT, "suspected-at-admission"
    return _from_later(finding, reading, documents, stay, rules)


def _on_first_day(finding: Finding, stated: Mapping[str, Finding], reading: Reading) -> bool:
    """Return whether the first day's documents state the disease or its own subcategory."""
    return any(
        reading.kinds[e.span.document] in ADMISSION_PHASE
        for same in (finding, *_kin(finding, stated, _SUBCATEGORY))
        for e in same.supporting
    )


def _suspected_on_first_day(
    finding: Finding, stated: Mapping[str, Finding], reading: Reading
) -> bool:
    """Return whether the first day's documents suspect the disease or its category."""
    return any(
        e.assertion is Assertion.POSSIBLE and reading.kinds[e.span.document] in ADMISSION_PHASE
        for same in (finding, *_kin(finding, stated, _CATEGORY))
        for e in same.against
    )


def _kin(finding: Finding, stated: Mapping[str, Finding], length: int) -> list[Finding]:
    return [other for code, other in stated.items() if code[:length] == finding.code[:length]]


def _only_suspected_at_admission(
    finding: Finding,
    stated: Mapping[str, Finding],
    reading: Reading,
    rules: EntryConditionRules,
) -> bool:
    """Return whether the first day's documents only suspect what pathology settled later."""
    stated_then = any(
        reading.kinds[e.span.document] in ADMISSION_PHASE
        for same in (finding, *_kin(finding, stated, _CATEGORY))
        for e in same.supporting
    )
    return (
        not stated_then
        and _suspected_on_first_day(finding, stated, reading)
        and _is_settled(reading, rules)
    )


def _is_settled(reading: Reading, rules: EntryConditionRules) -> bool:
    """Return whether a later document brings the pathologist's answer."""
    return any(
        kind is DocumentKind.PATHOLOGY
        or (kind not in ADMISSION_PHASE and rules.settled.search(text) is not None)
        for kind, text in zip(reading.kinds, reading.normalised, strict=True)
    )


def _from_later(
    finding: Finding,
    reading: Reading,
    documents: Sequence[Document],
    stay: Admission | None,
    rules: EntryConditionRules,
) -> tuple[EntryCondition, str]:
    """Decide for a disease that only later documents state."""
    places = sorted(finding.supporting, key=lambda e: (e.span.document, e.span.start))
    sentences = [_text(e, reading) for e in places]
    told = _by_words(sentences, rules)
    if told is not None:
        return told
    if _measured_on_arrival(finding.code, reading, documents, stay, rules):
        return EntryCondition.PRESENT, "measured-on-arrival"
    if finding.code.startswith(rules.caused_by_care):
        return EntryCondition.NOT_PRESENT, "complication-of-care"
    if finding.code.startswith(rules.may_arise):
        if any(rules.in_hospital_pattern.search(sentence) for sentence in sentences):
            return EntryCondition.NOT_PRESENT, "arose-in-hospital-words"
        late = _hours_after_admission(places, reading, documents, stay)
        is_late = late is not None and late >= rules.window_hours
        if is_late and not _opens_discharge_list(finding, reading):
            return EntryCondition.NOT_PRESENT, "first-seen-late"
    return EntryCondition.PRESENT, "no-sign-of-later-onset"


def _by_words(
    sentences: Sequence[str], rules: EntryConditionRules
) -> tuple[EntryCondition, str] | None:
    """Return what the sentences say outright of the onset, or None."""

    def says(words: Sequence[str]) -> bool:
        return any(word in sentence for sentence in sentences for word in words)

    if says(rules.unknown):
        return EntryCondition.UNKNOWN, "unknown-at-admission-words"
    if says(rules.in_hospital) or any(map(rules.caused_pattern.search, sentences)):
        return EntryCondition.NOT_PRESENT, "arose-in-hospital-words"
    if says(rules.on_arrival):
        return EntryCondition.PRESENT, "on-arrival-words"
    return None


def _opens_discharge_list(finding: Finding, reading: Reading) -> bool:
    """Return whether the disease stands first at discharge: what was found, not what arose."""
    return finding.listed is not None and reading.items[finding.listed[0]].order == 0


def _text(evidence: Evidence, reading: Reading) -> str:
    span = evidence.span
    return reading.normalised[span.document][span.start : span.end]


def _measured_on_arrival(
    code: str,
    reading: Reading,
    documents: Sequence[Document],
    stay: Admission | None,
    rules: EntryConditionRules,
) -> bool:
    """Return whether a value of the first day shows the disease."""
    values = [value for value in rules.values if code.startswith(value.codes)]
    return any(
        _is_beyond(Decimal(match.group(1)), value)
        for value in values
        for document, kind in enumerate(reading.kinds)
        if kind in ADMISSION_PHASE or (value.reports and kind is DocumentKind.REPORT)
        for match in value.pattern.finditer(reading.normalised[document])
        if kind in ADMISSION_PHASE
        or _is_early(document, match.start(), reading, documents, stay, rules)
    )


def _is_early(
    document: int,
    place: int,
    reading: Reading,
    documents: Sequence[Document],
    stay: Admission | None,
    rules: EntryConditionRules,
) -> bool:
    """Return whether a result of a report is dated within the window of admission."""
    if stay is None or stay.admitted is None:
        return False
    admitted = stay.admitted.date()
    day = date_near(reading, document, place, place, documents[document].time, admitted)
    return day is not None and (day - admitted).days * _DAY_HOURS < rules.window_hours


def _is_beyond(measured: Decimal, value: AdmissionValue) -> bool:
    return (value.below is not None and measured < value.below) or (
        value.above is not None and measured > value.above
    )


def _hours_after_admission(
    places: Sequence[Evidence],
    reading: Reading,
    documents: Sequence[Document],
    stay: Admission | None,
) -> int | None:
    """Return hours from admission to the first dated place that speaks of the disease."""
    if stay is None or stay.admitted is None:
        return None
    admitted = stay.admitted
    hours = []
    for place in places:
        if place.section in _UNDATED:
            continue
        span = place.span
        stamp = documents[span.document].time
        day = date_near(reading, span.document, span.start, span.end, stamp, admitted.date())
        if day is None:
            continue
        clock = _CLOCK.search(stamp) if stamp and day.isoformat() in stamp else None
        if clock is None:
            hours.append((day - admitted.date()).days * _DAY_HOURS)
        else:
            at = datetime.combine(day, time(int(clock[1]) % _DAY_HOURS, int(clock[2]) % 60))
            hours.append(int((at - admitted.replace(tzinfo=None)).total_seconds() // 3600))
    return min(hours, default=None)
