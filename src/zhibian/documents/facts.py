"""Clinical facts in the text of a record (病历中的客观事实).

Laboratory values, vital signs, scores, urine output, drugs, treatments and
findings are read with their position, so that a later rule can show the words
it rests on. What counts as a fact is data (``lexicons/facts.yaml``): spellings,
units, conversions, plausible ranges and the words that say a treatment was not
given. Nothing here decides on a diagnosis.

The text must be normalised: half-width characters, ASCII letters in upper case,
every character still at its place. Each pattern is bounded, so the time grows
linearly with the text.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from zhibian.documents.fact_lexicon import (
    DATE,
    NUMBER,
    TIME,
    FactKind,
    FactLexicon,
    Measure,
    Near,
    Staged,
    Term,
    load_lexicon,
)
from zhibian.documents.types import Section, SectionKind, Span

__all__ = [
    "Fact",
    "FactKind",
    "FactLexicon",
    "FactReading",
    "RejectedValue",
    "extract_facts",
    "load_lexicon",
    "read_facts",
]

_ROMAN = {"Ⅰ": 1, "Ⅱ": 2, "Ⅲ": 3, "Ⅳ": 4, "I": 1, "II": 2, "III": 3, "IV": 4}
_MAX_SERIES = 16
_CUE_WINDOW = 14
_NEAR_WINDOW = 40
_OXYGEN_WINDOW = 80
_CLAUSE_END = ",;。\n"
_CHINESE = re.compile(r"[\u4e00-\u9fff]")

_DATES = re.compile(DATE)
_TIMES = re.compile(TIME)
_REFERENCE = re.compile(
    r"\s?\((?!0\d-)\s?(?:参考(?:值|范围|区间|值范围)?|正常(?:值|参考值|范围)?)?[\s:]{0,2}"
    rf"(?:(?P<low>{NUMBER})\s?(?:-{{1,2}}|~|—{{1,2}}|至)\s?(?P<high>{NUMBER})"
    rf"|[<≤]=?\s?(?P<below>{NUMBER})|[>≥]=?\s?(?P<above>{NUMBER}))[^()\n]{{0,24}}\)"
)
_PAREN = re.compile(r"\s?\(([^()\n]{0,30})\)")
_PAIR = re.compile(
    r"(?P<a>\d{2,3})(?:\s?[-~]\s?(?P<a2>\d{2,3}))?\s?/\s?"
    r"(?P<b>\d{2,3})(?:\s?[-~]\s?(?P<b2>\d{2,3}))?(?![\d/])"
)
_PRESSURE_UNIT = re.compile(r"\s?MMHG")
_STAGE = re.compile(
    r"\s?(?P<a>Ⅳ|Ⅲ|Ⅱ|Ⅰ|IV|I{1,3}|[1-4])(?:\s?[-~—]\s?(?P<b>Ⅳ|Ⅲ|Ⅱ|Ⅰ|IV|I{1,3}|[1-4]))?(?P<tail>\s?[级期度])?"
)
_NOT_AFTER_BARE = re.compile(r"\s{0,2}(?:[A-Z%/×*]|:\d|[\u4e00-\u9fff](?<![,且及和伴升下予较]))")
_AS_WRITTEN = {"ML": "ml"}
_CUT_SHORT = re.compile(r"\d|[.^/]|:\d")
_COMPARE = {
    "≥": ">=",
    "≤": "<=",
    "大于": ">",
    "超过": ">",
    "高于": ">",
    "小于": "<",
    "低于": "<",
}


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that was measured, given, done or seen (一条客观事实).

    Attributes
    ----------
    kind
        What kind of fact it is.
    name
        Id in the lexicon, such as ``K`` or ``vasopressor``.
    value
        Value in ``unit``; for a treatment the amount, for a drug the dose; None if none stands
        there.
    comparator
        ``<``, ``<=``, ``>`` or ``>=`` when the record gives a bound, else an empty string.
    unit
        Canonical unit of the value; empty for a pure number.
    span
        From the name to the value.
    quote
        The text of the span as the record has it.
    when
        Date (and time) written beside the value, ahead of it in its line, or that of the document.
    flags
        ``high``, ``low`` (arrow), ``range`` (one end of a range), ``baseline``, ``oxygen``,
        ``room_air``, ``negated``, ``planned``, ``stopped``, ``target``, ``history``, ``family``,
        ``differential``.
    route
        Route of a drug (给药途径), or None.
    reference
        Reference range written beside the value (low, high), or None.
    """

    kind: FactKind
    name: str
    value: Decimal | None
    comparator: str
    unit: str
    span: Span
    quote: str
    when: str | None = None
    flags: frozenset[str] = frozenset()
    route: str | None = None
    reference: tuple[Decimal | None, Decimal | None] | None = None


