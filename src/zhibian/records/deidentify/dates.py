"""Shift the dates of a text (日期平移): all by the same days, each in its own spelling."""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import date, timedelta

_DAYS_A_WEEK = 7
_WEEKS = 52
# Ranges and ratios look like month and day: what follows tells them apart.
_UNITS = (
    r"(?!\s*(?:[天日次分级度岁周月年个倍粒片支袋滴克米%℃]|小时|分钟|"
    r"ml|mg|mm|cm|g|L|U|/|\*|\^|～|~|[0-9]))"
)
_FULL = re.compile(
    r"(?<![0-9.])(?P<y>(?:19|20)[0-9]{2})(?P<a>[-/.]|\s?年\s?)(?P<m>[0-9]{1,2})(?P<b>[-/.]|\s?月\s?)"
    r"(?P<d>[0-9]{1,2})(?P<c>\s?日)?(?![0-9])"
)
_COMPACT = re.compile(
    r"(?<![0-9])(?P<y>(?:19|20)[0-9]{2})(?P<m>0[1-9]|1[0-2])(?P<d>0[1-9]|[12][0-9]|3[01])(?![0-9])"
)
_YEAR_MONTH = re.compile(
    r"(?<![0-9.])(?P<y>(?:19|20)[0-9]{2})年(?P<m>1[0-2]|0?[1-9])月(?!\s?[0-9])"
)
_MONTH_DAY_WORDS = re.compile(
    r"(?<![0-9年])(?P<m>1[0-2]|0?[1-9])月(?P<d>3[01]|[12][0-9]|0?[1-9])日"
)
_MONTH_DAY = re.compile(
    r"(?<![0-9A-Za-z.\-/])(?P<m>0[1-9]|1[0-2])(?P<a>[-/])(?P<d>0[1-9]|[12][0-9]|3[01])(?![0-9\-])"
    + _UNITS
)
_MIDDLE_OF_MONTH = 15


def days_of(key: bytes, case: str) -> int:
    """Return by how many days the dates of a case go back: whole weeks, 1 to 52.

    Parameters
    ----------
    key
        Secret of the project; with it the same case always goes back by the same number.
    case
        Identifier of the case.
    """
    digest = hmac.new(key, f"dates/{case}".encode(), hashlib.sha256).digest()
    return -_DAYS_A_WEEK * (1 + int.from_bytes(digest[:4], "big") % _WEEKS)


def shift_dates(text: str, days: int, year: int | None) -> str:
    """Return a text with its dates shifted; weekdays, times of day and intervals stay.

    Parameters
    ----------
    text
        Any clinical text.
    days
        Number of days, negative to go back.
    year
        Year of dates that tell only month and day; they are left as they are where it is None.

    Returns
    -------
    str
        Years alone (2016年) stay: they say when at most, and a shift of days would not move them.
    """
    places: list[tuple[int, int, str]] = []
    for pattern, spelled in (
        (_FULL, _full),
        (_COMPACT, _compact),
        (_YEAR_MONTH, _year_month),
        (_MONTH_DAY_WORDS, _month_day),
        (_MONTH_DAY, _month_day),
    ):
        for hit in pattern.finditer(text):
            if any(start < hit.end() and hit.start() < end for start, end, _ in places):
                continue
            moved = _moved(hit, days, year)
            if moved is not None:
                places.append((*hit.span(), spelled(hit, moved)))
    for start, end, new in sorted(places, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def _moved(hit: re.Match[str], days: int, year: int | None) -> date | None:
    """Return the shifted date, None for one that is no date of the calendar."""
    told = hit.groupdict()
    in_year = told.get("y") or year
    if in_year is None:
        return None
    try:
        day = date(int(in_year), int(told["m"]), int(told.get("d") or _MIDDLE_OF_MONTH))
        return day + timedelta(days=days)
    except (ValueError, OverflowError):
        return None


def _full(hit: re.Match[str], day: date) -> str:
    month, in_month = _padded(hit["m"], day.month), _padded(hit["d"], day.day)
    return f"{day.year:04}{hit['a']}{month}{hit['b']}{in_month}{hit['c'] or ''}"


def _compact(hit: re.Match[str], day: date) -> str:
    return f"{day:%Y%m%d}"


def _year_month(hit: re.Match[str], day: date) -> str:
    return f"{day.year}年{_padded(hit['m'], day.month)}月"


def _month_day(hit: re.Match[str], day: date) -> str:
    between, after = (hit["a"], "") if "a" in hit.groupdict() else ("月", "日")
    return f"{_padded(hit['m'], day.month)}{between}{_padded(hit['d'], day.day)}{after}"


def _padded(old: str, number: int) -> str:
    return f"{number:02}" if len(old) == 2 else str(number)
