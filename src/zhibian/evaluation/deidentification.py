"""How well identifiers are found in marked texts (去标识化评测), with bootstrap intervals.

Recall says what share of the marked places was found, precision what share of the found places
is marked. A place is found *exactly* where kind, start and end agree, and *by overlap* where the
kind agrees and at least one character does. What a reader of the result would still see is told
by characters, whatever their kind: the share of identifying characters left in the text, and the
share of the others that were taken from it.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from zhibian.evaluation.figures import Figure, interval
from zhibian.records.deidentify.places import Identifier
from zhibian.records.deidentify.rules import KINDS

#: The row of all kinds together.
ALL = "all"


@dataclass(frozen=True, slots=True)
class Places:
    """Counts of one kind in one text: places marked and found, and those that agree.

    Attributes
    ----------
    marked, found
        Places of the kind.
    exact
        Places that agree in start and end.
    marked_hit, found_hit
        Marked places that a found one overlaps, and found places that a marked one overlaps;
        they differ where one place holds two.
    """

    marked: int = 0
    found: int = 0
    exact: int = 0
    marked_hit: int = 0
    found_hit: int = 0

    def __add__(self, other: Places) -> Places:
        """Return the counts of both."""
        return Places(
            self.marked + other.marked,
            self.found + other.found,
            self.exact + other.exact,
            self.marked_hit + other.marked_hit,
            self.found_hit + other.found_hit,
        )


@dataclass(frozen=True, slots=True)
class TextScore:
    """What was found in one text (一份文书的结果).

    Attributes
    ----------
    places
        Counts of every kind, and of `ALL`.
    identifying, left
        Characters in marked places, and those of them in no found place.
    staying, lost
        Characters in no marked place, and those of them in a found place.
    """

    places: Mapping[str, Places]
    identifying: int
    left: int
    staying: int
    lost: int


def score_text(length: int, marked: Sequence[Identifier], found: Sequence[Identifier]) -> TextScore:
    """Compare the places found in a text with those marked.

    Parameters
    ----------
    length
        Characters of the text.
    marked, found
        Places; none inside another of its own list.
    """
    places: dict[str, Places] = {
        kind: _compared(
            [place for place in marked if place.kind == kind],
            [place for place in found if place.kind == kind],
        )
        for kind in KINDS
    }
    places[ALL] = sum(places.values(), Places())
    identifying, taken = _characters(marked), _characters(found)
    return TextScore(
        places=places,
        identifying=len(identifying),
        left=len(identifying - taken),
        staying=length - len(identifying),
        lost=len(taken - identifying),
    )


def _compared(marked: Sequence[Identifier], found: Sequence[Identifier]) -> Places:
    return Places(
        marked=len(marked),
        found=len(found),
        exact=len(set(marked) & set(found)),
        marked_hit=sum(any(_overlap(m, f) for f in found) for m in marked),
        found_hit=sum(any(_overlap(m, f) for m in marked) for f in found),
    )


def _overlap(one: Identifier, other: Identifier) -> bool:
    return one.start < other.end and other.start < one.end


def _characters(places: Iterable[Identifier]) -> set[int]:
    return {at for place in places for at in range(place.start, place.end)}


@dataclass(frozen=True, slots=True)
class Share:
    """A share and its parts over many texts: how many of how many."""

    hit: int
    of: int


Count = Callable[[TextScore], Share]


def _recall(kind: str) -> Count:
    return lambda text: Share(text.places[kind].marked_hit, text.places[kind].marked)


def _precision(kind: str) -> Count:
    return lambda text: Share(text.places[kind].found_hit, text.places[kind].found)


def _exact_recall(kind: str) -> Count:
    return lambda text: Share(text.places[kind].exact, text.places[kind].marked)


def _exact_precision(kind: str) -> Count:
    return lambda text: Share(text.places[kind].exact, text.places[kind].found)


#: Figures of each kind and of `ALL`.
BY_KIND: Mapping[str, Callable[[str], Count]] = {
    "recall": _recall,
    "precision": _precision,
    "recall, exact": _exact_recall,
    "precision, exact": _exact_precision,
}
#: Figures by characters, whatever the kind.
BY_CHARACTER: Mapping[str, Count] = {
    "identifying characters left": lambda text: Share(text.left, text.identifying),
    "other characters lost": lambda text: Share(text.lost, text.staying),
}


@dataclass(frozen=True, slots=True)
class Measured:
    """A figure with over how many places or characters it is taken (指标及其例数)."""

    n: int
    figure: Figure


def deidentification_figures(
    texts: Sequence[TextScore], *, seed: int = 20261201, draws: int = 2000
) -> dict[tuple[str, str], Measured]:
    """Return every figure with its 95 % interval; whole texts are resampled, not places.

    Parameters
    ----------
    texts
        One entry a record; at least one.
    seed, draws
        Seed and number of resamples.

    Returns
    -------
    dict
        By (figure, kind); kind is `ALL` for all together and for characters. What has no
        place to be measured on is left out.
    """
    dice = random.Random(seed)
    resamples = [dice.choices(range(len(texts)), k=len(texts)) for _ in range(draws)]
    counts = {
        (name, kind): count(kind) for name, count in BY_KIND.items() for kind in (ALL, *KINDS)
    } | {(name, ALL): count for name, count in BY_CHARACTER.items()}
    result = {}
    for key, count in counts.items():
        shares = [count(text) for text in texts]
        value = _value(shares)
        if value is None:
            continue
        drawn = (_value([shares[place] for place in sample]) for sample in resamples)
        low, high = interval(share for share in drawn if share is not None)
        result[key] = Measured(sum(share.of for share in shares), Figure(value, low, high))
    return result


def _value(shares: Sequence[Share]) -> float | None:
    of = sum(share.of for share in shares)
    return sum(share.hit for share in shares) / of if of else None
