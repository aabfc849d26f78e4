"""Facts in a fixed wording (固定写法): ``pT3N1M0``, ``高血压3级(很高危)``, ``Apgar 9-10-10分``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from zhibian.documents.facts.context import FactText, measure_flags, term_flags
from zhibian.documents.facts.lexicon import FactLexicon, Pattern, PatternPart
from zhibian.documents.facts.types import Fact

_ROMAN = {"Ⅰ": 1, "Ⅱ": 2, "Ⅲ": 3, "Ⅳ": 4, "I": 1, "II": 2, "III": 3, "IV": 4, "V": 5, "Ⅴ": 5}
_DECIMAL = re.compile(r"[-+]?\d{1,6}(?:\.\d{1,4})?")


def pattern_facts(text: FactText, lexicon: FactLexicon) -> Iterator[Fact]:
    """Yield the facts of every fixed wording in a document."""
    for pattern in lexicon.patterns:
        for match in pattern.regex.finditer(text.folded):
            yield from _facts_of(text, match, pattern, lexicon)


def _facts_of(
    text: FactText, match: re.Match[str], pattern: Pattern, lexicon: FactLexicon
) -> Iterator[Fact]:
    start, end = match.span()
    flags = term_flags(text, start, end, lexicon)
    flags |= measure_flags(text, start, (start, start), lexicon)
    read = {
        group: value
        for group, part in pattern.parts.items()
        if group != pattern.total and (value := _value(match[group], part)) is not None
    }
    if pattern.total:
        read[pattern.total] = sum(read.values(), Decimal(0))
    for group, value in read.items():
        part = pattern.parts[group]
        yield Fact(
            part.kind,
            part.id,
            value,
            "",
            part.unit,
            text.span(start, end),
            text.quote(start, end),
            text.date(start),
            frozenset(flags - {"target"}),
        )


def _value(written: str | None, part: PatternPart) -> Decimal | None:
    """Return the value of a group: a word of its list, a number, or a Roman numeral."""
    if written is None:
        return None
    if written in part.words:
        return part.words[written]
    if _DECIMAL.fullmatch(written):
        return Decimal(written)
    return Decimal(_ROMAN[written]) if written in _ROMAN else None