@dataclass(frozen=True, slots=True)
class RejectedValue:
    """A value that looked like a fact but can't be one (被舍弃的数值)."""

    name: str
    span: Span
    reason: str


@dataclass(frozen=True, slots=True)
class FactReading:
    """The facts of a case and the values that were dropped, with the reason."""

    facts: tuple[Fact, ...]
    rejected: tuple[RejectedValue, ...]


_ELSEWHERE = {
    SectionKind.PAST_HISTORY: "history",
    SectionKind.PERSONAL_HISTORY: "history",
    SectionKind.MARITAL_HISTORY: "history",
    SectionKind.FAMILY_HISTORY: "family",
    SectionKind.MATERNAL_HISTORY: "family",
    SectionKind.DIFFERENTIAL_DIAGNOSIS: "differential",
}


class _Text:
    """One document with what its lines say of dates and oxygen."""

    __slots__ = ("_dates", "_oxygen", "_sections", "_time", "document", "folded", "original")

    def __init__(
        self,
        document: int,
        folded: str,
        original: str,
        lexicon: FactLexicon,
        sections: Sequence[tuple[int, int, str]],
        time: str | None,
    ) -> None:
        self.document = document
        self.folded = folded
        self.original = original
        self._dates = [(m.start(), m.group()) for m in _DATES.finditer(folded)]
        self._oxygen = [
            (m.start(), "room_air" if lexicon.room_air.match(m.group()) else "oxygen")
            for m in lexicon.oxygen.finditer(folded)
        ]
        self._sections = sections
        self._time = time if time and "~" not in time and "～" not in time else None

    def _line(self, position: int) -> int:
        return self.folded.rfind("\n", max(0, position - 2000), position) + 1

    def date(self, position: int) -> str | None:
        """Return the last date in front of ``position`` in its line, else that of the document."""
        index = bisect_right(self._dates, position, key=lambda d: d[0]) - 1
        if index >= 0 and self._dates[index][0] >= self._line(position):
            return self._dates[index][1]
        return self._time

    def oxygen(self, position: int, end: int) -> str | None:
        """Return how the patient breathed: said in front of the value or just behind it."""
        behind = bisect_right(self._oxygen, end, key=lambda o: o[0])
        if behind < len(self._oxygen) and self._oxygen[behind][0] <= end + 3:
            between = self.folded[end : self._oxygen[behind][0]]
            if between in {"", "(", " (", " ", "↓(", "↑("}:
                return self._oxygen[behind][1]
        index = bisect_right(self._oxygen, position, key=lambda o: o[0]) - 1
        if index < 0:
            return None
        start = self._oxygen[index][0]
        near = start >= self._line(position) and position - start <= _OXYGEN_WINDOW
        return self._oxygen[index][1] if near else None

    def section_flag(self, position: int) -> str | None:
        index = bisect_right(self._sections, position, key=lambda s: s[0]) - 1
        if index >= 0 and position < self._sections[index][1]:
            return self._sections[index][2]
        return None

    def span(self, start: int, end: int) -> Span:
        return Span(self.document, start, end)

    def quote(self, start: int, end: int) -> str:
        return self.original[start:end]

    def clause_before(self, position: int, width: int) -> str:
        window = self.folded[max(0, position - width) : position]
        cut = max(window.rfind(c) for c in _CLAUSE_END)
        return window[cut + 1 :]

    def clause_after(self, position: int, width: int) -> str:
        window = self.folded[position : position + width]
        cuts = [at for at in (window.find(c) for c in _CLAUSE_END) if at >= 0]
        return window[: min(cuts)] if cuts else window


