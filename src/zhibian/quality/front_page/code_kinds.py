"""Sets of codes by what the code set says of them (按属性取编码): category, grey codes.

A set is written as stretches of the ordered codes, so that conditions ask it as they ask any range.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

from zhibian.terminology.code_set import ICD9CM3_NHSA, ICD10_NHSA, CodeSet, load_code_set

_SETS = {"diagnosis": ICD10_NHSA, "procedure": ICD9CM3_NHSA}


def codes_of_kind(asked: Mapping[str, object], rules: Path) -> str | None:
    """Return a set of codes as text of a selector.

    Parameters
    ----------
    asked
        ``{category: 手术 介入治疗}`` for procedures of these categories, or ``{grey: diagnosis}``
        or ``{grey: procedure}`` for grey codes.
    rules
        Folder of the rule data, with the code sets.

    Returns
    -------
    str or None
        None where something else is asked, or no code is of that kind.
    """
    if asked.keys() == {"category"} and isinstance(asked["category"], str):
        codes = _code_set(rules, ICD9CM3_NHSA)
        wanted = frozenset(asked["category"].split())
        return _stretches(codes, lambda code: codes.entries[code].category in wanted)
    if asked.keys() == {"grey"} and asked["grey"] in _SETS:
        codes = _code_set(rules, _SETS[str(asked["grey"])])
        return _stretches(codes, codes.is_grey)
    return None


@cache
def _code_set(rules: Path, id: str) -> CodeSet:
    return load_code_set(rules, id)


def _stretches(codes: CodeSet, wanted: Callable[[str], bool]) -> str | None:
    """Return the wanted codes as ranges, and what these would hold beyond them as exceptions.

    A range ends with all that begins with its last code: extensions of it that are not wanted
    follow it in order and are taken out again.
    """
    pieces: list[str] = []
    first = last = ""
    # Last codes of ranges that the code at hand may still be an extension of.
    ends: list[str] = []
    for code in codes.ordered:
        if wanted(code):
            first, last = first or code, code
            continue
        if first:
            pieces.append(_piece(first, last))
            ends.append(last)
            first = ""
        ends = [end for end in ends if code.startswith(end)]
        if ends:
            pieces.append(f"!{code}")
    if first:
        pieces.append(_piece(first, last))
    return " ".join(pieces) or None


def _piece(first: str, last: str) -> str:
    return first if first == last else f"{first}-{last}"
