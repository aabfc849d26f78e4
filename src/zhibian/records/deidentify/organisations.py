"""Find named organisations (识别机构名): hospitals, companies, schools; 当地医院 names none."""

from __future__ import annotations

import re
from collections.abc import Iterator

from zhibian.records.deidentify.rules import OrganisationRules

_RUN = re.compile(r"(?:[\u4e00-\u9fff]|\([\u4e00-\u9fff]{2,4}\)|第[0-9]{1,3}|[0-9]{3}(?=\Z))+\Z")
_LEADING_BRACKET = re.compile(r"\([\u4e00-\u9fff]{2,4}\)")
# 某医院 names none.
_MASKED = "某"
_LONGEST = 26
_SHORTEST_NAME = 2

Span = tuple[int, int]


def organisations_in(text: str, rules: OrganisationRules) -> Iterator[Span]:
    """Yield where organisations are named in a plain text; places may overlap."""
    before = 0
    last: Span | None = None
    for suffix in rules.suffix.finditer(text):
        span = _named_part(text, max(before, suffix.start() - _LONGEST), suffix, rules)
        before = suffix.end()
        if span is None:
            continue
        if last is not None and span[0] == last[1]:
            span = (last[0], span[1])
        elif not _is_named(text[span[0] : suffix.start()], rules):
            continue
        last = span
        yield span
    for hit in rules.employer.finditer(text):
        told = hit[1]
        if not told.startswith(rules.not_employers) and _is_named(told, rules):
            yield hit.span(1)


def after_leads(text: str, start: int, end: int, rules: OrganisationRules) -> int:
    """Return where a name begins once the words that lead up to it are left out."""
    begin = start
    for lead in rules.lead.finditer(text, start, end):
        if lead["kept"] is None:
            begin = lead.end()
    return begin


def _named_part(
    text: str, earliest: int, suffix: re.Match[str], rules: OrganisationRules
) -> Span | None:
    """Return where the organisation stands that ends in a suffix, None for a bare suffix."""
    run = _RUN.search(text, earliest, suffix.start())
    start = run.start() if run else suffix.start()
    begin = after_leads(text, start, suffix.start(), rules)
    while bracket := _LEADING_BRACKET.match(text, begin):
        begin = bracket.end()
    return (begin, suffix.end()) if begin < suffix.start() or begin == earliest else None


def _is_named(words: str, rules: OrganisationRules) -> bool:
    if _MASKED in words:
        return False
    if rules.place.search(words):
        return True
    rest = rules.generic_edge.sub("", rules.generic.sub("", words))
    return len(rest) >= _SHORTEST_NAME
