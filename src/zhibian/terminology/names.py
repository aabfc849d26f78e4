"""Comparing and repairing the names and spellings of codes (名称与编码写法)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_SEPARATORS = re.compile(r"[\s,、:;.。·'\"()\[\]\\\-—一/]")
_DAMAGED = re.compile("[?\ufffd\ue000-\uf8ff]+")
_INNER_X = re.compile("(?<=.)X")
# A cell of codes may hold anything; no name and no number of an identity card has this shape.
_CODE_SHAPE = re.compile(r"[A-Za-z]\d[0-9A-Za-z.+*†/]{0,22}|\d{2}(\.[0-9A-Za-z]{1,10})?", re.ASCII)


def same_name(left: str, right: str) -> bool:
    """Tell whether two names differ at most in width, case, spaces or punctuation.

    The numeral 一 counts as punctuation: published names use it for a dash.
    """
    return _bare(left) == _bare(right)


def _bare(name: str) -> str:
    return _SEPARATORS.sub("", unicodedata.normalize("NFKC", name)).casefold()


def is_damaged(name: str) -> bool:
    """Tell whether a name holds ``?`` or a private-use character left by a lost one."""
    return _DAMAGED.search(name) is not None


def repair_name(name: str, donors: Iterable[str]) -> str | None:
    """Fill the lost characters of a name from the first donor that fits.

    A donor fits when it equals the name in every character that is not lost,
    width aside, and is itself whole there. A lost character may have left one
    or two signs, since characters beyond the basic plane count twice in UTF-16.

    Parameters
    ----------
    name
        The damaged name.
    donors
        Names of the same code in other published lists, best first.

    Returns
    -------
    str or None
        The repaired name, or None when no donor fits.
    """
    pieces = _DAMAGED.split(name)
    pattern = "(.{1,2})".join(re.escape(unicodedata.normalize("NFKC", p)) for p in pieces)
    for donor in donors:
        match = re.fullmatch(pattern, unicodedata.normalize("NFKC", donor))
        if match and not any(is_damaged(found) for found in match.groups()):
            filled = [pieces[0]]
            for found, piece in zip(match.groups(), pieces[1:], strict=True):
                filled += [found, piece]
            return "".join(filled)
    return None


def normal_spelling(code: str) -> str:
    """Return a code as the code sets spell it (规范写法): narrow, upper case, small x.

    The dagger of the 2022 clinical list (``A17.000†G01*``) becomes ``+``.
    """
    narrow = unicodedata.normalize("NFKC", code).replace("。", ".").replace("†", "+")
    return _INNER_X.sub("x", "".join(narrow.split()).upper())


def shown_code(code: str) -> str | None:
    """Return a code that may be shown in a message, None where it may be free text."""
    narrow = unicodedata.normalize("NFKC", code).strip()
    return code if _CODE_SHAPE.fullmatch(narrow) else None
