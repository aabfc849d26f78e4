"""Values behind a name (数值序列): ``Cr 12-01 198umol/L,12-02 286umol/L(基线72umol/L)``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from zhibian.documents.facts.context import DATES, FactText, measure_flags, value_flags
from zhibian.documents.facts.lexicon import (
    ARROW,
    CELL,
    DATE,
    NUMBER,
    TIME,
    FactLexicon,
    Measure,
)
from zhibian.documents.facts.types import Fact, RejectedValue, implausible

_MAX_SERIES = 16

_ARROW = re.compile(ARROW)
_CELL = re.compile(CELL)

_TIMES = re.compile(TIME)
_REFERENCE = re.compile(
    r"\s?\((?!0\d-)\s?(?:参考(?:值|范围|区间|值范围)?|正常(?:值|参考值|范围)?)?[\s:]{0,2}"
    rf"(?:(?P<low>{NUMBER})\s?(?:-{{1,2}}|~|—{{1,2}}|至)\s?(?P<high>{NUMBER})"
    rf"|[<≤]=?\s?(?P<below>{NUMBER})|[>≥]=?\s?(?P<above>{NUMBER}))[^()\n]{{0,24}}\)"
)
_PAREN = re.compile(r"\s?\(([^()\n]{0,30})\)")
# A range in the next cell of a table: ``2.81 3.50-5.30 mmol/L ↓``.
_CELL_REFERENCE = re.compile(
    rf"(?=[\s|]){CELL}(?!{DATE})(?:(?P<low>{NUMBER})\s?(?:-{{1,2}}|~|—{{1,2}}|至)\s?(?P<high>{NUMBER})"
    rf"|[<≤]=?\s?(?P<below>{NUMBER})|[>≥]=?\s?(?P<above>{NUMBER}))(?=[\s|)]|$)"
)
_CUT_SHORT = re.compile(r"\d|[.^/]|:\d")
NOT_AFTER_BARE = re.compile(
    r"[A-Z]|[ \t]{0,2}(?:[%/×*Μµμ]|:\d|[\u4e00-\u9fff](?<![且及和伴升下予较今明复后而尿血]))"
)
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


def series(
    text: FactText, start: int, end: int, at: int, measure: Measure, lexicon: FactLexicon
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
        if item is None or not (strong or item.unit or step["when"] or step["label"]):
            break
        items.append(item)
    header = lexicon.unit.search(folded, end, at)
    if header and first.unit is None and lexicon.unit_of[header.group()] in measure.factors:
        items[0] = first = replace(first, unit=lexicon.unit_of[header.group()])
    if not _settles(items, folded, measure, lexicon):
        return []
    flags = measure_flags(text, start, (end, at), lexicon)
    flags |= _arrow_flags("".join(c for c in folded[end:at] if c in "↑↓"))
    head = DATES.search(folded, end, at + 8)
    head = head if head and head.end() <= at else None
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
            flags if index == 0 else flags - {"baseline", "target", "postoperative", "high", "low"},
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
    numeral = match["num"].replace(" ", "")
    if "," in numeral and Decimal(numeral.replace(",", "")) > measure.high:
        # No thousands, but two values with a comma between them.
        numeral = numeral.partition(",")[0]
        unit, end = None, match.start("num") + len(numeral)
    values = [Decimal(numeral.replace(",", ""))]
    if match["power"]:
        values = [values[0] ** int(match["power"])]
    if match["num2"]:
        values.append(Decimal(match["num2"]))
    comparator = match["cmp"] or ""
    item = _Item(
        tuple(values),
        _COMPARE.get(comparator, comparator),
        unit,
        match["arrow"] + match["arrow2"],
        end,
        when,
        label,
        None,
        strong,
    )
    item = _with_reference(folded, item, measure, lexicon)
    end = item.end
    while folded[end - 1].isspace():
        end -= 1
    return replace(item, end=end)


def _with_reference(folded: str, item: _Item, measure: Measure, lexicon: FactLexicon) -> _Item:
    """Add what stands behind a value: its reference range, in brackets or a cell, or its date."""
    end, unit = item.end, item.unit
    found = _REFERENCE.match(folded, end, end + 60)
    if found is None and (cell := _CELL_REFERENCE.match(folded, end, end + 48)):
        tail = lexicon.unit.match(folded, _past_cell(folded, cell.end()))
        named = lexicon.unit_of[tail.group()] if tail else None
        if unit or named is None or named in measure.factors:
            found, unit = cell, unit or named
    if found is None:
        dated = None if item.when else _PAREN.match(folded, end, end + 40)
        if dated and (own := DATES.fullmatch(dated[1].strip())):
            return replace(item, when=own.group(), end=dated.end())
        return item
    end = found.end()
    again = lexicon.unit.match(folded, _past_cell(folded, end))
    if again and lexicon.unit_of[again.group()] == unit:
        end = again.end()
    behind = _ARROW.match(folded, end, end + 12)
    return replace(
        item,
        unit=unit,
        reference=_reference(found),
        arrow=item.arrow + (behind.group() if behind else ""),
        end=behind.end() if behind else end,
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
    in_words = first.reference is None and NOT_AFTER_BARE.match(folded, first.end)
    if measure.bare == "never" or in_words:
        return False
    if measure.bare_range:
        low, high = measure.bare_range
        return all(low <= value <= high for item in items for value in item.values)
    return (
        measure.bare == "any"
        or first.values[0] != first.values[0].to_integral_value()
        or ("." in folded[first.end - 6 : first.end])
    )


def _facts_of(
    text: FactText,
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
    own |= _arrow_flags(item.arrow) | value_flags(text, item.end, lexicon)
    if item.label and lexicon.cues.postoperative.search(item.label):
        own.add("postoperative")
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
            yield RejectedValue(measure.id, span, implausible(measure))
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


def _arrow_flags(arrow: str) -> set[str]:
    """Return what arrows and the letters or words that stand for them say of a value."""
    flags = set()
    if "↑" in arrow or "H" in arrow or "高" in arrow:
        flags.add("high")
    if "↓" in arrow or "L" in arrow or "低" in arrow:
        flags.add("low")
    return flags


def _past_cell(folded: str, position: int) -> int:
    match = _CELL.match(folded, position)
    return match.end() if match else position


def _moment(own: str | None, carried: str | None) -> str | None:
    """Return the date a value stands beside; a time alone joins the date carried to it."""
    if own is None or not _TIMES.fullmatch(own):
        return own or carried
    return f"{carried.split(' ')[0]} {own}" if carried else own
