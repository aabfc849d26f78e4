"""Lists of diagnoses and procedures (诊断与手术列表): numbered, by line, by semicolon.

A number counts as a marker only where it goes on with the list (1, 2, 3 …), so
``2型糖尿病``, ``3级``, ``1.5cm`` and dates are no markers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from zhibian.documents.entries import divide, is_name
from zhibian.documents.lexicon import ListLexicon, NameLexicon
from zhibian.documents.types import ListItem, Section, Span

Style = Literal["dot", "comma", "paren", "closed", "circle", "ideograph", "alone", "mark"]

_CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"
_ENCLOSED = "⑴⑵⑶⑷⑸⑹⑺⑻⑼⑽⑾⑿⒀⒁⒂⒃⒄⒅⒆⒇"
_STOPPED = "⒈⒉⒊⒋⒌⒍⒎⒏⒐⒑⒒⒓⒔⒕⒖⒗⒘⒙⒚⒛"
_SIGNS: dict[str, tuple[str, Style]] = {
    "circle": (_CIRCLED, "circle"),
    "enclosed": (_ENCLOSED, "closed"),
    "stopped": (_STOPPED, "dot"),
}
_IDEOGRAPHS = "一二三四五六七八九十"
_MARKER = re.compile(
    rf"(?P<closed>\(\d{{1,2}}\)|\[\d{{1,2}}\])|(?P<arabic>\d{{1,2}})[ ]?(?P<sign>[.、),:])"
    rf"|(?P<alone>\d{{1,2}})[ ]+(?=[^\s\d型级期度]|\d{{1,2}}[型度])"
    rf"|(?P<circle>[{_CIRCLED}])|(?P<enclosed>[{_ENCLOSED}])|(?P<stopped>[{_STOPPED}])"
    rf"|(?P<ideograph>[{_IDEOGRAPHS}]{{1,2}})、|\((?P<bracketed>[{_IDEOGRAPHS}]{{1,2}})\)"
    # A scan reads the number one as a letter.
    r"|(?P<slip>[LI])(?P<slip_sign>[.、])"
)
_NUMBER_BEFORE = re.compile(r"[A-Za-z0-9.\-/~×≥≤<>=第约]\Z")
_MEASURE = re.compile(
    r"\d+(?:\.\d+)?(?:[、~-]\d+(?:\.\d+)?)*[ ]?"
    r"(?:CM|MM|ML|MG|KG|G/|L/|L\b|%|×|\*|X\d|MMOL|UMOL|U/|小时|岁|周|天)"
)
_JOINED_NUMBERS = re.compile(r"\d{1,2}[、,][ ]?\d|\d{1,2}(?:肋|腰椎|胸椎|颈椎|跖|掌|指|趾)")
_DATE = re.compile(r"\s*\d{4}[-/.年]\d")
_SPLIT = re.compile(r"[;\n]+")
_ALIKE: frozenset[Style] = frozenset({"dot", "comma"})
_BEFORE_MARK = frozenset(" \n;。")
_EDGE = " \n;,。、.:·"
_SHORTEST = 2
_LONGEST_LINE = 60


@dataclass(frozen=True, slots=True)
class _Marker:
    start: int
    end: int
    style: Style
    number: int


@dataclass(frozen=True, slots=True)
class _Piece:
    start: int
    end: int
    depth: int


def list_items(
    text: str, sections: Iterable[Section], lexicon: ListLexicon
) -> tuple[ListItem, ...]:
    """Return the entries of the diagnosis and procedure lists of one document.

    Parameters
    ----------
    text
        Normalised text of the document.
    sections
        Sections of that document.
    lexicon
        Which sections hold lists, and the words that lists need.

    Returns
    -------
    tuple of ListItem
        Entries in order; spans don't overlap; an entry that only refers to
        another list (同前) is left out.
    """
    return tuple(
        ListItem(
            section.kind, Span(section.span.document, piece.start, piece.end), order, piece.depth
        )
        for section in sections
        if section.kind in lexicon.sections
        for order, piece in enumerate(_entries(text, section, lexicon))
    )


def _entries(text: str, section: Section, lexicon: ListLexicon) -> Iterator[_Piece]:
    start, end = section.span.start, section.span.end
    procedures = section.kind in lexicon.plus_sections
    names = lexicon.procedures if procedures else lexicon.diagnoses
    markers = _sequence(text, start, end)
    if markers:
        pieces = _numbered(text, start, end, markers, names)
    else:
        pieces = _unnumbered(text, start, _list_end(text, start, end, names), names)
    if procedures:
        pieces = (part for piece in pieces for part in _by_plus(text, piece))
    for piece in pieces:
        trimmed = _trim(text, piece)
        words = text[trimmed.start : trimmed.end]
        if len(words) >= _SHORTEST and words not in lexicon.references:
            yield trimmed


def _sequence(text: str, start: int, end: int) -> list[_Marker]:
    """Return the markers that count on: top level, and sub-lists of another style."""
    kept: list[_Marker] = []
    top: Style | None = None
    reached: dict[Style, int] = {}
    for found in _candidates(text, start, end):
        marker = found
        expected = reached.get(marker.style, 0) + 1
        at_line = marker.start == start or text[marker.start - 1] == "\n"
        if at_line and top in _ALIKE and marker.style in _ALIKE:
            marker = replace(marker, style=top)
            expected = reached.get(top, 0) + 1
        if top is None:
            # The first number may be lost: 诊断：肺炎 2.心衰
            second = marker.number == 2 and marker.start > start and marker.style != "alone"
            fits = marker.number == 1 or second
        elif marker.style == top:
            fits = marker.number == expected or (at_line and 0 < marker.number - expected <= 2)
        else:
            fits = marker.number in (1, expected)
        if not fits:
            continue
        top = top or marker.style
        if marker.style == top:
            reached = {top: marker.number}
        else:
            reached[marker.style] = marker.number
        kept.append(marker)
    return kept


def _candidates(text: str, start: int, end: int) -> Iterator[_Marker]:
    for match in _MARKER.finditer(text, start, end):
        if _NUMBER_BEFORE.search(text[max(start, match.start() - 1) : match.start()]):
            continue
        if match["closed"]:
            yield _Marker(match.start(), match.end(), "closed", int(match["closed"][1:-1]))
        elif match["alone"]:
            # A number without a sign counts at the start of a line only.
            if match.start() == start or text[match.start() - 1] == "\n":
                yield _Marker(match.start(), match.end(), "alone", int(match["alone"]))
        elif match.lastgroup in _SIGNS:
            signs, style = _SIGNS[match.lastgroup]
            yield _Marker(match.start(), match.end(), style, signs.index(match.group()) + 1)
        elif match["ideograph"] or match["bracketed"]:
            number = _ideograph_number(match["ideograph"] or match["bracketed"])
            if number:
                style = "ideograph" if match["ideograph"] else "closed"
                yield _Marker(match.start(), match.end(), style, number)
        elif match["slip"]:
            if match.start() == start or text[match.start() - 1] == "\n":
                yield _Marker(match.start(), match.end(), _style(match["slip_sign"]), 1)
        elif _is_list_number(text, match, end):
            yield _Marker(match.start(), match.end(), _style(match["sign"]), int(match["arabic"]))


def _style(sign: str) -> Style:
    styles: dict[str, Style] = {".": "dot", "、": "comma", ")": "paren"}
    return styles.get(sign, "mark")


def _ideograph_number(words: str) -> int:
    if len(words) == 1:
        return _IDEOGRAPHS.index(words) + 1
    return 10 + _IDEOGRAPHS.index(words[1]) + 1 if words[0] == "十" else 0


def _is_list_number(text: str, match: re.Match[str], end: int) -> bool:
    following = text[match.end() : min(end, match.end() + 12)]
    if match["sign"] == ".":
        return _MEASURE.match(text[match.start() : min(end, match.end() + 12)]) is None
    if match["sign"] == "、":
        return _JOINED_NUMBERS.match(following) is None
    if match["sign"] in ",:":
        opens = match.start() == 0 or text[match.start() - 1] in _BEFORE_MARK | {":", "]"}
        return opens and _is_han(following[:1])
    opening = text.rfind("(", max(0, match.start() - 12), match.start())
    return opening == -1 or ")" in text[opening : match.start()]


def _numbered(
    text: str, start: int, end: int, markers: list[_Marker], names: NameLexicon
) -> Iterator[_Piece]:
    top = markers[0].style
    if markers[0].start > start:
        yield from _unnumbered(text, start, markers[0].start, names)
    for index, marker in enumerate(markers):
        last = index + 1 == len(markers)
        stop = end if last else markers[index + 1].start
        depth = 0 if marker.style == top else 1
        if last:
            stop = _list_end(text, marker.end, stop, names)
        parts = [
            part
            for line in _rejoined(text, _parts(text, marker.end, stop), names)
            for part in divide(text, *line, names, commas=False)
        ]
        for place, (begin, finish) in enumerate(parts):
            yield _Piece(begin, finish, depth if place == 0 else 1)


def _parts(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    begin = start
    for mark in _SPLIT.finditer(text, start, end):
        if text[begin : mark.start()].strip(_EDGE):
            yield begin, mark.start()
        begin = mark.end()
    if text[begin:end].strip(_EDGE):
        yield begin, end


def _rejoined(
    text: str, lines: Iterator[tuple[int, int]], names: NameLexicon
) -> Iterator[tuple[int, int]]:
    """Put together a name that a line end broke: no name before it, one over it."""
    held: tuple[int, int] | None = None
    for start, end in lines:
        if held is not None and _broken(text[held[0] : held[1]], text[held[1] : end], names):
            held = (held[0], end)
            continue
        if held is not None:
            yield held
        held = (start, end)
    if held is not None:
        yield held


def _broken(before: str, after: str, names: NameLexicon) -> bool:
    """Tell whether a line end between two Chinese characters stands inside a name."""
    first, rest = before.rstrip(" ").lstrip(_EDGE), after[1:]
    if not after.startswith("\n") or not first or not rest:
        return False
    if not (_is_han(first[-1]) and _is_han(rest[0])) or is_name(first, names):
        return False
    return is_name(first + rest.rstrip(_EDGE), names)


def _is_han(character: str) -> bool:
    return "\u4e00" <= character[:1] <= "\u9fff"


def _list_end(text: str, start: int, end: int, names: NameLexicon) -> int:
    """Return where a list ends and signatures, advice or narrative text begin."""
    line = start
    while line < end:
        following = text.find("\n", line, end)
        finish = end if following == -1 else following
        if line > start and _is_no_entry(text, line, finish, names):
            return line
        stop = text.find("。", line, finish)
        if stop != -1 and text[line:stop].strip():
            closed = not text[stop:finish].strip("。 ")
            if not closed or not _is_name_at(text, finish + 1, end, names):
                return stop
        line = finish + 1
    return end


def _is_no_entry(text: str, start: int, end: int, names: NameLexicon) -> bool:
    if end - start > _LONGEST_LINE:
        return True
    words = text[start:end]
    told = "。" in words.rstrip("。 ")
    return told or _DATE.match(words) is not None or any(word in words for word in names.trailers)


def _is_name_at(text: str, start: int, end: int, names: NameLexicon) -> bool:
    """Tell whether the line behind a full stop goes on with the list."""
    following = text.find("\n", start, end)
    finish = min(end if following == -1 else following, start + _LONGEST_LINE)
    return is_name(text[start:finish].strip(_EDGE), names)


def _unnumbered(text: str, start: int, end: int, names: NameLexicon) -> Iterator[_Piece]:
    lines = list(_parts(text, start, end))
    indented = [_is_indented(text, begin, start) for begin, _ in lines]
    # Where all further lines are indented they only stand below the first.
    nested = not all(indented[1:])
    for (begin, finish), inner in zip(lines, indented, strict=True):
        for first, last in divide(text, begin, finish, names, commas=len(lines) == 1):
            yield _Piece(first, last, 1 if inner and nested else 0)


def _is_indented(text: str, begin: int, start: int) -> bool:
    return begin > start and text[begin - 1] == "\n" and text[begin] == " "


def _by_plus(text: str, piece: _Piece) -> Iterator[_Piece]:
    begin, depth = piece.start, 0
    for position in range(piece.start, piece.end):
        character = text[position]
        depth += (character == "(") - (character == ")")
        after = text[position + 1 : position + 2]
        if character == "+" and depth <= 0 and not after.isdigit():
            yield _Piece(begin, position, piece.depth)
            begin = position + 1
    yield _Piece(begin, piece.end, piece.depth)


def _trim(text: str, piece: _Piece) -> _Piece:
    start, end = piece.start, piece.end
    while start < end and text[start] in _EDGE:
        start += 1
    while end > start and text[end - 1] in _EDGE:
        end -= 1
    return _Piece(start, end, piece.depth)
