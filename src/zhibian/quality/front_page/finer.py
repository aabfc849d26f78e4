"""Codes that may stand for a grey one (替代灰码的细目)."""

from __future__ import annotations

from zhibian.terminology.code_set import CodeEntry, CodeSet

_CATEGORY = 3
_SUBCATEGORY = 5


def finer_codes(codes: CodeSet, code: str, limit: int) -> tuple[CodeEntry, ...]:
    """Return codes that may stand for a grey one: none for what is not grey.

    Parameters
    ----------
    codes
        The code set.
    code
        The grey code, such as ``I10.x00``.
    limit
        How many at most.

    Returns
    -------
    tuple of CodeEntry
        Of the same subcategory; where that has none, of the same category.
    """
    if not codes.is_grey(code):
        return ()
    for length in (_SUBCATEGORY, _CATEGORY):
        family = codes.finer(code[:length], len(codes))
        fine = tuple(entry for entry in family if not entry.grey)
        if fine:
            return fine[:limit]
    return ()