def extract_facts(
    texts: Sequence[str],
    lexicon: FactLexicon,
    *,
    originals: Sequence[str] | None = None,
    sections: Sequence[Section] = (),
    times: Sequence[str | None] | None = None,
) -> tuple[Fact, ...]:
    """Return the facts of a case, ordered by document and position.

    Parameters
    ----------
    texts
        Normalised text of each document (half width, ASCII upper case, lengths unchanged).
    lexicon
        From :func:`load_lexicon`.
    originals
        The texts as written, for the quotes; the normalised ones when absent.
    sections
        Sections of the documents: facts of the past and of the family get a flag.
    times
        Time of each document, used where no date stands in the line.

    Returns
    -------
    tuple of Fact
        Values in the canonical unit of their measure.
    """
    return read_facts(texts, lexicon, originals=originals, sections=sections, times=times).facts


def read_facts(
    texts: Sequence[str],
    lexicon: FactLexicon,
    *,
    originals: Sequence[str] | None = None,
    sections: Sequence[Section] = (),
    times: Sequence[str | None] | None = None,
) -> FactReading:
    """Return the facts of a case and the values dropped; parameters as :func:`extract_facts`.

    Raises
    ------
    ValueError
        When ``originals`` or ``times`` do not fit ``texts``.
    """
    written = texts if originals is None else originals
    spoken = [None] * len(texts) if times is None else list(times)
    if len(written) != len(texts) or len(spoken) != len(texts):
        raise ValueError("one original text and one time a document")
    facts: list[Fact] = []
    rejected: list[RejectedValue] = []
    for index, folded in enumerate(texts):
        if len(written[index]) != len(folded):
            raise ValueError("a normalised text must keep the length of its document")
        flagged = sorted(
            (s.span.start, s.span.end, _ELSEWHERE[s.kind])
            for s in sections
            if s.span.document == index and s.kind in _ELSEWHERE
        )
        text = _Text(index, folded, written[index], lexicon, flagged, spoken[index])
        for start, end, name in _hits(folded, lexicon):
            for fact in _read(text, start, end, name, lexicon):
                if isinstance(fact, Fact):
                    facts.append(fact)
                else:
                    rejected.append(fact)
    facts.sort(key=lambda f: (f.span.document, f.span.start, f.span.end))
    return FactReading(tuple(facts), tuple(rejected))


def _hits(folded: str, lexicon: FactLexicon) -> Iterator[tuple[int, int, str]]:
    """Yield the names in the text, leftmost and longest first, without overlaps."""
    found = [
        (last + 1 - len(name), last + 1, name)
        for last, name in lexicon.names.iter(folded)
        if _stands_alone(folded, last + 1 - len(name), last + 1)
    ]
    found.sort(key=lambda hit: (hit[0], -hit[1]))
    reached = 0
    for start, end, name in found:
        if start >= reached:
            reached = end
            yield start, end, name


