"""From one page to another, kind of edit by kind of edit (瀑布图): the steps add up to the fen.

What two pages of one stay are paid differs by the edits between them. A record of few edits is
shared among its edits by the Shapley value, as the contributions that a coder is shown; one of
many edits is shared among the kinds of its edits, of which there are never more than six. Where an
intermediate page has no amount, nothing can be shared and the whole difference is told as other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from zhibian.evaluation.metrics.outcomes import PageGroup
from zhibian.evaluation.results import StepOut, WaterfallOut
from zhibian.grouping.types import GroupingInput
from zhibian.grouping.what_if import Change
from zhibian.payment.contributions import MOST_SHARED, edited, edits, shapley
from zhibian.payment.settlement.types import FEN

Path = Literal["filed_to_given", "given_to_gold"]
Price = Callable[[GroupingInput], PageGroup]

_OTHER = "other"
_STEPS: Mapping[str, str] = {
    "principal": "更换主要诊断",
    "add_diagnosis": "增加其他诊断",
    "remove_diagnosis": "删去其他诊断",
    "main_procedure": "更换主要手术操作",
    "add_procedure": "增加手术操作",
    "remove_procedure": "删去手术操作",
    _OTHER: "无法分摊到单项改动",
}
_TITLES: Mapping[Path, tuple[str, str, str]] = {
    "filed_to_given": ("从填报到系统给出", "填报首页", "系统给出"),
    "given_to_gold": ("从系统给出到金标准", "系统给出", "金标准"),
}
# Tariffs print weights with up to six decimals.
_WEIGHT = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class PagePair:
    """Two pages of one stay (两份首页).

    Attributes
    ----------
    before, after
        The pages, in codes of the scheme.
    price
        Groups and prices a page of this stay.
    """

    before: GroupingInput
    after: GroupingInput
    price: Price


@dataclass(frozen=True, slots=True)
class _Split:
    """What one quantity of one pair changes by, kind by kind."""

    start: Decimal
    end: Decimal
    parts: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class _Told:
    """One pair: its edits by kind, its amount and, where both pages have one, its weight."""

    kinds: Counter[str]
    amount: _Split
    weight: _Split | None


def waterfall(path: Path, pairs: Iterable[PagePair]) -> WaterfallOut | None:
    """Sum over records what each kind of edit changes.

    Parameters
    ----------
    path
        Between which pages.
    pairs
        One a record. Records of which a page has no amount are left out; the count of the first
        and last step tells how many were taken.

    Returns
    -------
    WaterfallOut or None
        Start, changes in the order of the page, end; None where no record has both amounts.
        Weights are told where every record that was taken has them.
    """
    told = [found for pair in pairs if (found := _told(pair)) is not None]
    if not told:
        return None
    counts = sum((one.kinds for one in told), Counter[str]())
    counts[_OTHER] = sum(1 for one in told if _OTHER in one.amount.parts)
    amount = _total([one.amount for one in told])
    weights = [one.weight for one in told if one.weight is not None]
    weight = _total(weights) if len(weights) == len(told) else None
    title, first, last = _TITLES[path]
    changes = (
        _step(
            kind,
            _STEPS[kind],
            counts[kind],
            amount.parts.get(kind, Decimal(0)),
            None if weight is None else weight.parts.get(kind, Decimal(0)),
        )
        for kind in _STEPS
        if counts[kind] or (weight is not None and kind in weight.parts)
    )
    return WaterfallOut(
        path=path,
        title=title,
        steps=(
            _step("start", first, len(told), amount.start, weight.start if weight else None),
            *changes,
            _step("end", last, len(told), amount.end, weight.end if weight else None),
        ),
    )


def _told(pair: PagePair) -> _Told | None:
    """Return what the edits of one pair change; None where a page has no amount."""
    changes = edits(pair.before, pair.after)
    players = _players(changes)
    kinds = [changes[player[0]].kind for player in players]
    known: dict[frozenset[int], PageGroup] = {
        frozenset(): pair.price(pair.before),
        # Where there is no edit, both keys are one and the pages are alike.
        frozenset(range(len(players))): pair.price(pair.after),
    }

    def priced(chosen: frozenset[int]) -> PageGroup:
        if chosen not in known:
            some = sorted(i for player in chosen for i in players[player])
            page = edited(pair.before, pair.after, [changes[i] for i in some])
            known[chosen] = pair.price(page)
        return known[chosen]

    amount = _split(kinds, lambda chosen: _exact(priced(chosen).amount, FEN), FEN)
    if amount is None:
        return None
    weight = _split(kinds, lambda chosen: _exact(priced(chosen).weight, _WEIGHT), _WEIGHT)
    return _Told(Counter(change.kind for change in changes), amount, weight)


def _players(changes: Sequence[Change]) -> list[list[int]]:
    """Return which edits are shared as one: each alone, or where they are many, by kind."""
    if len(changes) <= MOST_SHARED:
        return [[i] for i in range(len(changes))]
    by_kind: dict[str, list[int]] = {}
    for i, change in enumerate(changes):
        by_kind.setdefault(change.kind, []).append(i)
    return list(by_kind.values())


def _split(
    kinds: Sequence[str], worth: Callable[[frozenset[int]], Decimal | None], step: Decimal
) -> _Split | None:
    start, end = worth(frozenset()), worth(frozenset(range(len(kinds))))
    if start is None or end is None:
        return None
    shares = shapley(len(kinds), worth, step)
    if shares is None:
        return _Split(start, end, {_OTHER: end - start})
    parts: dict[str, Decimal] = {}
    for kind, share in zip(kinds, shares, strict=True):
        parts[kind] = parts.get(kind, Decimal(0)) + share
    return _Split(start, end, parts)


def _total(splits: Sequence[_Split]) -> _Split:
    parts: dict[str, Decimal] = {}
    for split in splits:
        for kind, value in split.parts.items():
            parts[kind] = parts.get(kind, Decimal(0)) + value
    start = sum((split.start for split in splits), Decimal(0))
    return _Split(start, sum((split.end for split in splits), Decimal(0)), parts)


def _exact(value: float | None, step: Decimal) -> Decimal | None:
    return None if value is None else Decimal(repr(value)).quantize(step, ROUND_HALF_UP)


def _step(kind: str, title: str, n: int, amount: Decimal, weight: Decimal | None) -> StepOut:
    told = None if weight is None else float(weight)
    return StepOut(kind=kind, title=title, amount=float(amount), weight=told, n=n)
