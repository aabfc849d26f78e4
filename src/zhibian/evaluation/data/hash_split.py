"""Set pairs aside once (一次性留出): a seeded split that needs no stored list of texts.

Whether a pair is kept aside follows from the hash of its wording alone. Equal wordings
fall on the same side, the order of the file does not matter, and the split can be
repeated by anyone who has the data, without its text being written down anywhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from zhibian.documents.normalise import normalise

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Split:
    """Positions of the three parts of a file, and what they can be recognised by.

    Attributes
    ----------
    fit
        Positions to train on.
    tune
        Positions for choices: re-ranker, thresholds, when to stop.
    aside
        Positions that only the final measurement reads.
    checksum
        sha256 over the sorted hashes of the wordings kept aside.
    """

    fit: tuple[int, ...]
    tune: tuple[int, ...]
    aside: tuple[int, ...]
    checksum: str

    def learned(self, *, tune: bool) -> tuple[int, ...]:
        """Return the positions to train on: `fit`, with `tune` or without."""
        return self.fit + self.tune if tune else self.fit


def split(wordings: Sequence[str], seed: str, *, aside: float, tune_in: int = 3) -> Split:
    """Split wordings by their hashes.

    Parameters
    ----------
    wordings
        One wording a pair, as written.
    seed
        Name of the split; another seed gives another split.
    aside
        Share of the hash space that is kept aside, 0 to 1.
    tune_in
        One in so many of the others is for tuning, by a second hash.

    Returns
    -------
    Split
        Parts whose union is all positions.
    """
    parts: tuple[list[int], list[int], list[int]] = ([], [], [])
    kept: list[str] = []
    for position, wording in enumerate(wordings):
        digest = _digest(wording, seed)
        share = int(digest[:12], 16) / 16**12
        part = 0 if share < aside else 1 if _second_hash(wording) % tune_in == 0 else 2
        parts[part].append(position)
        if part == 0:
            kept.append(digest)
    checksum = hashlib.sha256("\n".join(sorted(kept)).encode()).hexdigest()
    return Split(tuple(parts[2]), tuple(parts[1]), tuple(parts[0]), checksum)


def pick(items: Sequence[T], positions: Sequence[int]) -> list[T]:
    """Return the items at some positions."""
    return [items[position] for position in positions]


def _second_hash(wording: str) -> int:
    return int(hashlib.sha256(f"fold{wording}".encode()).hexdigest()[:8], 16)


def _digest(wording: str, seed: str) -> str:
    spelling = "".join(normalise(wording).split())
    return hashlib.sha256(f"{seed}\t{spelling}".encode()).hexdigest()