def _is_word(char: str) -> bool:
    return char.isascii() and char.isalnum()


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Tell whether a name is no part of a longer word: ``K`` in ``CK``, ``钾`` in ``补钾``."""
    first, last = text[start], text[end - 1]
    before = text[start - 1] if start else ""
    after = text[end : end + 1]
    if end - start == 1 and _CHINESE.match(first) and before and _CHINESE.match(before):
        return False
    if _is_word(first) and _runs_on(before, text[start - 2] if start > 1 else "", first):
        return False
    letters = last.isascii() and last.isalpha() and after.isascii() and after.isalpha()
    return not letters and not (last.isdigit() and after.isdigit())


def _runs_on(before: str, earlier: str, first: str) -> bool:
    """Tell whether the characters in front of an ASCII name belong to the same word."""
    if before.isascii() and before.isalpha():
        return True
    if before.isdigit():
        return first.isdigit()
    joined = before in {"-", "/", "."} and earlier != "" and _is_word(earlier)
    return joined and first.isalpha() and not (earlier.isdigit() and before == "-")


def _read(
    text: _Text, start: int, end: int, name: str, lexicon: FactLexicon
) -> Iterator[Fact | RejectedValue]:
    dropped: list[RejectedValue] = []
    for target in lexicon.targets[name]:
        if isinstance(target, Term):
            fact = _term(text, start, end, target, lexicon)
            if fact.value is not None or not target.needs_amount:
                yield fact
            return
        if isinstance(target, Near):
            near = _near(text, start, end, target, lexicon)
            found: list[Fact | RejectedValue] = [near] if near else []
        elif isinstance(target, Staged):
            staged = _staged(text, start, end, target, lexicon)
            found = [staged] if staged else []
        else:
            found = _measured(text, start, end, target, lexicon)
        if any(isinstance(f, Fact) for f in found):
            yield from found
            return
        dropped += [f for f in found if isinstance(f, RejectedValue)]
    yield from dropped


def _gap_end(text: str, end: int, lexicon: FactLexicon) -> int:
    match = lexicon.gap.match(text, end, min(len(text), end + 90))
    return match.end() if match else end


def _measured(
    text: _Text, start: int, end: int, measure: Measure, lexicon: FactLexicon
) -> list[Fact | RejectedValue]:
    at = _gap_end(text.folded, end, lexicon)
    if measure.form == "pair":
        return _pair(text, start, end, at, measure, lexicon)
    if measure.form == "roman":
        return _stage(text, start, end, at, measure, lexicon)
    return _series(text, start, end, at, measure, lexicon)


def _flags_of(text: _Text, start: int, gap: tuple[int, int], lexicon: FactLexicon) -> set[str]:
    """Return what the words around a measure say of it: baseline, target, past, family."""
    flags = set()
    section = text.section_flag(start)
    if section:
        flags.add(section)
    before = text.clause_before(start, _CUE_WINDOW)
    if lexicon.cues.baseline.search(before) or lexicon.cues.baseline.search(
        text.folded[gap[0] : gap[1]]
    ):
        flags.add("baseline")
    if lexicon.cues.target_before.search(before):
        flags.add("target")
    return flags


def _stage(
    text: _Text, start: int, end: int, at: int, measure: Measure, lexicon: FactLexicon
) -> list[Fact | RejectedValue]:
    match = _STAGE.match(text.folded, at)
    if match is None or (measure.bare == "never" and not match["tail"]):
        return []
    tail = match.end()
    if not match["tail"] and _NOT_AFTER_BARE.match(text.folded, tail):
        return []
    if not match["tail"] and text.folded[tail : tail + 1].isdigit():
        return []
    flags = frozenset(_flags_of(text, start, (end, at), lexicon) - {"target"})
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
            flags | ends | _term_flags(text, start, tail, lexicon),
        )
        for stage in stages
    ]


def _roman(numeral: str) -> Decimal:
    return Decimal(_ROMAN[numeral] if numeral in _ROMAN else int(numeral))


def _staged(text: _Text, start: int, end: int, target: Staged, lexicon: FactLexicon) -> Fact | None:
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
        _term_flags(text, first, end, lexicon),
    )


def _pair(
    text: _Text, start: int, end: int, at: int, measure: Measure, lexicon: FactLexicon
) -> list[Fact | RejectedValue]:
    match = _PAIR.match(text.folded, at)
    if match is None:
        return []
    flags = _flags_of(text, start, (end, at), lexicon)
    tail = _PRESSURE_UNIT.match(text.folded, match.end())
    last = tail.end() if tail else match.end()
    facts: list[Fact | RejectedValue] = []
    for part, groups in zip(measure.parts, (("a", "a2"), ("b", "b2")), strict=True):
        written = [Decimal(match[g]) for g in groups if match[g]]
        for value in written:
            inner = lexicon.measures[part]
            if not inner.low <= value <= inner.high:
                facts.append(RejectedValue(part, text.span(start, last), _implausible(inner)))
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


def _implausible(measure: Measure) -> str:
    return f"数值超出可信范围 {measure.low}～{measure.high}{measure.unit}"


@dataclass(frozen=True, slots=True)
class _Item:
    """One value of a series before its unit is settled."""

    values: tuple[Decimal, ...]
    comparator: str
    unit: str | None
    arrow: str
    end: int
    when: str | None
    label: str
    reference: tuple[Decimal | None, Decimal | None] | None
    strong: bool


def _series(
    text: _Text, start: int, end: int, at: int, measure: Measure, lexicon: FactLexicon
) -> list[Fact | RejectedValue]:
    """Return the values behind a name: ``Cr 12-01 198umol/L,12-02 286umol/L(基线72umol/L)``."""
    folded = text.folded
    first = _item(folded, at, measure, lexicon, "", None, strong=True)
    if first is None and folded.startswith("(", end):
        first = _item(folded, end + 1, measure, lexicon, "", None, strong=True)
    if first is None:
        return []
    items = [first]
    while len(items) < _MAX_SERIES:
        step = lexicon.next.match(folded, items[-1].end, items[-1].end + 60)
        if step is None:
            break
        strong = step["chain"] not in ",;、("
        item = _item(
            folded, step.end(), measure, lexicon, step.group(), step["when"], strong=strong
        )
        if item is None or not (strong or item.unit or step["when"]):
            break
        items.append(item)
    if not _settles(items, folded, measure, lexicon):
        return []
    flags = _flags_of(text, start, (end, at), lexicon)
    head = _DATES.search(folded, end, at)
    clock = _TIMES.search(folded, end, at) if head is None else None
    return [
        made
        for index, item in enumerate(items)
        for made in _facts_of(
            text,
            (start, index),
            item,
            items,
            measure,
            lexicon,
            flags if index == 0 else flags - {"baseline", "target"},
            head.group() if head else clock.group() if clock else None,
        )
    ]


def _item(
    folded: str,
    at: int,
    measure: Measure,
    lexicon: FactLexicon,
    label: str,
    when: str | None,
    *,
    strong: bool,
) -> _Item | None:
    match = lexicon.value.match(folded, at, min(len(folded), at + 60))
    if match is None:
        return None
    unit = lexicon.unit_of[match["unit"]] if match["unit"] else None
    if unit is not None and unit not in measure.factors:
        return None
    end = match.end()
    if unit is None:
        end = match.end("num2") if match["num2"] else match.end("arrow")
        if _CUT_SHORT.match(folded, end):
            return None
    try:
        values = [Decimal(match["num"])]
        if match["power"]:
            values = [values[0] ** int(match["power"])]
        if match["num2"]:
            values.append(Decimal(match["num2"]))
    except InvalidOperation:
        return None
    comparator = match["cmp"] or ""
    reference = None
    found = _REFERENCE.match(folded, end, end + 60)
    if found:
        reference = _reference(found)
        end = found.end()
    elif when is None:
        dated = _PAREN.match(folded, end, end + 40)
        if dated and (own := _DATES.fullmatch(dated[1].strip())):
            when = own.group()
            end = dated.end()
    while folded[end - 1].isspace():
        end -= 1
    return _Item(
        tuple(values),
        _COMPARE.get(comparator, comparator),
        unit,
        match["arrow"] + match["arrow2"],
        end,
        when,
        label,
        reference,
        strong,
    )


def _reference(match: re.Match[str]) -> tuple[Decimal | None, Decimal | None]:
    def number(group: str) -> Decimal | None:
        return Decimal(match[group]) if match[group] else None

    if match["low"]:
        return number("low"), number("high")
    return number("above"), number("below")


def _settles(items: list[_Item], folded: str, measure: Measure, lexicon: FactLexicon) -> bool:
    """Tell whether the series has a unit, or may stand without one."""
    if any(item.unit for item in items):
        return True
    first = items[0]
    if measure.bare == "never" or _NOT_AFTER_BARE.match(folded, first.end):
        return False
    return (
        measure.bare == "any"
        or first.values[0] != first.values[0].to_integral_value()
        or ("." in folded[first.end - 6 : first.end])
    )


def _facts_of(
    text: _Text,
    place: tuple[int, int],
    item: _Item,
    items: Sequence[_Item],
    measure: Measure,
    lexicon: FactLexicon,
    flags: set[str],
    head_when: str | None,
) -> Iterator[Fact | RejectedValue]:
    start, index = place
    unit = item.unit or next((i.unit for i in items[index:] if i.unit), None)
    unit = unit or next((i.unit for i in items if i.unit), None)
    factor = measure.factors.get(unit, Decimal(1)) if unit else Decimal(1)
    own = set(flags)
    if item.label and lexicon.cues.baseline.search(item.label):
        own.add("baseline")
    if "↑" in item.arrow:
        own.add("high")
    if "↓" in item.arrow:
        own.add("low")
    if len(item.values) > 1:
        own.add("range")
    if measure.oxygen:
        breathing = text.oxygen(start, item.end)
        if breathing:
            own.add(breathing)
    when = _moment(
        item.when or (head_when if index == 0 else None),
        text.date(start if index == 0 else item.end),
    )
    reference = item.reference and (
        None if item.reference[0] is None else item.reference[0] * factor,
        None if item.reference[1] is None else item.reference[1] * factor,
    )
    span = text.span(start, item.end)
    for value in item.values:
        converted = value * factor
        if measure.fraction and unit is None and converted <= 1:
            converted *= 100
        if not measure.low <= converted <= measure.high:
            yield RejectedValue(measure.id, span, _implausible(measure))
            continue
        yield Fact(
            measure.kind,
            measure.id,
            converted,
            item.comparator,
            measure.unit,
            span,
            text.quote(start, item.end),
            when,
            frozenset(own),
            None,
            reference,
        )


def _moment(own: str | None, carried: str | None) -> str | None:
    """Return the date a value stands beside; a time alone joins the date carried to it."""
    if own is None or not _TIMES.fullmatch(own):
        return own or carried
    return f"{carried.split(' ')[0]} {own}" if carried else own


def _term_flags(text: _Text, start: int, end: int, lexicon: FactLexicon) -> frozenset[str]:
    """Return what the clause says of a drug, treatment or finding."""
    cues = lexicon.cues
    flags = set()
    section = text.section_flag(start)
    if section:
        flags.add(section)
    before = cues.protected.sub("□", text.clause_before(start, _CUE_WINDOW))
    after = cues.protected.sub("□", text.clause_after(end, _CUE_WINDOW))
    if cues.negated_before.search(before) or cues.negated_after.search(after):
        flags.add("negated")
    if cues.planned_before.search(before) or cues.planned_after.search(after):
        flags.add("planned")
    if cues.history_after.match(after):
        flags.add("history")
    if cues.stopped_before.search(before[-4:]):
        flags.add("stopped")
    return frozenset(flags)


def _term(text: _Text, start: int, end: int, term: Term, lexicon: FactLexicon) -> Fact:
    value: Decimal | None = None
    unit = ""
    last = end
    route = None
    if term.kind is FactKind.DRUG:
        dose = lexicon.dose.match(text.folded, end, end + 24)
        if dose:
            value, last = Decimal(dose["num"]), dose.end()
            unit = lexicon.doses[dose["unit"]]
        route = _route(text, start, end, lexicon)
    elif term.quantity is not None:
        amount = term.quantity.match(text.folded, end, end + 24)
        if amount:
            value, last = Decimal(amount["num"]), amount.end()
            unit = _AS_WRITTEN.get(amount["unit"], amount["unit"])
    return Fact(
        term.kind,
        term.id,
        value,
        "",
        unit,
        text.span(start, last),
        text.quote(start, last),
        text.date(start),
        _term_flags(text, start, end, lexicon),
        route,
    )


def _route(text: _Text, start: int, end: int, lexicon: FactLexicon) -> str | None:
    """Return the route behind a drug, or else the one just in front of it."""
    behind = lexicon.route.search(text.clause_after(end, 24))
    if behind:
        return lexicon.routes[behind.group()]
    ahead = lexicon.route.findall(text.clause_before(start, 8))
    return lexicon.routes[ahead[-1]] if ahead else None


def _near(text: _Text, start: int, end: int, target: Near, lexicon: FactLexicon) -> Fact | None:
    """Return a finding whose second word follows in the same sentence."""
    window = text.folded[end : end + _NEAR_WINDOW]
    for stop in ";。\n":
        cut = window.find(stop)
        if cut >= 0:
            window = window[:cut]
    for tail in target.tails:
        at = window.find(tail)
        if at < 0:
            continue
        last = end + at + len(tail)
        term = target.term
        between = lexicon.cues.protected.sub("□", window[:at])
        flags = _term_flags(text, start, last, lexicon)
        if lexicon.cues.negated_before.search(between):
            flags |= {"negated"}
        return Fact(
            term.kind,
            term.id,
            None,
            "",
            "",
            text.span(start, last),
            text.quote(start, last),
            text.date(start),
            flags,
        )
    return None
