"""Digests of questions (问题摘要): the same words have the same digest, whatever their id or file.

Splits follow from digests, and what was trained on is recognised by them. Widths of characters,
white space and punctuation variants that normalisation unites do not matter.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from zhibian.documents.normalise import normalise
from zhibian.records.types import Case


def digest_of_text(text: str) -> str:
    """Return the sha256 of normalised words without white space."""
    spelling = "".join(normalise(text).split())
    return hashlib.sha256(spelling.encode()).hexdigest()


def digest_of_case(case: Case) -> str:
    """Return the digest of all documents of a record, in their order."""
    return digest_of_text("\n".join(document.text for document in case.documents))


def checksum_of_digests(digests: Iterable[str]) -> str:
    """Return one sha256 over the sorted digests of a part."""
    return hashlib.sha256("\n".join(sorted(digests)).encode()).hexdigest()
