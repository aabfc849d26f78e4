"""Where the names of facts stand in a text (词条定位)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from zhibian.documents.facts.lexicon import FactLexicon, Near

_CHINESE = re.compile(r"[\u4e00-\u9fff]")


def name_hits(folded: str, lexicon: FactLexicon) -> Iterator[tuple[int, int, str]]:
    """Yield the names in the text, leftmost and longest first, without overlaps."""
    found = [
        (last + 1 - len(name), last + 1, name)
        for last, name in lexicon.names.iter(folded)
        if _stands_alone(folded, last + 1 - len(name), last + 1, lexicon.led_by)
    ]
    found.sort(key=lambda hit: (hit[0], -hit[1]))
    reached = 0
    for start, end, name in found:
        if start >= reached:
            yield start, end, name
            # The first word of a finding leaves its characters to the names beside it.
            targets = lexicon.targets[name]
            if not targets or not all(isinstance(target, Near) for target in targets):
                reached = end


def _is_word(char: str) -> bool:
    return char.isascii() and char.isalnum()


def _stands_alone(text: str, start: int, end: int, led_by: frozenset[str]) -> bool:
    """Tell whether a name is no part of a longer word: ``K`` in ``CK``, ``钾`` in ``补钾``."""
    first, last = text[start], text[end - 1]
    before = text[start - 1] if start else ""
    after = text[end : end + 1]
    if end - start == 1 and _CHINESE.match(first) and _CHINESE.match(before):
        return before in led_by
    if _is_word(first) and _runs_on(before, text[start - 2] if start > 1 else "", first):
        return False
    letters = last.isascii() and last.isalpha() and after.isascii() and after.isalpha()
    return not letters and not (last.isdigit() and after.isdigit())


def _runs_on(before: str, earlier: str, first: str) -> bool:
    """Tell whether the characters in front of an ASCII name belong to the same word."""
    if before.isascii() and before.isalpha():
        return True
    if before.isdigit():
        return first.isdigit()
    joined = before in {"-", "/", "."} and earlier != "" and _is_word(earlier)
    return joined and first.isalpha() and not (earlier.isdigit() and before == "-")
