"""Facts written as a stage or as a pair (分级分期、血压)."""

from __future__ import annotations

import re
from decimal import Decimal

from zhibian.documents.facts.context import FactText, measure_flags, term_flags
from zhibian.documents.facts.lexicon import FactLexicon, Measure, Staged
from zhibian.documents.facts.series import NOT_AFTER_BARE
from zhibian.documents.facts.types import Fact, RejectedValue, implausible

_ROMAN = {"Ⅰ": 1, "Ⅱ": 2, "Ⅲ": 3, "Ⅳ": 4, "I": 1, "II": 2, "III": 3, "IV": 4}
_PAIR = re.compile(
    r"(?P<a>\d{2,3})(?:\s?[-~]\s?(?P<a2>\d{2,3}))?\s?/\s?"
    r"(?P<b>\d{2,3})(?:\s?[-~]\s?(?P<b2>\d{2,3}))?(?![\d/])"
)
_PRESSURE_UNIT = re.compile(r"\s?MMHG")
_STAGE = re.compile(
    r"\s?(?P<a>Ⅳ|Ⅲ|Ⅱ|Ⅰ|IV|I{1,3}|[1-4])(?:\s?[-~—]\s?(?P<b>Ⅳ|Ⅲ|Ⅱ|Ⅰ|IV|I{1,3}|[1-4]))?(?P<tail>\s?[级期度])?"
)


def grade(
    text: FactText, start: int, end: int, at: int, measure: Measure, lexicon: FactLexicon
) -> list[Fact | RejectedValue]:
    """Return the grade behind a name: ``NYHA Ⅲ级``, ``Killip 2-3级``."""
    match = _STAGE.match(text.folded, at)
    if match is None or (measure.bare == "never" and not match["tail"]):
        return []
    tail = match.end()
    if not match["tail"] and NOT_AFTER_BARE.match(text.folded, tail):
        return []
    if not match["tail"] and text.folded[tail : tail + 1].isdigit():
        return []
    flags = frozenset(measure_flags(text, start, (end, at), lexicon) - {"target"})
    stages = [_roman(match[g]) for g in ("a", "b") if match[g]]
    ends = frozenset({"range"}) if len(stages) > 1 else frozenset()
    return [
        Fact(
            measure.kind,
            measure.id,
            stage,
            "",
            measure.unit,
            text.span(start, tail),
            text.quote(start, tail),
            text.date(start),
            flags | ends | term_flags(text, start, tail, lexicon),
        )
        for stage in stages
    ]


def _roman(numeral: str) -> Decimal:
    return Decimal(_ROMAN[numeral] if numeral in _ROMAN else int(numeral))


def grade_before(
    text: FactText, start: int, end: int, target: Staged, lexicon: FactLexicon
) -> Fact | None:
    """Return the grade in front of a name: ``Ⅱ期压疮``."""
    match = target.pattern.search(text.folded, max(0, start - 5), start)
    if match is None:
        return None
    measure = target.measure
    first = match.start()
    return Fact(
        measure.kind,
        measure.id,
        _roman(match["a"]),
        "",
        measure.unit,
        text.span(first, end),
        text.quote(first, end),
        text.date(first),
        term_flags(text, first, end, lexicon),
    )


def pair(
    text: FactText, start: int, end: int, at: int, measure: Measure, lexicon: FactLexicon
) -> list[Fact | RejectedValue]:
    """Return both values of a pair behind a name: ``BP 120/80mmHg``."""
    match = _PAIR.match(text.folded, at)
    if match is None:
        return []
    flags = measure_flags(text, start, (end, at), lexicon)
    tail = _PRESSURE_UNIT.match(text.folded, match.end())
    last = tail.end() if tail else match.end()
    facts: list[Fact | RejectedValue] = []
    for part, groups in zip(measure.parts, (("a", "a2"), ("b", "b2")), strict=True):
        written = [Decimal(match[g]) for g in groups if match[g]]
        for value in written:
            inner = lexicon.measures[part]
            if not inner.low <= value <= inner.high:
                facts.append(RejectedValue(part, text.span(start, last), implausible(inner)))
                continue
            facts.append(
                Fact(
                    inner.kind,
                    part,
                    value,
                    "",
                    inner.unit,
                    text.span(start, last),
                    text.quote(start, last),
                    text.date(start),
                    frozenset(flags | ({"range"} if len(written) > 1 else set())),
                )
            )
    return facts
