"""Find what identifies a person in clinical texts (识别个人标识)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from zhibian.records.deidentify.rules import Kind, Rules

# Check digit of the identity number, GB 11643-1999 (ISO 7064:1983 MOD 11-2).
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_DIGITS = "10X98765432"
_SHORTEST_REPEATED = 2
# 王某 identifies nobody any more.
_MASKED = "某"
_LEADS = re.compile(r"就诊于|评估转|转[至入自院]?|送[至往]|[经由于在至往到]")
_LIVING = re.compile(r".{0,6}?(?:家住|居住于|居住在|现住|住在|住于|来自|位于|户籍)|住")
_HOSPITAL = re.compile(r"(?:医院|卫生院|卫生服务中心|卫生室|诊所|医学中心|公司|厂|学校|银行|局)$")


@dataclass(frozen=True, slots=True)
class Identifier:
    """One place that identifies a person: characters ``start`` to ``end`` of a text."""

    kind: Kind
    start: int
    end: int


def find_identifiers(texts: Sequence[str], rules: Rules) -> tuple[tuple[Identifier, ...], ...]:
    """Return what identifies persons in the texts of one case.

    Parameters
    ----------
    texts
        The documents of one case: a name told in one of them is found in all.
    rules
        From `load_rules`.

    Returns
    -------
    tuple of tuple of Identifier
        For each text its places, from left to right, none inside another.
    """
    found = [list(_found_alone(text, rules)) for text in texts]
    names = {
        text[place.start : place.end]
        for text, places in zip(texts, found, strict=True)
        for place in places
        if place.kind == "name" and place.end - place.start >= _SHORTEST_REPEATED
    }
    if names:
        again = re.compile("|".join(map(re.escape, sorted(names, key=len, reverse=True))))
        for text, places in zip(texts, found, strict=True):
            places.extend(Identifier("name", *hit.span()) for hit in again.finditer(text))
    return tuple(_without_overlaps(places) for places in found)


def _found_alone(text: str, rules: Rules) -> Iterator[Identifier]:
    for pattern in rules.patterns:
        for hit in pattern.regex.finditer(text):
            span = hit.span(1 if pattern.regex.groups else 0)
            if pattern.checked and not is_identity_number(text[slice(*span)]):
                continue
            named: tuple[int, int] | None = span
            if pattern.kind == "organisation":
                named = _named_part(text, span, rules)
            elif pattern.kind == "address":
                named = (span[0] + len(_living(text[slice(*span)])), span[1])
            if named is not None:
                yield Identifier(pattern.kind, *named)
    for name_pattern in rules.named:
        for hit in name_pattern.finditer(text):
            start, _ = hit.span("names")
            for name in _names_in(hit["names"], rules):
                yield Identifier("name", start + name[0], start + name[1])


def _names_in(listed: str, rules: Rules) -> Iterator[tuple[int, int]]:
    """Yield where the names of a list stand; what only looks like a name is left out."""
    hits = list(rules.one_name.finditer(listed))
    # A surname before a title stands alone: 张主任.
    spans = [hit.span() for hit in hits] or ([(0, len(listed))] if len(listed) == 1 else [])
    for start, end in spans:
        name = listed[start:end]
        if _MASKED not in name and not name.startswith(rules.not_names):
            yield start, end


def _named_part(text: str, span: tuple[int, int], rules: Rules) -> tuple[int, int] | None:
    """Return where an organisation is named; None for 当地医院 or 某三甲医院, which name none."""
    start, end = span
    for lead in _LEADS.finditer(text[start:end]):
        start = span[0] + lead.end()
    named = _HOSPITAL.sub("", text[start:end])
    for word in sorted(rules.generic, key=len, reverse=True):
        named = named.replace(word, "")
    return (start, end) if named else None


def _living(address: str) -> str:
    """Return the words before an address that say only that somebody lives there."""
    lead = _LIVING.match(address)
    return lead[0] if lead else ""


def is_identity_number(text: str) -> bool:
    """Tell whether a text is an identity number with a valid date and check digit (GB 11643)."""
    digits = re.sub(r"\s", "", text).upper()
    if not re.fullmatch(r"[1-9][0-9]{16}[0-9X]", digits):
        return False
    try:
        date(int(digits[6:10]), int(digits[10:12]), int(digits[12:14]))
    except ValueError:
        return False
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, digits, strict=False))
    return digits[-1] == _CHECK_DIGITS[total % 11]


def _without_overlaps(places: Iterable[Identifier]) -> tuple[Identifier, ...]:
    """Keep the longest of places that overlap."""
    kept: list[Identifier] = []
    for place in sorted(places, key=lambda p: (p.start, p.start - p.end)):
        if not kept or place.start >= kept[-1].end:
            kept.append(place)
        elif place.end > kept[-1].end:
            kept[-1] = Identifier(kept[-1].kind, kept[-1].start, place.end)
    return tuple(kept)
