"""Slips of scanned reports inside numbers (识别错误): ``l0.5``, ``O.9``, ``3。5mmol/L``."""

from __future__ import annotations

import re

_UNIT = r"\s?(?:[mMuμµnpkKgG]?(?:mol|g|Pa|mHg)|[UIL]{1,2}/|%|℃|次|[×x*]1)"
_DECIMAL = re.compile(r"(?<![A-Za-z\d.])[lO\d]{1,4}\.[lO\d]{1,3}(?![A-Za-z\d]|\.\d)", re.ASCII)
_DECIMAL_UNIT = re.compile(rf"(?<![A-Za-z\d.])[lO\d]{{1,4}}\.[lO\d]{{1,3}}(?={_UNIT})", re.ASCII)
_WHOLE_UNIT = re.compile(rf"(?<![A-Za-z\d.])[lO\d]{{2,4}}(?={_UNIT})", re.ASCII)
_POINT = re.compile(rf"(?<=\d)[。·](?=\d{{1,2}}{_UNIT})")
_DIGITS = str.maketrans({"l": "1", "O": "0"})


def repaired(folded: str, original: str) -> str:
    """Return ``folded`` with the digits that a scan took for letters, every character in place.

    Parameters
    ----------
    folded
        The normalised text.
    original
        The text as written: only a small ``l`` is taken for a one, ``L`` may mark a low value.
    """
    found = [
        (match.start(), match.group().translate(_DIGITS))
        for pattern in (_DECIMAL, _DECIMAL_UNIT, _WHOLE_UNIT)
        for match in pattern.finditer(original)
        if any(c.isdigit() for c in match.group()) and not match.group().replace(".", "").isdigit()
    ]
    found += [(match.start(), ".") for match in _POINT.finditer(original)]
    if not found:
        return folded
    letters = list(folded)
    for start, digits in found:
        letters[start : start + len(digits)] = digits
    return "".join(letters)
