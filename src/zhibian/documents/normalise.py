"""Length-preserving normalisation of clinical text (等长规范化).

One character in, one character out: a position in the normalised text is the
same position in the original, so evidence can always be quoted verbatim.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

_PUNCTUATION = {
    "\u3000": " ",
    "\u00a0": " ",
    "\t": " ",
    "\r": " ",
    "\u200b": " ",
    "\ufeff": " ",
    "\v": "\n",
    "\f": "\n",
    "\u0085": "\n",
    "\u2028": "\n",
    "\u2029": "\n",
    "“": '"',
    "”": '"',
    "„": '"',
    "‟": '"',
    "「": '"',
    "」": '"',
    "『": '"',
    "』": '"',
    "〝": '"',
    "〞": '"',
    "‘": "'",
    "’": "'",
    "【": "[",
    "】": "]",
    "〔": "[",
    "〕": "]",
    "〖": "[",
    "〗": "]",
    "﹝": "(",
    "﹞": ")",
    "‐": "-",
    "‑": "-",
    "‒": "-",
    "–": "-",
    "—": "-",
    "―": "-",
    "−": "-",
    "─": "-",
    "﹣": "-",
    "〜": "~",
    "∼": "~",
    "︰": ":",
    "∶": ":",
    "﹕": ":",
    "﹐": ",",
    "﹔": ";",
    "﹖": "?",
    "﹗": "!",
    "｡": "。",
    "､": "、",
    "•": "·",
    "・": "·",
    "‧": "·",
    "∙": "·",
    "µ": "μ",
    "╳": "×",
    "✕": "×",
    # One word in two spellings (粘膜 and 黏膜, 粘连 and 黏连): official names use both.
    "粘": "黏",
    # Slips of scanning: no word of a record holds the left one.
    "曰": "日",
}


def _pairs() -> Iterator[tuple[str, str]]:
    for code in range(ord("a"), ord("z") + 1):
        yield chr(code), chr(code).upper()
    for code in range(0xFF01, 0xFF5F):
        yield chr(code), chr(code - 0xFEE0).upper()
    for small in range(0x2170, 0x217C):
        yield chr(small), chr(small - 0x10)
    for first, last in ((0x2E80, 0x2FDF), (0xF900, 0xFAFF)):
        for code in range(first, last + 1):
            folded = unicodedata.normalize("NFKC", chr(code))
            if len(folded) == 1 and folded != chr(code):
                yield chr(code), folded
    yield from _PUNCTUATION.items()


_TABLE = {ord(source): target for source, target in _pairs()}
# Some hospitals write a point for the full stop. Behind a Chinese word it is one, in 2.5, S1.2 or
# the list number 一. it is not.
_POINT = re.compile(
    r"(?<=[\u4e00-\u9fff)\"])(?<![一二三四五六七八九十])\.(?=[\u4e00-\u9fffA-Z(\[\s\"]|$)"
)


# A scanned zero between digits or behind the point of a number (2O24, 3.O); not in H2O2.
_SCANNED_ZERO = re.compile(r"(?<=\d)(?<![A-Z]\d)O(?=\d)|(?<=\d\.)O(?![A-Z])")


def normalise(text: str) -> str:
    """Return ``text`` with spelling variants folded, every position kept.

    Full-width ASCII becomes half-width, Latin letters become capitals, brackets,
    quotes, dashes and colons take one spelling, compatibility ideographs become
    the usual ones, small roman numeral signs become the large ones (ⅱ to Ⅱ), a point that
    stands for a full stop becomes one, and slips of scanning (曰 for 日, 2O24) are mended.
    Ideographic full stop and enumeration comma (。、) stay.

    Parameters
    ----------
    text
        Text as written.

    Returns
    -------
    str
        Text of exactly the same length.
    """
    folded = text.translate(_TABLE)
    if "." in folded:
        folded = _POINT.sub("。", folded)
    return _SCANNED_ZERO.sub("0", folded) if "O" in folded else folded
