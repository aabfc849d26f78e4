"""Find what identifies a person in clinical texts (识别个人标识)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from zhibian.records.deidentify.names import names_in, repeated
from zhibian.records.deidentify.organisations import after_leads, organisations_in
from zhibian.records.deidentify.places import Identifier, plain
from zhibian.records.deidentify.rules import Pattern, Rules

# Check digit of the identity number, GB 11643-1999 (ISO 7064:1983 MOD 11-2).
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_DIGITS = "10X98765432"
_SHORTEST_REPEATED = 2
_SHORTEST_ADDRESS = 4


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
    plains = [plain(text) for text in texts]
    found = [list(_found_alone(text, rules)) for text in plains]
    names = {
        text[place.start : place.end]
        for text, places in zip(plains, found, strict=True)
        for place in places
        if place.kind == "name" and place.end - place.start >= _SHORTEST_REPEATED
    }
    for text, places in zip(plains, found, strict=True):
        places.extend(Identifier("name", *span) for span in repeated(text, names, rules.names))
    return tuple(_without_overlaps(places) for places in found)


def _found_alone(text: str, rules: Rules) -> Iterator[Identifier]:
    for pattern in rules.patterns:
        for hit in pattern.regex.finditer(text):
            start, end = hit.span(1 if pattern.regex.groups else 0)
            if pattern.trimmed:
                start = after_leads(text, start, end, rules.organisations)
            if _counts(text[start:end], pattern):
                yield Identifier(pattern.kind, start, end)
    for span in organisations_in(text, rules.organisations):
        yield Identifier("organisation", *span)
    for span in names_in(text, rules.names):
        yield Identifier("name", *span)


def _counts(found: str, pattern: Pattern) -> bool:
    if pattern.trimmed and len(found) < _SHORTEST_ADDRESS:
        return False
    if pattern.checked and not is_identity_number(found):
        return False
    return not any(found.startswith(word) for word in pattern.excluded)


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
