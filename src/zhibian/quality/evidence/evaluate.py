"""Whether the facts of a case fulfil a node (证据判定)."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import groupby

from zhibian.documents.facts import Fact
from zhibian.quality.evidence.book import FactBook
from zhibian.quality.evidence.types import (
    Among,
    Change,
    Documented,
    Given,
    Indicator,
    Negation,
    Node,
    OverReference,
    Quotient,
    Threshold,
    documented_in,
)

_PAIR_DISTANCE = 60


def evaluate(node: Node, book: FactBook) -> tuple[Indicator, ...]:
    """Return the indicators that make ``node`` hold; empty when it does not hold."""
    return _judge(node, book)[1]


def holds(node: Node, book: FactBook) -> bool:
    """Tell whether ``node`` holds, with or without an indicator to show."""
    return _judge(node, book)[0]


def _judge(node: Node, book: FactBook) -> tuple[bool, tuple[Indicator, ...]]:
    match node:
        case Among():
            judged = [_judge(n, book) for n in node.nodes]
            if sum(held for held, _ in judged) < node.least:
                return False, ()
            return True, tuple(dict.fromkeys(i for held, some in judged if held for i in some))
        case Documented():
            return documented_in(book.documented, node.families), ()
        case Negation():
            return not _judge(node.node, book)[0], ()
        case Threshold():
            found = _threshold(node, book)
        case Change():
            found = _change(node, book)
        case Quotient():
            found = _quotient(node, book)
        case OverReference():
            found = _over_reference(node, book)
        case Given():
            found = _given(node, book)
    return bool(found), found


def _beyond(fact: Fact, bound: str, limit: Decimal) -> bool:
    """Tell whether a value lies beyond a limit.

    A value given as a bound (``PCT＞100``) must lie strictly beyond it: a bound equal to the limit
    is how a criterion is quoted, not how a result is reported.
    """
    value = fact.value
    if value is None:
        return False
    low = bound in {"below", "at_most"}
    if fact.comparator:
        return fact.comparator[0] == ("<" if low else ">") and (
            value < limit if low else value > limit
        )
    if value == limit:
        return bound in {"at_most", "at_least"}
    return value < limit if low else value > limit


def indicator(text: str, fact: Fact) -> Indicator:
    """Return a fact as an indicator that reads as ``text``."""
    return Indicator(text, fact.span, fact.quote)


def _threshold(node: Threshold, book: FactBook) -> tuple[Indicator, ...]:
    if node.ages and not node.ages[0] <= book.age <= node.ages[1]:
        return ()
    found = [
        f
        for f in book.current(node.fact)
        if _beyond(f, node.bound, node.limit) and _counts(f, node, book)
    ]
    values = {f.value for f in found}
    if len(values) < node.count or not _apart(found, node.apart, book):
        return ()
    found.sort(key=lambda f: f.value or Decimal(0), reverse=node.bound in {"above", "at_least"})
    shown: dict[Decimal | None, Fact] = {}
    for fact in found:
        shown.setdefault(fact.value, fact)
    return tuple(indicator(node.text, f) for f in list(shown.values())[: node.count])


def _counts(fact: Fact, node: Threshold | Given, book: FactBook) -> bool:
    """Tell whether a fact may count for a node: its flags, its day in the stay."""
    if fact.flags & node.without:
        return False
    if "postoperative" in node.without and book.after_operation(fact):
        return False
    return not node.from_day or (book.stay_day(fact) or 0) >= node.from_day


def _apart(facts: Sequence[Fact], days: int, book: FactBook) -> bool:
    """Tell whether two of the facts lie so many days apart."""
    if not days:
        return True
    dated = sorted(day for fact in facts if (day := book.day(fact)) is not None)
    return len(dated) > 1 and (dated[-1] - dated[0]).days >= days


def _change(node: Change, book: FactBook) -> tuple[Indicator, ...]:
    pair = _from_baseline(node, book) or _within(node, book)
    return tuple(indicator(node.text, f) for f in pair) if pair else ()


def _reaches(node: Change, earlier: Decimal, later: Decimal) -> bool:
    if node.how == "rise":
        return later - earlier >= node.amount
    if node.how == "fall":
        return earlier - later >= node.amount
    low, high = min(earlier, later), max(earlier, later)
    return low > 0 and high / low >= node.amount


def exact(facts: Iterable[Fact]) -> list[tuple[Decimal, Fact]]:
    """Return the facts with a measured value.

    A bound such as ``＜0.01`` is none, unless an arrow says that it is a result: ``＞50↑``.
    """
    return [
        (f.value, f)
        for f in facts
        if f.value is not None and (not f.comparator or f.flags & {"high", "low"})
    ]


def _from_baseline(node: Change, book: FactBook) -> tuple[Fact, Fact] | None:
    """Return a baseline value and the value of this stay that differs enough from it."""
    if node.how == "rise" and node.days is not None:
        return None
    past, current = exact(book.past(node.fact)), exact(book.current(node.fact))
    if not past or not current:
        return None
    pick = max if node.how == "fall" else min
    base = pick(past, key=lambda p: p[0])
    far = (min if node.how == "fall" else max)(current, key=lambda p: p[0])
    worsened = far[0] < base[0] if node.how == "fall" else far[0] > base[0]
    return (base[1], far[1]) if worsened and _reaches(node, base[0], far[0]) else None


def _within(node: Change, book: FactBook) -> tuple[Fact, Fact] | None:
    """Return two values of this stay, the earlier one first, that differ enough."""
    facts = exact(book.current(node.fact))
    dated = [(day, value, f) for value, f in facts if (day := book.day(f)) is not None]
    dated.sort(key=lambda d: (d[0], d[2].span.document, d[2].span.start, d[2].span.end))
    found = _scan(node, [(d.toordinal(), v, f) for d, v, f in dated])
    if found:
        return found
    if node.days is None:
        return _scan(node, [(0, value, f) for value, f in facts])
    return _in_series(node, facts) if node.series else None


def _in_series(node: Change, facts: Sequence[tuple[Decimal, Fact]]) -> tuple[Fact, Fact] | None:
    """Return two values written one behind the other, whatever dates stand beside them."""
    for _, group in groupby(facts, key=lambda p: (p[1].span.document, p[1].span.start)):
        values = [(0, value, fact) for value, fact in group if "baseline" not in fact.flags]
        if found := _scan(node, values):
            return found
    return None


def _scan(node: Change, values: Sequence[tuple[int, Decimal, Fact]]) -> tuple[Fact, Fact] | None:
    """Slide over values in order of time; keep the extremes still inside the window."""
    lows: deque[tuple[int, Decimal, Fact]] = deque()
    highs: deque[tuple[int, Decimal, Fact]] = deque()
    for day, value, fact in values:
        for kept in (lows, highs):
            while kept and node.days is not None and day - kept[0][0] > node.days:
                kept.popleft()
        for kept in (lows, highs):
            if kept and _fits(node, kept is lows) and _reaches(node, kept[0][1], value):
                return kept[0][2], fact
        while lows and lows[-1][1] >= value:
            lows.pop()
        lows.append((day, value, fact))
        while highs and highs[-1][1] <= value:
            highs.pop()
        highs.append((day, value, fact))
    return None


def _fits(node: Change, from_low: bool) -> bool:
    return node.how == "ratio" or (node.how == "rise") == from_low


def _quotient(node: Quotient, book: FactBook) -> tuple[Indicator, ...]:
    places = {
        (f.span.document, f.span.start): (v, f) for v, f in exact(book.current(node.under)) if v > 0
    }
    keys = sorted(places)
    low = node.bound in {"below", "at_most"}
    for value, fact in exact(book.current(node.over)):
        if "room_air" in fact.flags:
            continue
        document, start = fact.span.document, fact.span.start
        first = bisect_left(keys, (document, start - _PAIR_DISTANCE))
        last = bisect_right(keys, (document, start + _PAIR_DISTANCE))
        near = [k for k in keys[first:last] if places[k][1].when == fact.when]
        if not near:
            continue
        before = [k for k in near if k[1] < start]
        under, other = places[before[-1] if before else near[0]]
        quotient = value * node.factor / under
        if quotient < node.limit if low else quotient > node.limit:
            return indicator(node.text, fact), indicator(node.text, other)
    return ()


def _over_reference(node: OverReference, book: FactBook) -> tuple[Indicator, ...]:
    for value, fact in exact(book.current(node.fact)):
        written = fact.reference[1] if fact.reference else None
        if value > (written or node.upper) * node.times:
            return (indicator(node.text, fact),)
    return ()


def _given(node: Given, book: FactBook) -> tuple[Indicator, ...]:
    facts = [*book.current(node.fact), *(book.earlier(node.fact) if node.past else ())]
    for fact in facts:
        if (not node.routes or fact.route in node.routes) and _counts(fact, node, book):
            return (indicator(node.text, fact),)
    return ()
