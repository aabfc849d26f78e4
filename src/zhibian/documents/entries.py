"""Divide a stretch of a list into single names (条目切分): blanks, 、, commas, question marks.

A blank or an enumeration comma stands between two diagnoses as well as inside one
(``高血压3级 很高危``, ``胸、腹腔积液``). It is a boundary only where both sides could
stand alone: each ends like the name of a disease (or of a procedure), stage, remark in
brackets and doubt left aside. Nothing is divided inside brackets.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from zhibian.documents.lexicon import NameLexicon

_SIGNS = " 、,?+"
_WIDE = "  "
_LATIN_END = re.compile(r"[A-Z][A-Z0-9\-]*\Z")
_LATIN_REACH = 16
_STAGE_REACH = 12
_SHORTEST = 2
_MOST_TAILS = 6


@dataclass(frozen=True, slots=True)
class _Token:
    """What stands between two signs; ``sign`` is what stands before it."""

    start: int
    end: int
    sign: str


def divide(
    text: str, start: int, end: int, names: NameLexicon, *, commas: bool
) -> Iterator[tuple[int, int]]:
    """Yield the names of one line or numbered entry.

    Parameters
    ----------
    text
        Normalised text.
    start, end
        The stretch.
    names
        How names end, and what only qualifies them.
    commas
        Whether a comma divides unless what follows only qualifies; otherwise both
        sides have to be names, as with a blank.

    Yields
    ------
    tuple of int and int
        Start and end of each name, in order; qualifiers stay with their name.
    """
    begin = finish = start
    named = colon = False
    head: _Token | None = None
    before_head = start
    for token in _tokens(text, start, end):
        words = text[token.start : token.end]
        if words.startswith(names.trailers):
            break
        complete = is_name(words, names)
        if token.sign != "、":
            head = None
        lenient = token.sign == _WIDE or (commas and token.sign == ",")
        begins = (complete and named) or (lenient and (complete or not _qualifies(words, names)))
        if begins and finish > begin and _apart(text, (begin, finish), words, names, colon):
            cut, resume = (finish, token) if head is None else (before_head, head)
            yield begin, cut
            begin, named, colon, head = resume.start, False, False, None
        elif token.sign == "、" and named and head is None and _is_half(words, complete, names):
            head, before_head = token, finish
        finish = token.end
        named = named or complete
        colon = colon or ":" in words
    if finish > begin:
        yield begin, finish


def _apart(text: str, before: tuple[int, int], words: str, names: NameLexicon, colon: bool) -> bool:
    """Tell whether nothing ties words to those at ``before``."""
    if words.startswith(names.joiners) or text.endswith(names.joiners, *before):
        return False
    # Alternatives behind a colon belong to what stands before it: 发热待查：伤寒？疟疾？
    return not (colon and text[before[1] - 1] == "?" and _is_doubtful(words, names))


def is_name(words: str, names: NameLexicon) -> bool:
    """Tell whether words could be an entry of their own.

    Parameters
    ----------
    words
        Normalised text without margins.
    names
        How names end.
    """
    bare = _without_tails(words, names)
    if len(bare) < _SHORTEST or bare in names.tails:
        return False
    if bare.endswith(names.endings):
        return True
    latin = _LATIN_END.search(bare[-_LATIN_REACH:])
    return latin is not None and latin.group() in names.abbreviations


def _without_tails(words: str, names: NameLexicon) -> str:
    """Leave out what may follow a name: remark in brackets, doubt, stage, state."""
    for _ in range(_MOST_TAILS):
        before = words
        words = words.rstrip("?。:; ")
        if words.endswith(")") and (opening := words.rfind("(")) > 0:
            words = words[:opening]
        stage = names.stage.search(words[-_STAGE_REACH:])
        if stage is not None:
            words = words[: len(words) - len(stage.group())]
        tail = next((tail for tail in names.tails if words.endswith(tail)), None)
        if tail is not None and len(words) > len(tail):
            words = words[: -len(tail)]
        if words == before:
            break
    return words


def _qualifies(words: str, names: NameLexicon) -> bool:
    return (
        len(words.strip()) < _SHORTEST
        or words.startswith(names.qualifiers)
        or names.qualifier.match(words) is not None
    )


def _is_half(words: str, complete: bool, names: NameLexicon) -> bool:
    """Tell whether words may share their end with the next ones: 气胸、尺、桡骨骨折."""
    state = words in names.tails or names.qualifier.match(words) is not None
    return not (complete or state or words.startswith(names.joiners))


def _is_doubtful(words: str, names: NameLexicon) -> bool:
    return words.endswith("?") or words.endswith(names.doubts)


def _tokens(text: str, start: int, end: int) -> Iterator[_Token]:
    """Yield what stands between signs outside brackets; a question mark ends its token."""
    last_closing = text.rfind(")", start, end)
    begin, depth, sign = start, 0, ""
    for position in range(start, end):
        character = text[position]
        if character == "(" and position < last_closing:
            depth += 1
        elif character == ")":
            depth = max(0, depth - 1)
        if depth or character not in _SIGNS or text.startswith("??", position):
            continue
        stop = position + 1 if character == "?" else position
        if text[begin:stop].strip(_SIGNS):
            yield _Token(begin, stop, sign)
            sign = ""
        sign = _stronger(sign, character)
        begin = position + 1
    if text[begin:end].strip(_SIGNS):
        yield _Token(begin, end, sign)


def _stronger(sign: str, character: str) -> str:
    """Return the sign that counts where several stand side by side."""
    if character != " ":
        return character
    if sign == " ":
        return _WIDE
    return sign if sign.strip("?") else " "
