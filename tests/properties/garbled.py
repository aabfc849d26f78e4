"""Cases as bad as sources can be: garbled codes, nulls, wrong types, 200 diagnoses, emoji."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from zhibian.grouping import GroupingInput

_JUNK: Sequence[str] = (
    "", " ", "\u200b", "😀", "肺炎", "J15", "j15.902", "J15.902 ", "Ｊ15.902", "45.10", "00.5500",
    "A" * 500, "I10.x00x002\x00", "'; DROP TABLE", "=1+1", "NULL", "None", "nan", "-", "\n", "é́",
    "\ud83d".encode("utf-16", "surrogatepass").decode("utf-16", "replace"),
)  # fmt: skip
_NUMBERS: Sequence[Any] = (
    None, 0, 1, 2, 3, -1, 28, 29, 60, 364, 365, 150, 151, 10**12, -(10**12), 0.5, 1.5,
    float("nan"), float("inf"), "1", "男", "", True, [], {}, b"1", 1j,
)  # fmt: skip


def garbled_case(
    draw: random.Random, diagnoses: Sequence[str], procedures: Sequence[str], *, typed: bool
) -> GroupingInput:
    """Return a case.

    Parameters
    ----------
    draw
        Source of chance.
    diagnoses, procedures
        Codes that exist.
    typed
        Whether values have at least the types that they should have.
    """

    def code(known: Sequence[str]) -> Any:
        kind = draw.random()
        if kind < 0.85:
            return draw.choice(known)
        if kind < 0.97 or typed:
            return draw.choice(_JUNK)
        return draw.choice([None, 5, 1.5, b"x", ["J15.902"]])

    def codes(known: Sequence[str], usual: int) -> Any:
        if not typed and draw.random() < 0.01:
            return draw.choice([None, "J15.902", 5, [1]])
        many = 200 if draw.random() < 0.01 else draw.randint(0, usual)
        return tuple(code(known) for _ in range(many))

    def number(usual: Sequence[Any]) -> Any:
        if draw.random() < 0.9:
            return draw.choice(usual)
        wild = draw.choice(_NUMBERS)
        fits = wild is None or (isinstance(wild, int) and not isinstance(wild, bool))
        return wild if fits or not typed else None

    principal = code(diagnoses)
    return GroupingInput(
        principal if draw.random() < 0.98 else None,
        codes(diagnoses, 6),
        codes(procedures, 3),
        number([1, 2]),
        number([0, 0, 1, 6, 14, 17, 40, 80]),
        number([None, None, 0, 5, 28, 29, 200]),
        number([None, None, 900, 1500, 2400, 3200]),
        number([None, 1, 7, 13, 30, 61]),
        number([None, 1, 2, 5]),
        draw.choice([None, "ICU", "04", "内科", "😀"]),
        number([None, 0, 60, 121]),
    )
