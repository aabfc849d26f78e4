"""What one system did on one term (术语链接的结果)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LinkingOutcome:
    """One term under one system (单条术语的链接结果).

    Attributes
    ----------
    hits
        Right names among the chosen.
    chosen, gold
        Names chosen, gold names; gold names that the code set lacks count.
    first_right
        Whether the first chosen name is a gold name.
    places
        For each gold name its place among the candidates, from 0, chosen names first; None where
        it is not among them.
    """

    hits: int
    chosen: int
    gold: int
    first_right: bool
    places: tuple[int | None, ...]
