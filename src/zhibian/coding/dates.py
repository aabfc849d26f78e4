"""Dates that stand near a place in the record (就近日期)."""

from __future__ import annotations

import re
from datetime import date, timedelta

from zhibian.documents.types import DocumentKind, Reading

# A day without year is written 03-07 or 3月7日; 2.6 or 7-9 are quantities.
_DAY = re.compile(
    r"(?<![\d.])(?:(?P<year>\d{4})[-./年](?P<month>\d{1,2})[-./月](?P<day>\d{1,2})"
    r"|(?P<month2>\d{1,2})月(?P<day2>\d{1,2})日"
    r"|(?P<month3>\d{2})[-/](?P<day3>\d{2}))(?![\d.%])"
)
_FURTHEST_BACK = 400
# A date without year that would lie this far before admission belongs to the next year.
_HALF_A_YEAR = timedelta(days=180)


def date_near(
    reading: Reading, document: int, start: int, end: int, stamp: str | None, admitted: date
) -> date | None:
    """Return the day that a place of the record speaks of.

    Parameters
    ----------
    reading
        The record.
    document, start, end
        The place.
    stamp
        Time of the document as written, used where the line has no date.
    admitted
        Day of admission, which gives the year.

    Returns
    -------
    date or None
        A progress note opens with its day: the first date on the line. A report strings results
        together: the last date before the place. Without either, the day of the document.
    """
    text = reading.normalised[document]
    line = text.rfind("\n", max(0, start - _FURTHEST_BACK), start) + 1
    if line == 0:
        line = max(0, start - _FURTHEST_BACK)
    # 20-25 is a span of seconds, no day: only what is a day of the calendar counts.
    days = [day for day in (as_date(m, admitted) for m in _DAY.finditer(text, line, end)) if day]
    if reading.kinds[document] is DocumentKind.REPORT:
        before = _DAY.finditer(text, line, start)
        days = [day for day in (as_date(m, admitted) for m in before) if day][-1:]
    if not days and stamp is not None:
        match = _DAY.search(stamp)
        return as_date(match, admitted) if match else None
    return days[0] if days else None


def as_date(match: re.Match[str], admitted: date) -> date | None:
    """Return the day of a match; one without year is the first such day after admission."""
    part = match.groupdict()
    month = part["month"] or part["month2"] or part["month3"]
    day = part["day"] or part["day2"] or part["day3"]
    try:
        if part["year"]:
            return date(int(part["year"]), int(month), int(day))
        found = date(admitted.year, int(month), int(day))
        return found.replace(year=found.year + 1) if found < admitted - _HALF_A_YEAR else found
    except ValueError:
        return None
