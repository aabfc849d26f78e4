"""Hours of a treatment with a beginning and an end (起止时间): ``10:30上机,次日09:00撤机``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from zhibian.documents.facts.context import FactText, term_flags
from zhibian.documents.facts.lexicon import Course, FactLexicon
from zhibian.documents.facts.types import Fact

_MOMENT = re.compile(
    r"(?:(?:(?P<year>(?:19|20)\d{2})[-./年])?(?P<month>\d{1,2})[-./月](?P<day>\d{1,2})日?)?"
    r"\s?(?P<hour>\d{1,2}):(?P<minute>\d{2})"
)
# A leap year serves where no year is written; the end is then in the same year or the next one.
_NO_YEAR = 2024


def course_facts(text: FactText, lexicon: FactLexicon) -> Iterator[Fact]:
    """Yield the hours of every treatment whose beginning and end are written to the minute."""
    for course in lexicon.courses:
        reached = 0
        matches = sorted(
            (m for pattern in course.patterns for m in pattern.finditer(text.folded)),
            key=lambda m: m.start(),
        )
        for match in matches:
            if match.start() < reached or course.other.search(match.group()):
                continue
            hours = _hours(match["from"], match["to"])
            if hours is not None:
                reached = match.end()
                yield _fact(text, match, course, hours, lexicon)


def _fact(
    text: FactText, match: re.Match[str], course: Course, hours: Decimal, lexicon: FactLexicon
) -> Fact:
    start, end = match.span()
    return Fact(
        course.kind,
        course.id,
        hours,
        "",
        course.unit,
        text.span(start, end),
        text.quote(start, end),
        text.date(start) or match["from"],
        term_flags(text, start, end, lexicon) | {"computed"},
    )


def _hours(begun: str, ended: str) -> Decimal | None:
    """Return the hours between two moments; None where one has no time of day."""
    first, last = _MOMENT.fullmatch(begun), _MOMENT.fullmatch(ended)
    if first is None or last is None or (first["day"] is None and last["day"] is not None):
        return None
    day = (first["year"], first["month"], first["day"])
    start = _moment(first, day)
    end = _moment(last, (last["year"], last["month"], last["day"]) if last["day"] else day)
    if start is None or end is None:
        return None
    if end.month < start.month and last["year"] is None and last["day"]:
        try:
            end = end.replace(year=end.year + 1)
        except ValueError:
            return None
    seconds = (end - start).total_seconds()
    return round(Decimal(seconds) / 3600, 1) if seconds > 0 else None


def _moment(
    match: re.Match[str], day: tuple[str | None, str | None, str | None]
) -> datetime | None:
    year, month, date = day
    try:
        return datetime(
            int(year or _NO_YEAR),
            int(month or 1),
            int(date or 1),
            int(match["hour"]),
            int(match["minute"]),
        )
    except ValueError:
        return None
