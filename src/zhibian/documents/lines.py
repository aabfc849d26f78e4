"""Line ends that only wrap a text (软换行): a sentence that goes on below is one sentence.

Hospital systems and scans break lines at a fixed width. Such a line end becomes a blank in
the normalised text; position and length stay, and quotes show the original line end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_ENDS = frozenset("。;:!?]")
_GOES_ON_AFTER = frozenset("、,(/")
_GOES_ON_WITH = frozenset("、,。;)")
# A line that begins like this is one of its own: number, date, bracket, short words and a colon.
_OWN = re.compile(
    r"[ ]*(?:\(?\d{1,2}[.、)]|\d{1,2} |[①-⑳]|\(?[一二三四五六七八九十]{1,3}[、.)]|\["
    r"|(?:\d{4}|\d{1,2})[-/.年月]\d|[^\n:,。;]{1,12}:|$)"
)
_NARROWEST = 40
_SLACK = 4
_LEAST_FULL = 3
_MOST_BLANKS = 2


def unwrap(normalised: str) -> str:
    """Return the text with line ends that only wrap it as blanks.

    A line end wraps where punctuation says that the sentence goes on, or where the line is as
    full as most lines of a text of fixed width, unless the next line begins like one of its own.

    Parameters
    ----------
    normalised
        Text from :func:`zhibian.documents.normalise.normalise`.

    Returns
    -------
    str
        Text of exactly the same length.
    """
    lines = normalised.split("\n")
    if len(lines) == 1:
        return normalised
    full = _full_lines(lines)
    return "".join(_joined(lines, full))


def _joined(lines: Sequence[str], full: Sequence[bool]) -> Iterator[str]:
    for place, line in enumerate(lines[:-1]):
        yield line
        yield " " if _wraps(line, lines[place + 1], full=full[place]) else "\n"
    yield lines[-1]


def _wraps(line: str, following: str, *, full: bool) -> bool:
    words, rest = line.rstrip(" "), following.lstrip(" ")
    if not words or not rest:
        return False
    if rest[0] in _GOES_ON_WITH:
        return True
    if not full and words[-1] not in _GOES_ON_AFTER:
        return False
    return words[-1] not in _ENDS and _OWN.match(following) is None


def _full_lines(lines: Sequence[str]) -> list[bool]:
    """Tell which lines reach the right margin of a text of fixed width, if it has one."""
    widths = [_width(line.rstrip(" ")) for line in lines]
    margin = max(widths)
    if margin < _NARROWEST:
        return [False] * len(lines)
    full = [
        width >= margin - _SLACK and _is_prose(line)
        for width, line in zip(widths, lines, strict=True)
    ]
    broken = sum(bool(line.strip()) for line in lines[:-1])
    fixed = sum(full) >= max(_LEAST_FULL, broken / 2)
    return full if fixed else [False] * len(lines)


def _is_prose(line: str) -> bool:
    """Tell a line of a sentence from one of a table, which has columns."""
    return line.strip().count(" ") <= _MOST_BLANKS


def _width(line: str) -> int:
    """Return how wide a line is set: a Chinese character, three bytes, is twice as wide."""
    return (len(line) + len(line.encode("utf-8", "surrogatepass"))) // 2
