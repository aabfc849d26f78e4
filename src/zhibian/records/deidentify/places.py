"""One place that identifies a person, and the text in which places are looked for (标识所在)."""

from __future__ import annotations

from dataclasses import dataclass

from zhibian.records.deidentify.rules import Kind

_WIDE = "".join(chr(code) for code in range(0xFF01, 0xFF5F))
_HALF = "".join(chr(code) for code in range(0x21, 0x7F))
#: Full-width signs, dashes and dots as their plain forms, one character for one.
_PLAIN = str.maketrans(_WIDE + "　\t–—‐−•・‧", _HALF + "  ----···")


@dataclass(frozen=True, slots=True)
class Identifier:
    """One place that identifies a person: characters ``start`` to ``end`` of a text."""

    kind: Kind
    start: int
    end: int


def plain(text: str) -> str:
    """Return a text with full-width letters, digits and signs made half-width, positions kept."""
    return text.translate(_PLAIN)
